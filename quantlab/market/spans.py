"""Which rows of the bars a start and an end choose."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from quantlab.errors import DataError
from quantlab.market.calendar import DAY_NS
from quantlab.typing import IntArray

_FOREVER = 10**8


def span_rows(
    sessions: IntArray, instants: IntArray | None, tz: str | None, start: Any, end: Any
) -> tuple[int, int]:
    """First row and stop row of the span from `start` to `end`, both inclusive.

    A date chooses whole sessions; ``"2008"`` and ``"2008-09"`` choose a year and a month. A time of day
    chooses instants and is read in `tz` when it names no zone of its own. `sessions` (n_bars,) and `instants`
    (n_bars,) ascend; for session-labelled rows `instants` and `tz` are None.
    """
    first = 0 if start is None else _row(sessions, instants, tz, _bound(start, last=False), "left")
    stop = len(sessions) if end is None else _row(sessions, instants, tz, _bound(end, last=True), "right")
    return first, stop


def span_text(start: Any, end: Any) -> str:
    """Write a span, for a message.

    >>> span_text("2030-01-01", None), span_text(None, 2029), span_text("2029", "2030-06")
    ('from 2030-01-01 on', 'up to 2029', 'from 2029 to 2030-06')
    """
    first, last = (str(bound).removesuffix(" 00:00:00") for bound in (start, end))
    if end is None:
        return f"from {first} on"
    return f"up to {last}" if start is None else f"from {first} to {last}"


def days_between(start: Any, end: Any) -> tuple[int, int]:
    """First and last day number that `start` and `end` name; as far as days go when they are None."""
    first = -_FOREVER if start is None else _day(_bound(start, last=False))
    last = _FOREVER if end is None else _day(_bound(end, last=True))
    return first, last


def _day(bound: pd.Timestamp) -> int:
    return int(bound.as_unit("ns").value // DAY_NS)


def _row(
    sessions: IntArray, instants: IntArray | None, tz: str | None, bound: pd.Timestamp, side: Any
) -> int:
    if bound.tzinfo is None and bound == bound.normalize():
        return int(np.searchsorted(sessions, _day(bound), side=side))
    if instants is None or tz is None:
        raise DataError(f"{bound} has a time of day, but these bars are labelled by session; give a date")
    aware = bound.tz_localize(tz) if bound.tzinfo is None else bound
    return int(np.searchsorted(instants, aware.as_unit("ns").value, side=side))


def _bound(given: Any, *, last: bool) -> pd.Timestamp:
    if isinstance(given, (int, float, np.integer)):  # pandas would count nanoseconds since 1970
        year = int(given) if 1000 <= given <= 9999 else 2011
        raise DataError(f"{given!r} is a number; give a date or text such as '{year}' or '{year}-01-31'")
    try:
        if isinstance(given, str) and re.fullmatch(r"\d{4}(-\d{2})?", given):
            period = pd.Period(given)
            return (period.end_time if last else period.start_time).normalize()
        bound = pd.Timestamp(given)
    except (ValueError, TypeError) as error:
        raise DataError(f"{given!r} is not a date or a time; write YYYY-MM-DD") from error
    if pd.isna(bound):
        raise DataError(f"{given!r} is not a date or a time; write YYYY-MM-DD")
    return bound
