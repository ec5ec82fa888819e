"""Finer bars inside bars: which rows lie in which bar, and whether they tell the same story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import DataError
from quantlab.market.quotes import PRICES
from quantlab.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

# Two prices this near, relative to their size, are one.
SAME = 1e-9


def rows_inside(inside: Bars, bars: Bars) -> tuple[Bars, IntArray]:
    """Return the finer rows of the symbols of `bars`, and the row at which each bar begins, ``(n_bars + 1,)``.

    The first bar, before which no close is known, has no rows: no order can have been given before it.
    """
    rows = inside if inside.symbols == bars.symbols else inside.select(bars.symbols)
    if bars.intraday:
        ends = np.searchsorted(rows.time_ns, bars.time_ns, side="right")
    else:
        ends = np.searchsorted(rows.sessions, bars.sessions, side="right")
    first_row: IntArray = np.concatenate([ends[:1], ends])
    return rows, first_row


def must_agree(inside: Bars, bars: Bars, side: str = "") -> None:
    """Refuse finer bars whose rows do not have the open, high, low and close of the bar they lie in.

    `side` is a prefix of the names of those prices (``"bid_"``).

    Raises
    ------
    DataError
        Naming the first price that differs, or a symbol that is missing.
    """
    rows, first_row = rows_inside(inside, bars)
    for name, panel in _joined(rows, first_row, side).items():
        own = bars[name][1:]
        one = (np.abs(panel - own) <= SAME * np.abs(own)) | (np.isnan(panel) & np.isnan(own))
        if not one.all():
            t, i = np.argwhere(~one)[0]
            raise DataError(
                f"Execution(inside=…): {name} of {bars.symbols[i]} at {bars.time[t + 1]} is {float(own[t, i])!r} "
                f"in the bars and {float(panel[t, i])!r} in the finer bars inside it (nan: none). "
                f"Make the bars of them: inside.resample(…)."
            )


def _joined(rows: Bars, first_row: IntArray, side: str) -> dict[str, FloatArray]:
    """Return open, high, low and close of the rows in each bar but the first, ``(n_bars − 1, n_symbols)``."""
    begins, ends = first_row[1:-1], first_row[2:]
    panels = {f"{side}{name}": np.full((len(begins), rows.n_symbols), np.nan) for name in PRICES}
    some = np.flatnonzero(ends > begins)
    if len(some) == 0:
        return panels
    begins, ends = begins[some], ends[some]
    open_, high, low, close = (rows[name][begins[0] : ends[-1]] for name in panels)
    starts, n = begins - begins[0], len(close)
    joined = (
        _first(open_, starts, ends - begins),
        np.fmax.reduceat(high, starts, axis=0),
        np.fmin.reduceat(low, starts, axis=0),
        _first(close[::-1], n - (ends - begins[0]), ends - begins),
    )
    for panel, values in zip(panels.values(), joined, strict=True):
        panel[some] = values
    return panels


def _first(prices: FloatArray, starts: IntArray, lengths: IntArray) -> FloatArray:
    """Return the first known price of each stretch of rows, NaN where none is."""
    n = len(prices)
    known = np.where(np.isnan(prices), n, np.arange(n)[:, None])
    nearest = np.minimum.accumulate(known[::-1], axis=0)[::-1]  # the known row at or after each
    row = nearest[starts]
    found: FloatArray = np.take_along_axis(prices, np.minimum(row, n - 1), axis=0)
    return np.where(row < (starts + lengths)[:, None], found, np.nan)
