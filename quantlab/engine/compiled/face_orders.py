"""The order methods of `now` in compiled code: the names, checks and meanings of `quantlab.engine.now_orders`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, overload_method

from quantlab.engine.compiled.face import (
    MEMBERS,
    data_address,
    keep_until_here,
    symbol_number,
    table_address,
)
from quantlab.engine.compiled.types import NowType
from quantlab.errors import OrderError
from quantlab.kernels import places
from quantlab.kernels.natives import TERMS
from quantlab.kernels.pointers import caller, read_int
from quantlab.records import (
    GTC,
    N_ORDERS,
    TARGET_QUANTITY,
    TARGET_VALUE,
    TARGET_WEIGHT,
    TIF_NAMES,
    UNITS,
    VALUE,
)
from quantlab.trading.orders import FOREVER

i64 = types.int64
_place: Any = caller(i64, i64, i64, i64, i64, types.float64)
_place_all: Any = caller(i64, i64, i64, i64, i64)
_place_ticket: Any = caller(i64, i64, i64, i64, i64, types.float64, *TERMS)
_with_order: Any = caller(i64, i64, i64)
_with_pair: Any = caller(i64, i64, i64, i64)
_bind: Any = caller(i64, i64, i64, i64, i64)
_prepare: Any = caller(i64, i64)
_place_address: Any = MEMBERS["place"]
_place_all_address: Any = MEMBERS["place_all"]


def _is_absent(value: Any) -> bool:
    """Whether an argument was left out, or is None."""
    return value is None or isinstance(value, types.NoneType) or getattr(value, "value", 0) is None


def _is_number(value: Any) -> bool:
    return isinstance(value, types.Integer | types.Float | types.Boolean)


def _literal(value: Any) -> Any:
    """Return a value known before the run: a literal's, or a default's."""
    if isinstance(value, types.Omitted):
        return value.value
    return getattr(value, "literal_value", value)


# Plain orders -----------------------------------------------------------------------------------------------------


def _ordered(now: Any, i: Any, kind: Any, amount: Any) -> Any:
    """Place an order after the checks of the interpreted engine; return its id, or −1."""
    raise NotImplementedError("compiled code only")


@overload(_ordered, strict=False)
def _ordered_compiled(now: Any, i: Any, kind: Any, amount: Any) -> Any:
    def ordered(now: Any, i: Any, kind: Any, amount: Any) -> Any:
        number = float(amount)
        if not math.isfinite(number):
            raise OrderError("amount")
        placed = _place(
            _place_address(now), (table_address(now), now.bar, symbol_number(now, i), kind, number)
        )
        return max(placed, -1)

    return ordered


@overload_method(NowType, "close_position", strict=False)
def _close_position(now: Any, i: Any) -> Any:
    return (lambda now, i: _ordered(now, i, TARGET_QUANTITY, 0.0)) if isinstance(i, types.Integer) else None


@overload_method(NowType, "target_weights", strict=False)
def _target_weights(now: Any, weights: Any) -> Any:
    if not isinstance(weights, types.List | types.UniTuple) and getattr(weights, "ndim", 0) != 1:
        return None

    def target_weights(now: Any, weights: Any) -> Any:
        if len(weights) != now.n_symbols:
            raise OrderError("weights")
        aims = np.empty(len(weights))
        for i in range(len(weights)):
            aims[i] = weights[i]
            if not math.isfinite(aims[i]):
                raise OrderError("amount")
        _place_all(_place_all_address(now), (table_address(now), now.bar, TARGET_WEIGHT, data_address(aims)))
        keep_until_here(aims)

    return target_weights


# Terms ------------------------------------------------------------------------------------------------------------


def _price(value: Any) -> Any:
    """Return a price, NaN for none."""
    raise NotImplementedError("compiled code only")


@overload(_price, strict=False)
def _price_compiled(value: Any) -> Any:
    if _is_absent(value):
        return lambda value: math.nan

    def price(value: Any) -> Any:
        number = float(value)
        if not math.isfinite(number):
            raise OrderError("price")
        return number

    return price


def _distance(trail: Any, trail_fraction: Any) -> Any:
    """Return the distance of a trailing stop, NaN without one."""
    raise NotImplementedError("compiled code only")


@overload(_distance, strict=False)
def _distance_compiled(trail: Any, trail_fraction: Any) -> Any:
    most = math.inf if _is_absent(trail_fraction) else 1.0
    if _is_absent(trail) and _is_absent(trail_fraction):
        return lambda trail, trail_fraction: math.nan
    if _is_absent(trail):
        return lambda trail, trail_fraction: _positive(trail_fraction, most)
    return lambda trail, trail_fraction: _positive(trail, most)


def _positive(value: Any, most: Any) -> Any:
    raise NotImplementedError("compiled code only")


@overload(_positive, strict=False)
def _positive_compiled(value: Any, most: Any) -> Any:
    def positive(value: Any, most: Any) -> Any:
        number = float(value)
        if not 0.0 < number < most:
            raise OrderError("distance")
        return number

    return positive


def _instant(until: Any) -> Any:
    """Return the last nanosecond of an order."""
    raise NotImplementedError("compiled code only")


@overload(_instant, strict=False)
def _instant_compiled(until: Any) -> Any:
    if _is_absent(until):
        return lambda until: FOREVER
    return (lambda until: until) if isinstance(until, types.Integer) else None


class _Terms:
    """The terms of an order as far as their types tell them; `code` is None where they are not served."""

    def __init__(
        self, limit: Any, stop: Any, trail: Any, trail_fraction: Any, tif: Any, until: Any, reduce_only: Any
    ) -> None:
        stops = [not _is_absent(each) for each in (stop, trail, trail_fraction)]
        name = _literal(tif)
        self.code = TIF_NAMES.index(name) if name in TIF_NAMES else None
        self.by_fraction = stops[2]
        self.conflict = (
            sum(stops) > 1
            or (not _is_absent(limit) and (stops[1] or stops[2]))
            or (not _is_absent(until) and self.code != GTC)
        )
        given = [limit, stop, trail, trail_fraction]
        self.served = self.code is not None and all(_is_absent(each) or _is_number(each) for each in given)
        absent = all(_is_absent(each) for each in (*given, until))
        unless_reducing = absent and self.code == GTC
        self.plain = unless_reducing and _literal(reduce_only) is False
        self.plain_at_times = unless_reducing and not isinstance(_literal(reduce_only), bool)


def _native(now: Any, place: Any) -> Any:
    """Return the address of a kernel that only some runs need; it is compiled when first asked for."""
    raise NotImplementedError("compiled code only")


@overload(_native, strict=False)
def _native_compiled(now: Any, place: Any) -> Any:
    def native(now: Any, place: Any) -> Any:
        table = table_address(now)
        if read_int(table, place) == 0:
            _prepare(read_int(table, places.PREPARE), (table,))
        if read_int(table, place) == 0:
            raise OrderError("kernel")
        return read_int(table, place)

    return native


def _ticketed(
    now: Any,
    i: Any,
    kind: Any,
    amount: Any,
    limit: Any,
    stop: Any,
    distance: Any,
    by_fraction: Any,
    tif: Any,
    until: Any,
    reduce_only: Any,
) -> Any:
    """Place an order with a ticket after the checks of the interpreted engine; return its id, or −1."""
    raise NotImplementedError("compiled code only")


@overload(_ticketed, strict=False)
def _ticketed_compiled(
    now: Any,
    i: Any,
    kind: Any,
    amount: Any,
    limit: Any,
    stop: Any,
    distance: Any,
    by_fraction: Any,
    tif: Any,
    until: Any,
    reduce_only: Any,
) -> Any:
    def ticketed(
        now: Any,
        i: Any,
        kind: Any,
        amount: Any,
        limit: Any,
        stop: Any,
        distance: Any,
        by_fraction: Any,
        tif: Any,
        until: Any,
        reduce_only: Any,
    ) -> Any:
        number = float(amount)
        if not math.isfinite(number):
            raise OrderError("amount")
        asked = (table_address(now), now.bar, symbol_number(now, i), kind, number)
        terms = (limit, stop, distance, by_fraction, tif, until, reduce_only)
        return max(_place_ticket(_native(now, places.PLACE_TICKET), asked + terms), -1)

    return ticketed


def _renamed(function: Any, amount: str) -> Any:
    """Return a function whose parameter `amount` has the name it has in the interpreted engine."""
    names = tuple(amount if name == "amount" else name for name in function.__code__.co_varnames)
    function.__code__ = function.__code__.replace(co_varnames=names)
    return function


def _serve_priced(name: str, kind: int, called: str) -> None:
    """Serve an order method that takes prices; its amount is `called` so."""

    def method(
        now: Any,
        i: Any,
        amount: Any,
        limit: Any = None,
        stop: Any = None,
        trail: Any = None,
        trail_fraction: Any = None,
        tif: Any = "gtc",
        until: Any = None,
        reduce_only: Any = False,
    ) -> Any:
        terms = _Terms(limit, stop, trail, trail_fraction, tif, until, reduce_only)
        if not (isinstance(i, types.Integer) and _is_number(amount) and terms.served):
            return None
        code, by_fraction, conflict = terms.code, terms.by_fraction, terms.conflict
        plain_at_times = terms.plain_at_times

        def plain(
            now: Any,
            i: Any,
            amount: Any,
            limit: Any = None,
            stop: Any = None,
            trail: Any = None,
            trail_fraction: Any = None,
            tif: Any = "gtc",
            until: Any = None,
            reduce_only: Any = False,
        ) -> Any:
            return _ordered(now, i, kind, amount)

        def priced(
            now: Any,
            i: Any,
            amount: Any,
            limit: Any = None,
            stop: Any = None,
            trail: Any = None,
            trail_fraction: Any = None,
            tif: Any = "gtc",
            until: Any = None,
            reduce_only: Any = False,
        ) -> Any:
            if conflict:
                raise OrderError("terms")
            if plain_at_times and not reduce_only:
                return _ordered(now, i, kind, amount)
            distance = _distance(trail, trail_fraction)
            last = _instant(until)
            return _ticketed(
                now,
                i,
                kind,
                amount,
                _price(limit),
                _price(stop),
                distance,
                by_fraction,
                code,
                last,
                bool(reduce_only),
            )

        return _renamed(plain if terms.plain else priced, called)

    overload_method(NowType, name, strict=False)(_renamed(method, called))


def _serve_target(name: str, kind: int, called: str) -> None:
    """Serve a target method, which takes a time in force but no prices; its amount is `called` so."""

    def method(now: Any, i: Any, amount: Any, tif: Any = "gtc", until: Any = None) -> Any:
        terms = _Terms(None, None, None, None, tif, until, False)
        if not (isinstance(i, types.Integer) and _is_number(amount) and terms.served):
            return None
        code, conflict = terms.code, terms.conflict

        def plain(now: Any, i: Any, amount: Any, tif: Any = "gtc", until: Any = None) -> Any:
            return _ordered(now, i, kind, amount)

        def lasting(now: Any, i: Any, amount: Any, tif: Any = "gtc", until: Any = None) -> Any:
            if conflict:
                raise OrderError("terms")
            nan = math.nan
            return _ticketed(now, i, kind, amount, nan, nan, nan, False, code, _instant(until), False)

        return _renamed(plain if terms.plain else lasting, called)

    overload_method(NowType, name, strict=False)(_renamed(method, called))


_serve_priced("order", UNITS, "quantity")
_serve_priced("order_value", VALUE, "value")
_serve_target("target_quantity", TARGET_QUANTITY, "quantity")
_serve_target("target_value", TARGET_VALUE, "value")
_serve_target("target_weight", TARGET_WEIGHT, "weight")


# Orders that know of each other -----------------------------------------------------------------------------------


def _known(now: Any, order: Any) -> Any:
    """Return the id of an order that exists."""
    raise NotImplementedError("compiled code only")


@overload(_known, strict=False)
def _known_compiled(now: Any, order: Any) -> Any:
    if not isinstance(order, types.Integer):
        return None

    def known(now: Any, order: Any) -> Any:
        if not 0 <= order < read_int(read_int(table_address(now), places.COUNTS), N_ORDERS):
            raise OrderError("order")
        return order

    return known


@overload_method(NowType, "cancel", strict=False)
def _cancel(now: Any, order: Any) -> Any:
    if not isinstance(order, types.Integer):
        return None

    def cancel(now: Any, order: Any) -> Any:
        number = _known(now, order)
        return _with_order(_native(now, places.CANCEL), (table_address(now), number)) != 0

    return cancel


@overload_method(NowType, "one_cancels_other", strict=False)
def _one_cancels_other(now: Any, order: Any, other: Any) -> Any:
    if not (isinstance(order, types.Integer) and isinstance(other, types.Integer)):
        return None

    def one_cancels_other(now: Any, order: Any, other: Any) -> Any:
        pair = (table_address(now), _known(now, order), _known(now, other))
        if _with_pair(_native(now, places.TIE), pair) == 0:
            raise OrderError("tie")

    return one_cancels_other


@overload_method(NowType, "replace", strict=False)
def _replace(
    now: Any,
    order: Any,
    quantity: Any,
    limit: Any = None,
    stop: Any = None,
    trail: Any = None,
    trail_fraction: Any = None,
    tif: Any = "gtc",
    until: Any = None,
) -> Any:
    terms = _Terms(limit, stop, trail, trail_fraction, tif, until, False)
    if not (isinstance(order, types.Integer) and _is_number(quantity) and terms.served):
        return None
    code, by_fraction, conflict = terms.code, terms.by_fraction, terms.conflict

    def replace(
        now: Any,
        order: Any,
        quantity: Any,
        limit: Any = None,
        stop: Any = None,
        trail: Any = None,
        trail_fraction: Any = None,
        tif: Any = "gtc",
        until: Any = None,
    ) -> Any:
        if conflict:
            raise OrderError("terms")
        distance = _distance(trail, trail_fraction)
        table = table_address(now)
        at, wakes = _price(limit), _price(stop)
        number = _known(now, order)
        kept = _with_order(_native(now, places.DESCRIBE), (table, number))
        if kept < 0:
            return -1
        side, kind = kept % 4 - 1, kept // 4 % 16
        if float(quantity) == 0.0 or float(quantity) * side < 0.0:
            raise OrderError("amount")
        if kind >= TARGET_QUANTITY and not (math.isnan(at) and math.isnan(wakes) and math.isnan(distance)):
            raise OrderError("terms")
        successor = _ticketed(
            now,
            kept // 64,
            kind,
            quantity,
            at,
            wakes,
            distance,
            by_fraction,
            code,
            _instant(until),
            False,
        )
        return _with_pair(_native(now, places.SUCCEED), (table, number, successor))

    return replace


@overload_method(NowType, "bracket", strict=False)
def _bracket(
    now: Any,
    i: Any,
    quantity: Any,
    take_profit: Any,
    stop_loss: Any,
    limit: Any = None,
    stop: Any = None,
    tif: Any = "gtc",
    until: Any = None,
) -> Any:
    terms = _Terms(limit, stop, None, None, tif, until, False)
    numbers = _is_number(quantity) and _is_number(take_profit) and _is_number(stop_loss)
    if not (isinstance(i, types.Integer) and numbers and terms.served):
        return None
    code, conflict = terms.code, terms.conflict

    def bracket(
        now: Any,
        i: Any,
        quantity: Any,
        take_profit: Any,
        stop_loss: Any,
        limit: Any = None,
        stop: Any = None,
        tif: Any = "gtc",
        until: Any = None,
    ) -> Any:
        if conflict or quantity * (_price(take_profit) - _price(stop_loss)) < 0.0:
            raise OrderError("terms")
        nan = math.nan
        last = _instant(until)
        entry = _ticketed(now, i, UNITS, quantity, _price(limit), _price(stop), nan, False, code, last, False)
        if entry < 0:
            return entry
        profit = _ticketed(now, i, UNITS, -quantity, _price(take_profit), nan, nan, False, GTC, FOREVER, True)
        loss = _ticketed(now, i, UNITS, -quantity, nan, _price(stop_loss), nan, False, GTC, FOREVER, True)
        return _bind(_native(now, places.BIND), (table_address(now), entry, profit, loss))

    return bracket
