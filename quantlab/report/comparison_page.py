"""What the page of a comparison shows, in the order it shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from quantlab.display.facts import cut, some
from quantlab.display.figures import Line, Panel
from quantlab.display.numbers import number
from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.drawdown import drawdown_path
from quantlab.metrics.metric import Metric
from quantlab.report.calendar_tables import period_returns
from quantlab.report.comparison_maps import comparison_maps
from quantlab.report.difference_table import difference_table
from quantlab.report.linked import Linked, LinkedPanel
from quantlab.report.run_names import called, keys_of, name_cell
from quantlab.report.section import Section, filled
from quantlab.report.sheet_tables import sheet_table
from quantlab.report.tables import Cell, Table, definition, numeric, origin_table
from quantlab.research.comparison import Comparison
from quantlab.research.comparison_show import BOUNDS, against, values_of, with_bounds
from quantlab.research.doubt import DOUBTED
from quantlab.typing import FloatArray

MOST_SAID = 10  # runs that the summary for screen readers names
MOST_NAMED = 10  # runs that one note names
TRIALS = (
    "Runs of the sweep it was picked from, times the recipes tried for its forecasts; 1 where none is known."
)
ROOM_OF_CURVES = 240_000  # numbers embedded


def comparison_page(comparison: Comparison) -> dict[str, Any]:
    """Everything the template of a comparison needs, as plain texts and geometry."""
    n_runs = len(comparison.frame)
    keys = keys_of(map(str, comparison.frame.index))
    return {
        "title": f"Comparison of {n_runs} run{'s' if n_runs > 1 else ''}",
        "subtitle": list(comparison.subtitle),
        "notes": list(comparison.notes),
        "run_notes": _run_notes(comparison, keys),
        "verdict": None if comparison.tests is None else comparison.tests.verdicts[-1],
        "headlines": [],
        "sections": filled(_sections(comparison, keys)),
        "definitions": _metrics(comparison),
        "origin": origin_table(comparison.provenance),
    }


def _sections(comparison: Comparison, keys: Mapping[str, str]) -> tuple[Section, ...]:
    """All that may stand on the page, in the order it stands there; further tables join here."""
    return (
        Section("Runs", (_run_table(comparison, keys),)),
        Section("Charts", linked=_linked(comparison, keys)),
        Section("Against the benchmark", (_against(comparison, keys),)),
        Section("What differs", (_differences(comparison, keys), *comparison_maps(comparison))),
        Section(
            "Years, correlation and overlap",
            (
                _year_table(comparison, keys),
                _square("Correlation of returns", comparison.correlation, keys),
                _square("Overlap of positions", comparison.overlap, keys),
            ),
        ),
    )


def _differences(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    folders = {str(run): str(folder) for run, folder in comparison.runs["folder"].items()}
    return difference_table(comparison.differing, folders, keys)


def _run_notes(comparison: Comparison, keys: Mapping[str, str]) -> list[str]:
    """Say what each run had to say; what several said in the same words, once."""
    by_note: dict[str, list[str]] = {}
    for run, notes in comparison.run_notes.items():
        for note in notes:
            by_note.setdefault(note, []).append(called(run, keys))
    return [f"{some(runs, MOST_NAMED)}: {note}" for note, runs in by_note.items()]


def _metrics(comparison: Comparison) -> list[Metric]:
    return [METRICS[name] for name in comparison.frame.columns if name in METRICS]


def _linked(comparison: Comparison, keys: Mapping[str, str]) -> Linked:
    time = pd.DatetimeIndex(comparison.growth.index)
    others = cycle((0, 2, 3, 4, 5, 6, 7))  # grey is the benchmark's
    colours = [1 if name == comparison.benchmark else next(others) for name in comparison.growth]
    curves = {
        called(str(name), keys): comparison.growth[name].to_numpy(dtype=np.float64)
        for name in comparison.growth
    }
    growth = tuple(Line(name, time, curve) for name, curve in curves.items())
    falls = tuple(Line(name, time, drawdown_path(curve, 1.0)) for name, curve in curves.items())
    panels = (
        LinkedPanel(Panel("Growth of 1", growth), None, 340, colours, can_log=True),
        LinkedPanel(Panel("Drawdown", falls, "fraction"), None, 200, colours),
    )
    return Linked(time, panels, _summary(curves), room=ROOM_OF_CURVES)


def _summary(curves: Mapping[str, FloatArray]) -> str:
    """Say in a sentence what the charts show, for those who cannot see them."""
    ends = ", ".join(f"{name} {number(float(curve[-1]))}" for name, curve in list(curves.items())[:MOST_SAID])
    return f"Growth of 1 of {len(curves):,} runs, best first: {ends}."


def _against(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    """Lay out the paired differences from the benchmark with the tests of all runs; nothing without a benchmark."""
    sheet = against(comparison, means=True)
    table = sheet_table(sheet._replace(title=cut(sheet.title)))
    named = zip(sheet.rows, table.rows, strict=True)
    return replace(table, rows=tuple((name_cell(run, keys), *row[1:]) for (run, *_), row in named), wide=True)


def _run_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    """Every metric of the comparison, a row a run, the best of each column marked."""
    metrics, known = _metrics(comparison), comparison.runs
    best = {metric.name: _best(metric, comparison.frame[metric.name][known["judged"]]) for metric in metrics}
    rows = tuple(
        (
            name_cell(str(run), keys),
            numeric(float(known["trials"][run]), "count"),
            *_cells(metrics, values_of(comparison.frame, str(run)), best if known["judged"][run] else {}),
        )
        for run in comparison.frame.index
    )
    hints = ("", TRIALS, *(definition(metric, comparison.periods_per_year) for metric in metrics))
    labels = (metric.label + (BOUNDS if metric.name in DOUBTED else "") for metric in metrics)
    return Table(
        "Runs, best first", ("run", "trials known", *labels), rows, wide=True, sortable=True, hints=hints
    )


def _cells(metrics: list[Metric], row: Mapping[str, float], best: Mapping[str, float]) -> Iterator[Cell]:
    for metric in metrics:
        value = row[metric.name]
        cell = numeric(value, metric.unit)._replace(is_best=value == best.get(metric.name))
        told = with_bounds(row, metric.name, metric.unit) if metric.name in DOUBTED else cell.text
        yield cell._replace(text=told)


def _best(metric: Metric, values: pd.Series) -> float:
    """Best value of a metric; NaN, which equals nothing, where no direction is better or all runs agree."""
    if metric.better is None or values.nunique() < 2:
        return np.nan
    return float(values.max() if metric.better == "higher" else values.min())


def _year_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    growth = comparison.growth
    years = pd.DataFrame({keys[str(name)]: period_returns(growth[name], 1.0, "Y") for name in growth})
    full = max(float(years.abs().max().max()), 1e-9)
    return _shaded("Years", tuple(map(Cell, map(str, years.index))), years, "fraction", full)


def _square(title: str, pairs: pd.DataFrame, keys: Mapping[str, str]) -> Table:
    """Lay out a number of every pair of runs, from −1 to 1."""
    names = tuple(name_cell(str(name), keys) for name in pairs)
    return _shaded(
        title, names, pairs.set_axis([keys[str(name)] for name in pairs], axis="columns"), "ratio", 1.0
    )


def _shaded(title: str, names: tuple[Cell, ...], frame: pd.DataFrame, unit: str, full: float) -> Table:
    rows = tuple(
        (name, *(numeric(float(value), unit, full=full) for value in values))
        for name, values in zip(names, frame.to_numpy(dtype=np.float64), strict=True)
    )
    return Table(title, ("", *map(str, frame.columns)), rows, wide=True)
