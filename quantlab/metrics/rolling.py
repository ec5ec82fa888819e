"""Metrics of the catalogue over a window that moves along a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantlab.metrics.resampled_metrics import resampled_metrics
from quantlab.metrics.resamples import MOST_CELLS, Resamples
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray, IntArray

LEAST_BARS = 20  # of a window
NO_TRADES = np.zeros(0, dtype=np.int64)


def rolling_window(n_bars: int, periods_per_year: float) -> int:
    """Bars of a window: a year, or the half, quarter, month or week that fits three times; 0 where none does.

    >>> rolling_window(5000, 252), rolling_window(500, 252), rolling_window(40, 252)
    (252, 126, 0)
    """
    spans = (round(periods_per_year / parts) for parts in (1, 2, 4, 12, 52))
    return next((span for span in spans if span >= LEAST_BARS and 3 * span <= n_bars), 0)


def rolling_metrics(
    figures: RunFigures, names: Sequence[str], window: int, rows: IntArray
) -> dict[str, FloatArray]:
    """Compute metrics of the last `window` returns at some bars of a run.

    Each value is what the catalogue's own function gives on the returns of the window (and the benchmark's) as a run of
    its own.

    Parameters
    ----------
    figures
        The run.
    names
        Metrics of `RESAMPLED` that need no trades, such as ``"sharpe"``.
    window
        Bars of a window.
    rows : (n_rows,) array
        Bars at which windows end.

    Returns
    -------
    mapping of name to (n_rows,) array
        NaN before the first whole window, and where the metric is undefined.

    Examples
    --------
    >>> run = RunFigures.of_returns([0.1, -0.1, 0.3], periods_per_year=1)
    >>> rolling_metrics(run, ["total_return"], 2, np.arange(3))["total_return"].round(2).tolist()
    [nan, -0.01, 0.17]
    """
    values = {name: np.full(rows.size, np.nan) for name in names}
    for places in _batches(np.flatnonzero(rows + 1 >= window), max(1, MOST_CELLS // window)):
        bars = rows[places, None] + np.arange(1 - window, 1)
        for name, part in resampled_metrics(Resamples(figures, bars, NO_TRADES), names).items():
            values[name][places] = part
    return values


def _batches(places: IntArray, size: int) -> list[IntArray]:
    return [places[start : start + size] for start in range(0, places.size, size)]
