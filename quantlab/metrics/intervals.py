"""How sure the metrics of a run are: one set of resamples, an interval of each metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.inference import MIN_BARS, blocks_of, span
from quantlab.metrics.resampled_metrics import RESAMPLED, resampled_metrics
from quantlab.metrics.resamples import batches
from quantlab.metrics.returns import NAN
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray, IntArray


def metric_intervals(
    figures: RunFigures,
    exit_rows: IntArray,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    block_bars: float | None = None,
    seed: int = 0,
    names: Sequence[str] = tuple(RESAMPLED),
) -> pd.DataFrame:
    """Percentile intervals under the stationary bootstrap (Politis and Romano 1994), rows by metric name.

    Parameters
    ----------
    figures
        The run.
    exit_rows
        Row of the bar in which each closed trade ended, (n_closed_trades,): a trade is drawn with that bar.
    level
        Share of the resamples between the bounds.
    n_resamples, seed
        How many resamples; same seed, same resamples. All metrics share them.
    block_bars
        Mean block length in bars; `quantlab.metrics.inference.blocks_of` the returns by default.
    names
        Which metrics; all that can be resampled by default.

    Returns
    -------
    Columns ``value, low, high``. Bounds are NaN where the metric is undefined, or is so in more than one resample of
    ten; all are for a ruined run, and below 20 bars.
    """
    values = evaluate(figures, names)
    if figures.ruined or figures.n_bars < MIN_BARS:
        bounds = dict.fromkeys(values, (NAN, NAN))
    else:
        block = block_bars or blocks_of(figures.returns)
        draws = metric_draws(figures, exit_rows, n_resamples, block, seed, names)
        bounds = {name: span(value, draws[name], level) for name, value in values.items()}
    rows = {name: (value, *bounds[name]) for name, value in values.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"]).rename_axis(
        "metric"
    )


def metric_draws(
    figures: RunFigures,
    exit_rows: IntArray,
    n_resamples: int,
    block_bars: float,
    seed: int,
    names: Sequence[str] = tuple(RESAMPLED),
) -> dict[str, FloatArray]:
    """Compute metrics on each resample: name → (n_resamples,)."""
    drawn = batches(figures, exit_rows, n_resamples, block_bars, seed)
    parts = [resampled_metrics(batch, names) for batch in drawn]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
