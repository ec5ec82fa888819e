"""Oscillators and trend strength: rsi, stochastic, williams_r, cci, mfi, atr, adx.

They keep the scales of their authors (0 to 100; Williams −100 to 0), not fractions, because their thresholds
are quoted that way. Smoothing and starting values are those of TA-Lib; where TA-Lib writes 0 for a ratio to
zero (no range, no movement, no volume) the value here is NaN.
"""

from __future__ import annotations

import numpy as np

from quantlab.features.own_bars import OwnBars, change, earlier, ratio
from quantlab.kernels.order_statistics import rolling_mean_deviation
from quantlab.kernels.rolling import rolling_max, rolling_mean, rolling_min, rolling_sum
from quantlab.kernels.smoothing import wilder_mean, wilder_sum
from quantlab.typing import FloatArray


def rsi(own: OwnBars, lookback: int) -> FloatArray:
    """100 × average gain/(average gain + average loss), both smoothed as Wilder does."""
    move = change(own.values)
    gain = wilder_mean(np.maximum(move, 0.0), lookback)
    loss = wilder_mean(np.maximum(-move, 0.0), lookback)
    return 100.0 * ratio(gain, gain + loss)


def stochastic(own: OwnBars, lookback: int, smooth: int, signal: int) -> dict[str, FloatArray]:
    """Place of the close in the range of `lookback` bars, averaged over `smooth` (k), then `signal` (d)."""
    lowest = rolling_min(own.low, lookback)
    place = 100.0 * ratio(own.close - lowest, rolling_max(own.high, lookback) - lowest)
    k = rolling_mean(place, smooth)
    return {"k": k, "d": rolling_mean(k, signal)}


def williams_r(own: OwnBars, lookback: int) -> FloatArray:
    """−100 × (highest high − close)/(highest high − lowest low)."""
    highest = rolling_max(own.high, lookback)
    return -100.0 * ratio(highest - own.close, highest - rolling_min(own.low, lookback))


def cci(own: OwnBars, lookback: int) -> FloatArray:
    """Typical price less its mean, over 0.015 mean absolute deviations."""
    typical = (own.high + own.low + own.close) / 3.0
    distance, mean_distance = rolling_mean_deviation(typical, lookback)
    return ratio(distance, 0.015 * mean_distance)


def mfi(own: OwnBars, lookback: int) -> FloatArray:
    """100 × money that flowed on rising bars over money that flowed on rising and falling bars."""
    typical = (own.high + own.low + own.close) / 3.0
    move = change(typical)
    flow = typical * own.volume
    rising = rolling_sum(np.maximum(np.sign(move), 0.0) * flow, lookback)
    falling = rolling_sum(np.maximum(-np.sign(move), 0.0) * flow, lookback)
    return 100.0 * ratio(rising, rising + falling)


def atr(own: OwnBars, lookback: int) -> FloatArray:
    """Wilder's average of the true range; the first bar has none."""
    return wilder_mean(_true_range(own), lookback)


def adx(own: OwnBars, lookback: int) -> dict[str, FloatArray]:
    """Strength of the trend whatever its sign; directional movement up and down over the true range."""
    up, down = change(own.high), -change(own.low)
    spread = wilder_sum(_true_range(own), lookback)
    plus = 100.0 * ratio(wilder_sum(_leading(up, down), lookback), spread)
    minus = 100.0 * ratio(wilder_sum(_leading(down, up), lookback), spread)
    both = plus + minus
    direction = np.where(both == 0.0, 0.0, 100.0 * ratio(np.abs(plus - minus), both))
    return {"adx": wilder_mean(direction, lookback), "plus_di": plus, "minus_di": minus}


def _leading(move: FloatArray, other: FloatArray) -> FloatArray:
    """`move` where it is positive and above `other`, else 0; NaN where there is none."""
    kept = np.where((move > other) & (move > 0.0), move, 0.0)
    return np.where(np.isnan(move), np.nan, kept)


def _true_range(own: OwnBars) -> FloatArray:
    """High less low, the close before counted in; NaN for the first bar."""
    before = earlier(own.close, 1)
    return np.maximum(own.high, before) - np.minimum(own.low, before)
