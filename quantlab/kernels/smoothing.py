"""Recursions over a whole series: exponential smoothing and running totals.

One contiguous float64 series in, one of the same length out. A recursion remembers everything since its
start, so its value depends on where the series starts (the influence of an EMA's start falls by 1 −
2/(lookback + 1) a bar) but never on later bars. A NaN ends it: the output is NaN there, and the bars after it
are a new start.
"""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray


@jit
def _smooth(values: FloatArray, lookback: int, share: float) -> FloatArray:
    """Start at the mean of the first `lookback` values; then close `share` of the gap to each value."""
    n = values.size
    out = np.full(n, np.nan)
    seen, total, level = 0, 0.0, 0.0
    for t in range(n):
        value = values[t]
        if value != value:
            seen, total = 0, 0.0
        elif seen >= lookback:
            level += share * (value - level)
            out[t] = level
        else:
            seen += 1
            total += value
            if seen == lookback:
                level = total / lookback
                out[t] = level
    return out


@jit
def exponential_mean(values: FloatArray, lookback: int) -> FloatArray:
    """Exponential mean, share 2/(lookback + 1), started at the mean of the first `lookback` values."""
    return _smooth(values, lookback, 2.0 / (lookback + 1.0))


@jit
def wilder_mean(values: FloatArray, lookback: int) -> FloatArray:
    """Wilder's average with share 1/lookback, started at the mean of the first `lookback` values."""
    return _smooth(values, lookback, 1.0 / lookback)


@jit
def wilder_sum(values: FloatArray, lookback: int) -> FloatArray:
    """Wilder's sum: loses 1/lookback of itself a bar and gains the value; given from the `lookback`-th on.

    It starts at the plain sum of the first ``lookback − 1`` values (Wilder, *New Concepts in Technical
    Trading Systems*, 1978, directional movement).
    """
    n = values.size
    out = np.full(n, np.nan)
    seen, total = 0, 0.0
    for t in range(n):
        value = values[t]
        if value != value:
            seen, total = 0, 0.0
            continue
        seen += 1
        total = total + value if seen < lookback else total - total / lookback + value
        if seen >= lookback:
            out[t] = total
    return out


@jit
def running_total(values: FloatArray) -> FloatArray:
    """Sum of all values so far; rounding errors are carried along (Neumaier, *ZAMM* 54, 1974)."""
    n = values.size
    out = np.full(n, np.nan)
    total, lost = 0.0, 0.0
    for t in range(n):
        value = values[t]
        if value != value:
            total, lost = 0.0, 0.0
            continue
        raised = total + value
        if abs(total) >= abs(value):
            lost += (total - raised) + value
        else:
            lost += (value - raised) + total
        total = raised
        out[t] = total + lost
    return out
