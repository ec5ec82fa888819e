"""Inputs whose future is known: the calendar, announced events, and what stands still by symbol.

Every function is given an `Outline`, which holds no price, or the two fields of announced events; it answers with
one column ``(n_bars, 1)``, one row ``(1, n_symbols)``, or a panel. No value depends on a later row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quantlab.errors import StrategyError, did_you_mean
from quantlab.features.ahead import Ahead, bars_ahead
from quantlab.features.known_rows import WEEKDAYS
from quantlab.market.calendar import DAY_NS
from quantlab.market.outline import Outline
from quantlab.typing import FloatArray, IntArray

_TURN = 3  # sessions at the beginning of a month that belong to its turn


def weekday(outline: Outline, output: str, ahead: int) -> FloatArray:
    """Day of the week, Monday 0; or whether it is the named one."""
    number = (bars_ahead(outline, ahead).days + 3) % 7  # day 0 was a Thursday
    return _column(number if output == "number" else number == WEEKDAYS.index(output))


def month(outline: Outline, output: str, ahead: int) -> FloatArray:
    """Month, January 1; or its place on a circle of twelve."""
    number = _month(bars_ahead(outline, ahead).days) % 12 + 1
    return _column(number) if output == "number" else _wave((number - 1) / 12.0, output)


def month_end(outline: Outline, output: str | None, ahead: int) -> FloatArray:
    """Sessions that follow in the same month."""
    return _column(_left(bars_ahead(outline, ahead), 1))


def quarter_end(outline: Outline, output: str | None, ahead: int) -> FloatArray:
    """Sessions that follow in the same quarter."""
    return _column(_left(bars_ahead(outline, ahead), 3))


def turn_of_month(outline: Outline, output: str | None, ahead: int) -> FloatArray:
    """Whether it is the last session of a month or one of the first three."""
    bar = bars_ahead(outline, ahead)
    before = bar.plan.place(_first_day(_month(bar.days)) - 1)
    return _column((_left(bar, 1) == 0) | (bar.plan.place(bar.days) - before <= _TURN))


def gap(outline: Outline, output: str | None, ahead: int) -> FloatArray:
    """Calendar days since the session of the bar before."""
    return _column(bars_ahead(outline, ahead).days - bars_ahead(outline, ahead - 1).days)


def early_close(outline: Outline, output: str | None, ahead: int) -> FloatArray:
    """Whether the calendar closes the session early."""
    if outline.calendar is None:
        raise StrategyError(
            'feature("early_close"): which sessions close early is known to a calendar; read the bars with '
            "calendar='XNYS' or the like."
        )
    bar = bars_ahead(outline, ahead)
    return _column(bar.plan.early[bar.plan.place(bar.days)])


def hour(outline: Outline, output: str, ahead: int) -> FloatArray:
    """Hours since the open of the session, at the close of the bar; or that share of the session on a circle."""
    if not outline.intraday:
        raise StrategyError(
            'feature("hour"): these bars are whole sessions; give intraday bars, or leave it out.'
        )
    bar = bars_ahead(outline, ahead)
    place = bar.plan.place(bar.days)
    since = bar.closes - bar.plan.opens[place]
    if output == "number":
        return _column(since / (DAY_NS / 24.0))
    return _wave(since / (bar.plan.closes[place] - bar.plan.opens[place]), output)


def event(away: FloatArray, value: FloatArray, output: str, ahead: int) -> FloatArray:
    """Whether the next event is `ahead` sessions away, or what is said of it; both panels ``(n_bars, n_symbols)``."""
    here = (away == ahead) & ~np.isnan(value)
    return here.astype(np.float64) if output == "flag" else np.where(here, value, 0.0)


def static(
    outline: Outline, output: str | None, category: str | None, values: tuple[tuple[str, object], ...]
) -> FloatArray:
    """Look up each symbol's number, or whether it is of the category."""
    given = dict(values)
    lacking = [symbol for symbol in outline.symbols if symbol not in given]
    if lacking:
        raise StrategyError(
            f"static inputs say nothing about {lacking[0]!r} ({len(lacking)} of {len(outline.symbols)} symbols). "
            f"{did_you_mean(lacking[0], given)} Give it a value, or take the others: bars.select()."
        )
    told = [given[symbol] for symbol in outline.symbols]
    return np.array([each if category is None else each == category for each in told], np.float64)[None]


def _column(values: npt.ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)[:, None]


def _wave(turns: FloatArray, output: str) -> FloatArray:
    wave = np.sin if output == "sine" else np.cos
    return _column(wave(2.0 * np.pi * turns))


def _month(days: IntArray) -> IntArray:
    """Months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_day(months: IntArray) -> IntArray:
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _left(bar: Ahead, months: int) -> IntArray:
    """Planned sessions after each bar's in the same stretch of so many months."""
    following = (_month(bar.days) // months + 1) * months
    return bar.plan.place(_first_day(following) - 1) - bar.plan.place(bar.days)
