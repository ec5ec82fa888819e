"""Metrics of the catalogue over a window that moves along a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray, IntArray

LEAST_BARS = 20  # of a window


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

    Each value is the catalogue's own function on the returns of the window (and the benchmark's) as a run of
    its own, so only metrics of returns make sense.

    Parameters
    ----------
    figures
        The run.
    names
        Metrics of the catalogue, such as ``"sharpe"``.
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
    >>> rolling_metrics(run, ["best_bar"], 2, np.arange(3))["best_bar"].tolist()
    [nan, 0.1, 0.3]
    """
    values = {name: np.full(rows.size, np.nan) for name in names}
    for place, row in enumerate(rows.tolist()):
        if row + 1 >= window:
            for name, value in evaluate(_cut(figures, row + 1 - window, row + 1), names).items():
                values[name][place] = value
    return values


def _cut(figures: RunFigures, start: int, stop: int) -> RunFigures:
    return RunFigures.of_returns(
        figures.returns[start:stop],
        periods_per_year=figures.periods_per_year,
        risk_free_annual=figures.risk_free_annual,
        benchmark=None if figures.benchmark is None else figures.benchmark[start:stop],
    )
