"""By how much fills are worse than their prices, bar by bar, as the kernels read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import DataError, did_you_mean
from quantlab.features.features import feature
from quantlab.trading.costs import Costs
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

LOOKBACK = 20


def surcharges(costs: Costs, bars: Bars) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slippage, half the spread and impact, ``(n_bars, n_symbols)`` or one row for all bars.

    Raises
    ------
    DataError
        If `costs` names a field that the bars do not have.
    """
    slippage = _flat(costs.slippage, bars)
    impact = _flat(0.0, bars)
    if costs.volatility_slippage or costs.impact:
        volatility = known_volatility(bars)
        slippage = slippage + costs.volatility_slippage * volatility
        impact = costs.impact * volatility
    if isinstance(costs.spread, str):
        if costs.spread not in bars.fields:
            raise DataError(
                f"Costs(spread={costs.spread!r}): the bars have no such field. "
                f"{did_you_mean(costs.spread, bars.fields)}"
            )
        # Quotes that cross, or that nobody gave, cost nothing.
        half_spread = 0.5 * np.nan_to_num(np.maximum(bars[costs.spread], 0.0))
    else:
        half_spread = _flat(0.5 * costs.spread, bars)
    return slippage, half_spread, impact


def known_volatility(bars: Bars) -> FloatArray:
    """Return the standard deviation of each symbol's last `LOOKBACK` log returns before each bar; 0 if not known."""
    deviation = feature("volatility", lookback=LOOKBACK).compute(bars)
    rows = np.maximum.accumulate(np.where(np.isnan(deviation), 0, np.arange(bars.n_bars)[:, None]), axis=0)
    last = np.nan_to_num(np.take_along_axis(deviation, rows, axis=0))
    return np.vstack([np.zeros((1, bars.n_symbols)), last[:-1]])


def _flat(value: float, bars: Bars) -> FloatArray:
    return np.full((1, bars.n_symbols), value)
