"""Rank, median and mean absolute deviation of a moving window: about `lookback` steps a bar.

One contiguous float64 series in, one of the same length out. NaN for the first ``lookback − 1`` bars and
wherever the window holds a NaN. A value depends on the bars of its window alone.
"""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray


@jit
def rolling_rank(values: FloatArray, lookback: int) -> FloatArray:
    """Rank of the newest of the last `lookback` values over `lookback`: 1.0 the largest."""
    n = values.size
    out = np.full(n, np.nan)
    for t in range(lookback - 1, n):
        newest = values[t]
        window = values[t - lookback + 1 : t + 1]
        below, equal, clean = 0, 0, True
        for value in window:
            below += value < newest
            equal += value == newest
            clean &= value == value
        if clean:
            out[t] = (below + (equal + 1) / 2.0) / lookback
    return out


@jit
def rolling_median(values: FloatArray, lookback: int) -> FloatArray:
    """Median of the last `lookback` values, the mean of the middle two when `lookback` is even."""
    n = values.size
    out = np.full(n, np.nan)
    ordered = np.empty(lookback)  # the window's numbers in rising order; its first `count` places are in use
    count = 0
    for t in range(n):
        if t >= lookback and values[t - lookback] == values[t - lookback]:
            place = 0
            while ordered[place] < values[t - lookback]:
                place += 1
            for k in range(place, count - 1):
                ordered[k] = ordered[k + 1]
            count -= 1
        if values[t] == values[t]:
            place = count
            while place > 0 and ordered[place - 1] > values[t]:
                ordered[place] = ordered[place - 1]
                place -= 1
            ordered[place] = values[t]
            count += 1
        if count == lookback:
            out[t] = (ordered[(lookback - 1) // 2] + ordered[lookback // 2]) / 2.0
    return out


@jit
def rolling_mean_deviation(values: FloatArray, lookback: int) -> tuple[FloatArray, FloatArray]:
    """Newest value less the mean of the last `lookback`, and the mean distance of all of them from it."""
    n = values.size
    distance, mean_distance = np.full(n, np.nan), np.full(n, np.nan)
    for t in range(lookback - 1, n):
        # Counted from the first value, so that equal values have exactly no distance.
        window, first = values[t - lookback + 1 : t + 1], values[t - lookback + 1]
        total = 0.0
        for value in window:
            total += value - first
        mean = total / lookback
        total = 0.0
        for value in window:
            total += abs((value - first) - mean)
        distance[t] = (values[t] - first) - mean
        mean_distance[t] = total / lookback
    return distance, mean_distance
