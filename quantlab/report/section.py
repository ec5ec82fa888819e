"""Parts of a page, each under its heading."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quantlab.report.charts import Chart
from quantlab.report.linked import Linked
from quantlab.report.tables import Table


@dataclass(frozen=True, eq=False)
class Section:
    """Charts and tables under one heading; a page leaves out one that has neither.

    `groups` are narrow tables that stand in columns; `linked` comes first, then `groups`, `charts`, `tables`.
    """

    title: str
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    groups: tuple[Table, ...] = ()
    linked: Linked | None = None

    @property
    def anchor(self) -> str:
        """Name of its place in the page."""
        return re.sub(r"[^a-z]+", "-", self.title.lower()).strip("-")


def filled(sections: tuple[Section, ...]) -> list[Section]:
    """Leave out tables without rows, then sections without anything."""
    kept = [
        Section(
            one.title,
            tuple(table for table in one.tables if table.rows),
            one.charts,
            tuple(table for table in one.groups if table.rows),
            one.linked,
        )
        for one in sections
    ]
    return [one for one in kept if one.tables or one.charts or one.groups or one.linked]
