"""One instant: all orders that have met their prices are filled together.

A refusal is a code in the order's record, never an exception. The rules are those of the plain-Python oracle in
``tests/naive/accounting.py``.
"""

from __future__ import annotations

import math
from typing import Any

from quantlab.kernels._jit import step
from quantlab.kernels.books import Books, Desk, Market
from quantlab.kernels.fills import fill_order, refuse
from quantlab.kernels.pricing import commission_of, cut, depends_on_size, fill_price
from quantlab.kernels.wishes import REACHED, reducing_part, set_wishes
from quantlab.records import (
    BELOW_ONE_UNIT,
    CANCELLED,
    FIXED,
    LEVERAGE,
    MINIMUM,
    N_FILLS,
    NO_CASH,
    NOT_SHORTABLE,
    NOTHING_TO_REDUCE,
    PARTLY_FILLED,
    PER_UNIT,
    RATE,
    SCALED,
)
from quantlab.typing import FloatArray, RecordArray

# A scaled order smaller than this fraction of equity is refused rather than filled as dust.
DUST = 1e-9
# Halvings of [0, 1] after which the common factor is exact to the last bit or two.
HALVINGS = 60


@step
def values_of(
    row: int, mark_bar: int, price: FloatArray, market: Market, position: FloatArray
) -> tuple[float, float, float]:
    """Return the value of all positions, of the longs and of the shorts (positive) at the prices of `row`.

    A symbol without a price counts at its last close.
    """
    total = 0.0
    longs = 0.0
    shorts = 0.0
    for i in range(len(position)):
        if position[i] != 0.0:
            at = price[row, i]
            unit_value = market.unit_value[mark_bar, i] if math.isnan(at) else at * market.multiplier[i]
            value = position[i] * unit_value
            total += value
            if value > 0.0:
                longs += value
            else:
                shorts -= value
    return total, longs, shorts


@step
def _needed(factor: float, terms: FloatArray, met: RecordArray, n_met: int) -> tuple[float, float]:
    """Return what it takes to fill every opening order by `factor`, and what the purchases cost.

    The first is the headroom used, Σ value + L·(slippage + commission); the second is the value at fill prices, −1
    where some opening order is no purchase at a positive price.
    """
    total = 0.0
    buys = 0.0
    only_buys = True
    for k in range(n_met):
        row = met[k]
        quantity = factor * row["opening"]
        if quantity != 0.0:
            price = row["price"]
            at = fill_price(row, quantity, terms)
            row["fill_price"] = at
            # What a unit costs: the multiplier comes to the price, so that one of 1 changes no bit.
            paid, asked = at * row["multiplier"], price * row["multiplier"]
            cost = abs(quantity * (paid - asked)) + commission_of(abs(quantity * paid), quantity, terms)
            total += abs(quantity * asked) + terms[LEVERAGE] * cost
            buys += quantity * paid
            only_buys = only_buys and quantity > 0.0 and price > 0.0
    return total, buys if only_buys else -1.0


@step
def _common_factor(headroom: float, terms: FloatArray, met: RecordArray, n_met: int) -> tuple[float, float]:
    """Return the largest factor in [0, 1] at which the opening orders keep the limit, and the cost of purchases at 1.

    K + f·G ≤ L·(E − costs(f)). What is needed grows with f: in proportion where costs are rates, so that one division
    finds it; otherwise (fixed, per-fill minimum, slippage by volume) halving does.
    """
    low = 0.0
    high = 1.0
    middle = 1.0
    buys = 0.0
    for k in range(HALVINGS + 1):
        needed, cost = _needed(middle, terms, met, n_met)
        if k == 0:
            buys = cost
            if needed <= headroom:
                return 1.0, buys
            if headroom <= 0.0:
                return 0.0, buys
            if terms[FIXED] == 0.0 and terms[MINIMUM] == 0.0 and not depends_on_size(terms):
                return headroom / needed, buys
        elif needed <= headroom:
            low = middle
        else:
            high = middle
        middle = 0.5 * (low + high)
    return low, buys


@step
def _within_room(row: Any, quantity: float, desk: Desk) -> float:
    """Return what of `quantity` this bar's volume still allows, and take it from the room."""
    i = row["symbol"]
    room = desk.room[i]
    if abs(quantity) <= room:
        desk.room[i] = room - abs(quantity)
        return quantity
    desk.room[i] = 0.0
    row["cut"] = int(abs(quantity) - room > REACHED * abs(quantity))
    return math.copysign(cut(room, row["lot"]), quantity)


@step
def _only_reduces(order: int, books: Books, tickets: RecordArray) -> bool:
    ticket = books.orders[order]["ticket"]
    return bool(ticket >= 0 and tickets[ticket]["reduce_only"])


@step
def _reduce(bar: int, books: Books, desk: Desk, n_met: int, tickets: RecordArray | None) -> bool:
    """Fill what reduces a position; tell whether some order still opens one."""
    any_open = False
    for k in range(n_met):
        row = desk.met[k]
        part = reducing_part(row["opening"], books.position[row["symbol"]])
        if tickets is not None and row["opening"] != 0.0 and _only_reduces(row["order"], books, tickets):
            row["opening"] = part
            if part == 0.0:
                order = books.orders[row["order"]]
                order["status"] = CANCELLED if order["filled_quantity"] == 0.0 else PARTLY_FILLED
                order["reason"] = NOTHING_TO_REDUCE
        if part != 0.0:
            left = row["opening"] - part
            row["opening"] = 0.0 if abs(left) <= REACHED * abs(part) else left
            if tickets is not None:
                part = _within_room(row, part, desk)
            if part != 0.0:
                fill_order(row, part, bar, desk.terms, books)
        any_open = any_open or row["opening"] != 0.0
    if tickets is not None and any_open:
        _cut_openings(books, desk, n_met)
    return any_open


@step
def _cut_openings(books: Books, desk: Desk, n_met: int) -> None:
    """Cut opening orders, in the sequence of placing, to what volume allows and to what can be borrowed for a short."""
    for k in range(n_met):
        row = desk.met[k]
        i = row["symbol"]
        if row["opening"] < 0.0 and desk.short_room[i] < math.inf:
            free = cut(max(desk.short_room[i] + min(books.position[i], 0.0), 0.0), row["lot"])
            if -row["opening"] > free:
                row["opening"] = -free
                refuse(row["order"], NOT_SHORTABLE, books, desk)
            desk.short_room[i] += row["opening"]
        if row["opening"] != 0.0:
            row["opening"] = _within_room(row, row["opening"], desk)


@step
def _open(
    equity: float,
    headroom: float,
    bar: int,
    books: Books,
    desk: Desk,
    n_met: int,
    tickets: RecordArray | None,
) -> None:
    """Fill what opens a position, all of it by one common factor.

    Where an unlevered account without shorts only buys and is short of cash, an order of value v at its fill price
    receives (cash/(1 + c))·v/Σv, and cash is then exactly zero.
    """
    terms, money, counts = desk.terms, books.money, books.counts
    factor, buys = _common_factor(headroom, terms, desk.met, n_met)
    budget = money[0] / (1.0 + terms[RATE])
    rates_only = (
        terms[PER_UNIT] == 0.0
        and terms[FIXED] == 0.0
        and terms[MINIMUM] == 0.0
        and not depends_on_size(terms)
    )
    # All of it but rounding is all of it.
    enough = buys >= budget * (1.0 - REACHED) and budget > 0.0
    all_in = enough and rates_only and terms[LEVERAGE] == 1.0 and headroom == money[0]
    scaled = all_in or factor < 1.0
    before = counts[N_FILLS]
    any_refused = False
    any_cut = False
    for k in range(n_met):
        row = desk.met[k]
        wanted = row["opening"]
        if wanted == 0.0:
            continue
        if tickets is not None:
            desk.room[row["symbol"]] += abs(wanted)  # what was set aside; only what is filled is used
        quantity = factor * wanted
        if all_in:
            at = row["fill_price"] * row["multiplier"]
            quantity = budget * (wanted * at / buys) / at
        value = abs(quantity * (row["price"] * row["multiplier"]))
        dust = scaled and not (value > 0.0 and value >= DUST * equity)
        quantity = cut(quantity, row["lot"])
        any_cut = any_cut or row["lot"] > 0.0
        if dust or quantity == 0.0:
            refuse(row["order"], NO_CASH if dust else BELOW_ONE_UNIT, books, desk)
            any_refused = True
            continue
        if factor < 1.0:
            books.orders[row["order"]]["reason"] = SCALED
        # Opposite orders of one symbol may meet in one instant: a fill that crosses zero is a close and an open.
        if tickets is not None:
            desk.room[row["symbol"]] -= abs(quantity)
        part = reducing_part(quantity, books.position[row["symbol"]])
        if part == 0.0:
            part = quantity
        elif abs(quantity - part) <= REACHED * abs(part):
            quantity = part  # a close but for rounding
        while part != 0.0:
            fill_order(row, part, bar, terms, books)
            quantity -= part
            part = quantity
    if all_in and not any_cut and not any_refused and counts[N_FILLS] > before:
        money[0] = 0.0
        books.fills[counts[N_FILLS] - 1]["cash"] = 0.0


@step
def settle(
    bar: int,
    row: int,
    mark_bar: int,
    price: FloatArray,
    market: Market,
    books: Books,
    desk: Desk,
    n_met: int,
    tickets: RecordArray | None,
) -> None:
    """Fill the orders that have met their prices; positions are valued at ``price[row]``, or at ``mark[mark_bar]``.

    A flip is a close and an open. What reduces a position goes first and is never scaled; what opens one,
    of both signs, shares one factor, so the sequence of symbols does not matter. `tickets` is None where no order can
    have one: what serves them is not compiled then.
    """
    total, _, _ = values_of(row, mark_bar, price, market, books.position)
    set_wishes(books.money[0] + total, books, desk, n_met, tickets)
    if _reduce(bar, books, desk, n_met, tickets):
        total, longs, shorts = values_of(row, mark_bar, price, market, books.position)
        cash, leverage = books.money[0], desk.terms[LEVERAGE]
        # L·E − K with E = cash + longs − shorts and K = longs + shorts, so that an unlevered account without shorts
        # has exactly its cash.
        headroom = leverage * cash + (leverage - 1.0) * longs - (leverage + 1.0) * shorts
        _open(cash + total, headroom, bar, books, desk, n_met, tickets)
