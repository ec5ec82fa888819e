"""Netting: the fills of several books become those of one account.

Fills that cross cost nothing; what is left pays the price and the commission of the larger side. The rules are those
of the plain-Python oracle in ``tests/naive/netting.py``.
"""

from __future__ import annotations

from typing import Any

from quantlab.kernels._jit import lean, step
from quantlab.kernels.pricing import commission_of
from quantlab.kernels.wishes import REACHED
from quantlab.typing import BoolArray, FloatArray, IntArray, RecordArray


@step
def _hold(held: FloatArray, book: int, symbol: int, quantity: float) -> None:
    """Add a fill to a book; what rounding leaves of a closed position is nothing."""
    held[book, symbol] += quantity
    if abs(held[book, symbol]) <= REACHED * abs(quantity):
        held[book, symbol] = 0.0


@step
def _together(held: FloatArray, symbol: int) -> float:
    """Return what all books hold of a symbol; longs and shorts that differ by rounding alone are nothing."""
    total = 0.0
    gross = 0.0
    for book in range(len(held)):
        total += held[book, symbol]
        gross += abs(held[book, symbol])
    return 0.0 if abs(total) <= REACHED * gross else total


@step
def _side(
    fills: RecordArray, free: BoolArray, first: int, stop: int, sign: float, multiplier: float
) -> tuple[float, float, float, float]:
    """Return units and average price of one side of a group, and the units and the value that pay commission.

    The average is measured from the side's first price, so that one price alone stays as it is.
    """
    units = 0.0
    anchor = 0.0
    beyond = 0.0
    paying = 0.0
    value = 0.0
    for k in range(first, stop):
        quantity = sign * fills[k]["quantity"]
        if quantity > 0.0:
            price = fills[k]["price"]
            if units == 0.0:
                anchor = price
            units += quantity
            beyond += quantity * (price - anchor)
            if not free[k]:
                paying += quantity
                value += abs(quantity * (price * multiplier))
    return units, anchor + beyond / units, paying, value


@step
def _order_of(fills: RecordArray, first: int, stop: int) -> int:
    """Return the one order behind a group of fills, or −1 where there are several."""
    order = fills[first]["order"]
    for k in range(first + 1, stop):
        if fills[k]["order"] != order:
            return -1
    return int(order)


@step
def _charge(share: float, value: float, paying: float, terms: FloatArray) -> float:
    """Return the commission of a fill that is this share of a side which pays for `paying` units worth `value`."""
    return commission_of(share * value, share * paying, terms) if paying > 0.0 else 0.0


@step
def _write(
    row: Any, told: Any, order: int, quantity: float, price: float, commission: float, position: float
) -> None:
    """Write a fill of the account, all but its cash: where the fill `told` happened, at its reference price."""
    row["bar"] = told["bar"]
    row["symbol"] = told["symbol"]
    row["reference_price"] = told["reference_price"]
    row["order"] = order
    row["quantity"] = quantity
    row["price"] = price
    row["commission"] = commission
    row["position"] = position
    row["cash"] = 0.0


@lean
def net(
    fills: RecordArray,
    book: IntArray,
    free: BoolArray,
    starts: IntArray,
    multiplier: FloatArray,
    terms: FloatArray,
    held: FloatArray,
    position: FloatArray,
    netted: RecordArray,
    group: IntArray,
) -> int:
    """Write the net fill of every group of `fills` into `netted`, all but its cash; return how many there are.

    Parameters
    ----------
    fills, book, free
        ``(n_fills,)`` fills in groups that meet the market together; whose books they are of; which pay no commission.
    starts
        ``(n_groups + 1,)`` first fill of each group, and the end of the last.
    multiplier, terms
        ``(n_symbols,)`` money per unit and point of price; the numbers of costs and account.
    held, position
        Zeros: ``(n_books, n_symbols)`` and ``(n_symbols,)`` units.
    netted, group
        Room for two fills a group, and for the number of the group of each: a flip is a close and an open.
    """
    n = 0
    for g in range(len(starts) - 1):
        first, stop = starts[g], starts[g + 1]
        i = fills[first]["symbol"]
        quantity = 0.0
        gross = 0.0
        for k in range(first, stop):
            _hold(held, book[k], i, fills[k]["quantity"])
            quantity += fills[k]["quantity"]
            gross += abs(fills[k]["quantity"])
        before, after = position[i], _together(held, i)
        position[i] = after
        if abs(quantity) <= REACHED * gross:
            continue
        sign = 1.0 if quantity > 0.0 else -1.0
        units, price, paying, value = _side(fills, free, first, stop, sign, multiplier[i])
        order = _order_of(fills, first, stop)
        part = -before if before * after < 0.0 else quantity
        while part != 0.0:
            charge = _charge(abs(part) / units, value, paying, terms)
            quantity -= part
            left = after if quantity == 0.0 else 0.0
            _write(netted[n], fills[first], order, part, price, charge, left)
            group[n] = g
            n += 1
            part = quantity
    return n
