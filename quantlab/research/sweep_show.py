"""A sweep as people see it: text, notebook, figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.display.figures import Figure, Line, Panel, heat_figure
from quantlab.display.html import table_html
from quantlab.display.moments import moment
from quantlab.display.numbers import number
from quantlab.display.text import table
from quantlab.errors import DataError, did_you_mean
from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.metric import Metric

if TYPE_CHECKING:
    from quantlab.research.swept import Sweep

SHOWN = 10
LEVEL = 0.95  # of the verdict
MOST_TICKS = 40  # different numbers on an axis; more are cut into ranges
RANGES = 20


def sweep_text(sweep: Sweep) -> str:
    """Return the best trials as a table for a terminal."""
    columns, rows, units = sweep_table(sweep)
    return (
        sweep_title(sweep)
        + "\n"
        + sweep_subtitle(sweep)
        + "\n\n"
        + table("", columns, rows, units=units, notes=[sweep_verdict(sweep), *sweep_notes(sweep)])
    )


def sweep_html(sweep: Sweep) -> str:
    """Return the best trials as HTML for a notebook, everything escaped."""
    columns, rows, units = sweep_table(sweep)
    return table_html(
        f"{sweep_title(sweep)} · {sweep_subtitle(sweep)}",
        columns,
        rows,
        units=units,
        notes=[sweep_verdict(sweep), *sweep_notes(sweep)],
    )


def sweep_title(sweep: Sweep) -> str:
    """Say what was varied, and what was not."""
    base = sweep._trials.base
    fixed = ", ".join(f"{name}={value!r}" for name, value in base.params.items() if name not in sweep.params)
    return f"Sweep of {type(base).__name__}({fixed}) over {', '.join(sweep.params)}"


def sweep_subtitle(sweep: Sweep) -> str:
    """Say over which bars, how many trials, and by what they are ranked."""
    time = sweep._bars.window(sweep._settings["start"], sweep._settings["end"]).time
    failed = f", {sweep.n_failed} failed" if sweep.n_failed else ""
    return (
        f"{moment(time[0])} to {moment(time[-1])} · {len(sweep):,} trials{failed} · "
        f"best first by {METRICS[sweep.rank_by].label} · engine: {sweep.engine}"
    )


def sweep_table(sweep: Sweep, n: int = SHOWN) -> tuple[list[str], list[list[object]], dict[str, str]]:
    """Column labels, cells and units of the best `n` trials."""
    best = sweep.top(n)
    params = [[_param(value) for value in best[name]] for name in sweep.params]
    metrics = [best[name].tolist() for name in sweep.metrics]
    rows: list[list[object]] = [list(row) for row in zip(best.index.tolist(), *params, *metrics, strict=True)]
    units = {METRICS[name].label: METRICS[name].unit for name in sweep.metrics}
    return ["trial", *sweep.params, *units], rows, dict(units)


def _param(value: object) -> object:
    """Show a parameter's value in a cell: whole numbers as they are, others as short text."""
    if isinstance(value, bool | np.bool_):
        return str(value)
    return f"{value:.6g}" if isinstance(value, float) else value


def sweep_verdict(sweep: Sweep) -> str:
    """Say in plain words whether the best trial is more than luck, and whether choosing it holds on other bars."""
    if not sweep.has_best:
        return "No trial is best: none has both a Sharpe ratio and what ranks them."
    best, sure = sweep.best, sweep.deflated_sharpe
    told = f"Trial {best.number}, Sharpe {number(best.metrics['sharpe'])}"
    if np.isnan(sure):
        return f"{told}: nothing can be said about luck, as too few trials have a Sharpe ratio."
    word = "more than luck" if sure > LEVEL else "not distinguishable from luck"
    counted = f"all {_n_behind(sweep):,} trials counted" if _n_behind(sweep) > 1 else "a single trial"
    line = (
        f"{told}: {word} at {LEVEL:.0%}, above it with probability {number(sure, 'fraction')}, {counted} "
        "(deflated Sharpe)."
    )
    found = sweep.known_overfitting
    if found is None:
        return line
    return (
        f"{line} Chosen on half of the bars, the best is at or below the median on the other half in "
        f"{number(found.probability, 'fraction')} of {len(found.frame):,} halves (probability of overfitting; by "
        "chance about 50%)."
    )


def sweep_notes(sweep: Sweep) -> list[str]:
    """Say what luck alone would have given."""
    lines = list(sweep.notes)
    if _n_behind(sweep) > 1 and np.isfinite(sweep.deflated_sharpe):
        tuned = sweep.tuned_trials
        tried = f" (of parameters) × {tuned:,} (of forecasters)" if tuned > 1 else ""
        lines.append(
            f"The best of {sweep.n_trials:,}{tried} trials is partly the luckiest: were all worth nothing, the best "
            f"would still show a Sharpe of about {number(sweep.lucky_sharpe)}."
        )
    return lines


def _n_behind(sweep: Sweep) -> int:
    return sweep.n_trials * sweep.tuned_trials


def sweep_figure(sweep: Sweep, x: str | None, y: str | None, metric: str | None) -> Figure:
    """Return a metric over two searched parameters as coloured cells, or over one as a line; see `Sweep.heatmap`."""
    title, kind, cells = sweep_cells(sweep, x, y, metric)
    if cells.index.nlevels == 1:
        line = Line(str(cells.index.name), _numbers(cells.index), cells.to_numpy(np.float64))
        return Figure(title, (Panel(kind.label, (line,), kind.unit),), str(cells.index.name))
    return heat_figure(title, cells.unstack(0), kind.unit)


def sweep_cells(
    sweep: Sweep, x: str | None, y: str | None, metric: str | None
) -> tuple[str, Metric, pd.Series]:
    """Give title, metric and values of a heat map, indexed by one searched parameter or two; see `Sweep.heatmap`."""
    metric = sweep.rank_by if metric is None else _known("metric", metric, sweep.metrics)
    axes = [_known("parameter", name, sweep.params) for name in (x, y) if name is not None]
    axes += [name for name in sweep.params if name not in axes]
    over = axes[: 2 if len(sweep.params) > 1 else 1]
    if x is not None and x == y:
        raise DataError(f"x and y are both {x!r}: give two parameters.")
    others = [name for name in sweep.params if name not in over]
    kind = METRICS[metric]
    title = f"{kind.label}, {type(sweep._trials.base).__name__}"
    if others:
        title += f" (median over {', '.join(others)})"
    return title, kind, median_cells(sweep.frame[metric], [sweep.frame[name] for name in over])


def median_cells(values: pd.Series, axes: Sequence[pd.Series]) -> pd.Series:
    """Median of `values` at each place of one axis or two, which has its number of each trial."""
    return values.groupby([_ticks(axis) for axis in axes], observed=False, sort=True).median()


def _known(kind: str, name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise DataError(f"The sweep has no {kind} {name!r}. {did_you_mean(name, known)}")
    return name


def _ticks(values: pd.Series) -> pd.Series:
    """Values of a parameter as places on an axis: themselves, or the middle of their range where there are many."""
    if values.dtype.kind not in "if" or values.nunique() <= MOST_TICKS:
        return values
    middles = [float(f"{one.mid:.4g}") for one in pd.cut(values, RANGES)]
    return pd.Series(middles, values.index, name=values.name)


def _numbers(index: pd.Index) -> object:
    return index.to_numpy() if index.dtype.kind in "if" else [str(value) for value in index]
