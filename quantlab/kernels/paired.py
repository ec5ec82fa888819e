"""Differences of Sharpe ratios and means between runs and a benchmark on one resample, with their errors."""

from __future__ import annotations

import math

import numpy as np

from quantlab.kernels._jit import jit, step
from quantlab.typing import FloatArray, IntArray

STILL = 1e-12  # a series that deviates less does not move: its Sharpe ratio is undefined


@jit
def paired_figures(
    means: FloatArray,
    deviations: FloatArray,
    squares: FloatArray,
    rows: IntArray,
    lags: int,
    scratch: FloatArray,
    out: FloatArray,
) -> None:
    """Fill `out` (n_runs, 4): difference of Sharpe ratios, its error, difference of means, its error; per bar.

    `means` (1 + n_runs,) and `deviations` (1 + n_runs, n_bars) from them make up the returns of the benchmark and of
    the runs, with their `squares`; a row may be the mean of some neighbouring bars. `rows` (n,) are the bars of the
    resample, `lags` the autocovariances in the errors and `scratch` (4, n) room to work in. The ratio of what does not
    move is NaN.
    """
    own, market, influence, active = scratch[0], scratch[1], scratch[2], scratch[3]
    market_mean, market_ratio = _drawn(means[0], deviations[0], squares[0], rows, own, market)
    for run in range(out.shape[0]):
        one = run + 1
        mean, ratio = _drawn(means[one], deviations[one], squares[one], rows, influence, active)
        for t in range(rows.shape[0]):
            influence[t] -= own[t]
            active[t] -= market[t]
        out[run, 0], out[run, 2] = ratio - market_ratio, mean - market_mean
        out[run, 1], out[run, 3] = standard_errors(influence, active, lags)


@step
def _drawn(
    mean: float,
    deviations: FloatArray,
    squares: FloatArray,
    rows: IntArray,
    influence: FloatArray,
    active: FloatArray,
) -> tuple[float, float]:
    """Mean and Sharpe ratio of the bars `rows`, with each bar's influence on the ratio and deviation from the mean.

    With z the deviation in standard deviations the influence on S is z − S/2·(z² − 1): eq. 3 of Ledoit and Wolf (2008),
    gathered.
    """
    n = rows.shape[0]
    total, spread = 0.0, 0.0
    for t in range(n):
        active[t] = deviations[rows[t]]
        influence[t] = squares[rows[t]]
        total += active[t]
        spread += influence[t]
    shift = total / n
    spread = math.sqrt(max(spread / n - shift * shift, 0.0))
    if spread <= STILL:
        spread = np.nan
    ratio, scale = (mean + shift) / spread, 1.0 / spread
    for t in range(n):
        square = influence[t] - shift * (2.0 * active[t] - shift)
        active[t] -= shift
        influence[t] = active[t] * scale - 0.5 * ratio * (square * scale * scale - 1.0)
    return mean + shift, ratio


@jit
def standard_errors(first: FloatArray, second: FloatArray, lags: int) -> tuple[float, float]:
    """Errors of two means (Newey and West 1987) from each bar's influence (n,) on them, over `lags` autocovariances.

    Bartlett's weights make the weighted sum of autocovariances the sum of squares of all windows of lags + 1 bars,
    those that reach beyond the ends included, over lags + 1: one pass, however many lags (fewer than n).
    """
    n, size = first.shape[0], lags + 1
    one, two, ones, twos = 0.0, 0.0, 0.0, 0.0
    for t in range(size):
        one += first[t]
        two += second[t]
        ones += one * one
        twos += two * two
    for t in range(size, n):
        one += first[t] - first[t - size]
        two += second[t] - second[t - size]
        ones += one * one
        twos += two * two
    for t in range(n - size, n):
        one -= first[t]
        two -= second[t]
        ones += one * one
        twos += two * two
    return math.sqrt(ones / size) / n, math.sqrt(twos / size) / n
