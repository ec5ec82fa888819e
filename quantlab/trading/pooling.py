"""The records of several books put together, in the sequence of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantlab.records import (
    CANCELLED,
    DELISTING,
    LIQUIDATION,
    MARGIN_CALL,
    PARTLY_FILLED,
    RUINED,
)
from quantlab.trading.ledger import Record
from quantlab.typing import FloatArray, IntArray, RecordArray


@dataclass(frozen=True, eq=False)
class Pool:
    """Orders, fills and flows of several books by bar, in a bar by book; order ids are unique.

    Parameters
    ----------
    orders, tickets, fills, flows
        Logs (layouts of ``quantlab.records``).
    order_book, fill_book, flow_book
        Number of the book that each row is of.
    """

    orders: RecordArray
    tickets: RecordArray
    fills: RecordArray
    flows: RecordArray
    order_book: IntArray
    fill_book: IntArray
    flow_book: IntArray


def pooled(records: Sequence[Record]) -> Pool:
    """Put records together; each row's position and cash stay those of its own book."""
    orders, order_book, order_place = _merged([record.orders for record in records])
    fills, fill_book, fill_place = _merged([record.fills for record in records])
    flows, flow_book, flow_place = _merged([record.flows for record in records])
    first_ticket = _firsts([len(record.tickets) for record in records])[order_book]
    orders["ticket"] += np.where(orders["ticket"] >= 0, first_ticket, 0)
    orders, order_book = orders[order_place], order_book[order_place]
    new_id = np.argsort(order_place)
    fills["order"] = new_id[fills["order"] + _firsts([len(record.orders) for record in records])[fill_book]]
    return Pool(
        orders,
        np.concatenate([record.tickets for record in records]),
        fills[fill_place],
        flows[flow_place],
        order_book,
        fill_book[fill_place],
        flow_book[flow_place],
    )


def _merged(logs: Sequence[RecordArray]) -> tuple[RecordArray, IntArray, IntArray]:
    """Return logs one after another, the book of every row, and the sequence of rows in time."""
    rows: RecordArray = np.concatenate(logs)
    book = np.repeat(np.arange(len(logs)), [len(log) for log in logs])
    return rows, book, np.argsort(rows["bar"], kind="stable")


def _firsts(lengths: Sequence[int]) -> IntArray:
    """Where each of several arrays begins when they stand one after another."""
    return np.cumsum([0, *lengths[:-1]])


def restated(pool: Pool, cash: Sequence[float], idle: float) -> Pool:
    """Return the pool with positions and cash of all books together, which begin with `cash` and beside `idle`.

    In a bar, flows come first. Sums run over the books in their sequence, so that they are bit-equal to sums of
    the books' own positions and cash.
    """
    n_flows = len(pool.flows)
    fills, flows = pool.fills.copy(), pool.flows.copy()
    bars = np.concatenate([flows["bar"], fills["bar"]])
    place = np.argsort(bars, kind="stable")
    book = np.concatenate([pool.flow_book, pool.fill_book])[place]
    own_cash = np.concatenate([flows["cash"], fills["cash"]])[place]
    together = np.empty(len(place))
    together[place] = idle + _latest(own_cash, book, np.zeros(len(book), np.int64), cash)
    flows["cash"], fills["cash"] = together[:n_flows], together[n_flows:]

    by_symbol = np.argsort(fills["symbol"], kind="stable")
    symbols = fills["symbol"][by_symbol]
    begins = np.searchsorted(symbols, symbols)
    flat = [0.0] * len(cash)
    held = _latest(fills["position"][by_symbol], pool.fill_book[by_symbol], begins, flat)
    fills["position"][by_symbol] = held
    return replace(pool, fills=fills, flows=flows)


def _latest(values: FloatArray, book: IntArray, begins: IntArray, before: Sequence[float]) -> FloatArray:
    """Sum, at every row, the last value of each book since the row ``begins``; `before` it had any, that one."""
    total = np.zeros(len(values))
    for number, start in enumerate(before):
        last = np.maximum.accumulate(np.where(book == number, np.arange(len(values)), -1))
        total += np.where(last >= begins, values[last], start)
    return total


def cut(record: Record, stop: int, *, same_close: bool) -> Record:
    """Return what a record tells of the rows before `stop`, where an account of several books is ruined.

    On that last row nothing is decided any more; orders that had not been met yet are cancelled.
    """
    if stop >= len(record.equity):
        return record
    last = record.orders["bar"] == stop - 1
    forced = np.isin(record.orders["kind"], (LIQUIDATION, DELISTING, MARGIN_CALL))
    n_kept = int(((record.orders["bar"] < stop - 1) | (last & (forced | same_close))).sum())
    fills = record.fills[record.fills["bar"] < stop]
    orders = record.orders[:n_kept].copy()
    later = record.fills["order"][len(fills) :]
    unmet = np.unique(later[later < n_kept])
    filled = np.bincount(fills["order"], fills["quantity"], n_kept)
    orders["filled_quantity"][unmet] = filled[unmet]
    orders["status"][unmet] = np.where(filled[unmet] == 0.0, CANCELLED, PARTLY_FILLED)
    orders["reason"][unmet] = RUINED
    return replace(
        record,
        orders=orders,
        fills=fills,
        flows=record.flows[record.flows["bar"] < stop],
        equity=record.equity[:stop],
    )
