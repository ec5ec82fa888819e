"""Orders are placed: recorded in the log and queued.

Everything is arrays and codes (see ``records.py``), in bundles (``books.py``).
"""

from __future__ import annotations

from quantlab.kernels._jit import lean, step
from quantlab.kernels.books import Books, Desk
from quantlab.records import (
    FULL,
    LATENCY,
    N_ORDERS,
    N_QUEUED,
    NO_REASON,
    NOTHING,
    PARTLY_FILLED,
    REPLACED,
    RESTING,
    TARGET_QUANTITY,
)
from quantlab.typing import FloatArray, RecordArray


@lean
def place(bar: int, symbol: int, kind: int, amount: float, books: Books, desk: Desk) -> int:
    """Record an order and queue it; return its id, `FULL` or `NOTHING` (nothing is asked for).

    The last target of a symbol replaces its resting one, at once where both reach the market together
    (``tickets.arrive`` does it for the others); plain orders add.
    """
    counts = books.counts
    is_target = kind >= TARGET_QUANTITY
    nothing_to_close = books.position[symbol] == 0.0 and desk.resting[symbol] == 0
    if amount == 0.0 and (nothing_to_close or not is_target):
        return NOTHING
    order = counts[N_ORDERS]
    if order == len(books.orders) or counts[N_QUEUED] == len(desk.queue):
        return FULL
    if is_target:
        earlier = desk.target[symbol]
        if earlier >= 0 and (desk.terms[LATENCY] == 0.0 or books.orders[earlier]["bar"] == bar):
            row = books.orders[earlier]
            row["status"] = REPLACED if row["filled_quantity"] == 0.0 else PARTLY_FILLED
            desk.resting[symbol] -= 1
        desk.target[symbol] = order
    record_order(books.orders, order, bar, symbol, kind, amount)
    desk.queue[counts[N_QUEUED]] = order
    counts[N_ORDERS] += 1
    counts[N_QUEUED] += 1
    desk.resting[symbol] += 1
    return int(order)


@lean
def place_all(bar: int, kind: int, amounts: FloatArray, books: Books, desk: Desk) -> int:
    """`place` an order of ``amounts[i]`` for every symbol; return how many were recorded, or `FULL`."""
    before = books.counts[N_ORDERS]
    n = len(amounts)
    if before + n > len(books.orders) or books.counts[N_QUEUED] + n > len(desk.queue):
        return FULL
    for i in range(n):
        place(bar, i, kind, amounts[i], books, desk)
    return int(books.counts[N_ORDERS] - before)


@step
def record_order(orders: RecordArray, order: int, bar: int, symbol: int, kind: int, amount: float) -> None:
    """Write an order that has done nothing yet into the log."""
    row = orders[order]
    row["ticket"] = -1
    row["bar"] = bar
    row["symbol"] = symbol
    row["kind"] = kind
    row["amount"] = amount
    row["status"] = RESTING
    row["reason"] = NO_REASON
    row["filled_quantity"] = 0.0
