"""Intervals of several runs at once: a resample draws the same bars for all, so differences are paired."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quantlab.metrics.inference import MIN_BARS, span
from quantlab.metrics.run_figures import RunFigures
from quantlab.metrics.unordered import unordered_draws

DOUBTED = ("sharpe", "cagr")


def resampled(figures: Mapping[str, RunFigures], n_resamples: int, seed: int) -> dict[str, pd.DataFrame]:
    """Sharpe and CAGR of every run on resampled bars: metric → (n_resamples, n_runs).

    All NaN below 20 bars, and for a ruined run: what it would have done after ruin is nobody's guess.
    """
    names, runs = list(figures), list(figures.values())
    if runs[0].n_bars < MIN_BARS:
        return {metric: pd.DataFrame(np.nan, [0], names) for metric in DOUBTED}
    panel = np.column_stack([one.returns for one in runs])
    draws = unordered_draws(panel, runs[0], n_resamples, seed)
    for metric in DOUBTED:
        draws[metric][:, [one.ruined for one in runs]] = np.nan
    draws["sharpe"][:, [not one.judged for one in runs]] = np.nan
    return {metric: pd.DataFrame(draws[metric], columns=names) for metric in DOUBTED}


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
