"""Bars from panels: shapes, clock and quality are checked here, once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from quantlab.errors import DataError
from quantlab.market.arrays import frozen_panel
from quantlab.market.bars import FIELDS, Bars
from quantlab.market.calendar import session_closes, sessions_of
from quantlab.market.endings import read_endings
from quantlab.market.periods import periods_per_year as infer_periods_per_year
from quantlab.market.quality import check_bars, check_extra, check_order
from quantlab.market.timestamps import Stamps, parse_stamps
from quantlab.typing import FloatArray, IntArray


def bars_from_panels(
    time: Any,
    symbols: tuple[str, ...],
    panels: Mapping[str, npt.ArrayLike],
    extra: Mapping[str, npt.ArrayLike],
    *,
    ends: Mapping[str, Any] | None,
    tz: str | None,
    calendar: str | None,
    periods_per_year: float | None,
    allow_negative: bool,
) -> Bars:
    """`Bars` from panels on one clock, everything checked; arguments as in `Bars.from_arrays`."""
    _check_names(symbols, extra)
    stamps = parse_stamps(time, tz)
    zeros = np.zeros(len(stamps.values), dtype=np.int64)
    check_order(zeros, stamps.values, lambda row: ("the row", stamps.text(row)))
    shape = (len(stamps.values), len(symbols))
    arrays = {name: _panel(name, values, shape) for name, values in {**panels, **extra}.items()}
    arrays.setdefault("volume", np.full(shape, np.nan))
    _check_panels(arrays, symbols, stamps, allow_negative)
    return make_bars(stamps, symbols, arrays, ends=ends, calendar=calendar, periods_per_year=periods_per_year)


def make_bars(
    stamps: Stamps,
    symbols: tuple[str, ...],
    arrays: Mapping[str, FloatArray],
    *,
    ends: Mapping[str, Any] | None,
    calendar: str | None,
    periods_per_year: float | None,
    closes: IntArray | None = None,
) -> Bars:
    """Make `Bars` from checked panels on ascending `stamps`: find sessions, closes, N and endings."""
    time_ns, sessions = _clock(stamps, calendar) if closes is None else (closes, stamps.values)
    if periods_per_year is None:
        periods_per_year = infer_periods_per_year(sessions, calendar, intraday=stamps.tz is not None)
    elif not (math.isfinite(periods_per_year) and periods_per_year > 0.0):
        raise DataError(f"periods_per_year={periods_per_year!r} must be a positive number of bars a year")
    bars = Bars(
        time_ns=time_ns,
        sessions=sessions,
        symbols=symbols,
        extra={name: panel for name, panel in arrays.items() if name not in FIELDS},
        ends=read_endings(ends, symbols),
        calendar=calendar,
        tz=stamps.tz,
        reading=None,
        periods_per_year=float(periods_per_year),
        **_true_prices(arrays),
    )
    _check_endings(bars)
    return bars


def replace_panels(bars: Bars, panels: Mapping[str, npt.ArrayLike]) -> Bars:
    """`bars` with some fields replaced or added, checked as new ones are."""
    shape = (bars.n_bars, bars.n_symbols)
    _check_names(bars.symbols, [name for name in panels if name not in FIELDS])
    arrays = {name: bars[name] for name in (*FIELDS, *bars.extra)}
    arrays |= {name: _panel(name, values, shape) for name, values in panels.items()}
    stamps = Stamps(bars.sessions, None) if bars.tz is None else Stamps(bars.time_ns, bars.tz)
    _check_panels(arrays, bars.symbols, stamps, bool(np.any(bars.low <= 0.0)))
    extra = {name: panel for name, panel in arrays.items() if name not in FIELDS}
    return bars._with(extra=extra, **_true_prices(arrays))


def _clock(stamps: Stamps, calendar: str | None) -> tuple[IntArray, IntArray]:
    if stamps.tz is None:
        return session_closes(calendar, stamps.values), stamps.values
    return stamps.values, sessions_of(calendar, stamps.values, stamps.tz)


def _true_prices(arrays: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the five fields with high and low holding open and close exactly, and no volume on absent bars.

    Quality lets high and low miss by rounding (1e-9); after this ``low <= open, close <= high`` holds to the
    bit.
    """
    open_, high, low, close, volume = (arrays[name] for name in FIELDS)
    high = np.maximum(high, np.maximum(open_, close))
    low = np.minimum(low, np.minimum(open_, close))
    volume = np.where(np.isnan(close), np.nan, volume)
    return {"open": open_, "high": high, "low": low, "close": close, "volume": volume}


def _panel(name: str, values: npt.ArrayLike, shape: tuple[int, int]) -> FloatArray:
    array = np.asarray(values)
    if (array.shape != shape and array.shape != shape[:1]) or (
        array.shape == shape[:1] and name in FIELDS and shape[1] > 1
    ):
        raise DataError(
            f"{name} has shape {array.shape}; {shape[0]} times and {shape[1]} symbols need {shape}"
        )
    try:
        return frozen_panel(array, shape)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} is not made of numbers: {error}") from error


def _check_names(symbols: tuple[str, ...], extra: Any) -> None:
    if not symbols or len(set(symbols)) < len(symbols) or not all(isinstance(s, str) and s for s in symbols):
        raise DataError(f"symbols {list(symbols)} must be names, at least one, and each once")
    for name in extra:
        if name in FIELDS:
            raise DataError(f"extra field {name!r} has the name of a field of every bar; rename it")


def _check_panels(
    arrays: Mapping[str, FloatArray], symbols: tuple[str, ...], stamps: Stamps, allow_negative: bool
) -> None:
    n = len(symbols)
    flat = {name: panel.ravel() for name, panel in arrays.items()}

    def place(cell: int) -> tuple[str, str]:
        return symbols[cell % n], stamps.text(cell // n)

    check_bars(flat, place, allow_negative=allow_negative)
    check_extra(flat, place)
    if np.isnan(arrays["close"]).all():
        raise DataError("no rows: every bar is absent (all prices missing)")


def _check_endings(bars: Bars) -> None:
    for symbol, ending in bars.ends.items():
        column = bars.index(symbol)
        after = np.flatnonzero(bars.present[:, column])
        if len(after) and after[-1] > bars.end_rows[column]:
            raise DataError(
                f"{symbol} ended at {ending.time} but has a bar at {bars.time[after[-1]]}. "
                "Give its last bar's time as the ending, or cut the later bars."
            )
