"""By how much fills are worse than their prices, bar by bar, as the kernels read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import DataError, did_you_mean
from quantlab.features.features import feature
from quantlab.trading.account import Rules
from quantlab.trading.quotes import spread_of
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

LOOKBACK = 20


def surcharges(rules: Rules, bars: Bars) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slippage, half the spread and impact, ``(n_bars, n_symbols)`` or one row for all bars.

    Raises
    ------
    DataError
        If the costs name a field that the bars do not have, or quotes are asked for and the bars have none.
    """
    costs = rules.costs
    slippage = _flat(costs.slippage, bars)
    impact = _flat(0.0, bars)
    if costs.volatility_slippage or costs.impact:
        volatility = known_volatility(bars)
        slippage = slippage + costs.volatility_slippage * volatility
        impact = costs.impact * volatility
    return slippage, _half_spread(rules, bars), impact


def _half_spread(rules: Rules, bars: Bars) -> FloatArray:
    costs = rules.costs
    if rules.execution.quotes:
        return 0.5 * np.nan_to_num(spread_of(bars, "close" if rules.same_close else "open"))
    if isinstance(costs.spread, str):
        if costs.spread not in bars.fields:
            raise DataError(
                f"Costs(spread={costs.spread!r}): the bars have no such field. "
                f"{did_you_mean(costs.spread, bars.fields)}"
            )
        # Quotes that cross, or that nobody gave, cost nothing.
        return 0.5 * np.nan_to_num(np.maximum(bars[costs.spread], 0.0))
    return _flat(0.5 * costs.spread, bars)


def known_volatility(bars: Bars) -> FloatArray:
    """Return the standard deviation of each symbol's last `LOOKBACK` log returns before each bar; 0 if not known."""
    deviation = feature("volatility", lookback=LOOKBACK).compute(bars)
    rows = np.maximum.accumulate(np.where(np.isnan(deviation), 0, np.arange(bars.n_bars)[:, None]), axis=0)
    last = np.nan_to_num(np.take_along_axis(deviation, rows, axis=0))
    return np.vstack([np.zeros((1, bars.n_symbols)), last[:-1]])


def _flat(value: float, bars: Bars) -> FloatArray:
    return np.full((1, bars.n_symbols), value)
