"""Bars per year (N), read off the bars: the number that annualises every metric."""

from __future__ import annotations

import numpy as np

from quantlab.typing import IntArray

_SESSIONS_PER_YEAR = {"24/7": 365.0, "24/5": 260.0}
_RESAMPLED = {"week": 52.0, "month": 12.0, "quarter": 4.0, "year": 1.0}


def periods_per_year(sessions: IntArray, calendar: str | None, *, intraday: bool) -> float:
    """Bars per year from the session of each row (n_bars,).

    Session-labelled bars: sessions per year, or 52, 12, 4 or 1 when the median step between rows is a week, a
    month, a quarter or a year. Intraday: sessions per year × the median number of rows of a session. Sessions
    per year are a convention: 365 for ``"24/7"``, 260 for ``"24/5"``, 252 for every other calendar; without a
    calendar 365 when all seven weekdays occur, 313 when six do, else 252.
    """
    if intraday:
        _, counts = np.unique(sessions, return_counts=True)
        return sessions_per_year(sessions, calendar) * float(np.median(counts))
    step = float(np.median(np.diff(sessions))) if len(sessions) > 1 else 1.0
    for days, periods in ((300.0, 1.0), (80.0, 4.0), (25.0, 12.0), (5.0, 52.0)):
        if step >= days:
            return periods
    return sessions_per_year(sessions, calendar)


def sessions_per_year(sessions: IntArray, calendar: str | None) -> float:
    """Sessions per year as `periods_per_year` says; a weekday counts from 2% of the sessions on."""
    if calendar is not None:
        return _SESSIONS_PER_YEAR.get(calendar, 252.0)
    days = np.unique(sessions)
    weekdays = np.bincount((days + 3) % 7, minlength=7)
    return {7: 365.0, 6: 313.0}.get(int(np.sum(weekdays > 0.02 * len(days))), 252.0)


def resampled_periods_per_year(
    rule: str, sessions: IntArray, calendar: str | None, *, intraday: bool
) -> float:
    """Bars per year after `resample(rule)`, from the sessions of the resampled rows."""
    if rule in _RESAMPLED:
        return _RESAMPLED[rule]
    return periods_per_year(sessions, calendar, intraday=intraday)
