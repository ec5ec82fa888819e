"""The arrays of a running account, in three bundles: what happened, what is owned, what is asked for.

Bundles keep calls short; compiled kernels take them apart, so that they cost nothing there.
"""

from __future__ import annotations

from typing import NamedTuple

from quantlab.typing import FloatArray, IntArray, RecordArray


class Market(NamedTuple):
    """What orders meet and positions are marked at; the same for a whole run.

    Parameters
    ----------
    price, mark, volume
        ``(n_bars, n_symbols)`` prices that orders meet (NaN: the symbol has no bar), last closes, units traded.
    last_row, delisting_returns
        ``(n_symbols,)`` last row at which a symbol is alive, and what its delisting adds to its last close.
    """

    price: FloatArray
    mark: FloatArray
    volume: FloatArray
    last_row: IntArray
    delisting_returns: FloatArray


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
    """

    position: FloatArray
    money: FloatArray
    orders: RecordArray
    fills: RecordArray
    counts: IntArray


class Desk(NamedTuple):
    """Where orders wait.

    Parameters
    ----------
    terms
        The numbers of costs and account (``RATE`` …).
    queue
        Ids of the resting orders in the sequence of placing, and room for more.
    target, resting
        ``(n_symbols,)`` each symbol's resting target order (or −1), and its number of resting orders.
    met
        Room for as many orders as `queue` has, at the instant they meet a price (``MET``).
    """

    terms: FloatArray
    queue: IntArray
    target: IntArray
    resting: IntArray
    met: RecordArray
