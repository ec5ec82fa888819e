"""What the page of a comparison shows, in the order it shows it."""

from __future__ import annotations

from itertools import cycle
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


def comparison_page(comparison: Comparison) -> dict[str, Any]:
    """Everything the template of a comparison needs, as plain texts and geometry."""
    n_runs = len(comparison.frame)
    shown = [METRICS[name] for name in comparison.frame.columns if name in METRICS]
    return {
        "title": f"Comparison of {n_runs} run{'s' if n_runs > 1 else ''}",
        "subtitle": list(comparison.subtitle),
        "notes": list(comparison.notes),
        "headlines": [],
        "charts": _charts(comparison),
        "metric_tables": [],
        "definitions": shown,
        "tables": [table for table in _tables(comparison) if table.rows],
        "origin": origin_table(comparison.provenance),
    }


def _charts(comparison: Comparison) -> list[Chart]:
    time = comparison.growth.index
    others = cycle((0, 2, 3, 4, 5, 6, 7))  # grey is the benchmark's
    colours = [1 if name == comparison.benchmark else next(others) for name in comparison.growth]
    curves = {str(name): comparison.growth[name].to_numpy(dtype=np.float64) for name in comparison.growth}
    growth = tuple(Line(name, time, curve) for name, curve in curves.items())
    falls = tuple(Line(name, time, drawdown_path(curve, 1.0)) for name, curve in curves.items())
    return [
        time_chart(Panel("Growth of 1", growth), 320, colours),
        time_chart(Panel("Drawdown", falls, "fraction"), 200, colours),
    ]


def _tables(comparison: Comparison) -> list[Table]:
    tables = [_text_table("Runs, best first", *comparison.table)]
    if comparison.benchmark is not None:
        title = f"Difference from {comparison.benchmark}, paired"
        tables.append(_text_table(title, *comparison.differences))
    return [*tables, _metric_table(comparison), _year_table(comparison), _correlation_table(comparison)]


def _text_table(title: str, columns: list[str], rows: list[list[str]]) -> Table:
    cells = tuple((Cell(name), *(Cell(text, True) for text in rest)) for name, *rest in rows)
    return Table(title, tuple(columns), cells, wide=True)


def _metric_table(comparison: Comparison) -> Table:
    """Every metric of the comparison, a row a metric: fits a phone with few runs."""
    rows = []
    for name in comparison.frame.columns:
        if name in METRICS:
            metric = METRICS[name]
            label = Cell(metric.label, hint=f"{metric.formula} ({metric.reference})")
            rows.append((label, *(numeric(float(value), metric.unit) for value in comparison.frame[name])))
    return Table("All metrics", ("", *map(str, comparison.frame.index)), tuple(rows), wide=True)


def _year_table(comparison: Comparison) -> Table:
    growth = comparison.growth
    years = pd.DataFrame({str(name): period_returns(growth[name], 1.0, "Y") for name in growth})
    full = max(float(years.abs().max().max()), 1e-9)
    return _shaded("Years", years, "fraction", full)


def _correlation_table(comparison: Comparison) -> Table:
    """Correlation of the runs' returns on the common bars; the first bar, measured from 1, included."""
    growth = comparison.growth
    before = growth.shift(fill_value=1.0)
    returns = (growth / before.where(before != 0.0) - 1.0).fillna(0.0)
    return _shaded("Correlation of returns", returns.corr(), "ratio", 1.0)


def _shaded(title: str, frame: pd.DataFrame, unit: str, full: float) -> Table:
    rows = tuple(
        (Cell(str(name)), *(numeric(float(value), unit, full=full) for value in values))
        for name, values in zip(frame.index, frame.to_numpy(dtype=np.float64), strict=True)
    )
    return Table(title, ("", *map(str, frame.columns)), rows, wide=True)
