"""Whether two return series differ: studentised bootstrap of the difference of their Sharpe ratios and means.

Ledoit and Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio", *Journal of Empirical Finance*
15: the difference over its error in the sample is set against the difference over its error in each resample, so that
the test keeps its size with few bars, heavy tails and dependence. They draw circular blocks of one length; here blocks
have random lengths (Politis and Romano 1994), like everywhere else, and errors are those of Newey and West (1987).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from quantlab.metrics.inference import bootstrap
from quantlab.metrics.returns import NAN
from quantlab.typing import FloatArray

Influence = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


class Difference(NamedTuple):
    """A difference with its studentised interval, and the p-value of there being none (two-sided)."""

    value: float
    low: float
    high: float
    p_value: float


def sharpe_influence(panel: FloatArray, benchmark: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Differences of Sharpe ratios per bar (n_runs,), and the influence of each bar on them (n_bars, n_runs).

    S = μ/√(γ − μ²) with γ = E r² has ∂S/∂μ = γ/σ³ and ∂S/∂γ = −μ/(2σ³): their eq. 3.
    """
    runs, influence = _sharpe(panel)
    alone, own = _sharpe(benchmark[:, None])
    return runs - alone, influence - own


def mean_influence(panel: FloatArray, benchmark: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Differences of mean returns per bar (n_runs,), and the influence of each bar on them (n_bars, n_runs)."""
    active = panel - benchmark[:, None]
    mean = active.mean(axis=0)
    return mean, active - mean


def paired_differences(
    panel: FloatArray,
    benchmark: FloatArray,
    influence_of: Influence,
    *,
    block_bars: float,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> list[Difference]:
    """Difference of each run (n_bars, n_runs) from the benchmark (n_bars,), per bar; NaN where one does not move.

    Parameters
    ----------
    panel, benchmark
        Returns above the riskless rate on the same bars.
    influence_of
        What differs: `sharpe_influence` or `mean_influence`.
    block_bars
        Mean block length of the bootstrap; errors count as many autocovariances, less one.
    level, n_resamples, seed
        Of the intervals; all runs share the resamples.
    """
    lags = max(0, math.ceil(block_bars) - 1)

    def statistic(runs: FloatArray, alone: FloatArray) -> FloatArray:
        value, influence = influence_of(runs, alone)
        return np.array([value, standard_errors(influence, lags)])

    with np.errstate(divide="ignore", invalid="ignore"):
        value, error = statistic(panel, benchmark)
        draws = bootstrap(
            statistic, panel, benchmark, n_resamples=n_resamples, block_bars=block_bars, seed=seed
        )
        scores = np.abs(draws[:, 0] - value) / draws[:, 1]
        return [_difference(*one, level) for one in zip(value, error, scores.T, strict=True)]


def standard_errors(influence: FloatArray, lags: int) -> FloatArray:
    """Error of the mean of each column (n_bars, n_runs), with Bartlett weights over `lags` autocovariances."""
    n = len(influence)
    variance = (influence * influence).sum(axis=0)
    for lag in range(1, min(lags, n - 1) + 1):
        weight = 2.0 * (1.0 - lag / (lags + 1.0))
        variance += weight * (influence[lag:] * influence[:-lag]).sum(axis=0)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / n)


def _sharpe(panel: FloatArray) -> tuple[FloatArray, FloatArray]:
    mean, square = panel.mean(axis=0), (panel * panel).mean(axis=0)
    spread = panel.std(axis=0)
    spread = np.where(spread > 1e-12, spread, np.nan)
    cubed = spread**3
    influence = square / cubed * (panel - mean) - mean / (2.0 * cubed) * (panel * panel - square)
    return mean / spread, influence


def _difference(value: float, error: float, scores: FloatArray, level: float) -> Difference:
    """Judge a difference by the sizes of the studentised differences of the resamples."""
    known = scores[np.isfinite(scores)]
    if not (math.isfinite(value) and error > 1e-15) or known.size < 0.9 * scores.size:
        return Difference(float(value), NAN, NAN, NAN)
    p_value = (1.0 + float((known >= abs(value) / error).sum())) / (1.0 + known.size)
    # As many resamples may lie beyond the bounds as leave p at 1 − level, so that both say the same.
    beyond = math.floor((1.0 - level) * (known.size + 1) + 1e-9) - 1
    reach = float(np.sort(known)[known.size - beyond - 1]) * error if beyond >= 0 else math.inf
    return Difference(float(value), float(value - reach), float(value + reach), p_value)
