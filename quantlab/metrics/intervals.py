"""How sure the metrics of a run are: an interval of each, from resamples that keep what it hangs on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.inference import MIN_BARS, Blocks, blocks_of_run, span
from quantlab.metrics.resampled_metrics import OF_SIZE, RESAMPLED, resampled_metrics
from quantlab.metrics.resamples import batches
from quantlab.metrics.returns import NAN
from quantlab.metrics.run_figures import RunFigures
from quantlab.metrics.unordered import unordered_intervals
from quantlab.typing import FloatArray, IntArray


def metric_intervals(
    figures: RunFigures,
    exit_rows: IntArray,
    *,
    level: float = 0.95,
    n_resamples: int = 1000,
    blocks: Blocks | None = None,
    seed: int = 0,
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
        How many resamples; same seed, same resamples. Metrics with the same blocks share them.
    blocks
        Mean block lengths in bars: those of ``mean`` for most metrics, those of ``size`` for `OF_SIZE`. By default
        `quantlab.metrics.inference.blocks_of_run`, and groups of bars for metrics in `UNORDERED` of more than 10,000
        bars; see `quantlab.metrics.groups`.

    Returns
    -------
    Columns ``value, low, high``. Bounds are NaN where the metric is undefined, or is so in more than one resample of
    ten; all are for a ruined run, and below 20 bars.
    """
    values = evaluate(figures, RESAMPLED)
    if figures.ruined or figures.n_bars < MIN_BARS:
        bounds = dict.fromkeys(values, (NAN, NAN))
    else:
        off = figures.returns - figures.returns.mean()
        mean, size = blocks or blocks_of_run(off, off * off)
        draws = metric_draws(figures, exit_rows, n_resamples, mean, seed, RESAMPLED.keys() - OF_SIZE)
        draws |= metric_draws(figures, exit_rows, n_resamples, size, seed, OF_SIZE)
        bounds = {name: span(value, draws[name], level) for name, value in values.items()}
        if blocks is None:  # the same bounds in groups of bars, as they are printed everywhere
            bounds |= unordered_intervals(figures, level=level, n_resamples=n_resamples, seed=seed)
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
    names: Iterable[str] = RESAMPLED,
) -> dict[str, FloatArray]:
    """Compute metrics on each resample: name → (n_resamples,)."""
    drawn = batches(figures, exit_rows, n_resamples, block_bars, seed)
    parts = [resampled_metrics(batch, names) for batch in drawn]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
