"""Rules from numbers to weights, symbol by symbol: loops under `quantlab.trading.sizing`, which says what they mean.

Sums run one after the other in the sequence of the symbols, so that both engines add the same way.
"""

from __future__ import annotations

import math

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.kernels.numpy_ordering import argsort
from quantlab.typing import BoolArray, FloatArray


@jit
def equal_weight(chosen: BoolArray, gross: float) -> FloatArray:
    """Divide `gross` by the number of chosen symbols, for each of them."""
    count = 0
    for i in range(len(chosen)):
        count += chosen[i]
    out = np.zeros(len(chosen))
    for i in range(len(chosen)):
        if chosen[i]:
            out[i] = gross / count
    return out


@jit
def top_k(scores: FloatArray, k: int) -> BoolArray:
    """Choose the `k` highest scores that are not NaN; the lower symbol number of equal ones."""
    chosen = np.zeros(len(scores), np.bool_)
    ranked = argsort(-scores)  # equals in sequence, NaN last
    for place in range(min(k, len(scores))):
        chosen[ranked[place]] = not math.isnan(scores[ranked[place]])
    return chosen


@jit
def inverse_volatility(volatility: FloatArray, gross: float) -> FloatArray:
    """Divide `gross` in proportion to 1/volatility."""
    out = np.zeros(len(volatility))
    total = 0.0
    for i in range(len(volatility)):
        if volatility[i] > 0.0:
            out[i] = 1.0 / volatility[i]
            total += out[i]
    for i in range(len(volatility)):
        if out[i] > 0.0:
            out[i] *= gross / total
    return out


@jit
def kelly_fraction(mean: FloatArray, variance: FloatArray, fraction: float, max_gross: float) -> FloatArray:
    """Bet ``fraction·mean/variance``, all scaled down to `max_gross`."""
    out = np.zeros(len(mean))
    gross = 0.0
    for i in range(len(mean)):
        if math.isfinite(mean[i]) and variance[i] > 0.0:
            out[i] = fraction * mean[i] / variance[i]
            gross += abs(out[i])
    if gross > max_gross:
        for i in range(len(mean)):
            out[i] *= max_gross / gross
    return out


@jit
def minimum_trade(weights: FloatArray, current: FloatArray, least: float) -> FloatArray:
    """Keep the current weight where the change is below `least` and the weight is not 0."""
    out = np.zeros(len(weights))
    for i in range(len(weights)):
        if weights[i] != 0.0 and not math.isnan(weights[i]):
            out[i] = current[i] if abs(weights[i] - current[i]) < least else weights[i]
    return out


@jit
def no_trade_band(weights: FloatArray, current: FloatArray, band: float) -> FloatArray:
    """Move the current weight into ``weight ± band``, or to 0 where the weight is."""
    out = np.zeros(len(weights))
    for i in range(len(weights)):
        if weights[i] != 0.0 and not math.isnan(weights[i]):
            out[i] = min(max(current[i], weights[i] - band), weights[i] + band)
    return out
