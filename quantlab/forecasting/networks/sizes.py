"""Refusals of layer sizes, shared by the recipes of networks."""

from __future__ import annotations

from quantlab.errors import ForecastError
from quantlab.forecasting.checks import between, whole

MOST_DROPPED = 0.9  # beyond, next to nothing is left to learn from


def sizes(owner: str, name: str, given: object) -> tuple[int, ...]:
    """Give one whole number a layer as a tuple; refuse anything else, and no layer at all."""
    if not isinstance(given, tuple | list) or not given:
        raise ForecastError(
            f"{owner}({name}={given!r}): {name} is a tuple of whole numbers of at least 1, one a layer, "
            "such as (16, 16)."
        )
    for each in given:
        whole(owner, name, each, 1)
    return tuple(given)


def wholes(owner: str, **given: object) -> None:
    """Refuse every value that is not a whole number of at least 1."""
    for name, value in given.items():
        whole(owner, name, value, 1)


def dropped(owner: str, share: object) -> None:
    """Refuse a dropout that is not a share from 0 to 0.9."""
    between(owner, "dropout", share, 0.0, MOST_DROPPED)


def shared_out(owner: str, width: int, heads: int) -> None:
    """Refuse a width that attention heads cannot share out evenly."""
    if width % heads:
        raise ForecastError(
            f"{owner}(width={width}, heads={heads}): every head takes an equal part of the width; give a "
            f"multiple of {heads}, such as {heads * max(1, round(width / heads))}."
        )
