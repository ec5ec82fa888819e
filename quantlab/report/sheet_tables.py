"""What prints as sheets, as tables of a page."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantlab.display.sheets import Sheet, Shown
from quantlab.report.tables import Cell, Table, numeric

ROOM = 90  # characters that fit in a card of half the page
GAP = 3  # characters' room between two cells


def sheet_tables(shown: Shown) -> tuple[Table, ...]:
    """Lay out every sheet of `shown`."""
    return tuple(sheet_table(sheet) for sheet in shown.sheets())


def sheet_table(sheet: Sheet) -> Table:
    """Lay out a sheet, wide where half a page would cut it; several notes become a list."""
    rows = tuple(
        tuple(_cell(value, sheet.units.get(name, "")) for name, value in zip(sheet.columns, row, strict=True))
        for row in sheet.rows
    )
    columns = tuple(name.replace("_", " ") for name in sheet.columns)
    several = len(sheet.notes) > 1
    return Table(
        sheet.title,
        columns,
        rows,
        "" if several else " ".join(sheet.notes),
        wide=_width(rows) > ROOM or len(columns) > 6,
        lines=tuple(sheet.notes) if several else (),
    )


def _width(rows: tuple[tuple[Cell, ...], ...]) -> int:
    """Characters of the widest cells of all columns, with what stands between two."""
    return sum(max(len(cell.text) for cell in column) + GAP for column in zip(*rows, strict=True))


def _cell(value: Any, unit: str) -> Cell:
    """Print numbers by their unit, and what already is a text as it stands."""
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return numeric(float(value), unit or "ratio")
    return Cell(str(value), is_number=unit == "text")
