"""What the page of a comparison shows, in the order it shows it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count, cycle
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd

from quantlab.display.figures import Line, Panel
from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.drawdown import drawdown_path
from quantlab.report.calendar_tables import period_returns
from quantlab.report.charts import Chart, time_chart
from quantlab.report.tables import Cell, Table, numeric, origin_table
from quantlab.research.comparison import Comparison

ROOM = 70  # characters that the names of all runs may take as the headings of one table


def comparison_page(comparison: Comparison) -> dict[str, Any]:
    """Everything the template of a comparison needs, as plain texts and geometry."""
    n_runs = len(comparison.frame)
    keys = _keys([str(name) for name in comparison.frame.index])
    shown = [METRICS[name] for name in comparison.frame.columns if name in METRICS]
    return {
        "title": f"Comparison of {n_runs} run{'s' if n_runs > 1 else ''}",
        "subtitle": list(comparison.subtitle),
        "notes": list(comparison.notes),
        "headlines": [],
        "charts": _charts(comparison, keys),
        "metric_tables": [],
        "definitions": shown,
        "tables": [table for table in _tables(comparison, keys) if table.rows],
        "origin": origin_table(comparison.provenance),
    }


def _keys(names: list[str]) -> dict[str, str]:
    """Choose what heads the column of each run: its name, or a letter where the names together are too long."""
    letters = (k * letter for k in count(1) for letter in ascii_uppercase)
    fits = sum(map(len, names)) <= ROOM
    return {name: name if fits else letter for name, letter in zip(names, letters, strict=False)}


def _full(name: str, keys: Mapping[str, str]) -> str:
    """Put the letter of a run before its name, where it has one."""
    return name if keys[name] == name else f"{keys[name]}: {name}"


def _charts(comparison: Comparison, keys: Mapping[str, str]) -> list[Chart]:
    time = comparison.growth.index
    others = cycle((0, 2, 3, 4, 5, 6, 7))  # grey is the benchmark's
    colours = [1 if name == comparison.benchmark else next(others) for name in comparison.growth]
    curves = {
        _full(str(name), keys): comparison.growth[name].to_numpy(dtype=np.float64)
        for name in comparison.growth
    }
    growth = tuple(Line(name, time, curve) for name, curve in curves.items())
    falls = tuple(Line(name, time, drawdown_path(curve, 1.0)) for name, curve in curves.items())
    return [
        time_chart(Panel("Growth of 1", growth), 320, colours),
        time_chart(Panel("Drawdown", falls, "fraction"), 200, colours),
    ]


def _tables(comparison: Comparison, keys: Mapping[str, str]) -> list[Table]:
    tables = [_text_table("Runs, best first", *comparison.table, keys)]
    if comparison.benchmark is not None:
        title = f"Difference from {comparison.benchmark}, paired"
        tables.append(_text_table(title, *comparison.differences, keys))
    return [
        *tables,
        _metric_table(comparison, keys),
        _year_table(comparison, keys),
        _correlation_table(comparison, keys),
    ]


def _text_table(title: str, columns: list[str], rows: list[list[str]], keys: Mapping[str, str]) -> Table:
    cells = tuple((Cell(_full(name, keys)), *(Cell(text, True) for text in rest)) for name, *rest in rows)
    return Table(title, tuple(columns), cells, wide=True)


def _metric_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    """Every metric of the comparison, a row a metric: fits a phone with few runs."""
    columns = ("", *(keys[str(name)] for name in comparison.frame.index))
    rows = []
    for name in comparison.frame.columns:
        if name in METRICS:
            metric = METRICS[name]
            label = Cell(metric.label, hint=f"{metric.formula} ({metric.reference})")
            rows.append((label, *(numeric(float(value), metric.unit) for value in comparison.frame[name])))
    return Table("All metrics", columns, tuple(rows), wide=True)


def _year_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    growth = comparison.growth
    years = pd.DataFrame({keys[str(name)]: period_returns(growth[name], 1.0, "Y") for name in growth})
    full = max(float(years.abs().max().max()), 1e-9)
    return _shaded("Years", years, "fraction", full)


def _correlation_table(comparison: Comparison, keys: Mapping[str, str]) -> Table:
    """Correlation of the runs' returns on the common bars; the first bar, measured from 1, included."""
    growth = comparison.growth
    before = growth.shift(fill_value=1.0)
    returns = (growth / before.where(before != 0.0) - 1.0).fillna(0.0)
    names = [str(name) for name in growth]
    table = returns.corr().set_axis([_full(name, keys) for name in names], axis="index")
    return _shaded(
        "Correlation of returns", table.set_axis([keys[n] for n in names], axis="columns"), "ratio", 1.0
    )


def _shaded(title: str, frame: pd.DataFrame, unit: str, full: float) -> Table:
    rows = tuple(
        (Cell(str(name)), *(numeric(float(value), unit, full=full) for value in values))
        for name, values in zip(frame.index, frame.to_numpy(dtype=np.float64), strict=True)
    )
    return Table(title, ("", *map(str, frame.columns)), rows, wide=True)
