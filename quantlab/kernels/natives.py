"""The execution kernels for callers that hold a table of addresses: what compiled strategies call.

Each is compiled once and known by its address, so that a new strategy compiles none of them again. A log without
room is grown by its owner, whom the table knows too; where that fails (no memory) a kernel does nothing, and the owner
raises the error when the run is over.
"""

from __future__ import annotations

import math
from typing import Any

from numba import from_dtype, types

from quantlab.kernels import closing, execution, holding, marking, places, placing, resting, tickets
from quantlab.kernels._jit import native, step
from quantlab.kernels.books import Books, Desk, Finance, Market, Tape
from quantlab.kernels.pointers import caller, read_int, viewer
from quantlab.records import FILL, FLOW, FULL, GTC, MET, N_COUNTS, N_REFUSED, N_TERMS, ORDER, RESTING, TICKET

_floats: Any = viewer(types.float64)
_fixed_floats: Any = viewer(types.float64, readonly=True)
_fixed_panel: Any = viewer(types.float64, 2, readonly=True)
_ints: Any = viewer(types.int64)
_fixed_ints: Any = viewer(types.int64, readonly=True)
_orders: Any = viewer(from_dtype(ORDER))
_fills: Any = viewer(from_dtype(FILL))
_met: Any = viewer(from_dtype(MET))
_tickets: Any = viewer(from_dtype(TICKET))
_flows: Any = viewer(from_dtype(FLOW))
_grow: Any = caller(types.int64, types.int64)

i64 = types.int64
FOREVER = (1 << 63) - 1


@step
def _market(table: Any) -> Any:
    n, rows = read_int(table, places.N_SYMBOLS), read_int(table, places.N_BARS)
    return Market(
        _fixed_panel(read_int(table, places.PRICE), rows, n),
        _fixed_panel(read_int(table, places.MARK), rows, n),
        _fixed_panel(read_int(table, places.UNIT_VALUE), rows, n),
        _fixed_panel(read_int(table, places.VOLUME), rows, n),
        _fixed_ints(read_int(table, places.LAST_ROW), n),
        _fixed_floats(read_int(table, places.DELISTING_RETURNS), n),
        _fixed_floats(read_int(table, places.MULTIPLIER), n),
        _fixed_floats(read_int(table, places.TICK), n),
        _fixed_floats(read_int(table, places.LOT), n),
        _fixed_panel(read_int(table, places.SLIPPAGE), read_int(table, places.N_SLIPPAGE), n),
        _fixed_panel(read_int(table, places.HALF_SPREAD), read_int(table, places.N_HALF_SPREAD), n),
        _fixed_panel(read_int(table, places.IMPACT), read_int(table, places.N_IMPACT), n),
    )


@step
def _tape(table: Any) -> Any:
    n, rows, n_bars = (
        read_int(table, places.N_SYMBOLS),
        read_int(table, places.N_TAPE_ROWS),
        read_int(table, places.N_BARS),
    )
    return Tape(
        _fixed_panel(read_int(table, places.OPEN_OF_ROW), rows, n),
        _fixed_panel(read_int(table, places.CLOSE_OF_ROW), rows, n),
        _fixed_panel(read_int(table, places.ASK_OPEN), rows, n),
        _fixed_panel(read_int(table, places.ASK_HIGH), rows, n),
        _fixed_panel(read_int(table, places.ASK_LOW), rows, n),
        _fixed_panel(read_int(table, places.ASK_CLOSE), rows, n),
        _fixed_panel(read_int(table, places.BID_OPEN), rows, n),
        _fixed_panel(read_int(table, places.BID_HIGH), rows, n),
        _fixed_panel(read_int(table, places.BID_LOW), rows, n),
        _fixed_panel(read_int(table, places.BID_CLOSE), rows, n),
        _fixed_panel(read_int(table, places.OPEN_VALUE), rows, n),
        _fixed_panel(read_int(table, places.CLOSE_VALUE), rows, n),
        _fixed_ints(read_int(table, places.FIRST_ROW), n_bars + 1),
        _fixed_ints(read_int(table, places.TIME), n_bars),
        _fixed_ints(read_int(table, places.DAY_END), n_bars),
    )


@step
def _finance(table: Any) -> Any:
    n = read_int(table, places.N_SYMBOLS)
    return Finance(
        _fixed_floats(read_int(table, places.YEARS), read_int(table, places.N_BARS)),
        _fixed_panel(read_int(table, places.BORROW), read_int(table, places.N_BORROW), n),
        _fixed_panel(read_int(table, places.SHORTABLE), read_int(table, places.N_SHORTABLE), n),
        _fixed_panel(read_int(table, places.PAYOUT), read_int(table, places.N_PAYOUT), n),
        _fixed_panel(read_int(table, places.FUNDING), read_int(table, places.N_FUNDING), n),
    )


@step
def _books(table: Any) -> Any:
    return Books(
        _floats(read_int(table, places.POSITION), read_int(table, places.N_SYMBOLS)),
        _floats(read_int(table, places.MONEY), 1),
        _orders(read_int(table, places.ORDERS), read_int(table, places.ORDER_ROOM)),
        _fills(read_int(table, places.FILLS), read_int(table, places.FILL_ROOM)),
        _ints(read_int(table, places.COUNTS), N_COUNTS),
        _tickets(read_int(table, places.TICKETS), read_int(table, places.TICKET_ROOM)),
        _flows(read_int(table, places.FLOWS), read_int(table, places.FLOW_ROOM)),
    )


@step
def _desk(table: Any) -> Any:
    n = read_int(table, places.N_SYMBOLS)
    return Desk(
        _fixed_floats(read_int(table, places.TERMS), N_TERMS),
        _ints(read_int(table, places.QUEUE), read_int(table, places.QUEUE_ROOM)),
        _ints(read_int(table, places.TARGET), n),
        _ints(read_int(table, places.ARRIVED), n),
        _ints(read_int(table, places.RESTING), n),
        _met(read_int(table, places.MET), read_int(table, places.MET_ROOM)),
        _ints(read_int(table, places.REFUSED), read_int(table, places.REFUSED_ROOM)),
        _floats(read_int(table, places.ROOM), n),
        _floats(read_int(table, places.SHORT_ROOM), n),
    )


@native(i64(i64, i64, i64, i64, types.float64))
def place(table: Any, bar: Any, symbol: Any, kind: Any, amount: Any) -> Any:
    """Record and queue an order; return its id, or `NOTHING`."""
    while True:
        order = placing.place(bar, symbol, kind, amount, _books(table), _desk(table))
        if order != FULL:
            return order
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(i64(i64, i64, i64, i64))
def place_all(table: Any, bar: Any, kind: Any, amounts: Any) -> Any:
    """Record and queue an order for every symbol; `amounts` is the address of their amounts."""
    values = _floats(amounts, read_int(table, places.N_SYMBOLS))
    while True:
        placed = placing.place_all(bar, kind, values, _books(table), _desk(table))
        if placed != FULL:
            return placed
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(i64(i64, i64, i64))
def meet(table: Any, bar: Any, mark_bar: Any) -> Any:
    """Let resting orders meet the prices of `bar`; return the number of fills."""
    while True:
        n_fills = execution.meet(bar, mark_bar, _market(table), _books(table), _desk(table))
        if n_fills != FULL:
            return n_fills
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(i64(i64, i64))
def delist(table: Any, bar: Any) -> Any:
    """Close positions whose symbol ended before `bar`; return the number of fills."""
    while True:
        n_fills = closing.delist(bar, _market(table), _books(table))
        if n_fills != FULL:
            return n_fills
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(i64(i64, i64))
def liquidate(table: Any, bar: Any) -> Any:
    """Withdraw every resting order and close everything at the marks of `bar`; return the number of fills."""
    while True:
        n_fills = closing.liquidate(bar, _market(table), _books(table), _desk(table))
        if n_fills != FULL:
            return n_fills
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(i64(i64, i64))
def accrue(table: Any, bar: Any) -> Any:
    """Pay and charge what was held since the close before `bar`."""
    while holding.accrue(bar, _market(table), _finance(table), _books(table), _desk(table)) == FULL:
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0
    return 0


@native(i64(i64, i64))
def call_margin(table: Any, bar: Any) -> Any:
    """Reduce positions where equity is below maintenance; return the number of fills."""
    while True:
        n_fills = closing.call_margin(bar, _market(table), _books(table), _desk(table))
        if n_fills != FULL:
            return n_fills
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(types.float64(i64, i64))
def value(table: Any, bar: Any) -> Any:
    """Return what the account is worth at the close of `bar`."""
    market = _market(table)
    return marking.worth(market.unit_value[bar], _books(table).position, _books(table).money[0])


# What an order asks for beyond kind and amount: limit, stop, trail, whether by fraction, tif, until, reduce only.
TERMS = (types.float64, types.float64, types.float64, types.boolean, i64, i64, types.boolean)


@native(i64(i64, i64, i64, i64, types.float64, *TERMS))
def place_ticket(
    table: Any,
    bar: Any,
    symbol: Any,
    kind: Any,
    amount: Any,
    limit: Any,
    stop: Any,
    trail: Any,
    by_fraction: Any,
    tif: Any,
    until: Any,
    reduce_only: Any,
) -> Any:
    """Place an order with a ticket; return its id, or `NOTHING`."""
    while True:
        order = tickets.place_ticket(
            bar,
            symbol,
            kind,
            amount,
            limit,
            stop,
            trail,
            by_fraction,
            tif,
            until,
            reduce_only,
            _market(table),
            _tape(table),
            _books(table),
            _desk(table),
        )
        if order != FULL:
            return order
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(i64(i64, i64))
def describe(table: Any, order: Any) -> Any:
    """Return 64 × symbol + 4 × kind + side + 1 of a resting order, −1 if it no longer rests."""
    row = _books(table).orders[order]
    if row["status"] != RESTING:
        return -1
    return 64 * row["symbol"] + 4 * row["kind"] + tickets.side_of(order, _books(table)) + 1


@native(i64(i64, i64, i64))
def succeed(table: Any, order: Any, successor: Any) -> Any:
    """Let one order take the place of another; return its id."""
    tickets.succeed(order, successor, _books(table), _desk(table))
    return successor


@native(i64(i64, i64, i64, i64))
def bind(table: Any, entry: Any, take_profit: Any, stop_loss: Any) -> Any:
    """Make two orders the exits of a third; return the id of the entry."""
    tickets.bind(entry, take_profit, stop_loss, _books(table))
    return entry


@native(i64(i64, i64, i64))
def tie(table: Any, order: Any, other: Any) -> Any:
    """Let the fill of either of two orders cancel the other; return 0 where one cannot be tied."""
    return int(tickets.tie(order, other, _books(table)))


@native(i64(i64, i64))
def cancel(table: Any, order: Any) -> Any:
    """Withdraw a resting order; return 1 if it was resting."""
    return int(tickets.cancel(order, _books(table), _desk(table)))


@native(i64(i64, i64, i64))
def trade(table: Any, bar: Any, plain: Any) -> Any:
    """Live through a bar with all resting orders; return the number of fills."""
    # Most bars pass most orders by, and the look costs a tenth of what it costs to lay all arrays out.
    last_row = _fixed_ints(read_int(table, places.LAST_ROW), read_int(table, places.N_SYMBOLS))
    if resting.is_quiet(bar, last_row, _tape(table), _books(table), _desk(table)):
        _books(table).counts[N_REFUSED] = 0
        return 0
    while True:
        n_fills = resting.trade(
            bar, plain != 0, _market(table), _tape(table), _finance(table), _books(table), _desk(table)
        )
        if n_fills != FULL:
            return n_fills
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


@native(i64(i64, i64, i64, i64, types.float64))
def place_as_ticket(table: Any, bar: Any, symbol: Any, kind: Any, amount: Any) -> Any:
    """Place a market order with a ticket, for runs in which every order has one; return its id, or `NOTHING`."""
    nan = math.nan
    while True:
        order = tickets.place_ticket(
            bar,
            symbol,
            kind,
            amount,
            nan,
            nan,
            nan,
            False,
            GTC,
            FOREVER,
            False,
            _market(table),
            _tape(table),
            _books(table),
            _desk(table),
        )
        if order != FULL:
            return order
        if _grow(read_int(table, places.GROW), (table,)) < 0:
            return 0


_place_as_ticket: Any = caller(i64, i64, i64, i64, i64, types.float64)


@native(i64(i64, i64, i64, i64))
def place_all_as_tickets(table: Any, bar: Any, kind: Any, amounts: Any) -> Any:
    """Place a market order with a ticket for every symbol, by the kernel at the place of `place`."""
    values = _floats(amounts, read_int(table, places.N_SYMBOLS))
    for i in range(len(values)):
        _place_as_ticket(read_int(table, places.PLACE), (table, bar, i, kind, values[i]))
    return len(values)
