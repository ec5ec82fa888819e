"""What orders ask for, in units, at the price they have met."""

from __future__ import annotations

import math
from typing import Any

from quantlab.kernels._jit import step
from quantlab.kernels.books import Books, Desk
from quantlab.kernels.fills import refuse
from quantlab.kernels.pricing import cut
from quantlab.records import (
    AT_TARGET,
    BELOW_ONE_UNIT,
    FILLED,
    TARGET_QUANTITY,
    TARGET_VALUE,
    TARGET_WEIGHT,
    UNITS,
    VALUE,
)
from quantlab.typing import RecordArray

# A target this near to the position, relative to it, is reached: the rest is rounding, and no order is worth it.
REACHED = 1e-12


@step
def _wish(kind: int, amount: float, position: float, price: float, equity: float, lot: float) -> float:
    """Return the signed units an order asks for at a `price` a unit, with `equity` before the instant's trades."""
    if kind == UNITS:
        return cut(amount, lot)
    if kind == VALUE:
        return cut(amount / price, lot)
    if amount == 0.0:
        return -position
    aim = amount
    if kind == TARGET_VALUE:
        aim = amount / price
    elif kind == TARGET_WEIGHT:
        aim = amount * equity / price if equity > 0.0 else 0.0
    difference = cut(aim, lot) - position
    return 0.0 if abs(difference) <= REACHED * abs(position) else difference


@step
def reducing_part(quantity: float, held: float) -> float:
    """Return the part of `quantity` that reduces a position of `held` units."""
    if quantity * held >= 0.0:
        return 0.0
    # What differs by rounding alone is a full close, not a close and a flip.
    if abs(quantity) >= abs(held) * (1.0 - REACHED):
        return -held
    return quantity


@step
def _size(row: Any, ticket: Any, held: float, price: float, equity: float, lot: float) -> float:
    """Return the signed units that an order with a ticket still asks for; what it asked for at first stays."""
    if math.isnan(ticket["left"]):
        ticket["left"] = _wish(row["kind"], row["amount"], held, price, equity, lot)
    return float(ticket["left"])


@step
def set_wishes(equity: float, books: Books, desk: Desk, n_met: int, tickets: RecordArray | None) -> None:
    """Resolve what every met order asks for on the `equity` before the instant's trades.

    All wishes come before the first fill: none may see a trade of its own instant.
    """
    for k in range(n_met):
        meeting = desk.met[k]
        worth_of_one, lot = meeting["price"] * meeting["multiplier"], meeting["lot"]
        row = books.orders[meeting["order"]]
        held = books.position[meeting["symbol"]]
        if tickets is not None and row["ticket"] >= 0:
            ticket = tickets[row["ticket"]]
            meeting["opening"] = _size(row, ticket, held, worth_of_one, equity, lot)
        else:
            meeting["opening"] = _wish(row["kind"], row["amount"], held, worth_of_one, equity, lot)
        if meeting["opening"] == 0.0:
            if row["kind"] >= TARGET_QUANTITY:
                row["status"] = FILLED
                row["reason"] = AT_TARGET
            else:
                refuse(meeting["order"], BELOW_ONE_UNIT, books, desk)
