"""Variance, skewness and covariance of a moving window, put together from windows of 1, 2, 4 … bars.

Two windows of a and b bars with means m and m′ and sums of squared deviations S and S′ join, with d = m′ − m, to

    mean = m + d·b/(a + b),        squares = S + S′ + d²·a·b/(a + b)

(Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", Stanford
STAN-CS-79-773, 1979; third moment and co-moment: Pébay, Sandia SAND2008-6212, 2008). Nothing is subtracted when
a bar leaves, squares are never negative, and a window of equal values has exactly zero. A mean is kept as its
distance from the window's first value, so a price of 50,000 that moves by cents loses no digits. How windows are
put together, and what follows for NaN, chunks and the first ``lookback − 1`` values, is told in ``rolling.py``.

Inside, moments lie in rows: mean less first value and squares; then cubes; or the same two of a second series and
the products of both.
"""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray

CHUNK = 512


@jit
def _mean_gaps(
    base: FloatArray, older: FloatArray, newer: FloatArray, shift: int, count: int, gaps: FloatArray
) -> None:
    """Write d, the newer mean less the older, for the windows that begin at `base` and `shift` bars on."""
    first, newer_first, newer_mean = base, base[shift:], newer[shift:]
    for i in range(count):
        gaps[i] = (newer_first[i] - first[i]) + (newer_mean[i] - older[i])


@jit
def _join_squares(
    gaps: FloatArray,
    older: FloatArray,
    newer: FloatArray,
    row: int,
    shift: int,
    a: int,
    b: int,
    count: int,
    out: FloatArray,
) -> None:
    """Join means (`row`) and squares (the next) of `a` bars with those of the `b` bars from `shift` on."""
    share = b / (a + b)
    mean, squares, newer_squares = older[row], older[row + 1], newer[row + 1][shift:]
    out_mean, out_squares = out[row], out[row + 1]
    for i in range(count):
        d = gaps[i]
        out_mean[i] = mean[i] + d * share
        out_squares[i] = (squares[i] + newer_squares[i]) + d * d * (a * share)


@jit
def _join_cubes(
    gaps: FloatArray,
    older: FloatArray,
    newer: FloatArray,
    shift: int,
    a: int,
    b: int,
    count: int,
    out: FloatArray,
) -> None:
    """Join third moments: C + C′ + d³·a·b·(a − b)/(a + b)² + 3·d·(a·S′ − b·S)/(a + b)."""
    total = a + b
    cube = (a / total) * (b / total) * (a - b)
    squares, cubes = older[1], older[2]
    newer_squares, newer_cubes = newer[1][shift:], newer[2][shift:]
    out_cubes = out[2]
    for i in range(count):
        d = gaps[i]
        cross = 3.0 * d * (a * newer_squares[i] - b * squares[i]) / total
        out_cubes[i] = (cubes[i] + newer_cubes[i]) + (d * d * d * cube + cross)


@jit
def _join_products(
    gaps_x: FloatArray,
    gaps_y: FloatArray,
    older: FloatArray,
    newer: FloatArray,
    shift: int,
    a: int,
    b: int,
    count: int,
    out: FloatArray,
) -> None:
    """Join sums of products of deviations: P + P′ + d_x·d_y·a·b/(a + b)."""
    share = b / (a + b)
    products, newer_products, out_products = older[4], newer[4][shift:], out[4]
    for i in range(count):
        out_products[i] = (products[i] + newer_products[i]) + gaps_x[i] * gaps_y[i] * (a * share)


@jit
def _join(
    base: FloatArray,
    gaps: FloatArray,
    older: FloatArray,
    newer: FloatArray,
    shift: int,
    a: int,
    b: int,
    count: int,
    out: FloatArray,
) -> None:
    """Join windows of `a` bars with the windows of `b` bars that begin `shift` bars on, `count` of them."""
    _mean_gaps(base[0], older[0], newer[0], shift, count, gaps[0])
    _join_squares(gaps[0], older, newer, 0, shift, a, b, count, out)
    if older.shape[0] == 3:
        _join_cubes(gaps[0], older, newer, shift, a, b, count, out)
    elif older.shape[0] == 5:
        _mean_gaps(base[1], older[2], newer[2], shift, count, gaps[1])
        _join_squares(gaps[1], older, newer, 2, shift, a, b, count, out)
        _join_products(gaps[0], gaps[1], older, newer, shift, a, b, count, out)


@jit
def _window_moments(
    base: FloatArray, gaps: FloatArray, spare: FloatArray, lookback: int, length: int, count: int
) -> FloatArray:
    """Moments of `count` windows over the `length` bars in `base`; `gaps` and `spare` are room."""
    level, other, joined = spare[0], spare[1], spare[2]
    window: FloatArray = spare[3]
    level[:, :length] = 0.0  # a single bar is its own mean, with no deviation
    span, covered = 1, 0
    while True:
        if lookback & span:
            if covered == 0:
                window[:, :count] = level[:, :count]
            else:
                _join(base, gaps, window, level, covered, covered, span, count, joined)
                window, joined = joined, window
            covered += span
        if covered == lookback:
            return window
        length -= span
        _join(base, gaps, level, level, span, span, span, length, other)
        level, other = other, level
        span *= 2


@jit
def _rolling_moments(series: FloatArray, lookback: int, rows: int) -> FloatArray:
    """Moments of every window of `series`, shape (1 or 2, n); the answer has shape (rows, n)."""
    n = series.shape[1]
    out = np.empty((rows, n))
    out[:, : min(lookback - 1, n)] = np.nan
    step = max(CHUNK, 4 * lookback)
    room = min(step, n) + lookback
    base = np.empty((series.shape[0], room))
    gaps = np.empty((series.shape[0], room))
    spare = np.empty((4, rows, room))
    for first in range(0, n - lookback + 1, step):
        stop = min(first + step + lookback - 1, n)
        length, count = stop - first, stop - first - lookback + 1
        base[:, :length] = series[:, first:stop]
        window = _window_moments(base, gaps, spare, lookback, length, count)
        out[:, first + lookback - 1 : stop] = window[:, :count]
    return out


@jit
def rolling_mean_squares(values: FloatArray, lookback: int) -> tuple[FloatArray, FloatArray]:
    """Mean, and sum of squared deviations from it, of the last `lookback` values."""
    moments = _rolling_moments(values.reshape(1, -1), lookback, 2)
    mean, squares = moments[0], moments[1]
    for t in range(lookback - 1, mean.size):
        mean[t] += values[t - lookback + 1]
    return mean, squares


@jit
def rolling_std(values: FloatArray, lookback: int, ddof: int) -> FloatArray:
    """Spread of the last `lookback` values: √(Σ(x − mean)² / (lookback − ddof))."""
    squares: FloatArray = _rolling_moments(values.reshape(1, -1), lookback, 2)[1]
    for t in range(squares.size):
        squares[t] = np.sqrt(squares[t] / (lookback - ddof))
    return squares


@jit
def rolling_zscore(values: FloatArray, lookback: int) -> FloatArray:
    """Newest value less the mean of the last `lookback`, in standard deviations; NaN where all are equal."""
    moments = _rolling_moments(values.reshape(1, -1), lookback, 2)
    mean: FloatArray = moments[0]
    for t in range(lookback - 1, mean.size):
        distance = (values[t] - values[t - lookback + 1]) - mean[t]
        mean[t] = distance / np.sqrt(moments[1, t] / (lookback - 1))
    return mean


@jit
def rolling_skewness(values: FloatArray, lookback: int) -> FloatArray:
    """Skewness of the last `lookback` values, adjusted for sample size; NaN where they are all equal.

    G = √(n(n − 1))/(n − 2) · (Σd³/n)/(Σd²/n)^1.5 (Joanes and Gill, *The Statistician* 47, 1998).
    """
    moments = _rolling_moments(values.reshape(1, -1), lookback, 3)
    cubes: FloatArray = moments[2]
    n = float(lookback)
    factor = np.sqrt(n * (n - 1.0)) / (n - 2.0)
    for t in range(cubes.size):
        variance = moments[1, t] / n
        cubes[t] = factor * (cubes[t] / n) / (variance * np.sqrt(variance))
    return cubes


@jit
def rolling_products(
    x: FloatArray, y: FloatArray, lookback: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Squared deviations of `x`, of `y`, and their products, summed over the last `lookback` pairs."""
    series = np.empty((2, x.size))
    series[0] = x
    series[1] = y
    moments = _rolling_moments(series, lookback, 5)
    return moments[1], moments[3], moments[4]
