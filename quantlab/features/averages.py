"""Averages and the bands built on them: sma, ema, wma, macd, bollinger, donchian, min, max, median.

Each takes one symbol's own bars and gives one value a bar, NaN until enough bars are there; one with several
outputs gives them by name. How the catalogue describes each of them is in ``catalogue.py``.
"""

from __future__ import annotations

import numpy as np

from quantlab.features.own_bars import OwnBars, earlier, ratio
from quantlab.kernels.moments import rolling_mean_squares
from quantlab.kernels.order_statistics import rolling_median
from quantlab.kernels.rolling import rolling_max, rolling_mean, rolling_min, rolling_weighted_mean
from quantlab.kernels.smoothing import exponential_mean
from quantlab.typing import FloatArray


def sma(own: OwnBars, lookback: int) -> FloatArray:
    """Arithmetic mean of the last `lookback` values."""
    return rolling_mean(own.values, lookback)


def ema(own: OwnBars, lookback: int) -> FloatArray:
    """Exponential average, share 2/(lookback + 1), started at the mean of the first `lookback` values."""
    return exponential_mean(own.values, lookback)


def wma(own: OwnBars, lookback: int) -> FloatArray:
    """Mean with weights 1, 2, … `lookback`, the newest bar weighing most."""
    return rolling_weighted_mean(own.values, lookback)


def macd(own: OwnBars, fast: int, slow: int, signal: int) -> dict[str, FloatArray]:
    """Fast less slow exponential average; its own exponential average; the difference of the two."""
    line = exponential_mean(own.values, fast) - exponential_mean(own.values, slow)
    average = exponential_mean(line, signal)
    return {"line": line, "signal": average, "histogram": line - average}


def bollinger(own: OwnBars, lookback: int, deviations: float) -> dict[str, FloatArray]:
    """Mean ± `deviations` population standard deviations; width over middle; place within the band."""
    middle, squares = rolling_mean_squares(own.values, lookback)
    reach = deviations * np.sqrt(squares / lookback)
    upper, lower = middle + reach, middle - reach
    return {
        "middle": middle,
        "upper": upper,
        "lower": lower,
        "width": ratio(upper - lower, middle),
        "percent": ratio(own.values - lower, upper - lower),
    }


def donchian(own: OwnBars, lookback: int, skip: int) -> dict[str, FloatArray]:
    """Highest high and lowest low of `lookback` bars, the last `skip` bars left out, and their middle."""
    upper = earlier(rolling_max(own.high, lookback), skip)
    lower = earlier(rolling_min(own.low, lookback), skip)
    return {"middle": (upper + lower) / 2.0, "upper": upper, "lower": lower}


def minimum(own: OwnBars, lookback: int) -> FloatArray:
    """Smallest of the last `lookback` values."""
    return rolling_min(own.values, lookback)


def maximum(own: OwnBars, lookback: int) -> FloatArray:
    """Largest of the last `lookback` values."""
    return rolling_max(own.values, lookback)


def median(own: OwnBars, lookback: int) -> FloatArray:
    """Median of the last `lookback` values."""
    return rolling_median(own.values, lookback)
