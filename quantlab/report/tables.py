"""Tables of a page as plain texts: every cell is text, with a shade where colour helps to read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from quantlab.display.numbers import number
from quantlab.display.text import OPTIONAL
from quantlab.metrics.catalogue import METRICS


class Cell(NamedTuple):
    """A text; a number stands to the right. `shade` from −1 (loss) to 1 (gain) colours the ground."""

    text: str
    is_number: bool = False
    shade: float = 0.0
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """Column names and rows of cells, with a note below.

    A page leaves out a table without rows, and gives a `wide` one the whole width.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    wide: bool = False


def numeric(value: float, unit: str, *, full: float = 0.0) -> Cell:
    """Print a number by its unit; shaded in proportion to `full`, the value of the strongest colour."""
    shade = float(np.clip(value / full, -1.0, 1.0)) if full > 0.0 and np.isfinite(value) else 0.0
    return Cell(number(value, unit), True, round(shade, 2))


def metric_table(title: str, values: Mapping[str, float], beside: Mapping[str, float]) -> Table:
    """Lay out the metrics of one catalogue group, the benchmark's beside them; definitions on hover.

    The group about the benchmark has no rows without one.
    """
    columns = ("", "run", "benchmark") if beside else ()
    rows = []
    for key, metric in METRICS.items():
        if metric.group == title and key in values:
            label = Cell(metric.label, hint=f"{metric.formula} ({metric.reference})")
            row = [label, numeric(values[key], metric.unit)]
            if beside:
                row.append(numeric(beside[key], metric.unit) if key in beside else Cell(""))
            rows.append(tuple(row))
    defined = any(cell.text != "n/a" for row in rows for cell in row[1:] if cell.text)
    return Table(title, columns, tuple(rows) if defined or title not in OPTIONAL else ())


def origin_table(origin: Mapping[str, Any]) -> Table:
    """Nested facts as dotted names and values."""
    rows = tuple((Cell(name), Cell(value)) for name, value in _flat(origin))
    return Table("Origin", ("", ""), rows)


def _flat(facts: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{above}{name}", _shortened([str(one) for one in value])
        else:
            yield f"{above}{name}", "none" if value is None else str(value)


def _shortened(names: list[str], most: int = 30) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} … and {len(names) - most:,} more"
