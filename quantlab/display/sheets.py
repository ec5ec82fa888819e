"""Values that print as tables: they say what stands in them, and text and notebook follow from that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quantlab.display.moments import moment


class Sheet(NamedTuple):
    """One table: a line above it, its columns and rows, the columns' units, and lines below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    units: Mapping[str, str] = {}
    notes: Sequence[str] = ()


class Shown(ABC):
    """Something that is read as one or more tables."""

    @abstractmethod
    def sheets(self) -> list[Sheet]:
        """Say what a reader sees, table by table."""

    def __str__(self) -> str:
        from quantlab.display.text import table  # rich

        return "\n\n".join(
            table(sheet.title, sheet.columns, sheet.rows, units=sheet.units, notes=sheet.notes)
            for sheet in self.sheets()
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from quantlab.display.html import table_html

        return "".join(
            table_html(sheet.title, sheet.columns, sheet.rows, units=sheet.units, notes=sheet.notes)
            for sheet in self.sheets()
        )


def frame_sheet(
    title: str,
    frame: pd.DataFrame,
    *,
    units: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    index: str | None = None,
) -> Sheet:
    """Lay a frame out as a sheet, its index as the first column, called `index` or by its own name."""
    name = index or str(frame.index.name or "")
    rows = [
        [_cell(label), *(_cell(value) for value in values)]
        for label, values in zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
    ]
    return Sheet(title, [name, *map(str, frame.columns)], rows, units or {}, notes)


def _cell(value: Any) -> Any:
    """Show times as sessions or stamps, truth values as words, the rest as it is."""
    if isinstance(value, pd.Timestamp):
        return moment(value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return "" if value is pd.NaT else value
