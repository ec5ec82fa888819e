"""Stamps moved from the open of a bar to its close."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.calendar import last_sessions
from quantlab.market.timestamps import Stamps
from quantlab.typing import IntArray

_SPACING = ((300.0, 12), (80.0, 3), (25.0, 1))
"""From this median step in days on, labels are this many months apart."""


def at_close(stamps: Stamps, codes: IntArray, stamp: str, calendar: str | None) -> Stamps:
    """Stamps of the closes of the bars.

    With ``stamp="open"`` instants move on by the bars' interval, the most frequent step within a symbol.
    Labels of weeks, months, quarters and years that name their first day move to the last session; left where
    they are, such bars would be known days before they closed, so with ``stamp="close"`` labels that all are
    Mondays a week apart, or all the first of a month, are refused.

    Raises
    ------
    DataError
        As above; ``stamp="open"`` for daily labels; an interval that cannot be found.
    """
    if stamp not in ("open", "close"):
        raise DataError(
            f"stamp={stamp!r}: bars are stamped at close or open. {did_you_mean(stamp, ['open', 'close'])}"
        )
    if stamps.tz is not None:
        return stamps if stamp == "close" else Stamps(stamps.values + _interval(stamps, codes), stamps.tz)
    return _labels_at_close(stamps, stamp, calendar)


def _labels_at_close(stamps: Stamps, stamp: str, calendar: str | None) -> Stamps:
    days = np.unique(stamps.values)
    months = _months_apart(days)
    starts_only = months is not None and bool(np.all(_first_days(days, months) == days))
    if stamp == "open":
        if not starts_only or months is None:
            raise DataError(
                "stamp='open' says nothing about daily labels: a date names its session. Leave it out"
            )
        return Stamps(last_sessions(calendar, _last_days(stamps.values, months)), None)
    if starts_only and len(days) > 2:
        raise DataError(
            f"the labels {stamps.text(0)}, … are all first days of their weeks, months or years. If they "
            "name when a bar opens, say stamp='open'; if such bars really close on that day, give close "
            "times with a time zone."
        )
    return stamps


def _months_apart(days: IntArray) -> int | None:
    """Months between labels by their median step, 0 for weeks, None for days."""
    step = float(np.median(np.diff(days))) if len(days) > 1 else 1.0
    for at_least, months in _SPACING:
        if step >= at_least:
            return months
    return 0 if step >= 5.0 else None


def _first_days(days: IntArray, months: int | None) -> IntArray:
    if not months:
        return days - (days + 3) % 7  # day 0 was a Thursday; weeks begin on Monday
    return (_month(days) // months * months).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _last_days(days: IntArray, months: int) -> IntArray:
    if not months:
        return days + 6
    following = (_month(days) // months + 1) * months
    return following.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1


def _month(days: IntArray) -> IntArray:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _interval(stamps: Stamps, codes: IntArray) -> int:
    """Length of a bar (ns): the most frequent step within a symbol, which no step may undercut."""
    order = np.argsort(codes, kind="stable")
    steps = np.diff(stamps.values[order])[np.diff(codes[order]) == 0]
    steps = steps[steps > 0]  # what repeats or goes back is complained about by its own rule
    if len(steps) == 0:
        raise DataError(
            "stamp='open' needs the bars' interval, and no symbol has two bars to tell it; give close stamps"
        )
    lengths, counts = np.unique(steps, return_counts=True)
    interval = int(lengths[counts.argmax()])
    if lengths[0] < interval:
        raise DataError(
            f"stamp='open' needs one interval, but most steps are {pd.Timedelta(interval)} and some only "
            f"{pd.Timedelta(int(lengths[0]))}; read bars of different length apart"
        )
    return interval
