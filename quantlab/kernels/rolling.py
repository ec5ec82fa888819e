"""Sums, means, weighted means and extremes of a moving window, without ever subtracting.

Each function takes one contiguous float64 series, oldest first, and returns an array of the same length. The
first ``lookback − 1`` values are NaN; so is each value whose window holds a NaN. A series shorter than
`lookback` gives NaN throughout. ``windows.py`` tells how a window is put together, and why so.
"""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import lean, step
from quantlab.kernels.windows import ROOMS, plan, read_only
from quantlab.typing import FloatArray, IntArray

CHUNK = 2048


@step
def _add(left: FloatArray, right: FloatArray, count: int, out: FloatArray) -> None:
    for i in range(count):
        out[i] = left[i] + right[i]


@step
def _finish(
    head: FloatArray, left: FloatArray, right: FloatArray, divisor: float, count: int, out: FloatArray
) -> None:
    for i in range(count):
        out[i] = (head[i] + (left[i] + right[i])) / divisor


@lean
def _window_sums(
    values: FloatArray,
    lookback: int,
    divisor: float,
    joins: IntArray,
    level: int,
    window: int,
    covered: int,
    out: FloatArray,
    step: int,
    spare: FloatArray,
) -> None:
    """Write the sum of each window over `divisor` to `out`; `spare` is room, its first row zeros."""
    half = (lookback - covered) // 2
    for first in range(0, values.size - lookback + 1, step):
        single = values[first : first + step + lookback - 1]
        for k in range(joins.shape[0]):
            older, newer, a, b = joins[k, 0], joins[k, 1], joins[k, 2], joins[k, 3]
            left = spare[older] if older else single
            right = spare[newer] if newer else single
            _add(left, right[a:], single.size - (a + b) + 1, spare[joins[k, 4]])
        head = (spare[window] if window else single) if covered else spare[0]
        tail = (spare[level] if level else single)[covered:]
        _finish(head, tail, tail[half:], divisor, single.size - lookback + 1, out[first + lookback - 1 :])


def _rolling_sum_over(values: FloatArray, lookback: int, divisor: float) -> FloatArray:
    if lookback == 1:
        return values / divisor
    out = np.empty(values.size)
    out[: lookback - 1] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((ROOMS, min(step, values.size) + lookback))
    spare[0] = 0.0
    joins, level, window, covered = plan(lookback, halves=True)
    _window_sums(read_only(values), lookback, divisor, joins, level, window, covered, out, step, spare)
    return out


def rolling_sum(values: FloatArray, lookback: int) -> FloatArray:
    """Sum of the last `lookback` values."""
    return _rolling_sum_over(values, lookback, 1.0)


def rolling_mean(values: FloatArray, lookback: int) -> FloatArray:
    """Arithmetic mean of the last `lookback` values."""
    return _rolling_sum_over(values, lookback, float(lookback))


@step
def _larger(left: FloatArray, right: FloatArray, sign: float, count: int, out: FloatArray) -> None:
    for i in range(count):
        a, b = left[i], right[i]
        # A NaN is larger than anything: written so that it wins from either side.
        out[i] = sign * (a if (a >= b) | (a != a) else b)


@lean
def _window_extremes(
    values: FloatArray, lookback: int, sign: float, out: FloatArray, step: int, spare: FloatArray
) -> None:
    """Write `sign` times the largest of `sign` times each window, from two overlapping powers of two."""
    for first in range(0, values.size - lookback + 1, step):
        length = min(step + lookback - 1, values.size - first)
        level, other = spare[0], spare[1]
        for i in range(length):
            level[i] = sign * values[first + i]
        span = 1
        while span * 2 <= lookback:
            _larger(level, level[span:], 1.0, length - 2 * span + 1, other)
            level, other = other, level
            span *= 2
        target = out[first + lookback - 1 :]
        _larger(level, level[lookback - span :], sign, length - lookback + 1, target)


def _rolling_extreme(values: FloatArray, lookback: int, sign: float) -> FloatArray:
    out = np.empty(values.size)
    out[: lookback - 1] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((2, min(step, values.size) + lookback))
    _window_extremes(read_only(values), lookback, sign, out, step, spare)
    return out


def rolling_max(values: FloatArray, lookback: int) -> FloatArray:
    """Largest of the last `lookback` values."""
    return _rolling_extreme(values, lookback, 1.0)


def rolling_min(values: FloatArray, lookback: int) -> FloatArray:
    """Smallest of the last `lookback` values."""
    return _rolling_extreme(values, lookback, -1.0)


@step
def _join_weighted(older: FloatArray, newer: FloatArray, a: int, count: int, out: FloatArray) -> None:
    """Join sums and sums weighted 1, 2, … from the oldest bar: the newer weights all rise by `a`."""
    total, weighted = older[0], older[1]
    newer_total, newer_weighted = newer[0][a:], newer[1][a:]
    out_total, out_weighted = out[0], out[1]
    for i in range(count):
        out_total[i] = total[i] + newer_total[i]
        out_weighted[i] = weighted[i] + (newer_weighted[i] + a * newer_total[i])


@lean
def _window_weighted_means(
    values: FloatArray,
    lookback: int,
    joins: IntArray,
    window: int,
    out: FloatArray,
    step: int,
    spare: FloatArray,
) -> None:
    divisor = lookback * (lookback + 1) / 2.0
    for first in range(0, values.size - lookback + 1, step):
        length = min(step + lookback - 1, values.size - first)
        for i in range(length):
            spare[0, 0, i] = values[first + i]
            spare[0, 1, i] = values[first + i]
        for k in range(joins.shape[0]):
            a, b = joins[k, 2], joins[k, 3]
            _join_weighted(
                spare[joins[k, 0]], spare[joins[k, 1]], a, length - (a + b) + 1, spare[joins[k, 4]]
            )
        weighted, target = spare[window, 1], out[first + lookback - 1 :]
        for i in range(length - lookback + 1):
            target[i] = weighted[i] / divisor


def rolling_weighted_mean(values: FloatArray, lookback: int) -> FloatArray:
    """Mean of the last `lookback` values with weights 1, 2, … `lookback`, the newest bar weighing most."""
    out = np.empty(values.size)
    out[: lookback - 1] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((ROOMS, 2, min(step, values.size) + lookback))
    joins, _, window, _ = plan(lookback)
    _window_weighted_means(read_only(values), lookback, joins, window, out, step, spare)
    return out
