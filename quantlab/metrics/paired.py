"""Whether two return series differ: studentised bootstrap of the difference of their Sharpe ratios and means.

Ledoit and Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio", *Journal of Empirical Finance*
15: the difference over its error in the sample is set against the difference over its error in each resample, so that
the test keeps its size with few bars, heavy tails and dependence. They draw circular blocks of one length; here blocks
have random lengths (Politis and Romano 1994), like everywhere else, and errors are those of Newey and West (1987).
"""

from __future__ import annotations

import math
from itertools import chain
from typing import NamedTuple

import numpy as np

from quantlab.metrics.groups import group_bars, grouped
from quantlab.metrics.inference import blocks_of, require_bars, resampled_rows
from quantlab.metrics.returns import NAN
from quantlab.typing import FloatArray

NO_ERROR = 1e-15  # an error below this is rounding


class Difference(NamedTuple):
    """A difference with its studentised interval, and the p-value of there being none (two-sided)."""

    value: float
    low: float
    high: float
    p_value: float

    def times(self, scale: float) -> Difference:
        """Put the difference in other units, as per year instead of per bar; the p-value stays."""
        return Difference(self.value * scale, self.low * scale, self.high * scale, self.p_value)


class PairedDifferences(NamedTuple):
    """How each run differs from the benchmark, per bar, in the order of the runs.

    `reality_check_p` is the p-value of White's (2000) reality check, "A reality check for data snooping",
    *Econometrica* 68(5): that no run has a higher mean than the benchmark, all of them considered. NaN where none
    differs.
    """

    sharpe: list[Difference]
    mean: list[Difference]
    reality_check_p: float


def paired_differences(
    panel: FloatArray,
    benchmark: FloatArray,
    *,
    block_bars: float | None = None,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> PairedDifferences:
    """Difference of each run (n_bars, n_runs) from the benchmark (n_bars,), per bar; NaN where one does not move.

    Parameters
    ----------
    panel, benchmark
        Returns above the riskless rate on the same bars.
    block_bars
        Mean block length of the bootstrap, by default the longest `block_length` of the series; errors count as many
        autocovariances, less one.
    level, n_resamples, seed
        Of the intervals; all runs share the resamples.

    Raises
    ------
    DataError
        When the numbers of bars differ or there are fewer than 20 bars.

    Notes
    -----
    Both differences are made of sums over bars, so that more than 10,000 bars are drawn in groups; see
    `quantlab.metrics.groups`.
    """
    from quantlab.kernels.paired import paired_figures  # Numba, needed only when somebody asks how sure

    require_bars(panel, benchmark)
    returns = np.column_stack([benchmark, panel])
    means = returns.mean(axis=0)
    away = returns - means
    deviations, squares = (np.ascontiguousarray(grouped(one).T) for one in (away, away * away))
    n_rows = deviations.shape[1]
    block = blocks_of(deviations.T) if block_bars is None else max(1.0, block_bars / group_bars(len(panel)))
    lags = min(math.ceil(block), n_rows) - 1
    scratch = np.empty((4, n_rows))
    figures = np.empty((1 + n_resamples, panel.shape[1], 4))
    resamples = chain([np.arange(n_rows)], resampled_rows(n_rows, n_resamples, block, seed))
    for rows, drawn in zip(resamples, figures, strict=True):
        paired_figures(means, deviations, squares, rows, lags, scratch, drawn)
    return PairedDifferences(
        _differences(figures[..., 0], figures[..., 1], level),
        _differences(figures[..., 2], figures[..., 3], level),
        _reality_check(figures[..., 2][:, figures[0, :, 3] > NO_ERROR]),
    )


def _differences(values: FloatArray, errors: FloatArray, level: float) -> list[Difference]:
    """Judge values and errors (1 + n_resamples, n_runs), those of the sample in the first row."""
    scores = np.abs(values[1:] - values[0]) / np.where(errors[1:] > NO_ERROR, errors[1:], NAN)
    return [_difference(*one, level) for one in zip(values[0], errors[0], scores.T, strict=True)]


def _reality_check(means: FloatArray) -> float:
    """Share of resamples whose best run, each set against its own mean, beats the best of the sample (first row)."""
    if not means.size:
        return NAN
    return float(((means[1:] - means[0]).max(axis=1) > means[0].max()).mean())


def _difference(value: float, error: float, scores: FloatArray, level: float) -> Difference:
    """Judge a difference by the sizes of the studentised differences of the resamples."""
    known = scores[np.isfinite(scores)]
    if not (math.isfinite(value) and error > NO_ERROR) or known.size < 0.9 * scores.size:
        return Difference(float(value), NAN, NAN, NAN)
    p_value = (1.0 + float((known >= abs(value) / error).sum())) / (1.0 + known.size)
    # As many resamples may lie beyond the bounds as leave p at 1 − level, so that both say the same.
    beyond = math.floor((1.0 - level) * (known.size + 1) + 1e-9) - 1
    reach = float(np.sort(known)[known.size - beyond - 1]) * error if beyond >= 0 else math.inf
    return Difference(float(value), float(value - reach), float(value + reach), p_value)
