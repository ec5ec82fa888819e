"""Bars from wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from quantlab.errors import DataError, did_you_mean
from quantlab.market.adjustments import adjust
from quantlab.market.assemble import make_bars
from quantlab.market.bars import Bars
from quantlab.market.calendar import DAY_NS, day_text
from quantlab.market.quality import check_adjusted, check_bars, check_extra, check_order
from quantlab.market.reading import reading_of
from quantlab.market.rows import Rows
from quantlab.market.sources.locate import read_rows
from quantlab.market.spans import days_between, span_text
from quantlab.market.stamping import at_close
from quantlab.market.timestamps import Stamps


def read_bars(
    source: Any,
    *,
    symbols: str | Iterable[str] | None = None,
    start: Any = None,
    end: Any = None,
    tz: str | None = None,
    calendar: str | None = None,
    stamp: str = "close",
    periods_per_year: float | None = None,
    allow_negative: bool = False,
    ends: Mapping[str, Any] | None = None,
    adjusted: bool = True,
    fields: Iterable[str] | None = None,
) -> Bars:
    """Read bars, check them, and line them up on one clock.

    Symbols are put on the union of their times; late listings and gaps stay absent, nothing is filled. Rows
    that cannot be true are refused.

    Parameters
    ----------
    source
        ``"sample:us5"`` or ``"sample:indices"``; path or URL of a CSV, TSV or Parquet file (text parted by
        comma, semicolon, tab or bar; a decimal comma where it is beyond doubt); a folder with one file a
        symbol (named by the file); a frame of one symbol, long (a symbol column) or wide (columns by field
        and symbol, in either order); a dict of frames by symbol. Letter case of columns does not matter; time
        is the index or a column date, datetime, time or timestamp. Further columns of numbers become extra
        fields.
    symbols
        Which symbols, in which order. Names a table of one symbol that does not name itself (else: its file,
        or ``"X"``).
    start, end
        Labels, both inclusive, as in `Bars.window`. Only what lies between is checked.
    tz
        Zone of naive intraday times, and the zone that instants are shown in.
    calendar
        Exchange calendar (``"XNYS"``, ``"24/7"`` …): sessions close when it says, and a label that is not a
        session is refused. Without one a session closes at 24:00 UTC of its date.
    stamp
        ``"close"`` when timestamps name the close of a bar, ``"open"`` when they name its open. Daily dates
        name sessions and need neither.
    periods_per_year
        Bars a year; inferred when None (252 for sessions, 365 when weekends trade, 260 for ``"24/5"``, 52
        weekly, 12 monthly, intraday sessions × median bars of a session).
    allow_negative
        Accept prices of zero and below.
    ends
        Delistings by symbol: a date, or ``(date, delisting_return)``.
    adjusted
        With a column of adjusted closes: scale prices by adj_close/close and volume by its inverse. False
        keeps prices as they were and ``adj_close`` as an extra field.
    fields
        Extra fields to keep; None keeps all.

    Returns
    -------
    Bars
        Times × symbols, read-only.

    Raises
    ------
    DataError
        Whatever cannot be read or cannot be true, with symbol, timestamp, column and remedy.

    Examples
    --------
    >>> bars = read_bars("sample:us5", symbols=["AAPL", "FB"], start="2012-05-17", end="2012-05-22")
    >>> bars.present[:, bars.index("FB")]
    array([False,  True,  True,  True])
    """
    names = None if symbols is None else _names(symbols)
    fields = fields if fields is None or isinstance(fields, str) else tuple(fields)
    rows = _within(_choose(read_rows(source, names, tz, fields), names), start, end)
    own_clock = calendar is None or calendar == rows.calendar
    asked, calendar = calendar, calendar or rows.calendar
    rows = replace(rows, stamps=at_close(rows.stamps, rows.codes, stamp, calendar))
    rows = _checked(rows, allow_negative=allow_negative, adjusted=adjusted)
    times, first_rows = np.unique(rows.stamps.values, return_index=True)
    bars = make_bars(
        Stamps(times, rows.stamps.tz),
        rows.symbols,
        rows.panels(times),
        ends=ends,
        calendar=calendar,
        periods_per_year=periods_per_year,
        closes=rows.closes[first_rows] if own_clock and rows.closes is not None else None,
    )
    bars = bars if start is None and end is None else bars.window(start, end)
    given = {
        "symbols": names, "start": start, "end": end, "tz": tz, "calendar": asked, "stamp": stamp,
        "periods_per_year": periods_per_year, "allow_negative": allow_negative, "ends": ends, "adjusted": adjusted,
        "fields": fields,
    }  # fmt: skip
    return bars.read_as(reading_of(source, given))


def _names(symbols: str | Iterable[str]) -> tuple[str, ...]:
    names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    if not names or len(set(names)) < len(names):
        raise DataError(f"symbols={list(names)} must name at least one symbol, and each once")
    return names


def _choose(rows: Rows, names: tuple[str, ...] | None) -> Rows:
    """Keep the rows of `names`, numbered in their order."""
    if names is None or names == rows.symbols:
        return rows
    numbers = np.full(len(rows.symbols), -1, dtype=np.int64)
    for i, name in enumerate(names):
        if name not in rows.symbols:
            raise DataError(f"the source has no symbol {name!r}. {did_you_mean(name, rows.symbols)}")
        numbers[rows.symbols.index(name)] = i
    codes = numbers[rows.codes]
    return replace(rows, symbols=names, codes=codes).keep(codes >= 0)


def _within(rows: Rows, start: Any, end: Any) -> Rows:
    """Keep rows from `start` to `end`; instants with days to spare, for their sessions are not known yet."""
    if start is None and end is None:
        return rows
    instants = rows.stamps.tz is not None
    days = rows.stamps.values // DAY_NS if instants else rows.stamps.values
    first, last = days_between(start, end)
    inside = (days >= first - 2 * instants) & (days <= last + 2 * instants)
    if not inside.any():
        raise DataError(
            f"no bar {span_text(start, end)}; the source runs from {day_text(days.min())} "
            f"to {day_text(days.max())}"
        )
    return rows.keep(inside)


def _checked(rows: Rows, *, allow_negative: bool, adjusted: bool) -> Rows:
    """Hold every rule against the rows as the source gave them; then adjust."""
    check_order(rows.codes, rows.stamps.values, rows.place)
    check_bars(rows.fields, rows.place, allow_negative=allow_negative)
    check_extra(rows.fields, rows.place)
    if not adjusted or "adj_close" not in rows.fields:
        return rows
    check_adjusted(rows.fields, rows.place)
    return replace(rows, fields=adjust(rows.fields))
