"""Tables of a page as plain texts: every cell is text, with a shade where colour helps to read it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from quantlab.display.facts import flat
from quantlab.display.numbers import number
from quantlab.display.text import OPTIONAL
from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.metric import Metric

BOUNDS = "percentiles of a stationary bootstrap; it does not know that the run was chosen"


class Cell(NamedTuple):
    """A text; a number stands to the right. `shade` from −1 (loss) to 1 (gain) colours the ground.

    `value` is what a sortable table sorts by, its text by default; `is_best` marks the best of a column.
    """

    text: str
    is_number: bool = False
    shade: float = 0.0
    hint: str = ""
    value: float | None = None
    is_best: bool = False


@dataclass(frozen=True)
class Table:
    """Column names and rows of cells, with a note below.

    A page leaves out a table without rows, and gives a `wide` one the whole width. The script lets a reader sort
    a `sortable` one, and puts all trades in the place of the one whose `role` is "trades".
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    wide: bool = False
    sortable: bool = False
    role: str = ""
    hints: tuple[str, ...] = ()  # of the columns, on hover
    lines: tuple[str, ...] = ()  # of a list below, where a note is not enough


def numeric(value: float, unit: str, *, full: float = 0.0) -> Cell:
    """Print a number by its unit; shaded in proportion to `full`, the value of the strongest colour."""
    known = math.isfinite(value)
    shade = min(max(value / full, -1.0), 1.0) if full > 0.0 and known else 0.0
    return Cell(number(value, unit), True, round(shade, 2), value=value if known else None)


def definition(metric: Metric, periods_per_year: float) -> str:
    """Say formula and source of a metric, and N where the formula has it."""
    n = f"; N = {periods_per_year:g}" if "N" in metric.formula else ""
    return f"{metric.formula} ({metric.reference}){n}"


def metric_table(
    title: str,
    values: Mapping[str, float],
    beside: Mapping[str, float],
    periods_per_year: float,
    bounds: Mapping[str, str] = MappingProxyType({}),
) -> Table:
    """Lay out the metrics of one catalogue group, the benchmark's and intervals beside them; definitions on hover.

    `bounds` are intervals as text; a group in which no metric has one has no column for them. The group about the
    benchmark has no rows without one.
    """
    doubted = any(key in bounds for key in values if METRICS[key].group == title)
    told = ("95% interval",) if doubted else ()
    columns = ("", "run", *(("benchmark",) if beside else ()), *told) if beside or doubted else ()
    rows = []
    for key, metric in METRICS.items():
        if metric.group == title and key in values:
            label = Cell(metric.label, hint=definition(metric, periods_per_year))
            row = [label, numeric(values[key], metric.unit)]
            if beside:
                row.append(numeric(beside[key], metric.unit) if key in beside else Cell(""))
            if doubted:
                row.append(Cell(bounds.get(key, ""), True))
            rows.append(tuple(row))
    defined = any(cell.text != "n/a" for row in rows for cell in row[1:] if cell.text)
    hints = tuple(BOUNDS if name in told else "" for name in columns)
    return Table(title, columns, tuple(rows) if defined or title not in OPTIONAL else (), hints=hints)


def origin_table(origin: Mapping[str, Any]) -> Table:
    """Nested facts as dotted names and values."""
    rows = tuple((Cell(name), Cell(value)) for name, value in flat(origin))
    return Table("Origin", ("", ""), rows)
