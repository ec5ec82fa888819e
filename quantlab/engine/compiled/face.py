"""The methods of `now` in compiled code: the same names, checks and meanings as in `quantlab.engine.now`.

A check that fails raises; what the exception says does not matter, because the run is then told again by the
interpreted engine, which knows the words.
"""

from __future__ import annotations

import hashlib
import operator
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, overload_attribute, overload_method, register_jitable

from quantlab.engine.compiled.types import NOW_PLACES, InputType, NowType
from quantlab.errors import StrategyError
from quantlab.kernels.places import MULTIPLIER, PERIODS
from quantlab.kernels.pointers import array_value, read_bool, read_float, read_int

ROWS = types.Array(types.float64, 2, "C", readonly=True)
ROW = types.Array(types.float64, 1, "C", readonly=True)


def name_number(name: str) -> int:
    """Return a number that stands for a symbol's name in compiled code."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little", signed=True)


# Reading memory ---------------------------------------------------------------------------------------------------


def _member(name: str) -> Any:
    """Return ``member(value)`` for compiled code: a number that `now` or a handle carries."""

    @intrinsic
    def member(typing_context: Any, value: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            proxy = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
            return getattr(proxy, name)

        return types.int64(value), emit

    return member


MEMBERS = {name: _member(name) for name in ("table", "offset", *NOW_PLACES)}
table_address: Any = MEMBERS["table"]
_names: Any = MEMBERS["names"]
_name_places: Any = MEMBERS["name_places"]


@intrinsic
def _cell(typing_context: Any, now: Any, address: Any, i: Any) -> Any:
    """Read a float64 panel at ``now``'s row, column `i` (unchecked)."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        proxy = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        pointer = builder.inttoptr(arguments[1], context.get_data_type(types.float64).as_pointer())
        return builder.load(builder.gep(pointer, [builder.add(proxy.offset, arguments[2])]))

    return types.float64(now, types.int64, types.int64), emit


@intrinsic
def _rows(typing_context: Any, now: Any, address: Any, n: Any) -> Any:
    """View the last `n` rows of a float64 panel (unchecked)."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        now, address, n = arguments
        proxy = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=now)
        first = builder.sub(builder.add(proxy.bar, context.get_constant(types.int64, 1)), n)
        cells = builder.mul(first, proxy.n_symbols)
        start = builder.add(address, builder.mul(cells, context.get_constant(types.int64, 8)))
        return array_value(context, builder, ROWS, start, [n, proxy.n_symbols])

    return ROWS(now, types.int64, types.int64), emit


@intrinsic
def _row(typing_context: Any, now: Any, address: Any) -> Any:
    """View `now`'s row of a float64 panel."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        proxy = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        start = builder.add(arguments[1], builder.mul(proxy.offset, context.get_constant(types.int64, 8)))
        return array_value(context, builder, ROW, start, [proxy.n_symbols])

    return ROW(now, types.int64), emit


@intrinsic
def _values(typing_context: Any, handle: Any) -> Any:
    """Address of the matrix behind a handle."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0]).values

    return types.int64(handle), emit


@cache
def _level(k: int) -> Any:
    @intrinsic
    def level(typing_context: Any, handle: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            proxy = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
            return getattr(proxy, f"level{k}")

        return types.int64(handle), emit

    return level


@intrinsic
def data_address(typing_context: Any, array: Any) -> Any:
    """Address of a contiguous array's first element."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(data, context.get_value_type(types.int64))

    return types.int64(array), emit


@intrinsic
def keep_until_here(typing_context: Any, array: Any) -> Any:
    """Do nothing with an array: memory behind an address must not be given back while the address is in use."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.get_dummy_value()

    return types.none(array), emit


# What is known ----------------------------------------------------------------------------------------------------


@overload(operator.getitem, strict=False)
def _getitem(now: Any, key: Any) -> Any:
    if not isinstance(now, NowType):
        return None
    if isinstance(key, InputType):
        return lambda now, key: _row(now, _values(key))
    if isinstance(key, types.BaseTuple) and len(key) == 2 and isinstance(key[0], InputType):
        if not isinstance(key[1], types.Integer):
            return None
        return lambda now, key: _cell(now, _values(key[0]), symbol_number(now, key[1]))
    return None


def symbol_number(now: Any, i: Any) -> Any:
    """Symbol number of `i`; negative ones count from the end."""
    raise NotImplementedError("compiled code only")


@overload(symbol_number, strict=False)
def _symbol_number_compiled(now: Any, i: Any) -> Any:
    if not isinstance(i, types.Integer):
        return None

    def number(now: Any, i: Any) -> Any:
        n = now.n_symbols
        if 0 <= i < n:
            return i
        if -n <= i < 0:
            return i + n
        raise IndexError("symbol")

    return number


@overload_method(NowType, "quantile", strict=False)
def _quantile(now: Any, forecast: Any, level: Any, i: Any = None) -> Any:
    if not isinstance(forecast, InputType) or not forecast.levels:
        return None
    find = _level_finder(forecast.levels)
    if i is None or isinstance(i, types.NoneType | types.Omitted):
        return lambda now, forecast, level, i=None: _row(now, find(forecast, level))
    return lambda now, forecast, level, i=None: _cell(now, find(forecast, level), symbol_number(now, i))


def _level_finder(levels: tuple[float, ...]) -> Any:
    """Return ``find(forecast, level)`` for compiled code: the address of the matrix of a level."""
    take = _level(len(levels) - 1)
    last = levels[-1]
    if len(levels) == 1:

        @register_jitable
        def find(forecast: Any, level: Any) -> Any:
            if level == last:
                return take(forecast)
            raise StrategyError("quantile level")

        return find
    before = _level_finder(levels[:-1])

    @register_jitable
    def find_more(forecast: Any, level: Any) -> Any:
        if level == last:
            return take(forecast)
        return before(forecast, level)

    return find_more


@overload_method(NowType, "past", strict=False)
def _past(now: Any, source: Any, n: Any) -> Any:
    if not isinstance(n, types.Integer):
        return None
    if isinstance(source, InputType):

        def past_input(now: Any, source: Any, n: Any) -> Any:
            if not 0 < n <= now.bar + 1:
                raise StrategyError("past")
            return _rows(now, _values(source), n)

        return past_input
    if not isinstance(source, types.StringLiteral):
        return None
    place = now.layout.field_place(source.literal_value)
    if place is None:
        return None

    def past_field(now: Any, source: Any, n: Any) -> Any:
        if not 0 < n <= now.bar + 1:
            raise StrategyError("past")
        return _rows(now, read_int(table_address(now), place), n)

    return past_field


@overload_attribute(NowType, "weight", strict=False)
def _weight(now: Any) -> Any:
    def weight(now: Any) -> Any:
        position = now.position
        mark = now.mark
        equity = now.equity
        multiplier = read_int(table_address(now), MULTIPLIER)
        weights = np.empty(now.n_symbols)
        for i in range(now.n_symbols):
            value = position[i] * mark[i] * read_float(multiplier, i) if position[i] != 0.0 else 0.0
            weights[i] = _over(value, equity)
        return weights

    return weight


@intrinsic
def _over(typing_context: Any, value: Any, by: Any) -> Any:
    """Divide as arrays do: by zero without an exception."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fdiv(*arguments)

    return types.float64(types.float64, types.float64), emit


@overload_method(NowType, "is_new", strict=False)
def _is_new(now: Any, period: Any) -> Any:
    if not isinstance(period, types.StringLiteral) or period.literal_value not in PERIODS:
        return None
    starts = MEMBERS[period.literal_value]
    return lambda now, period: read_bool(starts(now), now.bar)


@overload_method(NowType, "index", strict=False)
def _index(now: Any, symbol: Any) -> Any:
    if not isinstance(symbol, types.StringLiteral):
        return None
    wanted = name_number(symbol.literal_value)

    def index(now: Any, symbol: Any) -> Any:
        names = _names(now)
        low = 0
        high = now.n_symbols
        while low < high:
            middle = (low + high) // 2
            if read_int(names, middle) < wanted:
                low = middle + 1
            else:
                high = middle
        if low < now.n_symbols and read_int(names, low) == wanted:
            return read_int(_name_places(now), low)
        raise KeyError("symbol")

    return index
