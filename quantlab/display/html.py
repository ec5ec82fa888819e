"""What a notebook shows for a value: small HTML, every text escaped, no script, no style sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from quantlab.display.numbers import number
from quantlab.display.text import Sections, defined_sections

_RIGHT = "text-align:right;font-variant-numeric:tabular-nums"
_LEFT = "text-align:left"


def table_html(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    units: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Lay out rows under column names as an HTML table; see `quantlab.display.text.table`.

    >>> "<script>" in table_html("<script>", ["<b>"], [["<i>"]])
    False
    """
    head = "".join(f'<th style="{_LEFT}">{escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>"
        + "".join(_cell(value, (units or {}).get(name)) for name, value in zip(columns, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<div><strong>{escape(title)}</strong><table><tr>{head}</tr>{body}</table>{_notes(notes)}</div>"


def headline_html(
    title: str,
    subtitle: Sequence[str],
    sections: Sections,
    notes: Sequence[str] = (),
    *,
    beside: Mapping[str, str] | None = None,
) -> str:
    """Lay out the numbers of one run as HTML; see `quantlab.display.text.headline`."""
    lines = "".join(f"<div>{escape(line)}</div>" for line in subtitle)
    blocks = "".join(
        f'<table style="display:inline-table;vertical-align:top;margin:0.5em 2em 0 0">'
        f'<tr><th colspan="2" style="{_LEFT}">{escape(heading)}</th></tr>'
        + "".join(
            _reading(label, number(value, unit), (beside or {}).get(label, ""))
            for label, value, unit in readings
        )
        + "</table>"
        for heading, readings in defined_sections(sections).items()
    )
    return f"<div><code><strong>{escape(title)}</strong></code>{lines}{blocks}{_notes(notes)}</div>"


def _reading(label: str, value: str, beside: str) -> str:
    after = f" <small>{escape(beside)}</small>" if beside else ""
    return (
        f'<tr><td style="{_LEFT}">{escape(label)}</td><td style="{_RIGHT}">{escape(value)}{after}</td></tr>'
    )


def _cell(value: Any, unit: str | None) -> str:
    if isinstance(value, (bool, str)) or value is None or not hasattr(value, "__float__"):
        return f'<td style="{_LEFT}">{escape("" if value is None else str(value))}</td>'
    text = str(value) if isinstance(value, int) and unit is None else number(float(value), unit or "ratio")
    return f'<td style="{_RIGHT}">{escape(text)}</td>'


def _notes(notes: Sequence[str]) -> str:
    return "".join(f"<div><small>! {escape(note)}</small></div>" for note in notes)
