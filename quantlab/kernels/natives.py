"""The execution kernels for callers that hold a table of addresses: what compiled strategies call.

Each is compiled once and known by its address, so that a new strategy compiles none of them again. A log without
room is grown by its owner, whom the table knows too.
"""

from __future__ import annotations

from typing import Any, Final

from numba import from_dtype, types

from quantlab.kernels import execution
from quantlab.kernels._jit import native
from quantlab.kernels.places import AT
from quantlab.kernels.pointers import caller, read_int, viewer
from quantlab.records import FILL, FULL, N_COUNTS, N_TERMS, ORDER

ROWS: Final = AT["n_bars"]
N: Final = AT["n_symbols"]
POSITION: Final = AT["position"]
MONEY: Final = AT["money"]
TARGET: Final = AT["target"]
RESTING: Final = AT["resting"]
COUNTS: Final = AT["counts"]
ORDERS: Final = AT["orders"]
N_ORDER_ROOM: Final = AT["n_orders"]
FILLS: Final = AT["fills"]
N_FILL_ROOM: Final = AT["n_fills"]
QUEUE: Final = AT["queue"]
N_QUEUE_ROOM: Final = AT["n_queue"]
PRICE: Final = AT["price"]
MARK: Final = AT["mark"]
VOLUME: Final = AT["volume"]
END_ROWS: Final = AT["end_rows"]
TERMS: Final = AT["terms"]
RETURNS: Final = AT["delisting_returns"]
GROW: Final = AT["grow"]

_floats: Any = viewer(types.float64)
_fixed_floats: Any = viewer(types.float64, readonly=True)
_fixed_panel: Any = viewer(types.float64, 2, readonly=True)
_ints: Any = viewer(types.int64)
_fixed_ints: Any = viewer(types.int64, readonly=True)
_orders: Any = viewer(from_dtype(ORDER))
_fills: Any = viewer(from_dtype(FILL))
_grow: Any = caller(types.int64, types.int64)

i64 = types.int64


@native(i64(i64, i64, i64, i64, types.float64))
def place(table: Any, bar: Any, symbol: Any, kind: Any, amount: Any) -> Any:
    """Record and queue an order; return its id, or `NOTHING`."""
    n = read_int(table, N)
    while True:
        order = execution.place(
            bar,
            symbol,
            kind,
            amount,
            _floats(read_int(table, POSITION), n),
            _orders(read_int(table, ORDERS), read_int(table, N_ORDER_ROOM)),
            _ints(read_int(table, QUEUE), read_int(table, N_QUEUE_ROOM)),
            _ints(read_int(table, COUNTS), N_COUNTS),
            _ints(read_int(table, TARGET), n),
            _ints(read_int(table, RESTING), n),
        )
        if order != FULL:
            return order
        _grow(read_int(table, GROW), (table,))


@native(i64(i64, i64, i64, i64))
def place_all(table: Any, bar: Any, kind: Any, amounts: Any) -> Any:
    """Record and queue an order for every symbol; `amounts` is the address of their amounts."""
    n = read_int(table, N)
    while True:
        placed = execution.place_all(
            bar,
            kind,
            _floats(amounts, n),
            _floats(read_int(table, POSITION), n),
            _orders(read_int(table, ORDERS), read_int(table, N_ORDER_ROOM)),
            _ints(read_int(table, QUEUE), read_int(table, N_QUEUE_ROOM)),
            _ints(read_int(table, COUNTS), N_COUNTS),
            _ints(read_int(table, TARGET), n),
            _ints(read_int(table, RESTING), n),
        )
        if placed != FULL:
            return placed
        _grow(read_int(table, GROW), (table,))


@native(i64(i64, i64, i64))
def meet(table: Any, bar: Any, mark_bar: Any) -> Any:
    """Let resting orders meet the prices of `bar`; return the number of fills."""
    n = read_int(table, N)
    rows = read_int(table, ROWS)
    while True:
        n_fills = execution.meet(
            bar,
            mark_bar,
            _fixed_panel(read_int(table, PRICE), rows, n),
            _fixed_panel(read_int(table, MARK), rows, n),
            _fixed_panel(read_int(table, VOLUME), rows, n),
            _fixed_ints(read_int(table, END_ROWS), n),
            _floats(read_int(table, TERMS), N_TERMS),
            _floats(read_int(table, POSITION), n),
            _floats(read_int(table, MONEY), 1),
            _orders(read_int(table, ORDERS), read_int(table, N_ORDER_ROOM)),
            _ints(read_int(table, QUEUE), read_int(table, N_QUEUE_ROOM)),
            _ints(read_int(table, COUNTS), N_COUNTS),
            _ints(read_int(table, TARGET), n),
            _ints(read_int(table, RESTING), n),
            _fills(read_int(table, FILLS), read_int(table, N_FILL_ROOM)),
        )
        if n_fills != FULL:
            return n_fills
        _grow(read_int(table, GROW), (table,))


@native(i64(i64, i64))
def delist(table: Any, bar: Any) -> Any:
    """Close positions whose symbol ended before `bar`; return the number of fills."""
    n = read_int(table, N)
    while True:
        n_fills = execution.delist(
            bar,
            _fixed_ints(read_int(table, END_ROWS), n),
            _fixed_panel(read_int(table, MARK), read_int(table, ROWS), n),
            _fixed_floats(read_int(table, RETURNS), n),
            _floats(read_int(table, POSITION), n),
            _floats(read_int(table, MONEY), 1),
            _orders(read_int(table, ORDERS), read_int(table, N_ORDER_ROOM)),
            _ints(read_int(table, COUNTS), N_COUNTS),
            _fills(read_int(table, FILLS), read_int(table, N_FILL_ROOM)),
        )
        if n_fills != FULL:
            return n_fills
        _grow(read_int(table, GROW), (table,))


@native(i64(i64, i64))
def liquidate(table: Any, bar: Any) -> Any:
    """Withdraw every resting order and close everything at the marks of `bar`; return the number of fills."""
    n = read_int(table, N)
    while True:
        n_fills = execution.liquidate(
            bar,
            _fixed_panel(read_int(table, MARK), read_int(table, ROWS), n),
            _floats(read_int(table, POSITION), n),
            _floats(read_int(table, MONEY), 1),
            _orders(read_int(table, ORDERS), read_int(table, N_ORDER_ROOM)),
            _ints(read_int(table, QUEUE), read_int(table, N_QUEUE_ROOM)),
            _ints(read_int(table, COUNTS), N_COUNTS),
            _fills(read_int(table, FILLS), read_int(table, N_FILL_ROOM)),
        )
        if n_fills != FULL:
            return n_fills
        _grow(read_int(table, GROW), (table,))
