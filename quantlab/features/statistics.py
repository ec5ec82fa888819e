"""Changes and statistics of one field: momentum, returns, spread, shape, rank, lag.

Changes are fractions. Standard deviations divide by n − 1. A ratio to zero is NaN, so the z-score of a field
that did not move, or the skewness of one, is not a number.
"""

from __future__ import annotations

import numpy as np

from quantlab.features.own_bars import OwnBars, earlier, growth, ratio
from quantlab.kernels.moments import rolling_products, rolling_skewness, rolling_std, rolling_zscore
from quantlab.kernels.order_statistics import rolling_rank
from quantlab.kernels.rolling import rolling_max
from quantlab.typing import FloatArray


def momentum(own: OwnBars, lookback: int, skip: int) -> FloatArray:
    """Value of `skip` bars ago over the value of `lookback` bars ago, less 1."""
    return growth(own.values, lookback, skip)


def rate_of_change(own: OwnBars, lookback: int) -> FloatArray:
    """Change over `lookback` bars as a fraction of the size of the value then."""
    before = earlier(own.values, lookback)
    return ratio(own.values - before, np.abs(before))


def difference(own: OwnBars, lookback: int) -> FloatArray:
    """Value less the value of `lookback` bars ago."""
    return own.values - earlier(own.values, lookback)


def simple_return(own: OwnBars) -> FloatArray:
    """Value over the value one bar before, less 1."""
    return growth(own.values, 1)


def log_return(own: OwnBars, lookback: int) -> FloatArray:
    """Natural logarithm of the value over the value of `lookback` bars ago."""
    return np.log(ratio(own.values, earlier(own.values, lookback)))


def value(own: OwnBars) -> FloatArray:
    """Give the value itself."""
    return own.values


def lag(own: OwnBars, lookback: int) -> FloatArray:
    """Value of `lookback` bars ago."""
    return earlier(own.values, lookback)


def std(own: OwnBars, lookback: int) -> FloatArray:
    """Spread of the last `lookback` values: their standard deviation."""
    return rolling_std(own.values, lookback, 1)


def zscore(own: OwnBars, lookback: int) -> FloatArray:
    """Distance of the value from the mean of the last `lookback`, in standard deviations."""
    return rolling_zscore(own.values, lookback)


def skew(own: OwnBars, lookback: int) -> FloatArray:
    """Sample-adjusted skewness of the last `lookback` values."""
    return rolling_skewness(own.values, lookback)


def rank(own: OwnBars, lookback: int) -> FloatArray:
    """Rank of the value among the last `lookback`, over `lookback`; ties share the mean rank."""
    return rolling_rank(own.values, lookback)


def drawdown(own: OwnBars, lookback: int) -> FloatArray:
    """Value over the highest of the last `lookback` values, less 1."""
    return ratio(own.values, rolling_max(own.values, lookback)) - 1.0


def field_correlation(own: OwnBars, lookback: int, field: str) -> FloatArray:
    """Pearson correlation of the values with another field of the same symbol."""
    squares, field_squares, products = rolling_products(own.values, own.field(field), lookback)
    return ratio(products, np.sqrt(squares) * np.sqrt(field_squares))


def slope(own: OwnBars, lookback: int) -> FloatArray:
    """Slope of the least-squares line through the last `lookback` values, in units a bar."""
    bar_numbers = np.arange(own.values.size, dtype=np.float64)
    squares, _, products = rolling_products(bar_numbers, own.values, lookback)
    return ratio(products, squares)


def overnight_return(own: OwnBars) -> FloatArray:
    """Open over the close of the bar before, less 1."""
    return ratio(own.open, earlier(own.close, 1)) - 1.0


def intraday_return(own: OwnBars) -> FloatArray:
    """Close over the open of the same bar, less 1."""
    return ratio(own.close, own.open) - 1.0
