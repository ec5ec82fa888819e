"""Market orders meet an instant: the next open, or the close they were decided on."""

from __future__ import annotations

import math

from quantlab.kernels._jit import lean, step
from quantlab.kernels.auction import settle
from quantlab.kernels.books import Books, Desk, Market
from quantlab.kernels.fills import take
from quantlab.records import FULL, N_FILLS, N_QUEUED, N_REFUSED, RESTING


@step
def _gather(bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Move the plain orders that meet this bar from the queue to `met`, in sequence; return their number.

    Orders that cannot be met are rejected; those of symbols without a bar stay in the queue.
    """
    queue = desk.queue
    n_met = 0
    n_waiting = 0
    for k in range(books.counts[N_QUEUED]):
        order = queue[k]
        row = books.orders[order]
        if row["status"] != RESTING:
            continue
        i = row["symbol"]
        alive = bar <= market.last_row[i]
        price = market.price[bar, i] if alive else math.nan
        if (alive and math.isnan(price)) or row["ticket"] >= 0:
            queue[n_waiting] = order
            n_waiting += 1
            continue
        n_met = take(order, bar, price, market.volume[bar, i], market, books, desk, n_met)
    books.counts[N_QUEUED] = n_waiting
    return n_met


@lean
def meet(bar: int, mark_bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Let the plain orders meet ``market.price[bar]``; return the number of new fills, or `FULL`.

    Symbols without a bar count at ``market.mark[mark_bar]``, and their orders wait, like all that have a ticket.
    """
    # An order makes three fills at most: it reduces, and its opening part crosses zero.
    if books.counts[N_FILLS] + 3 * books.counts[N_QUEUED] > len(books.fills):
        return FULL
    before = books.counts[N_FILLS]
    books.counts[N_REFUSED] = 0
    n_met = _gather(bar, market, books, desk)
    settle(bar, bar, mark_bar, market.price, market, books, desk, n_met, None)
    return int(books.counts[N_FILLS] - before)
