"""An independent check of the books: the fills, replayed by vectorbt.

The only file that imports vectorbt (Apache-2.0 with Commons Clause, and seconds to import).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from quantlab.engine.result import Result
from quantlab.errors import ResultError
from quantlab.typing import FloatArray, IntArray


def to_vectorbt(result: Result) -> Any:
    """Return a ``vectorbt.Portfolio`` of the result's fills on one account with shared cash.

    vectorbt takes one order per cell, and an instant can have several fills, so every fill has a row of its own and
    every bar ends with a row without one. The index is the bar's time and the row's number within the bar; 0 is the
    close, so that ``portfolio.value().xs(0, level="fill")`` is the equity curve.
    """
    if len(result.flows):
        raise ResultError(
            "to_vectorbt: vectorbt knows no interest, borrowing, payouts or funding, which this result has."
        )
    import vectorbt

    # vectorbt never lets cash go below zero, not even between two fills of an instant: what brings cash goes first.
    fills = result.fills.assign(buy=result.fills["quantity"] > 0.0).sort_values(["bar", "buy"], kind="stable")
    symbols = list(result.positions.columns)
    first = int(np.searchsorted(result.equity.index, fills["time"].iloc[0])) if len(fills) else 0
    bar = fills["bar"].to_numpy(np.int64) - (fills["bar"].iloc[0] - first if len(fills) else 0)
    index, bar_of_row, fill_rows = _rows(result.equity.index, bar)
    cells = (fill_rows, fills["symbol"].map(symbols.index).to_numpy(np.int64))
    size = _table(len(index), len(symbols), np.nan, cells, fills["quantity"])
    price = _table(len(index), len(symbols), np.nan, cells, fills["price"] * fills["multiplier"])
    fees = _table(len(index), len(symbols), 0.0, cells, fills["commission"])
    # vectorbt values every cell; a symbol that has no price yet is not held, so any price will do.
    close = result.marks.bfill().fillna(1.0).to_numpy()[bar_of_row]
    return vectorbt.Portfolio.from_orders(
        pd.DataFrame(close, index, columns=symbols),
        size=size,
        price=price,
        fixed_fees=fees,
        init_cash=result.initial_cash,
        cash_sharing=True,
        group_by=True,
        min_size=0.0,
        freq="1D",
    )


def _rows(time: pd.Index, bar: IntArray) -> tuple[pd.MultiIndex, IntArray, IntArray]:
    """Lay fills and closes out as rows: the index, each row's bar, and each fill's row."""
    n_bars, n_fills = len(time), len(bar)
    bar_of_row = np.repeat(np.arange(n_bars), np.bincount(bar, minlength=n_bars) + 1)
    fill_rows = bar + np.arange(n_fills)
    number = np.zeros(len(bar_of_row), np.int64)
    number[fill_rows] = 1 + np.arange(n_fills) - np.searchsorted(bar, bar)
    index = pd.MultiIndex.from_arrays([time[bar_of_row], number], names=["time", "fill"])
    return index, bar_of_row, fill_rows


def _table(
    n_rows: int, n_symbols: int, empty: float, cells: tuple[IntArray, IntArray], values: pd.Series
) -> FloatArray:
    table = np.full((n_rows, n_symbols), empty)
    table[cells] = values.to_numpy(np.float64)
    return table
