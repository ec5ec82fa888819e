"""The rows and columns of bars without a number in them, and the sessions that they were planned to meet.

What is computed from an outline cannot have seen a price. The sessions of a plan are those that were expected:
an unforeseen closure in New York (11 September 2001, a hurricane, a day of mourning) counts as a session, for
who looked at the calendar the day before found one there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quantlab.errors import DataError
from quantlab.market.calendar import DAY_NS, timetable
from quantlab.typing import BoolArray, IntArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

ROUND_THE_CLOCK = "24/7"
_DAILY = 200.0  # bars a year, below which a row is a week or more


class Plan(NamedTuple):
    """Planned sessions, ascending, each array ``(n_sessions,)``: day number, open and close (ns UTC), half-day."""

    days: IntArray
    opens: IntArray
    closes: IntArray
    early: BoolArray

    def place(self, days: IntArray) -> IntArray:
        """Which session each day is, or else the last one before it."""
        return np.searchsorted(self.days, days, side="right") - 1


@dataclass(frozen=True, eq=False)
class Outline:
    """When bars close and whose they are; no prices, no volume, no extra fields.

    Parameters
    ----------
    time_ns, sessions
        Close (ns UTC) and session (day number) of each row ``(n_bars,)``.
    symbols
        Names of the columns.
    calendar
        Exchange calendar, or None.
    intraday
        Whether rows are instants rather than sessions.
    periods_per_year
        Bars per year.
    """

    time_ns: IntArray
    sessions: IntArray
    symbols: tuple[str, ...]
    calendar: str | None
    intraday: bool
    periods_per_year: float

    @classmethod
    def of(cls, bars: Bars) -> Outline:
        """Leave out everything that was traded."""
        return cls(
            bars.time_ns, bars.sessions, bars.symbols, bars.calendar, bars.intraday, bars.periods_per_year
        )

    def plan(self, n_beyond: int) -> Plan:
        """Sessions around these rows, at least `n_beyond` and a quarter of a year beyond the last.

        Without a calendar they are Monday to Friday, or every date where there are 365 bars a year: a rule that
        reads no row, for a later one would tell the future.

        Raises
        ------
        DataError
            Bars of weeks or longer, or intraday bars without a calendar.
        """
        self._demand_sessions()
        # Whole years, so that nearly all questions share one timetable.
        first = _year(int(self.sessions[0]), 0)
        last = _year(int(self.sessions[-1]) + 2 * n_beyond + 100, 1)
        if self.calendar is None or self.calendar == ROUND_THE_CLOCK:
            return _by_rule(first, last, self.calendar is not None or self.periods_per_year > 360.0)
        return _by_calendar(self.calendar, first, last)

    def _demand_sessions(self) -> None:
        if self.intraday and self.calendar is None:
            raise DataError(
                "intraday bars without a calendar do not say when the coming sessions are; read them with "
                "calendar='XNYS' or the like, calendar='24/7' for markets that never close."
            )
        if not self.intraday and self.periods_per_year < _DAILY:
            raise DataError(
                f"these bars come {self.periods_per_year:g} times a year, but coming sessions are counted in days; "
                "give daily or intraday bars."
            )


def _year(day: int, later: int) -> int:
    """First day of the year that `day` is in, or of the year `later` years on."""
    year = np.datetime64(day, "D").astype("datetime64[Y]") + later
    return int(year.astype("datetime64[D]").astype(np.int64))


def _by_rule(first: int, last: int, every_day: bool) -> Plan:
    days = np.arange(first - 14, last + 15, dtype=np.int64)
    if not every_day:
        days = days[(days + 3) % 7 < 5]  # day 0 was a Thursday
    return Plan(days, days * DAY_NS, (days + 1) * DAY_NS, np.zeros(len(days), dtype=np.bool_))


def _by_calendar(calendar: str, first: int, last: int) -> Plan:
    table = timetable(calendar, first, last)
    inside = (table.surprises > table.days[0]) & (table.surprises < table.days[-1])
    days = np.union1d(table.days, table.surprises[inside])
    before = np.searchsorted(table.days, days, side="right") - 1
    moved = (
        days - table.days[before]
    ) * DAY_NS  # a day without hours was to have those of the session before it
    return Plan(days, table.opens[before] + moved, table.closes[before] + moved, np.isin(days, table.early))
