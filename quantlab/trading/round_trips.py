"""Trades: round trips from flat to flat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.kernels import round_trips as kernel
from quantlab.market.bars import Bars
from quantlab.records import AT_CLOSE, LIQUIDATION, MARGIN_CALL, TRADE
from quantlab.trading.ledger import Record, named
from quantlab.typing import BoolArray, FloatArray, RecordArray

SIDES = ("short", "long")


def trades_of(
    record: Record, bars: Bars, n_bars: int, same_close: bool, multiplier: FloatArray
) -> RecordArray:
    """Return the trades (layout ``TRADE``) of a record over the first `n_bars` rows of `bars`.

    A trade still open at the last row is valued at its mark there and flagged `open`.
    """
    late = at_close(record.orders, record.tickets, record.fills, same_close)
    return round_trips(record.fills, late, bars, n_bars, multiplier)


def at_close(orders: RecordArray, tickets: RecordArray, fills: RecordArray, same_close: bool) -> BoolArray:
    """Whether each fill happened at the close of its bar.

    Liquidations, margin calls and orders for the close do whatever the others do.
    """
    kind = orders["kind"][fills["order"]]
    late: BoolArray = same_close | (kind == LIQUIDATION) | (kind == MARGIN_CALL)
    if len(tickets):
        ticket = orders["ticket"][fills["order"]]
        late |= (ticket >= 0) & (tickets["tif"][ticket] == AT_CLOSE)
    return late


def round_trips(
    fills: RecordArray, late: BoolArray, bars: Bars, n_bars: int, multiplier: FloatArray
) -> RecordArray:
    """Return the trades of `fills`, of which those that are `late` happened at the close of their bar."""
    trades = np.zeros(len(fills), TRADE)
    places = np.full((kernel.N_PLACES, bars.n_symbols), -1, np.int64)
    books = np.zeros((kernel.N_BOOKS, bars.n_symbols))
    n = kernel.round_trips(fills, late, trades, bars.high, bars.low, bars.mark, n_bars, places, books)
    trades = trades[:n]
    if (multiplier != 1.0).any():
        scale = multiplier[trades["symbol"]]
        trades["profit"] = (trades["profit"] + trades["commission"]) * scale - trades["commission"]
        trades["entry_value"] *= scale
    return trades


def trade_frame(trades: RecordArray, time: pd.DatetimeIndex, symbols: tuple[str, ...]) -> pd.DataFrame:
    """Trades as people read them.

    Columns ``symbol, side, entry_time, exit_time, entry_bar, exit_bar, bars_held, quantity, entry_price,
    exit_price, profit, return, commission, worst, best, open``. `quantity` is the largest position, prices are
    averages, `profit` is money net of costs, `return` is profit over the value bought (or sold short) at entry,
    `worst` and `best` are the excursions while held as fractions of the average entry price.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.where(trades["entry_value"] > 0.0, trades["profit"] / trades["entry_value"], np.nan)
    return pd.DataFrame(
        {
            "symbol": named(trades["symbol"], symbols),
            "side": named((trades["side"] + 1) // 2, SIDES),
            "entry_time": time[trades["entry_bar"]],
            "exit_time": time[trades["exit_bar"]],
            "entry_bar": trades["entry_bar"],
            "exit_bar": trades["exit_bar"],
            "bars_held": trades["exit_bar"] - trades["entry_bar"],
            "quantity": trades["quantity"],
            "entry_price": trades["entry_price"],
            "exit_price": trades["exit_price"],
            "profit": trades["profit"],
            "return": returns,
            "commission": trades["commission"],
            "worst": trades["worst"],
            "best": trades["best"],
            "open": trades["open"],
        },
        copy=False,
    )
