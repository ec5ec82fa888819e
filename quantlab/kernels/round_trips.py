"""Trades out of fills: from flat to flat, at average prices."""

from __future__ import annotations

import math

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import BoolArray, FloatArray, RecordArray


@jit
def _excursion(
    trade: RecordArray, average: float, first: int, stop: int, high: FloatArray, low: FloatArray
) -> None:
    """Widen a trade's worst and best by the bars `first` … `stop` − 1 held at an `average` entry price."""
    i = trade["symbol"]
    for t in range(first, stop):
        if not math.isnan(high[t, i]):
            _reach(trade, average, high[t, i])
            _reach(trade, average, low[t, i])


@jit
def _reach(trade: RecordArray, average: float, price: float) -> None:
    """Widen a trade's worst and best by one price."""
    if average == 0.0:
        return
    gain = trade["side"] * (price - average) / abs(average)
    trade["worst"] = min(trade["worst"], gain)
    trade["best"] = max(trade["best"], gain)


@jit
def round_trips(
    fills: RecordArray,
    at_close: BoolArray,
    trades: RecordArray,
    high: FloatArray,
    low: FloatArray,
    mark: FloatArray,
    stop: int,
) -> int:
    """Write the trades of `fills` into `trades` (as long as `fills`), in the sequence of entry; return how many.

    Parameters
    ----------
    fills
        In the sequence they happened; a flip is two of them.
    at_close
        ``(n_fills,)`` whether each happened at the close of its bar, so that the bar's high and low came before it.
    high, low, mark
        ``(n_bars, n_symbols)``, for the excursions and for the value of trades still open at row `stop` − 1.

    Notes
    -----
    Profit is the money that flowed, Σ −quantity·price − commission, plus the mark of what is still held. Worst and
    best are fractions of the average entry price at the time, zero or worse and zero or better.
    """
    n_symbols = high.shape[1]
    live = np.full(n_symbols, -1, np.int64)
    held = np.zeros(n_symbols)
    average = np.zeros(n_symbols)
    seen = np.zeros(n_symbols, np.int64)
    reduced = np.zeros(n_symbols)
    reduced_value = np.zeros(n_symbols)
    n = 0
    for k in range(len(fills)):
        fill = fills[k]
        late = 1 if at_close[k] else 0
        i = fill["symbol"]
        quantity = fill["quantity"]
        price = fill["price"]
        if live[i] < 0:
            live[i] = n
            _begin(trades[n], fill)
            held[i] = 0.0
            reduced[i] = 0.0
            reduced_value[i] = 0.0
            n += 1
        else:
            # The position stood unchanged from the row after (or of) the last fill to this one.
            _excursion(trades[live[i]], average[i], seen[i], fill["bar"] + late, high, low)
            _reach(trades[live[i]], average[i], price)
        trade = trades[live[i]]
        seen[i] = fill["bar"] + late
        trade["commission"] += fill["commission"]
        trade["profit"] += -quantity * price - fill["commission"]
        if quantity * trade["side"] > 0.0:
            average[i] = (average[i] * abs(held[i]) + price * abs(quantity)) / (abs(held[i]) + abs(quantity))
            trade["entry_value"] += abs(quantity * price)
            trade["entry_price"] += quantity * price
        else:
            reduced[i] += abs(quantity)
            reduced_value[i] += abs(quantity) * price
        held[i] = fill["position"]
        trade["quantity"] = max(trade["quantity"], abs(held[i]))
        if held[i] == 0.0:
            _finish(trade, fill["bar"], reduced[i], reduced_value[i])
            live[i] = -1
    for i in range(n_symbols):
        if live[i] >= 0:
            trade = trades[live[i]]
            _excursion(trade, average[i], seen[i], stop, high, low)
            _reach(trade, average[i], mark[stop - 1, i])
            trade["profit"] += held[i] * mark[stop - 1, i]
            _finish(
                trade,
                stop - 1,
                reduced[i] + abs(held[i]),
                reduced_value[i] + abs(held[i]) * mark[stop - 1, i],
            )
            trade["open"] = True
    return n


@jit
def _begin(trade: RecordArray, fill: RecordArray) -> None:
    """Start a trade at its first fill."""
    trade["symbol"] = fill["symbol"]
    trade["side"] = 1 if fill["quantity"] > 0.0 else -1
    trade["entry_bar"] = fill["bar"]
    trade["quantity"] = 0.0
    trade["entry_price"] = 0.0
    trade["profit"] = 0.0
    trade["entry_value"] = 0.0
    trade["commission"] = 0.0
    trade["worst"] = 0.0
    trade["best"] = 0.0
    trade["open"] = False


@jit
def _finish(trade: RecordArray, bar: int, units: float, value: float) -> None:
    """Turn sums into averages: every unit that was opened was closed, or is valued at the mark."""
    trade["exit_bar"] = bar
    trade["entry_price"] = trade["side"] * trade["entry_price"] / units
    trade["exit_price"] = value / units
