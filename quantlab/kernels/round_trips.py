"""Trades out of fills: from flat to flat, at average prices."""

from __future__ import annotations

from typing import Final

from quantlab.kernels._jit import lean, step
from quantlab.typing import BoolArray, FloatArray, IntArray, RecordArray

# Rows of `books`: units held, their average entry price, units reduced so far and what they were worth.
HELD: Final = 0
AVERAGE: Final = 1
REDUCED: Final = 2
REDUCED_VALUE: Final = 3
N_BOOKS: Final = 4
# Rows of `places`: the number of the symbol's live trade, or −1, and the first bar it has not looked at.
LIVE: Final = 0
SEEN: Final = 1
N_PLACES: Final = 2


@step
def _widen(
    trade: RecordArray, average: float, price: float, first: int, stop: int, high: FloatArray, low: FloatArray
) -> None:
    """Widen a trade's worst and best by a `price` and by the bars `first` … `stop` − 1, held at an `average`."""
    if average == 0.0:
        return
    i = trade["symbol"]
    top = bottom = price
    for t in range(first, stop):
        # An absent bar is NaN, and neither above nor below anything.
        if high[t, i] > top:
            top = high[t, i]
        if low[t, i] < bottom:
            bottom = low[t, i]
    # A gain rises with its price, rounding included: the gains of the extremes are the extremes of the gains.
    for extreme in (top, bottom):
        gain = trade["side"] * (extreme - average) / abs(average)
        if gain < trade["worst"]:
            trade["worst"] = gain
        if gain > trade["best"]:
            trade["best"] = gain


@step
def _finish(trade: RecordArray, bar: int, units: float, value: float) -> None:
    """Turn sums into averages: every unit that was opened was closed, or is valued at the mark."""
    trade["exit_bar"] = bar
    trade["entry_price"] = trade["side"] * trade["entry_price"] / units
    trade["exit_price"] = value / units


@lean
def round_trips(
    fills: RecordArray,
    at_close: BoolArray,
    trades: RecordArray,
    high: FloatArray,
    low: FloatArray,
    mark: FloatArray,
    stop: int,
    places: IntArray,
    books: FloatArray,
) -> int:
    """Write the trades of `fills` into `trades` (as long as `fills`), in the sequence of entry; return how many.

    Parameters
    ----------
    fills
        In the sequence they happened; a flip is two of them.
    at_close
        ``(n_fills,)`` whether each happened at the close of its bar, so that the bar's high and low came before it.
    trades
        Zeros.
    high, low, mark
        ``(n_bars, n_symbols)``, for the excursions and for the value of trades still open at row `stop` − 1.
    places, books
        Room to work in, a column a symbol: all −1, ``(N_PLACES, n_symbols)``, and ``(N_BOOKS, n_symbols)``.

    Notes
    -----
    Profit is the money that flowed, Σ −quantity·price − commission, plus the mark of what is still held. Worst and
    best are fractions of the average entry price at the time, zero or worse and zero or better.
    """
    n = 0
    for k in range(len(fills)):
        fill = fills[k]
        i = fill["symbol"]
        quantity = fill["quantity"]
        price = fill["price"]
        seen = fill["bar"] + at_close[k]
        if places[LIVE, i] < 0:
            trade = trades[n]
            trade["symbol"] = i
            trade["side"] = 1 if quantity > 0.0 else -1
            trade["entry_bar"] = fill["bar"]
            places[LIVE, i] = n
            for row in range(N_BOOKS):
                books[row, i] = 0.0
            n += 1
        else:
            # The position stood unchanged from the row after (or of) the last fill to this one.
            trade = trades[places[LIVE, i]]
            _widen(trade, books[AVERAGE, i], price, places[SEEN, i], seen, high, low)
        places[SEEN, i] = seen
        trade["commission"] += fill["commission"]
        trade["profit"] += -quantity * price - fill["commission"]
        units = abs(quantity)
        if quantity * trade["side"] > 0.0:
            before = abs(books[HELD, i])
            books[AVERAGE, i] = (books[AVERAGE, i] * before + price * units) / (before + units)
            trade["entry_value"] += abs(quantity * price)
            trade["entry_price"] += quantity * price
        else:
            books[REDUCED, i] += units
            books[REDUCED_VALUE, i] += units * price
        held = fill["position"]
        books[HELD, i] = held
        if abs(held) > trade["quantity"]:
            trade["quantity"] = abs(held)
        if held == 0.0:
            _finish(trade, fill["bar"], books[REDUCED, i], books[REDUCED_VALUE, i])
            places[LIVE, i] = -1
    for i in range(places.shape[1]):
        if places[LIVE, i] >= 0:
            trade = trades[places[LIVE, i]]
            held = books[HELD, i]
            price = mark[stop - 1, i]
            _widen(trade, books[AVERAGE, i], price, places[SEEN, i], stop, high, low)
            trade["profit"] += held * price
            trade["open"] = True
            _finish(
                trade, stop - 1, books[REDUCED, i] + abs(held), books[REDUCED_VALUE, i] + abs(held) * price
            )
    return n
