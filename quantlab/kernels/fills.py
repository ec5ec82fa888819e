"""Orders meet a price: they are taken off the desk, refused or filled, and the books change."""

from __future__ import annotations

import math
from typing import Any

from quantlab.kernels._jit import step
from quantlab.kernels.books import Books, Desk, Market
from quantlab.kernels.pricing import commission_of, depends_on_size, fill_price
from quantlab.records import (
    DELISTED,
    FILLED,
    N_FILLS,
    N_REFUSED,
    NO_PRICE,
    NO_REASON,
    NO_VOLUME,
    PARTICIPATION,
    PARTLY_FILLED,
    REJECTED,
    RESTING,
    TARGET_VALUE,
    TARGET_WEIGHT,
    VALUE,
)
from quantlab.typing import FloatArray


@step
def fill(
    order: int,
    bar: int,
    symbol: int,
    quantity: float,
    price: float,
    reference: float,
    multiplier: float,
    commission: float,
    books: Books,
) -> None:
    """Apply one fill to the books and log it."""
    position, money, counts = books.position, books.money, books.counts
    position[symbol] += quantity
    money[0] += -quantity * (price * multiplier) - commission
    told = books.orders[order]
    told["filled_quantity"] += quantity
    told["status"] = FILLED
    row = books.fills[counts[N_FILLS]]
    row["order"] = order
    row["bar"] = bar
    row["symbol"] = symbol
    row["quantity"] = quantity
    row["price"] = price
    row["reference_price"] = reference
    row["commission"] = commission
    row["position"] = position[symbol]
    row["cash"] = money[0]
    counts[N_FILLS] += 1


@step
def fill_order(row: Any, quantity: float, bar: int, terms: FloatArray, books: Books) -> None:
    """Fill `quantity` of a met order at its price, with slippage and commission."""
    at = fill_price(row, quantity, terms)
    multiplier = row["multiplier"]
    charge = commission_of(abs(quantity * (at * multiplier)), quantity, terms)
    fill(row["order"], bar, row["symbol"], quantity, at, row["price"], multiplier, charge, books)


@step
def _refusal(kind: int, amount: float, price: float, volume: float, terms: FloatArray) -> int:
    """Return the reason why an order cannot meet this price at all, or `NO_REASON`; no price: it is delisted."""
    if math.isnan(price):
        return DELISTED
    if depends_on_size(terms) and not volume > 0.0:
        return NO_VOLUME
    if terms[PARTICIPATION] > 0.0 and math.isnan(volume):
        return NO_VOLUME
    in_money = kind == VALUE or (kind in (TARGET_VALUE, TARGET_WEIGHT) and amount != 0.0)
    return NO_PRICE if in_money and not price > 0.0 else NO_REASON


@step
def refuse(order: int, reason: int, books: Books, desk: Desk) -> None:
    """Reject an order, or say why only its reducing part was filled."""
    row = books.orders[order]
    if row["status"] == RESTING:
        row["status"] = REJECTED if row["filled_quantity"] == 0.0 else PARTLY_FILLED
        desk.refused[books.counts[N_REFUSED]] = order
        books.counts[N_REFUSED] += 1
    row["reason"] = reason


@step
def set_terms(meeting: Any, bar: int, symbol: int, market: Market) -> None:
    """Note what a symbol's prices and units mean, and how much worse than its price a fill in this bar is."""
    meeting["multiplier"] = market.multiplier[symbol]
    meeting["tick"] = market.tick[symbol]
    meeting["lot"] = market.lot[symbol]
    meeting["slippage"] = market.slippage[min(bar, len(market.slippage) - 1), symbol]
    meeting["half_spread"] = market.half_spread[min(bar, len(market.half_spread) - 1), symbol]
    meeting["impact"] = market.impact[min(bar, len(market.impact) - 1), symbol]


@step
def take(
    order: int, bar: int, price: float, volume: float, market: Market, books: Books, desk: Desk, n_met: int
) -> int:
    """Take a resting order off the desk to meet `price`; return how many have met one, without the refused.

    Its limit is not set.
    """
    row = books.orders[order]
    i = row["symbol"]
    if desk.target[i] == order:
        desk.target[i] = -1
    desk.resting[i] -= 1
    reason = _refusal(row["kind"], row["amount"], price, volume, desk.terms)
    if reason != NO_REASON:
        refuse(order, reason, books, desk)
        return n_met
    meeting = desk.met[n_met]
    meeting["order"] = order
    meeting["symbol"] = i
    meeting["price"] = price
    meeting["volume"] = volume
    set_terms(meeting, bar, i, market)
    meeting["limit"] = math.nan
    meeting["before"] = row["filled_quantity"]
    meeting["cut"] = 0
    return n_met + 1
