"""At which price an order that waits is filled in a phase of a bar.

Rules are written for purchases. A sale is the same in a mirror: prices change their sign, highs and lows their place.
"""

from __future__ import annotations

import math
from typing import Any, Final

from quantlab.kernels._jit import step
from quantlab.kernels.books import Books, Tape
from quantlab.records import AT_CLOSE, DAY, GTC, TARGET_QUANTITY

# Phases of a bar. An order that begins to work inside a bar remembers in which: `since`, −1 for an earlier bar.
OPEN: Final = 0
STOPS: Final = 1
STOPS_AFTER_STOP: Final = 2
LIMITS: Final = 3
STOPS_AFTER_LIMIT: Final = 4
LIMITS_AFTER_LIMIT: Final = 5
CLOSE: Final = 6
EARLIER: Final = -1
# What a stop-limit order knows: not touched yet; touched; touched in this bar, so that only its close counts.
NOT_YET: Final = 0
TOUCHED: Final = 1
ONLY_CLOSE: Final = 2


@step
def _level(ticket: Any, side: float) -> float:
    """Return the price in the mirror at which an order's stop is touched, NaN without a stop."""
    if math.isnan(ticket["trail"]):
        return float(side * ticket["stop"])
    best = ticket["best"]
    return float(
        side * best + (ticket["trail"] * abs(best) if ticket["trails_by_fraction"] else ticket["trail"])
    )


@step
def _is_first(bar: int, row: int, i: int, tape: Tape) -> bool:
    """Whether a row is the first of its bar in which a symbol has a price."""
    earlier = row - 1
    while earlier >= tape.first_row[bar] and math.isnan(tape.open[earlier, i]):
        earlier -= 1
    return bool(earlier < tape.first_row[bar])


@step
def _is_its_turn(ticket: Any, phase: int, bar: int, row: int, i: int, tape: Tape) -> bool:
    """Whether an order can be filled in this phase at all."""
    since, tif = ticket["since"], ticket["tif"]
    lasts = tif in (GTC, DAY)
    if phase == OPEN:
        return since == EARLIER and tif != AT_CLOSE and (lasts or _is_first(bar, row, i, tape))
    if phase == CLOSE:
        return since == EARLIER and tif == AT_CLOSE
    if phase == STOPS_AFTER_STOP:
        return since == STOPS
    if phase in (STOPS_AFTER_LIMIT, LIMITS_AFTER_LIMIT):
        return since == LIMITS
    return lasts and since <= (OPEN if phase == STOPS else STOPS)


@step
def _offer(
    ticket: Any, phase: int, side: float, open_: float, high: float, low: float, close: float
) -> float:
    """Return the price in the mirror at which an order is filled in this phase, or NaN.

    A touched stop is noted, and a trailing one follows the bar. Prices are those in the mirror of `side`.
    """
    stop, limit = _level(ticket, side), side * ticket["limit"]
    is_pending = not math.isnan(stop) and ticket["triggered"] == NOT_YET
    if phase in (OPEN, CLOSE):
        at = open_ if phase == OPEN else close
        if is_pending and at < stop:
            return math.nan
        ticket["triggered"] = TOUCHED
        return math.nan if at > limit else at
    begins = open_ if ticket["since"] <= OPEN else side * ticket["entered"]
    if phase in (LIMITS, LIMITS_AFTER_LIMIT):
        if is_pending:
            return math.nan
        only_close = ticket["triggered"] == ONLY_CLOSE
        if only_close:  # its life began where its stop was touched
            begins = max(begins, stop)
        if begins <= limit:
            return float(begins)
        only_close = only_close or phase == LIMITS_AFTER_LIMIT
        return limit if (close if only_close else low) <= limit else math.nan
    if not is_pending:
        return math.nan
    if begins >= stop:
        stop = begins
    elif high < stop:
        if math.isnan(ticket["trail"]):
            return math.nan
        ticket["best"] = side * min(side * ticket["best"], low)
        stop = _level(ticket, side)
        # The close is the last thing that happened: a price beyond the new level crossed it on the way.
        if close < stop:
            return math.nan
    ticket["triggered"] = ONLY_CLOSE
    return math.nan if stop > limit else stop


@step
def price_of(order: int, bar: int, row: int, phase: int, tape: Tape, books: Books) -> float:
    """Return the price at which an order with a ticket is filled in this phase, or NaN."""
    told = books.orders[order]
    ticket = books.tickets[told["ticket"]]
    alive = not ticket["waits"] and ticket["active"] <= bar <= ticket["expires"]
    i = told["symbol"]
    if not alive or not _is_its_turn(ticket, phase, bar, row, i, tape):
        return math.nan
    side, open_, close = 1.0, tape.open[row, i], tape.close[row, i]
    high, low = close, close  # a target waits for an instant, not for a price
    if told["kind"] < TARGET_QUANTITY and told["amount"] < 0.0:
        side, open_, close = -1.0, -tape.bid_open[row, i], -tape.bid_close[row, i]
        high, low = -tape.bid_low[row, i], -tape.bid_high[row, i]
    elif told["kind"] < TARGET_QUANTITY:
        open_, close = tape.ask_open[row, i], tape.ask_close[row, i]
        high, low = tape.ask_high[row, i], tape.ask_low[row, i]
    if math.isnan(ticket["best"]):  # placed before the symbol's first bar: it begins here
        ticket["best"] = side * (close if phase == CLOSE else open_)
    return side * _offer(ticket, phase, side, open_, high, low, close)
