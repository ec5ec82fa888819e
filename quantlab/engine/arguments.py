"""Arguments of the wrong kind, answered before a run begins."""

from __future__ import annotations

import math
from typing import Any

from quantlab.errors import DataError, StrategyError
from quantlab.market.bars import Bars


def must_be(name: str, value: object, kind: type | tuple[type, ...], example: str) -> None:
    """Refuse an argument that is not of `kind`; None passes.

    >>> must_be("costs", 0.001, dict, "costs=ql.Costs(commission=0.001)")
    Traceback (most recent call last):
    quantlab.errors.StrategyError: costs=0.001 is a float: write costs=ql.Costs(commission=0.001).
    """
    if value is not None and not isinstance(value, kind):
        given = (
            f"a {type(value).__name__}"
            if isinstance(value, Bars)
            else f"{value!r} is a {type(value).__name__}"
        )
        raise StrategyError(f"{name}={given}: write {example}.")


def must_be_money(name: str, value: Any, least: float) -> None:
    """Refuse what is no finite number above `least`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least < value < math.inf:
        raise DataError(f"{name}={value!r}: give a finite number above {least:g}.")
