"""How sure a number is: bootstrap intervals of any statistic of returns, and the probabilistic Sharpe ratio.

Returns cluster, so bars may not be drawn one by one. The stationary bootstrap (Politis and Romano 1994) draws
blocks of random, geometrically distributed length; several series are drawn together, bar by bar, which keeps
their correlation and makes the interval of a difference a paired one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from quantlab.errors import DataError
from quantlab.metrics.blocks import block_length
from quantlab.metrics.returns import NAN
from quantlab.metrics.risk import excess_kurtosis, sharpe_per_bar, skew
from quantlab.typing import FloatArray, IntArray

MIN_BARS = 20  # fewer say nothing about their own dependence


class Interval(NamedTuple):
    """An estimate and the interval its resamples span; `block_bars` is the mean block length."""

    estimate: float
    low: float
    high: float
    level: float
    n_resamples: int
    block_bars: float


def bootstrap(
    statistic: Callable[..., float | FloatArray],
    *series: FloatArray,
    n_resamples: int = 1000,
    block_bars: float | None = None,
    seed: int = 0,
) -> FloatArray:
    """`statistic(*series)` on resampled bars: (n_resamples, ...) of whatever shape it returns.

    Parameters
    ----------
    statistic : callable
        Takes as many arrays as there are series; may return NaN, or an array of several statistics.
    *series : (n_bars,) or (n_bars, n_runs) arrays
        Resampled together: bar t of all of them stays one bar.
    n_resamples : int
        How many.
    block_bars : float, optional
        Mean block length in bars; by default `blocks_of(*series)`.
    seed : int
        Same seed, same resamples.

    Raises
    ------
    DataError
        When lengths differ or there are fewer than 20 bars.
    """
    require_bars(*series)
    block = block_bars or blocks_of(*series)
    resamples = resampled_rows(len(series[0]), n_resamples, block, seed)
    # Columns are kept whole in memory: sums over bars of a few runs are several times faster.
    columns = [np.ascontiguousarray(one.T) for one in series]
    draws = [statistic(*(one.take(rows, axis=-1).T for one in columns)) for rows in resamples]
    return np.array(draws, dtype=np.float64)


def resampled_rows(n_bars: int, n_resamples: int, block_bars: float, seed: int = 0) -> Iterator[IntArray]:
    """Rows (n_bars,) of one resample of the stationary bootstrap after the other, in an array that is used again.

    Same arguments, same rows: whatever is computed on them belongs to the same resamples.
    """
    from quantlab.kernels.paths import stationary_rows  # Numba, needed only when somebody asks how sure

    bits = np.random.default_rng(seed).bit_generator
    often = np.uint64(2.0**32 / block_bars)
    rows = np.empty(n_bars, dtype=np.int64)
    for _ in range(n_resamples):
        stationary_rows(bits.random_raw(n_bars), often, rows)
        yield rows


def blocks_of(*series: FloatArray) -> float:
    """Mean block length in bars that keeps the dependence of all series: their longest `block_length`."""
    columns = [column for one in series for column in one.reshape(len(one), -1).T]
    return max(block_length(column) for column in columns)


class Blocks(NamedTuple):
    """Mean block lengths in bars: for what hangs on the mean of returns, and for what hangs on their size.

    Returns hardly depend on the ones before, their squares do for months: blocks for the first cut the clusters of
    volatility to pieces, and the bounds of a volatility or a value at risk would be several times too narrow.
    """

    mean: float
    size: float


def blocks_of_run(off: FloatArray, squares: FloatArray) -> Blocks:
    """Block lengths for returns off their mean (n_bars, ...) and the squares of that; see `blocks_of`."""
    mean = blocks_of(off)
    scale = float(squares.mean()) or 1.0  # or squares of small returns would count as still
    return Blocks(mean, max(mean, blocks_of(squares / scale)))


def span(estimate: float, draws: FloatArray, level: float = 0.95) -> tuple[float, float]:
    """Percentile bounds of `draws` (n_resamples,) that hold `level` of them.

    NaN when the estimate is undefined, or more than one draw in ten is; other undefined draws are left out.
    """
    defined = draws[np.isfinite(draws)]
    if not math.isfinite(estimate) or defined.size < 0.9 * draws.size:
        return NAN, NAN
    low, high = np.quantile(defined, (0.5 - level / 2.0, 0.5 + level / 2.0))
    return float(low), float(high)


def bootstrap_interval(
    statistic: Callable[..., float],
    *series: FloatArray,
    level: float = 0.95,
    n_resamples: int = 1000,
    block_bars: float | None = None,
    seed: int = 0,
) -> Interval:
    """Percentile interval of `statistic(*series)` under the stationary bootstrap; see `bootstrap` and `span`.

    For a paired difference give both series, and the difference as the statistic.

    Examples
    --------
    >>> daily = np.random.default_rng(7).normal(0.001, 0.01, 500)
    >>> interval = bootstrap_interval(np.mean, daily)
    >>> bool(interval.low < daily.mean() < interval.high)
    True
    """
    require_bars(*series)
    estimate = float(statistic(*series))
    block = block_bars or blocks_of(*series)
    draws = bootstrap(statistic, *series, n_resamples=n_resamples, block_bars=block, seed=seed)
    return Interval(estimate, *span(estimate, draws, level), level, n_resamples, block)


def probabilistic_sharpe(
    returns: FloatArray, *, benchmark_per_bar: float = 0.0, rate_per_bar: float = 0.0
) -> float:
    """Probability that the true Sharpe ratio of `returns` exceeds `benchmark_per_bar`, both per bar.

    Bailey and López de Prado (2012), *The Sharpe Ratio Efficient Frontier*; NaN where Sharpe is undefined.
    """
    ratio = sharpe_per_bar(returns, rate_per_bar)
    return sharpe_confidence(ratio, returns.size, skew(returns), excess_kurtosis(returns), benchmark_per_bar)


def sharpe_confidence(
    ratio: float, n_bars: int, skew: float, excess_kurtosis: float, benchmark_per_bar: float = 0.0
) -> float:
    """Φ((S − S*)·√(T − 1)/√(1 − γ₃S + (γ₄ − 1)/4·S²)): their eq. 11, with γ₄ the excess kurtosis + 3.

    >>> round(sharpe_confidence(0.458, 24, skew=-2.448, excess_kurtosis=7.164), 3)
    0.913
    """
    variance = 1.0 - skew * ratio + (excess_kurtosis + 2.0) / 4.0 * ratio * ratio
    if not variance > 0.0:
        return NAN
    score = (ratio - benchmark_per_bar) * math.sqrt((n_bars - 1) / variance)
    return 0.5 * math.erfc(-score / math.sqrt(2.0))


def minimum_track_record(
    returns: FloatArray,
    *,
    benchmark_per_bar: float = 0.0,
    rate_per_bar: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """Bars until the Sharpe ratio of `returns` would be above `benchmark_per_bar` with `confidence`.

    Bailey and López de Prado (2012), *The Sharpe Ratio Efficient Frontier*; NaN where the ratio is undefined or not
    above the benchmark: no record is long enough then.
    """
    ratio = sharpe_per_bar(returns, rate_per_bar)
    return track_record_bars(ratio, skew(returns), excess_kurtosis(returns), benchmark_per_bar, confidence)


def track_record_bars(
    ratio: float,
    skew: float,
    excess_kurtosis: float,
    benchmark_per_bar: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """1 + (1 − γ₃S + (γ₄ − 1)/4·S²)·(Φ⁻¹(confidence)/(S − S*))²: their eq. 13, γ₄ the excess kurtosis + 3.

    >>> daily = 1.0 / math.sqrt(250)
    >>> round(track_record_bars(2.0 * daily, 0.0, 0.0, benchmark_per_bar=daily) / 250, 2)
    2.73
    """
    if not ratio > benchmark_per_bar:
        return NAN
    variance = 1.0 - skew * ratio + (excess_kurtosis + 2.0) / 4.0 * ratio * ratio
    score = NormalDist().inv_cdf(confidence) / (ratio - benchmark_per_bar)
    return 1.0 + variance * score * score if variance > 0.0 else NAN


def require_bars(*series: FloatArray) -> None:
    """Refuse to resample series of different lengths, or of too few bars."""
    lengths = sorted({len(one) for one in series})
    if len(lengths) != 1:
        raise DataError(f"Series of {lengths} bars cannot be resampled together; give series of one length.")
    if lengths[0] < MIN_BARS:
        raise DataError(f"{lengths[0]} bars are too few to resample; give at least {MIN_BARS}.")
