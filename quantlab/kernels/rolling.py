"""Sums, means, weighted means and extremes of a moving window, without ever subtracting.

The textbook way adds the bar that enters and subtracts the one that leaves, so every rounding error stays for
good: after a spike of 1e12 the mean of a price of 100 is wrong for ever, and one NaN poisons the rest. Here a
window of ``lookback`` bars is put together from windows of 1, 2, 4, 8 … bars, each the sum of two halves: 13
bars are 1 + 4 + 8. That takes about log2(lookback) additions a bar, each a loop that the processor runs four
to eight bars at a time, and it has three consequences that tests hold:

- a value depends on the bars of its own window and on nothing else: not on what came before, nor on what
  comes after, nor on where the series starts, to the last bit. A spike, an infinity or a NaN is gone when it
  leaves;
- the rounding error grows with log2(lookback) and not with the number of bars (pairwise summation: Higham,
  *Accuracy and Stability of Numerical Algorithms*, 2nd ed. 2002, §4.2);
- any associative rule works: sum, extreme, weighted sum; in ``moments.py`` mean, variance, skewness,
  covariance.

Every kernel takes one contiguous float64 series, oldest first, and returns an array of the same length. The
first ``lookback − 1`` values are NaN; so is each value whose window holds a NaN. A series shorter than
`lookback` gives NaN throughout. Work is done in chunks that fit the processor's cache; chunks do not show in
the result.
"""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray

CHUNK = 2048


@jit
def _add(left: FloatArray, right: FloatArray, out: FloatArray) -> None:
    for i in range(out.size):
        out[i] = left[i] + right[i]


@jit
def _add_four(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, out: FloatArray) -> None:
    for i in range(out.size):
        out[i] = (a[i] + b[i]) + (c[i] + d[i])


@jit
def _add_to(right: FloatArray, out: FloatArray) -> None:
    for i in range(out.size):
        out[i] += right[i]


@jit
def _add_two_and_divide(left: FloatArray, right: FloatArray, divisor: float, out: FloatArray) -> None:
    for i in range(out.size):
        out[i] = (left[i] + right[i]) / divisor


@jit
def _add_three_and_divide(
    head: FloatArray, left: FloatArray, right: FloatArray, divisor: float, out: FloatArray
) -> None:
    for i in range(out.size):
        out[i] = (head[i] + (left[i] + right[i])) / divisor


@jit
def _add_to_and_divide(left: FloatArray, right: FloatArray, divisor: float, out: FloatArray) -> None:
    for i in range(out.size):
        out[i] = (out[i] + (left[i] + right[i])) / divisor


@jit
def _chunk_sums(
    values: FloatArray, lookback: int, divisor: float, out: FloatArray, spare: FloatArray
) -> None:
    """Write each window's sum over `divisor` to `out`; `spare` is room for three levels."""
    count = out.size
    half = 1
    while half * 4 <= lookback:
        half *= 2
    span, covered, turn, kept = 1, 0, 0, -1
    level = values
    head = values
    if lookback & 1:
        covered = 1
    summed = False
    length = values.size
    while span < half:
        turn = (turn + 1) % 3
        if turn == kept:
            turn = (turn + 1) % 3
        room = spare[turn]
        # A level that the window does not need by itself is skipped: two doublings in one loop.
        if span * 4 <= half and not lookback & (span * 2):
            length -= 3 * span
            _add_four(
                level[:length],
                level[span : span + length],
                level[2 * span : 2 * span + length],
                level[3 * span : 3 * span + length],
                room[:length],
            )
            span *= 4
        else:
            length -= span
            _add(level[:length], level[span : span + length], room[:length])
            span *= 2
        level = room
        if lookback & span:
            if covered == 0:
                head, kept = level, turn
            elif summed:
                _add_to(level[covered : covered + count], out)
            else:
                _add(head[:count], level[covered : covered + count], out)
                summed, kept = True, -1
            covered += span
    left = level[covered : covered + count]
    right = level[covered + half : covered + half + count]
    if covered == 0:
        _add_two_and_divide(left, right, divisor, out)
    elif summed:
        _add_to_and_divide(left, right, divisor, out)
    else:
        _add_three_and_divide(head[:count], left, right, divisor, out)


@jit
def _rolling_sum_over(values: FloatArray, lookback: int, divisor: float) -> FloatArray:
    n = values.size
    out = np.empty(n)
    out[: min(lookback - 1, n)] = np.nan
    if lookback == 1:
        for i in range(n):
            out[i] = values[i] / divisor
        return out
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((3, min(step, n) + lookback))
    for first in range(0, n - lookback + 1, step):
        stop = min(first + step + lookback - 1, n)
        _chunk_sums(values[first:stop], lookback, divisor, out[first + lookback - 1 : stop], spare)
    return out


@jit
def rolling_sum(values: FloatArray, lookback: int) -> FloatArray:
    """Sum of the last `lookback` values."""
    return _rolling_sum_over(values, lookback, 1.0)


@jit
def rolling_mean(values: FloatArray, lookback: int) -> FloatArray:
    """Arithmetic mean of the last `lookback` values."""
    return _rolling_sum_over(values, lookback, float(lookback))


@jit
def _larger(left: FloatArray, right: FloatArray, sign: float, out: FloatArray) -> None:
    for i in range(out.size):
        a, b = left[i], right[i]
        # A NaN is larger than anything: written so that it wins from either side.
        out[i] = sign * (a if (a >= b) | (a != a) else b)


@jit
def _rolling_extreme(values: FloatArray, lookback: int, sign: float) -> FloatArray:
    """`sign` times the largest of `sign` times the last values: two overlapping windows of a power of two."""
    n = values.size
    out = np.empty(n)
    out[: min(lookback - 1, n)] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((2, min(step, n) + lookback))
    for first in range(0, n - lookback + 1, step):
        stop = min(first + step + lookback - 1, n)
        level, other = spare[0], spare[1]
        length = stop - first
        for i in range(length):
            level[i] = sign * values[first + i]
        span = 1
        while span * 2 <= lookback:
            length -= span
            _larger(level[:length], level[span : span + length], 1.0, other[:length])
            level, other = other, level
            span *= 2
        target = out[first + lookback - 1 : stop]
        shift = lookback - span
        _larger(level[: target.size], level[shift : shift + target.size], sign, target)
    return out


@jit
def rolling_max(values: FloatArray, lookback: int) -> FloatArray:
    """Largest of the last `lookback` values."""
    return _rolling_extreme(values, lookback, 1.0)


@jit
def rolling_min(values: FloatArray, lookback: int) -> FloatArray:
    """Smallest of the last `lookback` values."""
    return _rolling_extreme(values, lookback, -1.0)


@jit
def _join_weighted(
    total: FloatArray,
    weighted: FloatArray,
    shift: int,
    size: int,
    into: FloatArray,
    into_weighted: FloatArray,
) -> None:
    """Put windows of `size` older bars before the windows `shift` bars on, in place of the older ones.

    With weights 1, 2, … from the oldest bar, the newer part's weights all rise by the older part's length.
    """
    newer, newer_weighted = total[shift:], weighted[shift:]
    for i in range(into.size):
        into_weighted[i] = into_weighted[i] + (newer_weighted[i] + size * newer[i])
    for i in range(into.size):
        into[i] += newer[i]


@jit
def rolling_weighted_mean(values: FloatArray, lookback: int) -> FloatArray:
    """Mean of the last `lookback` values with weights 1, 2, … `lookback`, the newest bar weighing most."""
    n = values.size
    out = np.empty(n)
    out[: min(lookback - 1, n)] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((5, min(step, n) + lookback))
    divisor = lookback * (lookback + 1) / 2.0
    for first in range(0, n - lookback + 1, step):
        stop = min(first + step + lookback - 1, n)
        count = stop - first - lookback + 1
        length = stop - first
        total, weighted, next_total, next_weighted = spare[0], spare[1], spare[2], spare[3]
        summed, target = spare[4][:count], out[first + lookback - 1 : stop]
        total[:length] = values[first:stop]
        weighted[:length] = values[first:stop]
        summed[:] = 0.0
        target[:] = 0.0
        span, covered = 1, 0
        while True:
            if lookback & span:
                _join_weighted(total, weighted, covered, covered, summed, target)
                covered += span
            if covered == lookback:
                break
            length -= span
            next_total[:length] = total[:length]
            next_weighted[:length] = weighted[:length]
            _join_weighted(total, weighted, span, span, next_total[:length], next_weighted[:length])
            total, next_total = next_total, total
            weighted, next_weighted = next_weighted, weighted
            span *= 2
        for i in range(count):
            target[i] /= divisor
    return out
