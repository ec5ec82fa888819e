"""Volatility of one bar: from closes, from the bar's range, from all four prices.

Each volatility is per bar unless `annualise` is set, which multiplies it by √(periods per year of the bars).
"""

from __future__ import annotations

import numpy as np

from quantlab.features.own_bars import OwnBars, earlier, ratio
from quantlab.kernels.moments import rolling_std
from quantlab.kernels.rolling import rolling_mean
from quantlab.typing import FloatArray


def volatility(own: OwnBars, lookback: int, annualise: bool) -> FloatArray:
    """Spread of the last `lookback` log returns: their standard deviation."""
    log_returns = np.log(ratio(own.values, earlier(own.values, 1)))
    return rolling_std(log_returns, lookback, 1) * _per_period(own, annualise)


def parkinson(own: OwnBars, lookback: int, annualise: bool) -> FloatArray:
    """√(mean(ln(high/low)²)/(4·ln 2))."""
    spread = np.log(ratio(own.high, own.low))
    variance = rolling_mean(spread * spread, lookback) / (4.0 * np.log(2.0))
    return _root(variance) * _per_period(own, annualise)


def garman_klass(own: OwnBars, lookback: int, annualise: bool) -> FloatArray:
    """√(mean(½·ln(high/low)² − (2·ln 2 − 1)·ln(close/open)²))."""
    spread = np.log(ratio(own.high, own.low))
    body = np.log(ratio(own.close, own.open))
    variance = 0.5 * (spread * spread) - (2.0 * np.log(2.0) - 1.0) * (body * body)
    return _root(rolling_mean(variance, lookback)) * _per_period(own, annualise)


def _root(values: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(values))


def _per_period(own: OwnBars, annualise: bool) -> float:
    return float(np.sqrt(own.periods_per_year)) if annualise else 1.0
