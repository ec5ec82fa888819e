"""Variance, skewness and covariance of a moving window, joined from those of shorter windows.

Two windows of a and b bars with means m and m′ and sums of squared deviations S and S′ join, with d = m′ − m,
to

    mean = m + d·b/(a + b),        squares = S + S′ + d²·a·b/(a + b)

(Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
Stanford STAN-CS-79-773, 1979; third moment and co-moment: Pébay, Sandia SAND2008-6212, 2008). Nothing is
subtracted when a bar leaves, squares are never negative, and a window of equal values has exactly zero. A
mean is kept as its distance from the window's first value, so a price of 50,000 that moves by cents loses no
digits.

Series in, series out, NaN as in ``rolling.py``; ``windows.py`` tells how a window is put together.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from quantlab.kernels._jit import lean, step
from quantlab.kernels.windows import ROOMS, plan, read_only
from quantlab.typing import FloatArray, IntArray

CHUNK = 512


class _Kernel(Protocol):
    """Carries out the joins, chunk by chunk."""

    def __call__(
        self,
        series: FloatArray,
        lookback: int,
        joins: IntArray,
        window: int,
        step: int,
        spare: FloatArray,
        out: FloatArray,
    ) -> None: ...


@step
def _single_bars(series: FloatArray, first: int, length: int, room: FloatArray) -> None:
    """Fill `room` with the moments of single bars: each its own mean, no deviation; NaN stays NaN."""
    x, y = series[0, first:], series[-1, first:]
    for i in range(length):
        none = x[i] * 0.0 + y[i] * 0.0
        for row in range(room.shape[0]):
            room[row, i] = none


@step
def _join_squares(
    values: FloatArray, older: FloatArray, newer: FloatArray, a: int, b: int, count: int, out: FloatArray
) -> None:
    """Join mean (less first value) and squares."""
    share = b / (a + b)
    first, mean, squares = values, older[0], older[1]
    newer_first, newer_mean, newer_squares = values[a:], newer[0][a:], newer[1][a:]
    out_mean, out_squares = out[0], out[1]
    for i in range(count):
        d = (newer_first[i] - first[i]) + (newer_mean[i] - mean[i])
        out_mean[i] = mean[i] + d * share
        out_squares[i] = (squares[i] + newer_squares[i]) + d * d * (a * share)


@lean
def _window_squares(
    series: FloatArray,
    lookback: int,
    joins: IntArray,
    window: int,
    step: int,
    spare: FloatArray,
    out: FloatArray,
) -> None:
    for first in range(0, series.shape[1] - lookback + 1, step):
        length = min(step + lookback - 1, series.shape[1] - first)
        _single_bars(series, first, length, spare[0])
        for k in range(joins.shape[0]):
            a, b = joins[k, 2], joins[k, 3]
            older, newer, joined = spare[joins[k, 0]], spare[joins[k, 1]], spare[joins[k, 4]]
            _join_squares(series[0, first:], older, newer, a, b, length - (a + b) + 1, joined)
        for row in range(2):
            for i in range(length - lookback + 1):
                out[row, first + lookback - 1 + i] = spare[window, row, i]


@step
def _join_cubes(
    values: FloatArray, older: FloatArray, newer: FloatArray, a: int, b: int, count: int, out: FloatArray
) -> None:
    """Join third moments too: C + C′ + d³·a·b·(a − b)/(a + b)² + 3·d·(a·S′ − b·S)/(a + b)."""
    total = a + b
    cube = (a / total) * (b / total) * (a - b)
    first, mean, squares, cubes = values, older[0], older[1], older[2]
    newer_first, newer_mean = values[a:], newer[0][a:]
    newer_squares, newer_cubes = newer[1][a:], newer[2][a:]
    out_cubes = out[2]
    for i in range(count):
        d = (newer_first[i] - first[i]) + (newer_mean[i] - mean[i])
        cross = 3.0 * d * (a * newer_squares[i] - b * squares[i]) / total
        out_cubes[i] = (cubes[i] + newer_cubes[i]) + (d * d * d * cube + cross)


@lean
def _window_cubes(
    series: FloatArray,
    lookback: int,
    joins: IntArray,
    window: int,
    step: int,
    spare: FloatArray,
    out: FloatArray,
) -> None:
    for first in range(0, series.shape[1] - lookback + 1, step):
        length = min(step + lookback - 1, series.shape[1] - first)
        _single_bars(series, first, length, spare[0])
        for k in range(joins.shape[0]):
            a, b = joins[k, 2], joins[k, 3]
            older, newer, joined = spare[joins[k, 0]], spare[joins[k, 1]], spare[joins[k, 4]]
            _join_cubes(series[0, first:], older, newer, a, b, length - (a + b) + 1, joined)
            _join_squares(series[0, first:], older, newer, a, b, length - (a + b) + 1, joined)
        for row in range(3):
            for i in range(length - lookback + 1):
                out[row, first + lookback - 1 + i] = spare[window, row, i]


@step
def _join_products(
    series: FloatArray,
    first: int,
    older: FloatArray,
    newer: FloatArray,
    a: int,
    b: int,
    count: int,
    out: FloatArray,
) -> None:
    """Join products of deviations, P + P′ + d_x·d_y·a·b/(a + b), in the row below those of x and y."""
    x, y = series[0, first:], series[1, first:]
    newer_x, newer_y = x[a:], y[a:]
    mean_x, mean_y, products = older[0], older[2], older[4]
    newer_mean_x, newer_mean_y, newer_products = newer[0][a:], newer[2][a:], newer[4][a:]
    out_products = out[4]
    weight = a * (b / (a + b))
    for i in range(count):
        d_x = (newer_x[i] - x[i]) + (newer_mean_x[i] - mean_x[i])
        d_y = (newer_y[i] - y[i]) + (newer_mean_y[i] - mean_y[i])
        out_products[i] = (products[i] + newer_products[i]) + d_x * d_y * weight


@lean
def _window_products(
    series: FloatArray,
    lookback: int,
    joins: IntArray,
    window: int,
    step: int,
    spare: FloatArray,
    out: FloatArray,
) -> None:
    for first in range(0, series.shape[1] - lookback + 1, step):
        length = min(step + lookback - 1, series.shape[1] - first)
        _single_bars(series, first, length, spare[0])
        for k in range(joins.shape[0]):
            a, b = joins[k, 2], joins[k, 3]
            older, newer, joined = spare[joins[k, 0]], spare[joins[k, 1]], spare[joins[k, 4]]
            count = length - (a + b) + 1
            _join_products(series, first, older, newer, a, b, count, joined)
            for side in range(2):
                two = slice(2 * side, 2 * side + 2)
                _join_squares(series[side, first:], older[two], newer[two], a, b, count, joined[two])
        for row in range(5):
            for i in range(length - lookback + 1):
                out[row, first + lookback - 1 + i] = spare[window, row, i]


def _rolling(kernel: _Kernel, series: FloatArray, lookback: int, rows: int) -> FloatArray:
    """Moments of every window of `series` (1 or 2, n), as (rows, n)."""
    n = series.shape[1]
    out = np.empty((rows, n))
    out[:, : lookback - 1] = np.nan
    step = max(CHUNK, 4 * lookback)
    spare = np.empty((ROOMS, rows, min(step, n) + lookback))
    joins, _, window, _ = plan(lookback)
    kernel(read_only(series), lookback, joins, window, step, spare, out)
    return out


def rolling_mean_squares(values: FloatArray, lookback: int) -> tuple[FloatArray, FloatArray]:
    """Mean, and sum of squared deviations from it, of the last `lookback` values."""
    mean, squares = _rolling(_window_squares, values.reshape(1, -1), lookback, 2)
    mean[lookback - 1 :] += values[: max(values.size - lookback + 1, 0)]
    return mean, squares


def rolling_std(values: FloatArray, lookback: int, ddof: int) -> FloatArray:
    """Spread of the last `lookback` values: √(Σ(x − mean)² / (lookback − ddof))."""
    squares: FloatArray = _rolling(_window_squares, values.reshape(1, -1), lookback, 2)[1]
    return np.asarray(np.sqrt(squares / (lookback - ddof)))


def rolling_zscore(values: FloatArray, lookback: int) -> FloatArray:
    """Newest value less the mean of the last `lookback`, in standard deviations; NaN where all are equal."""
    mean, squares = _rolling(_window_squares, values.reshape(1, -1), lookback, 2)
    moved = values[lookback - 1 :] - values[: max(values.size - lookback + 1, 0)]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean[lookback - 1 :] = (moved - mean[lookback - 1 :]) / np.sqrt(
            squares[lookback - 1 :] / (lookback - 1)
        )
    return mean


def rolling_skewness(values: FloatArray, lookback: int) -> FloatArray:
    """Skewness of the last `lookback` values, adjusted for sample size; NaN where they are all equal.

    G = √(n(n − 1))/(n − 2) · (Σd³/n)/(Σd²/n)^1.5 (Joanes and Gill, *The Statistician* 47, 1998).
    """
    _, squares, cubes = _rolling(_window_cubes, values.reshape(1, -1), lookback, 3)
    n = float(lookback)
    variance = squares / n
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = (cubes / n) / (variance * np.sqrt(variance))
    return np.asarray(shape * (np.sqrt(n * (n - 1.0)) / (n - 2.0)))


def rolling_products(
    x: FloatArray, y: FloatArray, lookback: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Squared deviations of `x`, of `y`, and their products, summed over the last `lookback` pairs."""
    moments = _rolling(_window_products, np.stack([x, y]), lookback, 5)
    return moments[1], moments[3], moments[4]
