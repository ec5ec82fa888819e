"""At what price a fill happens, what it is charged, and in which steps units come."""

from __future__ import annotations

import math
from typing import Any

from quantlab.kernels._jit import step
from quantlab.records import FIXED, IMPACT, MINIMUM, PER_UNIT, RATE, VOLUME_SLIPPAGE
from quantlab.typing import FloatArray

# Whole units are cut towards zero after this relative nudge, so that 9.999999999999998 is ten.
UNIT_NUDGE = 1e-12
# A price this near to a step, in steps, is on it.
STEP_NUDGE = 1e-6


@step
def cut(quantity: float, lot: float) -> float:
    """Whole lots of `quantity`, cut towards zero; all of it where any step will do."""
    return float(math.trunc(quantity / lot * (1.0 + UNIT_NUDGE)) * lot) if lot > 0.0 else quantity


@step
def _slipped(row: Any, quantity: float, terms: FloatArray) -> float:
    """Return the fill price: worse than `price` by slippage and half the spread, never better.

    A sale at a positive price is never worse than for nothing.
    """
    price, fraction = row["price"], row["slippage"]
    if terms[VOLUME_SLIPPAGE] > 0.0:
        fraction += terms[VOLUME_SLIPPAGE] * abs(quantity) / row["volume"]
    if terms[IMPACT] > 0.0:
        fraction += row["impact"] * math.sqrt(abs(quantity) / row["volume"])
    if price < 0.0:
        fraction = -fraction
    if quantity > 0.0:
        return price * (1.0 + fraction) + row["half_spread"]
    slipped = price * (1.0 - fraction) - row["half_spread"]
    return slipped if slipped > 0.0 or price < 0.0 else 0.0


@step
def depends_on_size(terms: FloatArray) -> bool:
    """Whether slippage depends on the size of an order."""
    return terms[VOLUME_SLIPPAGE] > 0.0 or terms[IMPACT] > 0.0


@step
def fill_price(row: Any, quantity: float, terms: FloatArray) -> float:
    """Return the price at which `quantity` of a met order is filled: with slippage, but never beyond its limit."""
    at = _slipped(row, quantity, terms)
    tick = row["tick"]
    if tick > 0.0:
        # To the worse side, after a nudge against what only rounding makes a step too many.
        steps = at / tick
        at = tick * (math.ceil(steps - STEP_NUDGE) if quantity > 0.0 else math.floor(steps + STEP_NUDGE))
    limit = row["limit"]
    if quantity > 0.0:
        return limit if at > limit else at
    return limit if at < limit else at


@step
def commission_of(value: float, quantity: float, terms: FloatArray) -> float:
    """Return what the broker charges for a fill of `quantity` units worth `value` (both positive)."""
    charge = value * terms[RATE] + abs(quantity) * terms[PER_UNIT] + terms[FIXED]
    return charge if charge > terms[MINIMUM] else terms[MINIMUM]
