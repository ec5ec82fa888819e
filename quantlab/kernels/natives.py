"""The execution kernels for callers that hold a table of addresses: what compiled strategies call.

Each is compiled once and known by its address, so that a new strategy compiles none of them again. A log without
room is grown by its owner, whom the table knows too.
"""

from __future__ import annotations

from typing import Any

from numba import from_dtype, types

from quantlab.kernels import execution, places
from quantlab.kernels._jit import native, step
from quantlab.kernels.books import Books, Desk, Market
from quantlab.kernels.pointers import caller, read_int, viewer
from quantlab.records import FILL, FULL, MET, N_COUNTS, N_TERMS, ORDER

_floats: Any = viewer(types.float64)
_fixed_floats: Any = viewer(types.float64, readonly=True)
_fixed_panel: Any = viewer(types.float64, 2, readonly=True)
_ints: Any = viewer(types.int64)
_fixed_ints: Any = viewer(types.int64, readonly=True)
_orders: Any = viewer(from_dtype(ORDER))
_fills: Any = viewer(from_dtype(FILL))
_met: Any = viewer(from_dtype(MET))
_grow: Any = caller(types.int64, types.int64)

i64 = types.int64


@step
def _market(table: Any) -> Any:
    n, rows = read_int(table, places.N_SYMBOLS), read_int(table, places.N_BARS)
    return Market(
        _fixed_panel(read_int(table, places.PRICE), rows, n),
        _fixed_panel(read_int(table, places.MARK), rows, n),
        _fixed_panel(read_int(table, places.VOLUME), rows, n),
        _fixed_ints(read_int(table, places.LAST_ROW), n),
        _fixed_floats(read_int(table, places.DELISTING_RETURNS), n),
    )


@step
def _books(table: Any) -> Any:
    return Books(
        _floats(read_int(table, places.POSITION), read_int(table, places.N_SYMBOLS)),
        _floats(read_int(table, places.MONEY), 1),
        _orders(read_int(table, places.ORDERS), read_int(table, places.ORDER_ROOM)),
        _fills(read_int(table, places.FILLS), read_int(table, places.FILL_ROOM)),
        _ints(read_int(table, places.COUNTS), N_COUNTS),
    )


@step
def _desk(table: Any) -> Any:
    n = read_int(table, places.N_SYMBOLS)
    return Desk(
        _fixed_floats(read_int(table, places.TERMS), N_TERMS),
        _ints(read_int(table, places.QUEUE), read_int(table, places.QUEUE_ROOM)),
        _ints(read_int(table, places.TARGET), n),
        _ints(read_int(table, places.RESTING), n),
        _met(read_int(table, places.MET), read_int(table, places.MET_ROOM)),
    )


@native(i64(i64, i64, i64, i64, types.float64))
def place(table: Any, bar: Any, symbol: Any, kind: Any, amount: Any) -> Any:
    """Record and queue an order; return its id, or `NOTHING`."""
    while True:
        order = execution.place(bar, symbol, kind, amount, _books(table), _desk(table))
        if order != FULL:
            return order
        _grow(read_int(table, places.GROW), (table,))


@native(i64(i64, i64, i64, i64))
def place_all(table: Any, bar: Any, kind: Any, amounts: Any) -> Any:
    """Record and queue an order for every symbol; `amounts` is the address of their amounts."""
    values = _floats(amounts, read_int(table, places.N_SYMBOLS))
    while True:
        placed = execution.place_all(bar, kind, values, _books(table), _desk(table))
        if placed != FULL:
            return placed
        _grow(read_int(table, places.GROW), (table,))


@native(i64(i64, i64, i64))
def meet(table: Any, bar: Any, mark_bar: Any) -> Any:
    """Let resting orders meet the prices of `bar`; return the number of fills."""
    while True:
        n_fills = execution.meet(bar, mark_bar, _market(table), _books(table), _desk(table))
        if n_fills != FULL:
            return n_fills
        _grow(read_int(table, places.GROW), (table,))


@native(i64(i64, i64))
def delist(table: Any, bar: Any) -> Any:
    """Close positions whose symbol ended before `bar`; return the number of fills."""
    while True:
        n_fills = execution.delist(bar, _market(table), _books(table))
        if n_fills != FULL:
            return n_fills
        _grow(read_int(table, places.GROW), (table,))


@native(i64(i64, i64))
def liquidate(table: Any, bar: Any) -> Any:
    """Withdraw every resting order and close everything at the marks of `bar`; return the number of fills."""
    while True:
        n_fills = execution.liquidate(bar, _market(table), _books(table), _desk(table))
        if n_fills != FULL:
            return n_fills
        _grow(read_int(table, places.GROW), (table,))
