"""Runs that stand side by side are trials of one another: the best of them was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from quantlab.metrics.deflation import variance_of
from quantlab.metrics.returns import per_bar_rate
from quantlab.metrics.risk import sharpe_per_bar
from quantlab.metrics.run_figures import RunFigures
from quantlab.research.differing import class_of


def counted(
    figures: Mapping[str, RunFigures], provenance: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, RunFigures], tuple[str, ...]]:
    """Count, behind each run, at least the runs of its strategy's class that are shown; say where that changed one.

    The same run twice counts once. The luck that `deflated_sharpe` takes off is that of the larger number of trials:
    those that the origin knows of, or the runs shown, with the variance of their own Sharpe ratios. A class of which
    fewer than two runs have such a ratio stays as it is.
    """
    found, lines = dict(figures), []
    for kind, runs in _by_class(figures, provenance).items():
        variance = variance_of(np.array([_sharpe(figures[names[0]]) for names in runs]))
        few = [names for names in runs if max(known_trials(figures[name]) for name in names) < len(runs)]
        if len(runs) > 1 and few and np.isfinite(variance):
            lines.append(f"Deflated Sharpe counts {len(runs)} runs of {kind} that are shown as trials.")
            found |= {name: _of_trials(figures[name], len(runs), variance) for names in few for name in names}
    return found, tuple(lines)


def _of_trials(figures: RunFigures, trials: int, variance: float) -> RunFigures:
    return replace(figures, tuned_trials=1, swept_trials=trials, swept_variance=variance)


def known_trials(figures: RunFigures) -> int:
    """Trials behind a run: those of its sweep times the recipes tried for its forecasts."""
    return figures.swept_trials * figures.tuned_trials


def _by_class(
    figures: Mapping[str, RunFigures], provenance: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[list[str]]]:
    """Sort runs by the class of their strategy, where it is known; those with the very same returns stand together."""
    classes: dict[str, dict[bytes, list[str]]] = {}
    for name, origin in provenance.items():
        if kind := class_of(origin):
            classes.setdefault(kind, {}).setdefault(figures[name].returns.tobytes(), []).append(name)
    return {kind: list(runs.values()) for kind, runs in classes.items()}


def _sharpe(figures: RunFigures) -> float:
    rate = per_bar_rate(figures.risk_free_annual, figures.periods_per_year)
    return sharpe_per_bar(figures.returns - rate) if figures.judged else float("nan")
