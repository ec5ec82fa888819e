"""Events that are announced before they take place, laid on bars by the time they were announced."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.market.knowing import (
    EVERYONE,
    dates,
    first_rows,
    read_codes,
    read_numbers,
    read_times,
    refuse_names_of_bars,
)
from quantlab.market.outline import Outline, Plan
from quantlab.market.timestamps import Stamps
from quantlab.typing import BoolArray, FloatArray, IntArray


class _Events(NamedTuple):
    """Announcements in the order they were made, each array ``(n,)``."""

    codes: IntArray
    first: IntArray  # first row that knows
    stop: IntArray  # first row that knows better, or that knows it over
    session: IntArray  # which session of the plan it takes place in
    instant: IntArray  # what comes first among those
    value: FloatArray


def with_events(bars: Bars, name: str, frame: pd.DataFrame, cap: int, tz: str | None) -> Bars:
    """`Bars.with_events`."""
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 1:
        raise DataError(f"with_events(cap={cap!r}): cap is a whole number of sessions, 1 or more.")
    refuse_names_of_bars(name, f"{name}_value")
    plan = Outline.of(bars).plan(cap)
    events = _read(bars, frame.reset_index(drop=True), plan, tz)
    session, value = _next(bars, events)
    away = session - plan.place(bars.sessions)[:, None]
    near = away < cap
    return bars.with_arrays(
        **{name: np.where(near, away, float(cap)), f"{name}_value": np.where(near, value, np.nan)}
    )


def _read(bars: Bars, frame: pd.DataFrame, plan: Plan, tz: str | None) -> _Events:
    announced, codes = read_times(frame, "announced", tz), read_codes(frame, "symbol", bars)
    if "at" not in frame.columns:
        raise DataError("the frame has no column 'at', which says when each event takes place.")
    off = frame["at"].isna().to_numpy()
    at = read_times(frame[~off], "at", tz) if not off.all() else Stamps(np.empty(0, np.int64), None)
    _refuse_called_off(frame, off)
    _refuse_afterwards(frame[~off], announced, at, ~off)
    first, n = first_rows(bars, announced), len(frame)
    over, session, instant = (np.zeros(n, np.int64) for _ in range(3))  # what was called off is over at once
    over[~off], session[~off], instant[~off] = first_rows(bars, at), _session(plan, at), at.values
    stop = np.minimum(over, _known_better(frame, codes, announced.values, first, bars.n_bars))
    order = np.argsort(announced.values, kind="stable")
    codes, first, stop, session, instant = (each[order] for each in (codes, first, stop, session, instant))
    return _Events(codes, first, stop, session, instant, _values(frame, off)[order])


def _session(plan: Plan, at: Stamps) -> IntArray:
    """Which planned session each event takes place in: the first that is not over before it."""
    ends = plan.days if at.tz is None else plan.closes
    return np.searchsorted(ends, at.values, side="left")


def _values(frame: pd.DataFrame, off: BoolArray) -> FloatArray:
    """Read what is said of each event ``(n,)``, 1.0 where nothing is; one that is called `off` needs no number."""
    if "value" not in frame.columns:
        return np.ones(len(frame))
    values = read_numbers(frame, "value").to_numpy()
    lacking = np.flatnonzero(~np.isfinite(values) & ~off)
    if len(lacking):
        row = int(lacking[0])
        raise DataError(
            f"row {row}: value = {values[row]} is no number; give one, or leave the column out where the event "
            "itself is all that is known."
        )
    return values


def _known_better(
    frame: pd.DataFrame, codes: IntArray, announced: IntArray, first: IntArray, n_bars: int
) -> IntArray:
    """First row that knows a later announcement of the same event ``(n,)``; `n_bars` where there is none."""
    better = np.full(len(frame), n_bars, dtype=np.int64)
    if "event" not in frame.columns:
        return better
    names = pd.factorize(frame["event"])[0]
    order = np.lexsort((announced, names, codes))
    same = (np.diff(codes[order]) == 0) & (np.diff(names[order]) == 0) & (names[order][1:] >= 0)
    twice = np.flatnonzero(same & (np.diff(announced[order]) == 0))
    if len(twice):
        one, other = sorted((int(order[twice[0]]), int(order[twice[0] + 1])))
        raise DataError(
            f"rows {one} and {other} announce event {frame['event'].iloc[one]!r} at the same time, "
            f"{frame['announced'].iloc[one]}; keep the one that counts."
        )
    better[order[:-1][same]] = first[order[1:][same]]
    return better


def _refuse_called_off(frame: pd.DataFrame, off: BoolArray) -> None:
    named = frame["event"].notna().to_numpy() if "event" in frame.columns else np.zeros(len(frame), np.bool_)
    wrong = np.flatnonzero(off & ~named)
    if len(wrong):
        raise DataError(
            f"row {wrong[0]} says no time 'at' that its event takes place. An event is called off by an announcement "
            "without one, but needs a name in column 'event' to say which; otherwise drop the row."
        )


def _refuse_afterwards(frame: pd.DataFrame, announced: Stamps, at: Stamps, there: BoolArray) -> None:
    told = Stamps(announced.values[there], announced.tz)
    exact = announced.tz is not None and at.tz is not None
    late = told.values > at.values if exact else dates(told) > dates(at)
    if late.any():
        place = int(np.flatnonzero(late)[0])
        raise DataError(
            f"row {frame.index[place]} was announced at {told.text(place)}, after it took place at {at.text(place)}. "
            "What is known only afterwards is no announced event: give the time it was first announced, drop the "
            "row, or lay its outcome on the bars with bars.join()."
        )


def _next(bars: Bars, events: _Events) -> tuple[FloatArray, FloatArray]:
    """Session of the next known event and its value ``(n_bars, n_symbols)``; infinity and NaN where none is."""
    shape = (bars.n_bars, bars.n_symbols)
    session, value = np.full(shape, np.inf), np.full(shape, np.nan)
    nearest = np.full(shape, np.iinfo(np.int64).max)
    for code, first, stop, *what in zip(*events, strict=True):
        cells = slice(first, max(first, stop)), slice(None) if code == EVERYONE else slice(code, code + 1)
        nearer = what[1] <= nearest[cells]
        for panel, told in zip((session, nearest, value), what, strict=True):
            panel[cells][nearer] = told
    return session, value
