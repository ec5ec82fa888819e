"""Declaring what stands still: a number or a category for every symbol."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping

from quantlab.errors import StrategyError
from quantlab.features.features import Feature, feature


def static(values: Mapping[str, object]) -> tuple[Feature, ...]:
    """Declare inputs that stand still, by symbol: one of numbers, or one a category that is 1.0 where it applies.

    They are for recipes that pool symbols, ``ql.LSTM(static=ql.static(sectors))``, and can be inputs of a
    strategy. A value that was chosen with later knowledge is a leak that no test can find.

    Parameters
    ----------
    values
        By symbol, all numbers or all texts. There may be more symbols than the bars have, not fewer.

    Raises
    ------
    StrategyError
        No values, numbers and texts together, or what is neither. Computing them over bars of a symbol without
        a value is an error too.

    Examples
    --------
    >>> static({"AAPL": 1.2, "XOM": 0.9})
    (feature("static", values=(('AAPL', 1.2), ('XOM', 0.9))),)
    >>> [dict(each.params)["category"] for each in static({"AAPL": "tech", "XOM": "energy", "MSFT": "tech"})]
    ['energy', 'tech']
    """
    if not isinstance(values, Mapping) or not values:
        raise StrategyError(
            f"static({values!r}): give a value for each symbol, such as {{'AAPL': 'tech', 'XOM': 'energy'}}."
        )
    if all(isinstance(value, str) for value in values.values()):
        pairs = tuple(sorted(values.items()))
        categories = sorted({str(value) for value in values.values()})
        return tuple(feature("static", category=each, values=pairs) for each in categories)
    numbers_by_symbol = tuple((symbol, _number(symbol, value)) for symbol, value in sorted(values.items()))
    return (feature("static", values=numbers_by_symbol),)


def _number(symbol: str, value: object) -> float:
    if not isinstance(value, numbers.Real) or not math.isfinite(float(value)):
        raise StrategyError(
            f"static: {symbol!r} has {value!r}; give every symbol a finite number, or every symbol a text."
        )
    return float(value)
