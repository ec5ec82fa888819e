"""Refusals shared by the recipes: a value outside its range, with the value, the range and the remedy."""

from __future__ import annotations

import math

from quantlab.errors import ForecastError


def whole(owner: str, name: str, value: object, low: int) -> None:
    """Refuse `value` unless it is a whole number of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ForecastError(f"{owner}({name}={value!r}): {name} is a whole number of at least {low}.")


def between(owner: str, name: str, value: object, low: float, high: float = math.inf) -> None:
    """Refuse `value` unless low <= value <= high (infinity itself is never allowed)."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= float(value) <= high or not math.isfinite(float(value)):  # type: ignore[arg-type]
        limit = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
        raise ForecastError(f"{owner}({name}={value!r}): {name} is a number {limit}.")


def one_of(owner: str, name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Refuse `value` unless it is one of the `allowed` values."""
    if value not in allowed:
        raise ForecastError(f"{owner}({name}={value!r}): {name} is one of {', '.join(map(repr, allowed))}.")
