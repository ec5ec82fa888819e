"""Tables for a terminal, a log or a pipe: plain text, as wide as the terminal, never coloured."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

from quantlab.display.numbers import number
from quantlab.display.wrapping import broken, column_widths

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

WIDTH = 100  # where there is no terminal; notes never get wider
OPTIONAL = ("Benchmark",)  # sections left out where nothing in them is defined

Reading = tuple[str, float, str]  # label, value, unit
Sections = Mapping[str, Sequence[Reading]]  # heading → its readings


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    units: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    width: int | None = None,
) -> str:
    """Lay out rows under column names as text.

    Parameters
    ----------
    title : str
        A line above the table; empty for none.
    columns : sequence of str
        Column names.
    rows : sequence of sequences
        One cell a column. Numbers print by their column's unit, the rest as `str`.
    units : mapping of column name to unit, optional
        See `quantlab.display.numbers.number`. A column with a unit or a number stands to the right; numbers
        without one print as ratios.
    notes : sequence of str
        Lines below the table.
    width : int, optional
        Widest line, by default `terminal_width`; longer cells break (`quantlab.display.wrapping.broken`).

    Examples
    --------
    >>> print(table("Runs", ["name", "cagr"], [["a", 0.125]], units={"cagr": "fraction"}))
    Runs
    <BLANKLINE>
     name    cagr
    ──────────────
     a      12.5%
    """
    from rich import box
    from rich.table import Table  # rich takes 50 ms to import: only those who print wait for it

    width = terminal_width() if width is None else width
    units = units or {}
    cells = [[_cell(v, units.get(name)) for name, v in zip(columns, row, strict=True)] for row in rows]
    is_number = [name in units or any(_is_number(row[k]) for row in rows) for k, name in enumerate(columns)]
    widths = column_widths([columns, *cells], is_number, width)
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=True)
    for column, wide, to_the_right in zip(columns, widths, is_number, strict=True):
        grid.add_column(
            _text(broken(column, wide)), justify="right" if to_the_right else "left", no_wrap=True
        )
    for row in cells:
        grid.add_row(*(_text(broken(cell, wide)) for cell, wide in zip(row, widths, strict=True)))
    return _join(title and title + "\n", _render(grid), _notes(notes, width))


def headline(
    title: str,
    subtitle: Sequence[str],
    sections: Sections,
    notes: Sequence[str] = (),
    *,
    beside: Mapping[str, str] | None = None,
    width: int | None = None,
) -> str:
    """Lay out the numbers of one run: what it was, its readings, and what must be said.

    The readings stand in two columns, or in one where two do not fit.

    Parameters
    ----------
    title : str
        The run as the code that makes it.
    subtitle : sequence of str
        Lines of span, size, bars a year, fill rule.
    sections : mapping of heading to readings
        (label, value, unit) rows; see `defined_sections`.
    notes : sequence of str
        Lines at the bottom, marked with "!".
    beside : mapping of label to text, optional
        Printed after the value of that label, as an interval.
    width : int, optional
        Widest line, by default `terminal_width`.
    """
    width = terminal_width() if width is None else width
    shown = defined_sections(sections)
    body = _render(_side_by_side(*two_columns(shown), beside or {}))
    if max(map(len, body.splitlines()), default=0) > width:
        body = _render(_readings(shown, beside or {}))
    rule = "─" * min(width, max(len(line) for line in (title, *subtitle)))
    return _join(title, *subtitle, rule, body, _notes(notes, width))


def terminal_width() -> int:
    """Columns of the terminal, or 100 where there is none; the variable COLUMNS overrules both."""
    return shutil.get_terminal_size((WIDTH, 24)).columns


def defined_sections(sections: Sections) -> dict[str, Sequence[Reading]]:
    """Leave out optional sections in which no value is defined; others say n/a, so nothing is missed."""
    return {
        heading: readings
        for heading, readings in sections.items()
        if heading not in OPTIONAL or not all(math.isnan(value) for _, value, _ in readings)
    }


def two_columns(sections: Sections) -> tuple[Sections, Sections]:
    """Split sections, in order, where the longer of the two columns becomes shortest."""
    headings = list(sections)

    def height(part: Sequence[str]) -> int:
        return sum(len(sections[heading]) + 2 for heading in part)

    cut = min(range(len(headings) + 1), key=lambda k: max(height(headings[:k]), height(headings[k:])))
    return {h: sections[h] for h in headings[:cut]}, {h: sections[h] for h in headings[cut:]}


def _side_by_side(left: Sections, right: Sections, beside: Mapping[str, str]) -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 3))
    grid.add_row(_readings(left, beside), _readings(right, beside))
    return grid


def _readings(sections: Sections, beside: Mapping[str, str]) -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for _ in ("label", "value", "beside"):
        grid.add_column(no_wrap=True)
    for position, (heading, readings) in enumerate(sections.items()):
        if position:
            grid.add_row()
        grid.add_row(_text(heading))
        for label, value, unit in readings:
            grid.add_row(_text("  " + label), _right(number(value, unit)), _text(beside.get(label, "")))
    return grid


def _is_number(value: Any) -> bool:
    return not isinstance(value, (bool, str)) and hasattr(value, "__float__")


def _cell(value: Any, unit: str | None) -> str:
    if _is_number(value):
        return (
            str(value) if isinstance(value, int) and unit is None else number(float(value), unit or "ratio")
        )
    return "" if value is None else str(value)


def _text(content: str) -> RenderableType:
    from rich.text import Text

    return Text(content)  # a name such as "[red]" is a name, not markup


def _right(content: str) -> RenderableType:
    from rich.text import Text

    return Text(content, justify="right")


def _render(renderable: RenderableType) -> str:
    """Text of what has been laid out; so wide a page that nothing is wrapped or cropped again."""
    from rich.console import Console

    page = Console(
        file=StringIO(), width=10_000, color_system=None, force_terminal=False, legacy_windows=False
    )
    with page.capture() as captured:
        page.print(renderable)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _notes(notes: Sequence[str], width: int) -> str:
    import textwrap

    width = min(width, WIDTH)
    lines = [textwrap.fill(note, width, initial_indent="! ", subsequent_indent="  ") for note in notes]
    return "\n" + "\n".join(lines) if lines else ""


def _join(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
