"""Numbers published elsewhere, laid on bars by the time they became known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.bars import Bars
from quantlab.market.knowing import (
    EVERYONE,
    first_rows,
    read_codes,
    read_numbers,
    read_times,
    refuse_names_of_bars,
)
from quantlab.typing import FloatArray, IntArray


def join(
    bars: Bars, frame: pd.DataFrame, known: str, period: str | None, symbol: str, tz: str | None
) -> Bars:
    """`Bars.join`."""
    stamps = read_times(frame, known, tz)
    codes = read_codes(frame, symbol, bars)
    periods = _periods(frame, period, len(codes))
    order = np.lexsort((periods, stamps.values, codes))
    _refuse_twice(frame, order, np.stack([codes, stamps.values, periods]), known)
    names = [name for name in frame.columns if name not in (known, period, symbol)]
    if not names:
        raise DataError(f"the frame has no column beside {', '.join(map(repr, frame.columns))} to join")
    refuse_names_of_bars(*names)
    first = first_rows(bars, stamps)
    ordered = codes[order], first[order], periods[order]
    panels = {name: _panel(bars, *ordered, read_numbers(frame, name).to_numpy()[order]) for name in names}
    return bars.with_arrays(**panels)


def _periods(frame: pd.DataFrame, period: str | None, n_rows: int) -> IntArray:
    """Rank the times that rows are about; all the same where nobody says."""
    if period is None:
        return np.zeros(n_rows, dtype=np.int64)
    if period not in frame.columns:
        raise DataError(
            f"the frame has no column {period!r}. {did_you_mean(period, map(str, frame.columns))}"
        )
    if frame[period].isna().any():
        row = int(np.flatnonzero(frame[period].isna())[0])
        raise DataError(f"row {row} says no {period!r}; say what time it is about, or drop it.")
    return np.unique(frame[period], return_inverse=True)[1].astype(np.int64)


def _refuse_twice(frame: pd.DataFrame, order: IntArray, keys: IntArray, known: str) -> None:
    same = (np.diff(keys[:, order], axis=1) == 0).all(axis=0)
    if same.any():
        place = int(np.flatnonzero(same)[0])
        one, other = sorted((int(order[place]), int(order[place + 1])))
        raise DataError(
            f"rows {one} and {other} both became known at {frame[known].iloc[one]} and are about the same: keep the "
            "one that counts, or name the column that tells what time they are about with period=."
        )


def _panel(bars: Bars, codes: IntArray, first: IntArray, periods: IntArray, values: FloatArray) -> FloatArray:
    """Give the latest value known at each row ``(n_bars, n_symbols)``; NaN before the first."""
    panel = np.full((bars.n_bars, bars.n_symbols), np.nan)
    for code in np.unique(codes):
        mine = np.flatnonzero((codes == code) & ~np.isnan(values))
        # What is said later about an earlier time is a revision of what counts no more.
        mine = mine[periods[mine] >= np.maximum.accumulate(periods[mine])] if len(mine) else mine
        latest = np.searchsorted(first[mine], np.arange(bars.n_bars), side="right")
        told = np.append(np.nan, values[mine])[latest]
        panel[:, slice(None) if code == EVERYONE else code] = told[:, None] if code == EVERYONE else told
    return panel
