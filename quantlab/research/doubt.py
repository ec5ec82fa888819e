"""Intervals of several runs at once: a resample draws the same bars for all, so differences are paired."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quantlab.metrics.inference import MIN_BARS, bootstrap, span
from quantlab.metrics.returns import cagr
from quantlab.metrics.risk import sharpe
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray

DOUBTED = ("sharpe", "cagr")


def resampled(figures: Mapping[str, RunFigures], n_resamples: int, seed: int) -> dict[str, pd.DataFrame]:
    """Sharpe and CAGR of every run on resampled bars: metric → (n_resamples, n_runs).

    All NaN below 20 bars, and for a ruined run: what it would have done after ruin is nobody's guess.
    """
    names = list(figures)
    n_bars = next(iter(figures.values())).n_bars
    if n_bars < MIN_BARS:
        return {metric: pd.DataFrame(np.nan, [0], names) for metric in DOUBTED}
    panel = np.column_stack([one.returns for one in figures.values()])

    def statistics(drawn: FloatArray) -> FloatArray:
        return np.array([_doubted(one, drawn[:, k]) for k, one in enumerate(figures.values())])

    draws = bootstrap(statistics, panel, n_resamples=n_resamples, seed=seed)
    return {metric: pd.DataFrame(draws[:, :, k], columns=names) for k, metric in enumerate(DOUBTED)}


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


def _doubted(figures: RunFigures, returns: FloatArray) -> list[float]:
    if figures.ruined:
        return [np.nan] * len(DOUBTED)
    ratio = sharpe(returns, figures.periods_per_year, figures.risk_free_annual) if figures.judged else np.nan
    return [ratio, cagr(float(np.prod(1.0 + returns)), returns.size, figures.periods_per_year)]
