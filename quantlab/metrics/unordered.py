"""Metrics that do not ask in which sequence bars came, on many resamples: products of a matrix of counts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.groups import grouped
from quantlab.metrics.inference import MIN_BARS, blocks_of, blocks_of_run, resampled_rows, span
from quantlab.metrics.resamples import moving
from quantlab.metrics.returns import per_bar_rate
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray

UNORDERED = ("total_return", "cagr", "sharpe", "sortino", "omega", "volatility")
MOST_CELLS = 4_000_000  # of a matrix of counts


def unordered_intervals(
    figures: RunFigures, *, level: float = 0.95, n_resamples: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Percentile intervals of the `UNORDERED` metrics under the stationary bootstrap (Politis and Romano 1994).

    More than 10,000 bars are drawn in groups; see `quantlab.metrics.groups`. None for a ruined run, and below 20 bars.
    """
    if figures.ruined or figures.n_bars < MIN_BARS:
        return {}
    sums = Sums.of(figures.returns[:, None], figures)
    mean, size = blocks_of_run(sums.off, sums.squares)
    draws = _draws(sums, figures, n_resamples, seed, mean)
    draws["volatility"] = _draws(sums, figures, n_resamples, seed, size)["volatility"]
    values = evaluate(figures, UNORDERED)
    return {name: span(values[name], draws[name][:, 0], level) for name in UNORDERED}


def unordered_draws(
    panel: FloatArray, terms: RunFigures, n_resamples: int, seed: int
) -> dict[str, FloatArray]:
    """Each of the `UNORDERED` metrics of runs with returns `panel` (n_bars, n_runs): (n_resamples, n_runs).

    Blocks are those of the returns. Bars a year and the riskless rate are those of `terms`. NaN where nothing moves, or
    no float holds the value.
    """
    sums = Sums.of(panel, terms)
    return _draws(sums, terms, n_resamples, seed, blocks_of(sums.off))


class Sums(NamedTuple):
    """What the metrics are made of, over groups of bars: (n_groups, n_runs) each, but for the first two."""

    n_bars: int
    centre: FloatArray  # mean excess return (n_runs,), off which sums of squares lose no digits
    off: FloatArray
    squares: FloatArray
    logs: FloatArray
    lost: FloatArray  # of excess returns below 0, sign dropped
    lost_squares: FloatArray

    @classmethod
    def of(cls, panel: FloatArray, terms: RunFigures) -> Sums:
        """Sum up returns (n_bars, n_runs)."""
        excess = panel - per_bar_rate(terms.risk_free_annual, terms.periods_per_year)
        centre = excess.mean(axis=0)
        off, lost = excess - centre, np.maximum(-excess, 0.0)
        logs = np.log(np.maximum(1.0 + panel, 1e-300))
        return cls(len(panel), centre, *map(grouped, (off, off * off, logs, lost, lost * lost)))


def _draws(sums: Sums, terms: RunFigures, n_resamples: int, seed: int, block: float) -> dict[str, FloatArray]:
    n_bars, n = sums.n_bars, terms.periods_per_year
    drawn = zip(*_means(sums, n_resamples, seed, block), strict=True)
    off, squares, logs, lost, lost_squares = (np.concatenate(each) for each in drawn)
    spread = np.sqrt(np.maximum(squares - off * off, 0.0) * n_bars / (n_bars - 1.0))
    excess = off + sums.centre
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return {
            "total_return": _grown(logs * n_bars),
            "cagr": _grown(logs * n),
            "sharpe": excess / moving(spread) * np.sqrt(n),
            "sortino": excess / moving(np.sqrt(lost_squares)) * np.sqrt(n),
            "omega": (excess + lost) / moving(lost * n_bars) * n_bars,
            "volatility": spread * np.sqrt(n),
        }


def _means(sums: Sums, n_resamples: int, seed: int, block: float) -> Iterator[list[FloatArray]]:
    """Mean of each of the sums (n_groups, n_runs) over the groups drawn, some resamples at a time."""
    n_groups = len(sums.off)
    rows = resampled_rows(n_groups, n_resamples, block, seed)
    while batch := [np.bincount(one, minlength=n_groups) for one in islice(rows, MOST_CELLS // n_groups)]:
        counts = np.array(batch, dtype=np.float64) / n_groups
        yield [counts @ one for one in sums[2:]]


def _grown(log_growth: FloatArray) -> FloatArray:
    growth = np.exp(log_growth)
    return np.where(np.isfinite(growth), growth - 1.0, np.nan)
