"""Sessions and their closes, from an exchange's timetable or from the plain date.

Sessions are day numbers (days since 1970-01-01); instants are nanoseconds UTC. Without a calendar, and on the
calendar ``"24/7"``, a session is a date and closes at 24:00 UTC of it.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quantlab.errors import DataError
from quantlab.market.suggest import near_or_else
from quantlab.typing import IntArray

DAY_NS = 86_400_000_000_000


# Where a closure that follows no rule is a disaster or a funeral. Elsewhere such days are mostly holidays by the
# moon, which everybody knows a year ahead.
_SURPRISED = ("XNYS", "XCBF", "CMES", "IEPA")


class Timetable(NamedTuple):
    """Sessions of an exchange, ascending, and the days on which it would have met but for a surprise."""

    calendar: str
    tz: str
    days: IntArray  # day numbers of the sessions
    opens: IntArray  # ns UTC
    closes: IntArray  # ns UTC
    early: IntArray  # days that close early
    surprises: IntArray  # days of closures that nobody could plan with


def session_closes(calendar: str | None, sessions: IntArray) -> IntArray:
    """Close (ns UTC) of each session in `sessions` (n,), half-days included.

    Raises
    ------
    DataError
        An unknown calendar, or a day that is not a session of it; the message names the nearest sessions.
    """
    if calendar is None or calendar == "24/7":
        return (sessions + 1) * DAY_NS
    table = timetable(calendar, int(sessions.min()), int(sessions.max()))
    return table.closes[_rows_of(table, sessions)]


def sessions_of(calendar: str | None, time_ns: IntArray, tz: str) -> IntArray:
    """Session (day number) that each close stamp (ns UTC, ascending) belongs to.

    Without a calendar it is the date in `tz`; a bar that closes at midnight belongs to the day that ends
    there. With a calendar it is the session whose hours hold the stamp; stamps outside all hours (before the
    open, after the close) belong to their date at the exchange.
    """
    if calendar is None or calendar == "24/7":
        return _dates(time_ns, tz if calendar is None else "UTC")
    table = timetable(calendar, int(time_ns[0] // DAY_NS), int(time_ns[-1] // DAY_NS))
    near = np.minimum(np.searchsorted(table.closes, time_ns), len(table.closes) - 1)
    inside = (table.opens[near] < time_ns) & (time_ns <= table.closes[near])
    sessions = np.where(inside, table.days[near], _dates(time_ns, table.tz))
    _rows_of(table, sessions)
    return sessions


def last_sessions(calendar: str | None, days: IntArray) -> IntArray:
    """Find the last session on or before each day number; the day itself without a calendar."""
    if calendar is None or calendar == "24/7":
        return days
    known = timetable(calendar, int(days.min()), int(days.max())).days
    return known[np.searchsorted(known, days, side="right") - 1]


def day_text(day: int) -> str:
    """Write a day number as an ISO date."""
    return str(np.datetime64(int(day), "D"))


def _dates(time_ns: IntArray, tz: str) -> IntArray:
    local = pd.DatetimeIndex(time_ns, tz="UTC").tz_convert(tz).tz_localize(None)
    return (local.asi8 - 1) // DAY_NS


def _rows_of(table: Timetable, sessions: IntArray) -> IntArray:
    days = table.days
    rows = np.minimum(np.searchsorted(days, sessions), len(days) - 1)
    wrong = np.flatnonzero(days[rows] != sessions)
    if len(wrong):
        day = int(sessions[wrong[0]])
        near = " and ".join(day_text(d) for d in (*days[days < day][-1:], *days[days > day][:1]))
        raise DataError(
            f"{day_text(day)} is not a session of {table.calendar} ({len(wrong)} such rows); "
            f"nearest sessions: {near}. "
            "Drop these rows, or name another calendar= (None takes any date)."
        )
    return rows


@lru_cache(maxsize=16)
def timetable(calendar: str, first: int, last: int) -> Timetable:
    """Give all sessions from a fortnight before day `first` to a fortnight after day `last`."""
    import exchange_calendars  # takes a second to import, and only named calendars need it

    names = exchange_calendars.get_calendar_names()
    if calendar not in names:
        advice = near_or_else(
            str(calendar),
            names,
            "Calendars are named like 'XNYS' or '24/7'; exchange_calendars.get_calendar_names() lists them.",
        )
        raise DataError(f"unknown calendar {calendar!r}. {advice}")
    span = {"start": day_text(first - 14), "end": day_text(last + 14)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of pandas, meant for that package
            found = exchange_calendars.get_calendar(calendar, **span)
    except ValueError as error:
        raise DataError(
            f"{calendar} has no timetable for {day_text(first)} to {day_text(last)}: {error}"
        ) from error
    opens, closes = (pd.DatetimeIndex(found.schedule[name]).as_unit("ns").asi8 for name in ("open", "close"))
    surprises = _days(found.adhoc_holidays) if found.name in _SURPRISED else np.empty(0, np.int64)
    return Timetable(
        calendar,
        str(found.tz),
        days=_days(found.sessions),
        opens=opens,
        closes=closes,
        early=_days(found.early_closes),
        surprises=surprises,
    )


def _days(dates: Any) -> IntArray:
    """Day numbers of dates, whether or not they carry a zone."""
    days: IntArray = pd.DatetimeIndex(pd.to_datetime(list(dates), utc=True)).as_unit("ns").asi8 // DAY_NS
    return days
