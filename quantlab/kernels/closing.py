"""Positions that are closed by rule and not by an order of the strategy: delistings, ruin, margin calls."""

from __future__ import annotations

import math

from quantlab.kernels._jit import lean, step
from quantlab.kernels.auction import values_of
from quantlab.kernels.books import Books, Desk, Market
from quantlab.kernels.fills import fill, fill_order, set_terms
from quantlab.kernels.placing import record_order
from quantlab.kernels.pricing import cut
from quantlab.records import (
    BELOW_MARGIN,
    CANCELLED,
    DELISTED,
    DELISTING,
    FULL,
    LEVERAGE,
    LIQUIDATION,
    MAINTENANCE,
    MARGIN_CALL,
    N_FILLS,
    N_ORDERS,
    N_QUEUED,
    RESTING,
    RUINED,
)


@step
def _close_out(
    bar: int, symbol: int, kind: int, reason: int, price: float, market: Market, books: Books
) -> None:
    """Close a position at `price` without costs, by an order that nobody gave."""
    order = books.counts[N_ORDERS]
    quantity = -books.position[symbol]
    record_order(books.orders, order, bar, symbol, kind, quantity)
    books.counts[N_ORDERS] += 1
    fill(order, bar, symbol, quantity, price, price, market.multiplier[symbol], 0.0, books)
    books.orders[order]["reason"] = reason


@step
def _has_room_for_all(books: Books) -> bool:
    """Whether the logs have room for one more order and fill of every symbol."""
    n = len(books.position)
    return books.counts[N_FILLS] + n <= len(books.fills) and books.counts[N_ORDERS] + n <= len(books.orders)


@lean
def delist(bar: int, market: Market, books: Books) -> int:
    """Close positions whose symbol ended before `bar`, at last close × (1 + delisting return).

    Returns the number of fills, or `FULL`.
    """
    if not _has_room_for_all(books):
        return FULL
    before = books.counts[N_FILLS]
    for i in range(len(books.position)):
        last = market.last_row[i]
        if last < bar and books.position[i] != 0.0:
            price = market.mark[last, i] * (1.0 + market.delisting_returns[i])
            _close_out(bar, i, DELISTING, DELISTED, price, market, books)
    return int(books.counts[N_FILLS] - before)


@lean
def liquidate(bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Withdraw every resting order and close everything at the marks of `bar`: the account is ruined.

    Returns the number of fills, or `FULL`.
    """
    if not _has_room_for_all(books):
        return FULL
    for k in range(books.counts[N_QUEUED]):
        row = books.orders[desk.queue[k]]
        if row["status"] == RESTING:
            row["status"] = CANCELLED
            row["reason"] = RUINED
    books.counts[N_QUEUED] = 0
    before = books.counts[N_FILLS]
    for i in range(len(books.position)):
        if books.position[i] != 0.0:
            _close_out(bar, i, LIQUIDATION, RUINED, market.mark[bar, i], market, books)
    return int(books.counts[N_FILLS] - before)


@lean
def call_margin(bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Reduce every position alike where equity at the close of `bar` is below maintenance; return the number of fills.

    What remains is worth leverage × equity before costs, in whole lots. Fills are at the close, with slippage and
    commission. Returns `FULL` where a log has no room.
    """
    if not _has_room_for_all(books):
        return FULL
    total, longs, shorts = values_of(bar, bar, market.mark, market, books.position)
    equity, gross = books.money[0] + total, longs + shorts
    if equity <= 0.0 or equity >= desk.terms[MAINTENANCE] * gross:
        return 0
    keep = min(desk.terms[LEVERAGE] * equity / gross, 1.0)
    before = books.counts[N_FILLS]
    for i in range(len(books.position)):
        held = books.position[i]
        quantity = cut(keep * held, market.lot[i]) - held
        if quantity == 0.0:
            continue
        order = books.counts[N_ORDERS]
        record_order(books.orders, order, bar, i, MARGIN_CALL, quantity)
        books.counts[N_ORDERS] += 1
        row = desk.met[0]
        row["order"] = order
        row["symbol"] = i
        row["price"] = market.mark[bar, i]
        row["volume"] = math.inf
        row["limit"] = math.nan
        set_terms(row, bar, i, market)
        fill_order(row, quantity, bar, desk.terms, books)
        books.orders[order]["reason"] = BELOW_MARGIN
    return int(books.counts[N_FILLS] - before)
