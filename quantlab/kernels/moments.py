"""Variance, skewness and covariance of a moving window, put together from windows of 1, 2, 4 … bars.

Two windows of a and b bars with means m and m′ and sums of squared deviations S and S′ join, with d = m′ − m,
to

    mean = m + d·b/(a + b),        squares = S + S′ + d²·a·b/(a + b)

(Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
Stanford STAN-CS-79-773, 1979; third moment and co-moment: Pébay, Sandia SAND2008-6212, 2008). Nothing is
subtracted when a bar leaves, squares are never negative, and a window of equal values has exactly zero. How
windows are put together, and what follows for NaN, chunks and the first ``lookback − 1`` values, is told in
``rolling.py``.
"""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray

CHUNK = 512


@jit
def _join_squares(
    older: FloatArray, newer: FloatArray, row: int, shift: int, a: int, b: int, count: int, out: FloatArray
) -> None:
    """Join means (`row`) and squares (the next) of `a` bars with those of the `b` bars from `shift` on."""
    share = b / (a + b)
    mean, squares = older[row], older[row + 1]
    newer_mean, newer_squares = newer[row][shift:], newer[row + 1][shift:]
    out_mean, out_squares = out[row], out[row + 1]
    for i in range(count):
        d = newer_mean[i] - mean[i]
        out_mean[i] = mean[i] + d * share
        out_squares[i] = (squares[i] + newer_squares[i]) + d * d * (a * share)


@jit
def _join_cubes(
    older: FloatArray, newer: FloatArray, shift: int, a: int, b: int, count: int, out: FloatArray
) -> None:
    """Join third moments: C + C′ + d³·a·b·(a − b)/(a + b)² + 3·d·(a·S′ − b·S)/(a + b)."""
    total = a + b
    cube = (a / total) * (b / total) * (a - b)
    mean, squares, cubes = older[0], older[1], older[2]
    newer_mean, newer_squares, newer_cubes = newer[0][shift:], newer[1][shift:], newer[2][shift:]
    out_cubes = out[2]
    for i in range(count):
        d = newer_mean[i] - mean[i]
        cross = 3.0 * d * (a * newer_squares[i] - b * squares[i]) / total
        out_cubes[i] = (cubes[i] + newer_cubes[i]) + (d * d * d * cube + cross)


@jit
def _join_products(
    older: FloatArray, newer: FloatArray, shift: int, a: int, b: int, count: int, out: FloatArray
) -> None:
    """Join sums of products of deviations: P + P′ + d_x·d_y·a·b/(a + b)."""
    share = b / (a + b)
    mean_x, mean_y, products = older[0], older[2], older[4]
    newer_x, newer_y, newer_products = newer[0][shift:], newer[2][shift:], newer[4][shift:]
    out_products = out[4]
    for i in range(count):
        d = (newer_x[i] - mean_x[i]) * (newer_y[i] - mean_y[i])
        out_products[i] = (products[i] + newer_products[i]) + d * (a * share)


@jit
def _join(
    older: FloatArray, newer: FloatArray, shift: int, a: int, b: int, count: int, out: FloatArray
) -> None:
    """Join by what the rows hold: (mean, squares), (…, cubes) or (x's two, y's two, products)."""
    _join_squares(older, newer, 0, shift, a, b, count, out)
    if older.shape[0] == 3:
        _join_cubes(older, newer, shift, a, b, count, out)
    elif older.shape[0] == 5:
        _join_squares(older, newer, 2, shift, a, b, count, out)
        _join_products(older, newer, shift, a, b, count, out)


@jit
def _window_moments(spare: FloatArray, lookback: int, length: int, count: int) -> FloatArray:
    """Moments of `count` windows over the `length` bars in ``spare[0]``; the rest of `spare` is room."""
    level, other, window, joined = spare[0], spare[1], spare[2], spare[3]
    span, covered = 1, 0
    while True:
        if lookback & span:
            if covered == 0:
                window[:, :count] = level[:, :count]
            else:
                _join(window, level, covered, covered, span, count, joined)
                window, joined = joined, window
            covered += span
        if covered == lookback:
            return window
        length -= span
        _join(level, level, span, span, span, length, other)
        level, other = other, level
        span *= 2


@jit
def _rolling_moments(values: FloatArray, lookback: int, rows: int) -> FloatArray:
    """Mean, sum of squared and (with three `rows`) of cubed deviations: shape (rows, n)."""
    n = values.size
    out = np.empty((rows, n))
    out[:, : min(lookback - 1, n)] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((4, rows, min(step, n) + lookback))
    for first in range(0, n - lookback + 1, step):
        stop = min(first + step + lookback - 1, n)
        length, count = stop - first, stop - first - lookback + 1
        spare[0, 0, :length] = values[first:stop]
        spare[0, 1:, :length] = 0.0
        window = _window_moments(spare, lookback, length, count)
        out[:, first + lookback - 1 : stop] = window[:, :count]
    return out


@jit
def rolling_mean_squares(values: FloatArray, lookback: int) -> tuple[FloatArray, FloatArray]:
    """Mean, and sum of squared deviations from it, of the last `lookback` values."""
    moments = _rolling_moments(values, lookback, 2)
    return moments[0], moments[1]


@jit
def rolling_std(values: FloatArray, lookback: int, ddof: int) -> FloatArray:
    """Spread of the last `lookback` values: √(Σ(x − mean)² / (lookback − ddof))."""
    squares: FloatArray = _rolling_moments(values, lookback, 2)[1]
    for i in range(squares.size):
        squares[i] = np.sqrt(squares[i] / (lookback - ddof))
    return squares


@jit
def rolling_skewness(values: FloatArray, lookback: int) -> FloatArray:
    """Skewness of the last `lookback` values, adjusted for sample size; NaN where they are all equal.

    G = √(n(n − 1))/(n − 2) · (Σd³/n)/(Σd²/n)^1.5 (Joanes and Gill, *The Statistician* 47, 1998).
    """
    moments = _rolling_moments(values, lookback, 3)
    squares, cubes = moments[1], moments[2]
    n = float(lookback)
    factor = np.sqrt(n * (n - 1.0)) / (n - 2.0)
    for i in range(cubes.size):
        variance = squares[i] / n
        cubes[i] = factor * (cubes[i] / n) / (variance * np.sqrt(variance))
    return cubes


@jit
def rolling_products(
    x: FloatArray, y: FloatArray, lookback: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Squared deviations of `x`, of `y`, and their products, summed over the last `lookback` pairs."""
    n = x.size
    out = np.empty((3, n))
    out[:, : min(lookback - 1, n)] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((4, 5, min(step, n) + lookback))
    for first in range(0, n - lookback + 1, step):
        stop = min(first + step + lookback - 1, n)
        length, count = stop - first, stop - first - lookback + 1
        spare[0, :, :length] = 0.0
        spare[0, 0, :length] = x[first:stop]
        spare[0, 2, :length] = y[first:stop]
        window = _window_moments(spare, lookback, length, count)
        target = slice(first + lookback - 1, stop)
        out[0, target] = window[1, :count]
        out[1, target] = window[3, :count]
        out[2, target] = window[4, :count]
    return out[0], out[1], out[2]
