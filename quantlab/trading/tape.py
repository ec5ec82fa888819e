"""What happened inside the bars, as the kernels of waiting orders read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.kernels.books import Tape
from quantlab.market.quotes import PRICES
from quantlab.trading.account import Execution
from quantlab.trading.inside import rows_inside
from quantlab.trading.quotes import bid_ask
from quantlab.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


def tape_of(execution: Execution, bars: Bars) -> Tape:
    """Return the rows in which orders wait: the bars, or finer ones inside them."""
    rows, first_row = bars, np.arange(bars.n_bars + 1)
    if execution.inside is not None:
        rows, first_row = rows_inside(execution.inside, bars)
    last_of_day = np.flatnonzero(np.append(np.diff(bars.sessions) != 0, True))
    day_end = np.repeat(last_of_day, np.diff(last_of_day, prepend=-1))
    open_value, close_value = (rows.open, rows.close) if rows is bars else _values(rows, first_row)
    return Tape(
        open=rows.open,
        close=rows.close,
        **_sides(execution, rows),
        open_value=open_value,
        close_value=close_value,
        first_row=first_row,
        time=bars.time_ns,
        day_end=day_end,
    )


def _sides(execution: Execution, rows: Bars) -> dict[str, FloatArray]:
    """Return the four prices of each side, by name."""
    sides = {}
    for name in PRICES:
        both = bid_ask(rows, name) if execution.quotes else (rows[name], rows[name])
        sides[f"bid_{name}"], sides[f"ask_{name}"] = both
    return sides


def _values(rows: Bars, first_row: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return what holdings are valued at while a row begins and when it ends: the last price within the bar."""
    n = len(rows.close)
    begins = np.zeros(n, np.int64)
    begins[first_row[:-1][np.diff(first_row) > 0]] = 1
    bar = np.cumsum(begins)[:, None]
    seen = np.where(np.isnan(rows.close), -1, np.arange(n)[:, None])
    last = np.maximum.accumulate(seen, axis=0)
    within = (last >= 0) & (bar[last, 0] == bar)
    close = np.where(within, np.take_along_axis(rows.close, np.maximum(last, 0), axis=0), np.nan)
    before = np.vstack([np.full((1, rows.n_symbols), np.nan), close[:-1]])
    before[begins == 1] = np.nan
    return np.where(np.isnan(rows.open), before, rows.open), close
