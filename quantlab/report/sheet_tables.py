"""What prints as sheets, as tables of a page."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantlab.display.sheets import Sheet, Shown
from quantlab.report.tables import Cell, Table, numeric


def sheet_tables(shown: Shown) -> tuple[Table, ...]:
    """Lay out every sheet of `shown`; wide where it has many columns."""
    return tuple(_table(sheet) for sheet in shown.sheets())


def _table(sheet: Sheet) -> Table:
    rows = tuple(
        tuple(_cell(value, sheet.units.get(name, "")) for name, value in zip(sheet.columns, row, strict=True))
        for row in sheet.rows
    )
    columns = tuple(name.replace("_", " ") for name in sheet.columns)
    return Table(sheet.title, columns, rows, " ".join(sheet.notes), wide=len(columns) > 6)


def _cell(value: Any, unit: str) -> Cell:
    """Print numbers by their unit, and what already is a text as it stands."""
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return numeric(float(value), unit or "ratio")
    return Cell(str(value), is_number=unit == "text")
