"""Intervals of several runs at once: a resample draws the same bars for all, so differences are paired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np
import pandas as pd

from quantlab.metrics.inference import MIN_BARS, blocks_of, resampled_rows, span
from quantlab.metrics.returns import NO_DEVIATION, per_bar_rate
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray

DOUBTED = ("sharpe", "cagr")
MOST_CELLS = 4_000_000  # of a matrix of counts


def resampled(figures: Mapping[str, RunFigures], n_resamples: int, seed: int) -> dict[str, pd.DataFrame]:
    """Sharpe and CAGR of every run on resampled bars: metric → (n_resamples, n_runs).

    Both depend on how often each bar is drawn and not on the sequence, so they are products of a matrix of counts.
    All NaN below 20 bars, and for a ruined run: what it would have done after ruin is nobody's guess.
    """
    names, runs = list(figures), list(figures.values())
    if runs[0].n_bars < MIN_BARS:
        return {metric: pd.DataFrame(np.nan, [0], names) for metric in DOUBTED}
    panel = np.column_stack([one.returns for one in runs])
    parts = [_doubted(counts, panel, runs[0]) for counts in _counts(panel, n_resamples, seed)]
    draws = np.concatenate(parts, axis=1)
    draws[:, :, [one.ruined for one in runs]] = np.nan
    draws[0][:, [not one.judged for one in runs]] = np.nan
    return {metric: pd.DataFrame(draws[k], columns=names) for k, metric in enumerate(DOUBTED)}


def _counts(panel: FloatArray, n_resamples: int, seed: int) -> Iterator[FloatArray]:
    """How often each bar is drawn in each resample ``(n_resamples, n_bars)``, some resamples at a time."""
    n_bars = len(panel)
    rows = resampled_rows(n_bars, n_resamples, blocks_of(panel), seed)
    while batch := [np.bincount(one, minlength=n_bars) for one in islice(rows, max(1, MOST_CELLS // n_bars))]:
        yield np.array(batch, dtype=np.float64)


def _doubted(counts: FloatArray, panel: FloatArray, terms: RunFigures) -> FloatArray:
    """Sharpe and CAGR of resamples ``(2, n_resamples, n_runs)``; NaN where nothing moves, or no float holds it."""
    n_bars, n = len(panel), terms.periods_per_year
    centre = panel.mean(axis=0)  # off which sums of squares lose no digits
    off = panel - centre
    mean = counts @ off / n_bars
    spread = np.sqrt(np.maximum(counts @ (off * off) / n_bars - mean * mean, 0.0) * n_bars / (n_bars - 1.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rate = per_bar_rate(terms.risk_free_annual, n)
        sharpe = np.where(spread >= NO_DEVIATION, (mean + centre - rate) / spread * np.sqrt(n), np.nan)
        growth = np.exp(counts @ np.log(np.maximum(1.0 + panel, 1e-300)) * (n / n_bars))
        annual = np.where(np.isfinite(growth), growth - 1.0, np.nan)
    return np.array([sharpe, annual])


def intervals(
    frame: pd.DataFrame, draws: Mapping[str, pd.DataFrame], benchmark: str | None, level: float
) -> pd.DataFrame:
    """Columns `sharpe_low`, `sharpe_high`, `cagr_low`, `cagr_high`; with a benchmark also differences from it.

    Each difference, `sharpe_difference` and `cagr_difference`, has its own `_low` and `_high`. Rows are those of
    `frame`, the runs' metrics.
    """
    parts = [_bounds(metric, frame[metric], draws[metric], level) for metric in DOUBTED]
    if benchmark is not None:
        for metric in DOUBTED:
            name = f"{metric}_difference"
            difference = frame[metric] - float(frame[metric][benchmark])
            drawn = draws[metric].sub(draws[metric][benchmark], axis=0)
            parts += [difference.to_frame(name), _bounds(name, difference, drawn, level)]
    return pd.concat(parts, axis=1)


def _bounds(name: str, estimates: pd.Series, draws: pd.DataFrame, level: float) -> pd.DataFrame:
    bounds = [span(float(estimates[run]), draws[run].to_numpy(), level) for run in estimates.index]
    return pd.DataFrame(bounds, estimates.index, columns=[f"{name}_low", f"{name}_high"])
