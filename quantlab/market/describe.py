"""How bars print."""

from __future__ import annotations

from html import escape

import numpy as np

from quantlab.market.bars import Bars

_NAMED = 8


def describe(bars: Bars) -> str:
    """Symbols, rows, span, absent bars and N, in a few lines."""
    return "\n".join(f"{name:<8} {text}" if name else text for name, text in _facts(bars))


def describe_html(bars: Bars) -> str:
    """Write the same facts as a small HTML table; every text is escaped."""
    (_, title), *facts = _facts(bars)
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts)
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"


def _facts(bars: Bars) -> list[tuple[str, str]]:
    absent = int((~bars.present).sum())
    unit = "sessions" if bars.tz is None else f"instants, {bars.tz}"
    facts = [
        ("", f"Bars: {_count(bars.n_bars, 'bar')} × {_count(bars.n_symbols, 'symbol')}"),
        ("symbols", _few(bars.symbols)),
        ("span", f"{bars.time[0]:{_form(bars)}} to {bars.time[-1]:{_form(bars)}} ({unit})"),
        ("absent", f"{absent:,} of {bars.present.size:,} ({absent / bars.present.size:.1%})"),
        ("year", f"{bars.periods_per_year:g} bars, calendar {bars.calendar or 'none'}"),
    ]
    if gap := _long_gap(bars):
        facts.append(("gap", gap))
    if bars.extra:
        facts.append(("fields", _few(bars.fields)))
    if bars.ends:
        facts.append(("ends", _few(tuple(f"{s} {e.time:%Y-%m-%d}" for s, e in bars.ends.items()))))
    return facts


def _long_gap(bars: Bars) -> str | None:
    """Write the longest time between two rows, where it is out of the ordinary.

    That is over a fortnight (ten sessions) for intraday bars, and over 30 days for others unless their usual
    step is of that length too (months, quarters).
    """
    if bars.n_bars < 2:
        return None
    days = np.diff(bars.sessions)
    row = int(days.argmax())
    if days[row] <= (14 if bars.intraday else max(30.0, 3.0 * float(np.median(days)))):
        return None
    before, after = (f"{time:%Y-%m-%d}" for time in bars.time[row : row + 2])
    return f"no row between {before} and {after} ({int(days[row]):,} days)"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _form(bars: Bars) -> str:
    return "%Y-%m-%d" if bars.tz is None else "%Y-%m-%d %H:%M"


def _few(names: tuple[str, ...]) -> str:
    more = f" … {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
