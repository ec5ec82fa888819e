"""Features that look across symbols: cs_rank, cs_zscore, beta, correlation; all (n_bars, n_symbols).

Which symbols take part in a row is decided by that row alone: those with a value there. Nothing depends on
the order of the symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import StrategyError, did_you_mean
from quantlab.features.own_bars import by_symbol, ratio
from quantlab.features.statistics import momentum, simple_return
from quantlab.kernels.cross_section import mean_row, rank_row, zscore_row
from quantlab.kernels.moments import rolling_products
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


def cs_rank(bars: Bars, of: str, lookback: int | None) -> FloatArray:
    """Rank among the symbols of the row over their number; 1.0 is the largest, ties share the mean rank."""
    return rank_row(_compared(bars, of, lookback))


def cs_zscore(bars: Bars, of: str, lookback: int | None) -> FloatArray:
    """Distance from the mean of the symbols of the row, in their standard deviations (ddof = 1)."""
    return zscore_row(_compared(bars, of, lookback))


def beta(bars: Bars, of: str, lookback: int, against: str | None) -> FloatArray:
    """Covariance with the other return over the variance of the other return."""
    return _against(bars, of, against, lambda x, y: _slope(x, y, lookback))


def correlation(bars: Bars, of: str, lookback: int, against: str | None) -> FloatArray:
    """Pearson correlation of returns with the other return."""
    return _against(bars, of, against, lambda x, y: _pearson(x, y, lookback))


def _compared(bars: Bars, of: str, lookback: int | None) -> FloatArray:
    """Choose what symbols are compared by: the field, or its change over `lookback` own bars."""
    if lookback is None:
        return np.where(bars.present, bars[of], np.nan)
    return by_symbol(bars, of, lambda own: momentum(own, lookback, skip=0), at_once=True)


def _against(
    bars: Bars, of: str, against: str | None, measure: Callable[[FloatArray, FloatArray], FloatArray]
) -> FloatArray:
    """`measure` each symbol's returns against the other's, over the rows where both have a return."""
    returns = by_symbol(bars, of, simple_return, at_once=True)
    other = mean_row(returns) if against is None else returns[:, _column(bars, against)]
    result = np.full(returns.shape, np.nan)
    for i in range(bars.n_symbols):
        both = ~np.isnan(returns[:, i]) & ~np.isnan(other)
        result[both, i] = measure(returns[both, i], other[both])
    return result


def _column(bars: Bars, symbol: str) -> int:
    if symbol not in bars.symbols:
        raise StrategyError(
            f"against={symbol!r} is not a symbol of these bars. {did_you_mean(symbol, bars.symbols)} "
            "against=None is the equal-weighted mean of all symbols."
        )
    return bars.symbols.index(symbol)


def _slope(x: FloatArray, y: FloatArray, lookback: int) -> FloatArray:
    _, squares, products = rolling_products(x, y, lookback)
    return ratio(products, squares)


def _pearson(x: FloatArray, y: FloatArray, lookback: int) -> FloatArray:
    squares_x, squares_y, products = rolling_products(x, y, lookback)
    return ratio(products, np.sqrt(squares_x) * np.sqrt(squares_y))
