"""The append-only record of orders, fills and marks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantlab.records import (
    FILL,
    FLOW,
    FLOW_NAMES,
    KIND_NAMES,
    N_COUNTS,
    N_FILLS,
    N_FLOWS,
    N_ORDERS,
    N_TICKETS,
    ORDER,
    REASONS,
    STATUS_NAMES,
    TICKET,
    TIF_NAMES,
)
from quantlab.typing import FloatArray, IntArray, RecordArray

# Rows that a log begins with, and by how much it grows. Memory that nobody has written to is not used yet: a wide room
# costs nothing, a move costs a copy and fresh memory.
FIRST_ROOM = 1 << 12
GROWTH = 16


# What an order without a ticket shows: no prices, good till cancelled.
NO_TICKET = tuple(np.nan if kind[0].kind == "f" else 0 for kind in (TICKET.fields or {}).values())


class Ledger:
    """Logs of orders and fills that only grow, and the marked equity of every bar.

    Kernels write into the arrays; `counts` says how many rows are real.

    Parameters
    ----------
    n_bars
        Rows of the `equity` path; what is not marked yet is undefined.
    """

    def __init__(self, n_bars: int) -> None:
        self.counts: IntArray = np.zeros(N_COUNTS, np.int64)
        self.order_log: RecordArray = np.empty(FIRST_ROOM, ORDER)
        self.fill_log: RecordArray = np.empty(FIRST_ROOM, FILL)
        self.ticket_log: RecordArray = np.empty(FIRST_ROOM, TICKET)
        self.flow_log: RecordArray = np.empty(FIRST_ROOM, FLOW)
        self.equity: FloatArray = np.empty(n_bars)

    def grow(self, n_symbols: int, n_queued: int) -> None:
        """Give the logs that may be full more room; what is recorded stays as it is.

        That is room for one more instant: an order of every symbol, the fills of all that are queued, and every flow.
        """
        used = self.counts
        self.order_log = _roomy(self.order_log, used[N_ORDERS] + n_symbols + 1)
        self.fill_log = _roomy(self.fill_log, used[N_FILLS] + 3 * (n_queued + n_symbols))
        self.ticket_log = _roomy(self.ticket_log, used[N_TICKETS] + n_symbols + 1)
        self.flow_log = _roomy(self.flow_log, used[N_FLOWS] + 3 * n_symbols + 1)

    def record(self, n_bars: int, initial_cash: float) -> Record:
        """Return what happened on the first `n_bars` rows, as views that cannot be written to."""
        orders = self.order_log[: self.counts[N_ORDERS]]
        fills = self.fill_log[: self.counts[N_FILLS]]
        equity = self.equity[:n_bars]
        tickets = self.ticket_log[: self.counts[N_TICKETS]]
        flows = self.flow_log[: self.counts[N_FLOWS]]
        for array in (orders, fills, tickets, flows, equity):
            array.flags.writeable = False
        return Record(orders, fills, tickets, flows, equity, initial_cash)


@dataclass(frozen=True, eq=False)
class Record:
    """A finished ledger: its logs (layouts of ``quantlab.records``), and `equity` ``(n_bars,)``."""

    orders: RecordArray
    fills: RecordArray
    tickets: RecordArray
    flows: RecordArray
    equity: FloatArray
    initial_cash: float

    @cached_property
    def cash(self) -> FloatArray:
        """Money at every close, ``(n_bars,)``: that after the last fill or flow until then."""
        happened = [self.flows, self.fills]  # in a bar, flows come first
        bars = np.concatenate([log["bar"] for log in happened])
        order = np.argsort(bars, kind="stable")
        cash = np.concatenate([log["cash"] for log in happened])[order]
        lengths = np.diff(np.append(bars[order], len(self.equity)), prepend=0)
        return np.repeat(np.concatenate([[self.initial_cash], cash]), lengths)


def _roomy(log: RecordArray, n_needed: int) -> RecordArray:
    """Return a log with room for `n_needed` rows: itself, or one that will not be full again soon."""
    return log if n_needed <= len(log) else wider(log, GROWTH * n_needed)


def wider(array: npt.NDArray[Any], n: int) -> npt.NDArray[Any]:
    """Return an array of `n` rows that begins with those of another; the rest is undefined."""
    wide: npt.NDArray[Any] = np.empty(n, array.dtype)
    wide[: len(array)] = array
    return wide


def order_frame(
    orders: RecordArray, tickets: RecordArray, time: pd.DatetimeIndex, symbols: tuple[str, ...]
) -> pd.DataFrame:
    """Lay orders out as people read them.

    Columns ``id, time, bar, symbol, kind, amount, limit, stop, trail, tif, status, reason, filled_quantity``; prices
    are NaN where an order has none, `trail` is a distance of price or a fraction of it.
    """
    own = np.where(orders["ticket"] >= 0, orders["ticket"], len(tickets))
    tickets = np.append(tickets, np.array([NO_TICKET], TICKET))
    return pd.DataFrame(
        {
            "id": np.arange(len(orders)),
            "time": time[orders["bar"]],
            "bar": orders["bar"].astype(np.int64),
            "symbol": named(orders["symbol"], symbols),
            "kind": named(orders["kind"], KIND_NAMES),
            "amount": orders["amount"],
            "limit": tickets["limit"][own],
            "stop": tickets["stop"][own],
            "trail": tickets["trail"][own],
            "tif": named(tickets["tif"][own], TIF_NAMES),
            "status": named(orders["status"], STATUS_NAMES),
            "reason": named(orders["reason"], REASONS),
            "filled_quantity": orders["filled_quantity"],
        }
    )


def fill_frame(
    fills: RecordArray, time: pd.DatetimeIndex, symbols: tuple[str, ...], multiplier: FloatArray
) -> pd.DataFrame:
    """Lay fills out as people read them.

    Columns ``order_id, time, bar, symbol, quantity, price, reference_price, commission, slippage, position,
    cash, multiplier``; `slippage` is the adverse part of the price, as a fraction of the reference price.
    """
    adverse = np.sign(fills["quantity"]) * (fills["price"] - fills["reference_price"])
    with np.errstate(divide="ignore", invalid="ignore"):
        slippage = np.where(adverse == 0.0, 0.0, adverse / np.abs(fills["reference_price"]))
    return pd.DataFrame(
        {
            "order_id": fills["order"],
            "time": time[fills["bar"]],
            "bar": fills["bar"].astype(np.int64),
            "symbol": named(fills["symbol"], symbols),
            "quantity": fills["quantity"],
            "price": fills["price"],
            "reference_price": fills["reference_price"],
            "commission": fills["commission"],
            "slippage": slippage,
            "position": fills["position"],
            "cash": fills["cash"],
            "multiplier": multiplier[fills["symbol"]],
        }
    )


def flow_frame(flows: RecordArray, time: pd.DatetimeIndex, symbols: tuple[str, ...]) -> pd.DataFrame:
    """Lay out money that came or went without fills: ``time, bar, kind, symbol, amount, cash``.

    `symbol` is missing where a flow concerns the whole account.
    """
    return pd.DataFrame(
        {
            "time": time[flows["bar"]],
            "bar": flows["bar"].astype(np.int64),
            "kind": named(flows["kind"], FLOW_NAMES),
            "symbol": named(flows["symbol"], symbols),
            "amount": flows["amount"],
            "cash": flows["cash"],
        }
    )


def positions_of(fills: RecordArray, n_bars: int, n_symbols: int) -> FloatArray:
    """Units held after the fills of each bar, ``(n_bars, n_symbols)``, replayed from the fills."""
    held = np.full((n_bars, n_symbols), np.nan)
    # The last fill of a cell is assigned last, and NumPy keeps the last assignment.
    held[fills["bar"], fills["symbol"]] = fills["position"]
    held[0] = np.where(np.isnan(held[0]), 0.0, held[0])
    rows = np.where(np.isnan(held), 0, np.arange(n_bars)[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    return np.take_along_axis(held, rows, axis=0)


def held_at_end(fills: RecordArray, n_symbols: int) -> FloatArray:
    """Units held after the last fill, ``(n_symbols,)``."""
    held = np.zeros(n_symbols)
    # The last fill of a symbol is assigned last, and NumPy keeps the last assignment.
    held[fills["symbol"]] = fills["position"]
    return held


def named(codes: IntArray, names: tuple[str, ...]) -> pd.Categorical[str]:
    """Return codes as the names they stand for."""
    return pd.Categorical.from_codes(codes, categories=_categories(names))


@lru_cache(maxsize=64)
def _categories(names: tuple[str, ...]) -> pd.Index[str]:
    # Kept: pandas takes longer to make text of a few names than to copy thousands of codes.
    return pd.Index(names)
