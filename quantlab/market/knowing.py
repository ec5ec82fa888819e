"""From when on bars know something that was published: the first row that does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.bars import FIELDS, Bars
from quantlab.market.calendar import DAY_NS
from quantlab.market.timestamps import Stamps, parse_stamps
from quantlab.typing import IntArray

EVERYONE = -1  # the number of a row that is about all symbols


def read_times(frame: pd.DataFrame, column: str, tz: str | None) -> Stamps:
    """Read the times of a column, dates or instants.

    Raises
    ------
    DataError
        No such column, or times that do not say when they are, with the column.
    """
    if column not in frame.columns:
        raise DataError(
            f"the frame has no column {column!r}. {did_you_mean(column, map(str, frame.columns))}"
        )
    try:
        return parse_stamps(pd.Index(frame[column]), tz)
    except DataError as error:
        raise DataError(f"column {column!r}: {error}") from error


def first_rows(bars: Bars, stamps: Stamps) -> IntArray:
    """Find the first row of `bars` that knows what is known at `stamps` ``(n,)``; `n_bars` where none does.

    An instant is known at the first close at or after it. A date is known at the close of its session, or of the
    next one; intraday bars know it once that session is over, from the first bar of a later one.
    """
    if stamps.tz is not None:
        return np.searchsorted(bars.time_ns, stamps.values, side="left")
    return np.searchsorted(bars.sessions, stamps.values, side="right" if bars.intraday else "left")


def read_codes(frame: pd.DataFrame, column: str, bars: Bars) -> IntArray:
    """Find the column number of the symbol of each row ``(n,)``; `EVERYONE` throughout where there is no such column.

    Raises
    ------
    DataError
        A symbol that the bars do not have, with its row.
    """
    if column not in frame.columns:
        return np.full(len(frame), EVERYONE, dtype=np.int64)
    codes = pd.Index(bars.symbols).get_indexer(pd.Index(frame[column])).astype(np.int64)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        symbol = frame[column].iloc[row]
        advice = did_you_mean(str(symbol), bars.symbols)
        raise DataError(
            f"row {row} is about {symbol!r}, which is not among the bars ({int((codes < 0).sum())} such rows). "
            f"{advice} Or keep the others: frame[frame[{column!r}].isin(bars.symbols)]."
        )
    return codes


def read_numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    """Read the numbers of a column as float64; anything else is a DataError."""
    try:
        return frame[column].astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"column {column!r} is not made of numbers: {error}") from error


def refuse_names_of_bars(*names: str) -> None:
    """Refuse an extra field that would replace a field of every bar."""
    for name in names:
        if name in FIELDS:
            raise DataError(f"{name!r} is a field of every bar; give the extra field another name.")


def dates(stamps: Stamps) -> IntArray:
    """Give the day number of each stamp, where it was written."""
    if stamps.tz is None:
        return stamps.values
    local = pd.DatetimeIndex(stamps.values, tz="UTC").tz_convert(stamps.tz).tz_localize(None)
    return np.asarray(local.as_unit("ns").asi8 // DAY_NS, dtype=np.int64)
