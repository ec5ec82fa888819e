"""The compiled event loop: the clock of `quantlab.engine.loop`, with the strategy's hooks compiled into it.

Python sees it as one call with the address of a table (``quantlab.kernels.places``). Everything an event needs is
reached through that table; what no bar of a run uses costs one comparison a bar.
"""

from __future__ import annotations

import math
from typing import Any

import numba
from numba import from_dtype, types
from numba.core import cgutils
from numba.extending import intrinsic

from quantlab.engine.compiled.clone import signed
from quantlab.engine.compiled.types import KINDS, NOW_PLACES, InputType, NowType, SelfType
from quantlab.engine.now import Fill, Reject
from quantlab.kernels._cache import ContentCache
from quantlab.kernels.marking import worth
from quantlab.kernels.places import (
    ACCRUE,
    AT,
    BAR,
    CALL_MARGIN,
    COUNTS,
    DELIST,
    DELISTINGS,
    EQUITY,
    FILL_ROOM,
    FILLS,
    FIRST,
    MEET,
    MONEY,
    N_SYMBOLS,
    ORDER_ROOM,
    ORDERS,
    POSITION,
    REFUSED,
    RUINED,
    SAME_CLOSE,
    STOP,
    TRADE,
    UNIT_VALUE,
    VALUE,
)
from quantlab.kernels.pointers import caller, read_float, read_int, viewer, write_float, write_int
from quantlab.records import FILL, N_FILLS, N_QUEUED, N_REFUSED, N_TICKETS, ORDER

_floats: Any = viewer(types.float64)
_values: Any = viewer(types.float64, readonly=True)
_fills: Any = viewer(from_dtype(FILL))
_orders: Any = viewer(from_dtype(ORDER))
_trade: Any = caller(types.int64, types.int64, types.int64, types.int64)
_meet: Any = caller(types.int64, types.int64, types.int64, types.int64)
_accrue: Any = caller(types.int64, types.int64, types.int64)
_delist: Any = caller(types.int64, types.int64, types.int64)
_valued: Any = caller(types.float64, types.int64, types.int64)


def compiled_loop(
    name: str,
    key: str,
    now_type: NowType,
    self_type: SelfType,
    on_bar: Any,
    on_fill: Any,
    on_reject: Any,
) -> Any:
    """Return ``run(table) -> stop`` for one strategy: its hooks inlined into the loop, kept on disk under `key`.

    `on_fill` and `on_reject` are None for a strategy that does not listen. `stop` is the row after the last one lived
    through.
    """
    begin_now, moved, begin_self = _opener(now_type), _mover(now_type), _self_opener(self_type)
    hears = on_fill is not None
    tell: Any = _teller(on_fill, key) if hears else _silent
    hears_rejects = on_reject is not None
    tell_rejects: Any = _reject_teller(on_reject, key) if hears_rejects else _silent

    def run(table: Any) -> Any:
        now = begin_now(table)
        me = begin_self(table)
        stop = read_int(table, STOP)
        n = read_int(table, N_SYMBOLS)
        next_open = read_int(table, SAME_CLOSE) == 0
        position = _floats(read_int(table, POSITION), n)
        unit_value = read_int(table, UNIT_VALUE)
        money = read_int(table, MONEY)
        equity = read_int(table, EQUITY)
        counts = read_int(table, COUNTS)
        delistings = read_int(table, DELISTINGS)
        n_ended = 0
        next_end = read_int(delistings, 0)
        first = read_int(table, FIRST)
        accrues = read_int(table, ACCRUE)
        calls_margin = read_int(table, CALL_MARGIN)
        # One comparison a bar serves what most runs do not have: delistings and accruals, margin calls and ruin.
        next_event = min(first + 1, next_end) if accrues != 0 else next_end
        alarm = math.inf if calls_margin != 0 else 0.0
        for bar in range(first, stop):
            write_int(table, BAR, bar)
            now = moved(now, bar)
            fresh = 0
            if bar >= next_event:
                if accrues != 0 and bar > first:
                    _accrue(accrues, (table, bar))
                while bar >= next_end:
                    fresh += _delist(read_int(table, DELIST), (table, next_end))
                    n_ended += 1
                    next_end = read_int(delistings, n_ended)
                next_event = bar + 1 if accrues != 0 else next_end
            if read_int(counts, N_QUEUED) > 0:
                if read_int(counts, N_TICKETS) > 0:
                    fresh += _trade(read_int(table, TRADE), (table, bar, int(next_open)))
                elif next_open:
                    fresh += _meet(read_int(table, MEET), (table, bar, bar - 1))
            value = worth(_values(unit_value + 8 * n * bar, n), position, read_float(money, 0))
            if value <= alarm:
                if calls_margin != 0 and value > 0.0:
                    fresh += _accrue(calls_margin, (table, bar))
                    value = _valued(read_int(table, VALUE), (table, bar))
                if value <= 0.0:
                    write_float(equity, bar, value)
                    write_int(table, RUINED, 1)
                    return bar + 1
            write_float(equity, bar, value)
            if hears and fresh > 0:
                tell(me, now, table, fresh)
            if hears_rejects:
                tell_rejects(me, now, table, 0)
            on_bar(me, now)
            if not next_open and read_int(counts, N_QUEUED) > 0:
                fresh = _meet(read_int(table, MEET), (table, bar, bar))
                if fresh > 0:
                    value = _valued(read_int(table, VALUE), (table, bar))
                    if calls_margin != 0 and value > 0.0:
                        fresh += _accrue(calls_margin, (table, bar))
                        value = _valued(read_int(table, VALUE), (table, bar))
                    write_float(equity, bar, value)
                    if value <= 0.0:
                        write_int(table, RUINED, 1)
                        return bar + 1
                    if hears:
                        tell(me, now, table, fresh)
                if hears_rejects:
                    tell_rejects(me, now, table, 0)
        return stop

    run.__qualname__ = signed("run", key)
    compiled = numba.njit(nogil=True, error_model="python")(run)
    compiled._cache = ContentCache(f"strategy.{name}", key)
    return compiled


@numba.njit
def _silent(me: Any, now: Any, table: Any, fresh: Any) -> None:
    """Stand in for `on_fill` where a strategy has none."""


def _teller(on_fill: Any, key: str) -> Any:
    """Return ``tell``: the last `fresh` fills told in their sequence."""

    def tell(me: Any, now: Any, table: Any, fresh: Any) -> None:
        last = read_int(read_int(table, COUNTS), N_FILLS)
        for k in range(last - fresh, last):
            # Orders given in the hook may move the log.
            row = _fills(read_int(table, FILLS), read_int(table, FILL_ROOM))[k]
            symbol = types.int64(row["symbol"])
            on_fill(me, now, Fill(symbol, row["quantity"], row["price"], row["commission"], row["order"]))

    tell.__qualname__ = signed("tell", key)
    return numba.njit(error_model="python")(tell)


def _reject_teller(on_reject: Any, key: str) -> Any:
    """Return ``tell``: the orders rejected in the last instant told in their sequence, and forgotten."""

    def tell_rejects(me: Any, now: Any, table: Any, _: Any) -> None:
        counts = read_int(table, COUNTS)
        for k in range(read_int(counts, N_REFUSED)):
            order = read_int(read_int(table, REFUSED), k)
            row = _orders(read_int(table, ORDERS), read_int(table, ORDER_ROOM))[order]
            on_reject(me, now, Reject(order, types.int64(row["symbol"]), types.int64(row["reason"])))
        write_int(counts, N_REFUSED, 0)

    tell_rejects.__qualname__ = signed("tell_rejects", key)
    return numba.njit(error_model="python")(tell_rejects)


def _opener(now_type: NowType) -> Any:
    """Return ``begin_now(table)`` for compiled code: `now` with its addresses, before the first bar."""

    @intrinsic
    def begin_now(typing_context: Any, table: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            now = cgutils.create_struct_proxy(now_type)(context, builder)
            now.table = arguments[0]
            now.bar = now.offset = context.get_constant(types.int64, 0)
            now.n_symbols = _read(context, builder, arguments[0], N_SYMBOLS)
            for name in NOW_PLACES:
                setattr(now, name, _read(context, builder, arguments[0], AT[name]))
            return now._getvalue()

        return now_type(types.int64), emit

    return begin_now


def _mover(now_type: NowType) -> Any:
    """Return ``moved(now, bar)`` for compiled code: `now` at another bar."""

    @intrinsic
    def moved(typing_context: Any, now: Any, bar: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            now = cgutils.create_struct_proxy(now_type)(context, builder, value=arguments[0])
            now.bar = arguments[1]
            now.offset = builder.mul(arguments[1], now.n_symbols)
            return now._getvalue()

        return now_type(now_type, types.int64), emit

    return moved


def _self_opener(self_type: SelfType) -> Any:
    """Return ``begin_self(table)`` for compiled code: parameters, handles and where the states lie."""
    layout = self_type.layout
    places = layout.places

    @intrinsic
    def begin_self(typing_context: Any, table: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            table = arguments[0]
            me = cgutils.create_struct_proxy(self_type)(context, builder)
            me.table = table
            me.n_symbols = _read(context, builder, table, N_SYMBOLS)
            for name, kind in layout.params:
                if kind != "str":
                    setattr(
                        me,
                        f"param_{name}",
                        _read(context, builder, table, places["param", name], KINDS[kind]),
                    )
            for name, levels in layout.inputs:
                handle = cgutils.create_struct_proxy(InputType(levels))(context, builder)
                handle.values = _read(context, builder, table, places["input", name])
                for k, level in enumerate(levels):
                    place = places["level", f"{name}@{level!r}"]
                    setattr(handle, f"level{k}", _read(context, builder, table, place))
                setattr(me, f"input_{name}", handle._getvalue())
            for name in layout.arrays:
                setattr(me, f"array_{name}", _read(context, builder, table, places["array", name]))
            return me._getvalue()

        return self_type(types.int64), emit

    return begin_self


def _read(context: Any, builder: Any, table: Any, place: int, kind: Any = types.int64) -> Any:
    """Emit the reading of a place of the table."""
    address = builder.add(table, context.get_constant(types.int64, 8 * place))
    return context.unpack_value(
        builder, kind, builder.inttoptr(address, context.get_data_type(kind).as_pointer())
    )
