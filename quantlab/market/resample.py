"""Coarser bars from finer ones."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.bars import Bars
from quantlab.market.calendar import DAY_NS, session_closes
from quantlab.market.endings import Ending
from quantlab.market.periods import resampled_periods_per_year
from quantlab.typing import FloatArray, IntArray

_CALENDAR_RULES = ("day", "week", "month", "quarter", "year")


class _Groups(NamedTuple):
    """Runs of rows that become one row each."""

    starts: IntArray  # first row of each run
    time_ns: IntArray  # close of each run
    tz: str | None


def resample(bars: Bars, rule: str) -> Bars:
    """Merge rows: open first, high max, low min, close last, volume summed, extra fields last.

    A symbol without a bar in a stretch stays absent there; volume is NaN where a bar of the stretch lacks it.
    The last stretch may be incomplete and is kept.

    Parameters
    ----------
    rule
        ``"day"``, ``"week"``, ``"month"``, ``"quarter"`` or ``"year"``: sessions are merged, and the row is
        labelled with (and closes at) the last session in it. Or a time such as ``"5min"`` or ``"1h"`` that
        divides a day, for intraday bars: stretches are counted from midnight in the bars' zone, never span
        two sessions, and close at their right edge, or at the session's close if that comes first.

    Raises
    ------
    DataError
        An unknown rule, a time that does not divide a day, or one finer than the bars.
    """
    groups = _by_session(bars, rule) if rule in _CALENDAR_RULES else _by_time(bars, rule)
    stops = np.append(groups.starts[1:], bars.n_bars)
    sessions = bars.sessions[stops - 1]
    return Bars(
        time_ns=groups.time_ns,
        sessions=sessions,
        symbols=bars.symbols,
        open=_pick(bars.open, groups.starts, first=True),
        high=np.fmax.reduceat(bars.high, groups.starts, axis=0),
        low=np.fmin.reduceat(bars.low, groups.starts, axis=0),
        close=_pick(bars.close, groups.starts, first=False),
        volume=_total_volume(bars, groups.starts),
        extra={name: _pick(panel, groups.starts, first=False) for name, panel in bars.extra.items()},
        ends=_endings(bars, stops, sessions, groups),
        calendar=bars.calendar,
        tz=groups.tz,
        periods_per_year=_periods(bars, rule, sessions, groups),
    )


def _by_session(bars: Bars, rule: str) -> _Groups:
    keys = _stretch_of(bars.sessions, rule)
    starts = np.flatnonzero(np.append(True, np.diff(keys) != 0))
    last = np.append(starts[1:], bars.n_bars) - 1
    closes = session_closes(bars.calendar, bars.sessions[last]) if bars.intraday else bars.time_ns[last]
    return _Groups(
        starts, np.maximum(closes, bars.time_ns[last]), None
    )  # trading after the close is known after it


def _stretch_of(sessions: IntArray, rule: str) -> IntArray:
    if rule == "day":
        return sessions
    if rule == "week":
        return (sessions + 3) // 7  # day 0 was a Thursday; weeks begin on Monday
    unit, months = {"month": ("M", 1), "quarter": ("M", 3), "year": ("Y", 1)}[rule]
    return sessions.astype("datetime64[D]").astype(f"datetime64[{unit}]").astype(np.int64) // months


def _by_time(bars: Bars, rule: str) -> _Groups:
    step = _step_ns(bars, rule)
    midnights = _midnights(bars)
    bins = -(
        (midnights - bars.time_ns) // step
    )  # ceiling: a bar closing at the edge belongs to the bin before it
    changed = (np.diff(bars.sessions) != 0) | (np.diff(midnights) != 0) | (np.diff(bins) != 0)
    starts = np.flatnonzero(np.append(True, changed))
    last = np.append(starts[1:], bars.n_bars) - 1
    edges = midnights[last] + bins[last] * step
    closes = session_closes(bars.calendar, bars.sessions[last]) if bars.calendar else edges
    capped = np.where(bars.time_ns[last] <= closes, np.minimum(edges, closes), edges)
    tied = np.append(
        capped[:-1] >= capped[1:], False
    )  # two sessions that meet inside one stretch, out of hours
    capped = np.where(tied, bars.time_ns[last], capped)
    return _Groups(starts, capped, bars.tz)


def _step_ns(bars: Bars, rule: str) -> int:
    try:
        step = int(pd.Timedelta(rule).as_unit("ns").value)
    except ValueError as error:
        known = (*_CALENDAR_RULES, "5min", "15min", "30min", "1h")
        raise DataError(f"resample rule {rule!r} is unknown. {did_you_mean(rule, known)}") from error
    if not bars.intraday:
        raise DataError(
            f"resample({rule!r}) needs intraday bars; these are labelled by session. Use 'week' or coarser"
        )
    if step <= 0 or DAY_NS % step:
        raise DataError(
            f"resample({rule!r}): the time must divide a day, such as 5min, 1h or 4h; 'day' makes sessions"
        )
    finest = int(np.median(np.diff(bars.time_ns))) if bars.n_bars > 1 else step
    if step < finest:
        raise DataError(f"resample({rule!r}) is finer than the bars, which come every {pd.Timedelta(finest)}")
    return step


def _midnights(bars: Bars) -> IntArray:
    """Instant (ns UTC) of the midnight in the bars' zone that each row's day began with."""
    before_close = pd.DatetimeIndex(bars.time_ns - 1, tz="UTC").tz_convert(bars.tz)
    return before_close.normalize().as_unit("ns").asi8


def _pick(panel: FloatArray, starts: IntArray, *, first: bool) -> FloatArray:
    """First or last value that is not NaN of each run, by symbol."""
    rows = np.arange(len(panel))[:, None]
    if first:
        found = np.minimum.reduceat(np.where(np.isnan(panel), len(panel) - 1, rows), starts, axis=0)
    else:
        found = np.maximum.reduceat(np.where(np.isnan(panel), 0, rows), starts, axis=0)
    stops = np.append(starts[1:], len(panel))
    inside = np.clip(found, starts[:, None], stops[:, None] - 1)  # a run without a value gives one of its NaN
    return np.take_along_axis(panel, inside, axis=0)


def _total_volume(bars: Bars, starts: IntArray) -> FloatArray:
    known = np.where(bars.present, bars.volume, 0.0)
    totals: FloatArray = np.add.reduceat(known, starts, axis=0)
    there = np.logical_or.reduceat(bars.present, starts, axis=0)
    return np.where(there, totals, np.nan)


def _endings(bars: Bars, stops: IntArray, sessions: IntArray, groups: _Groups) -> dict[str, Ending]:
    """Move endings to the label of the coarser bar that holds them, so that this bar is still alive."""
    moved = dict(bars.ends)
    for symbol, ending in bars.ends.items():
        row = int(bars.end_rows[bars.index(symbol)])
        if 0 <= row < bars.n_bars:
            group = int(np.searchsorted(stops, row, side="right"))
            moved[symbol] = replace(ending, time=_later(ending.time, sessions[group], groups, group))
    return moved


def _later(time: pd.Timestamp, session: int, groups: _Groups, group: int) -> pd.Timestamp:
    if groups.tz is None:
        label = pd.Timestamp(int(session) * DAY_NS)
        return max(label, time if time.tzinfo is None else time.tz_localize(None).normalize())
    if time.tzinfo is None:
        return time
    return max(time, pd.Timestamp(int(groups.time_ns[group]), tz=groups.tz))


def _periods(bars: Bars, rule: str, sessions: IntArray, groups: _Groups) -> float:
    if rule == "day" and not bars.intraday:
        return bars.periods_per_year
    return resampled_periods_per_year(rule, sessions, bars.calendar, intraday=groups.tz is not None)
