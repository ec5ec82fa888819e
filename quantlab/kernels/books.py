"""The arrays of a running account, in bundles: what happened, what is owned, what is asked for.

Bundles keep calls short; compiled kernels take them apart, so that they cost nothing there.
"""

from __future__ import annotations

from typing import NamedTuple

from quantlab.typing import FloatArray, IntArray, RecordArray


class Market(NamedTuple):
    """What orders meet and positions are marked at; the same for a whole run.

    Parameters
    ----------
    price, mark, unit_value, volume
        ``(n_bars, n_symbols)`` prices that orders meet (NaN: the symbol has no bar), last closes, what a unit is worth
        at them, units traded.
    last_row, delisting_returns
        ``(n_symbols,)`` last row at which a symbol is alive, and what its delisting adds to its last close.
    multiplier, tick, lot
        ``(n_symbols,)`` money per unit and point of price, smallest step of price, smallest step of units; 0 where
        any step will do.
    slippage, half_spread, impact
        ``(n_rows, n_symbols)`` by how much a fill is worse than its price: a fraction, price units, and a fraction for
        an order as large as the bar's volume, which grows with the root of its share. One row serves every bar.
    """

    price: FloatArray
    mark: FloatArray
    unit_value: FloatArray
    volume: FloatArray
    last_row: IntArray
    delisting_returns: FloatArray
    multiplier: FloatArray
    tick: FloatArray
    lot: FloatArray
    slippage: FloatArray
    half_spread: FloatArray
    impact: FloatArray


class Finance(NamedTuple):
    """What holding costs and pays, for accounts that have such terms.

    Parameters
    ----------
    years
        ``(n_bars,)`` time since the close before, in years.
    borrow, shortable, payout, funding
        ``(n_rows, n_symbols)`` annual rate of borrowing what is sold short, units that can be borrowed, money paid per
        unit held at the close before, and the fraction of its value that such a unit pays. One row serves every bar.
    """

    years: FloatArray
    borrow: FloatArray
    shortable: FloatArray
    payout: FloatArray
    funding: FloatArray


class Tape(NamedTuple):
    """What happened inside the bars, for orders that wait for a price.

    Its rows are the bars themselves, or finer bars inside them.

    Parameters
    ----------
    open, close
        ``(n_rows, n_symbols)`` prices of those who may buy as well as sell; NaN where the symbol has no row.
    ask_open, ask_high, ask_low, ask_close, bid_open, bid_high, bid_low, bid_close
        ``(n_rows, n_symbols)`` prices at which one buys and at which one sells; without quotes the same.
    open_value, close_value
        ``(n_rows, n_symbols)`` prices that holdings are valued at; NaN where that is the last close before the bar.
    first_row
        ``(n_bars + 1,)`` row at which each bar begins; the next one ends it.
    time, day_end
        ``(n_bars,)`` closes of the bars in nanoseconds UTC, and the last bar of each bar's session.
    """

    open: FloatArray
    close: FloatArray
    ask_open: FloatArray
    ask_high: FloatArray
    ask_low: FloatArray
    ask_close: FloatArray
    bid_open: FloatArray
    bid_high: FloatArray
    bid_low: FloatArray
    bid_close: FloatArray
    open_value: FloatArray
    close_value: FloatArray
    first_row: IntArray
    time: IntArray
    day_end: IntArray


class Books(NamedTuple):
    """What is owned, and the append-only logs of how that came.

    Parameters
    ----------
    position
        ``(n_symbols,)`` signed units.
    money
        ``(1,)`` cash.
    orders, fills
        Logs (``ORDER`` and ``FILL``); `counts` says how many rows are real.
    counts
        Running counts (``N_ORDERS`` …).
    tickets, flows
        Logs of what orders ask for beyond an amount (``TICKET``), and of money without fills (``FLOW``).
    """

    position: FloatArray
    money: FloatArray
    orders: RecordArray
    fills: RecordArray
    counts: IntArray
    tickets: RecordArray
    flows: RecordArray


class Desk(NamedTuple):
    """Where orders wait.

    Parameters
    ----------
    terms
        The numbers of costs and account (``RATE`` …).
    queue
        Ids of the resting orders in the sequence of placing, and room for more.
    target, arrived, resting
        ``(n_symbols,)`` each symbol's resting target placed last (or −1), its target that reached the market last where
        orders take time to (or −1; it may have ended), and its number of resting orders.
    met
        Room for as many orders as `queue` has, at the instant they meet a price (``MET``).
    refused
        Ids of the orders rejected in the last instant, with room for as many as `queue`.
    room, short_room
        ``(n_symbols,)`` units that may still be traded in this bar, and that can be borrowed for short sales.
    """

    terms: FloatArray
    queue: IntArray
    target: IntArray
    arrived: IntArray
    resting: IntArray
    met: RecordArray
    refused: IntArray
    room: FloatArray
    short_room: FloatArray
