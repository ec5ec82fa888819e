"""Orders that wait for a price: limits, stops, trailing stops, brackets, and orders of one instant of the day.

A bar is lived through in phases, so that what nobody can know from four prices is resolved against the strategy:
the open; stops; limits; the close. What an entry brings about in its own bar has phases of its own behind that of
the entry. Within a phase all fills are one auction (``auction.settle``), each at its own price.

Rules are written for purchases. A sale is the same in a mirror: prices change their sign, highs and lows their place.
The plain-Python contract is ``tests/naive/orders.py``.
"""

from __future__ import annotations

import math
from typing import Any, Final

from quantlab.kernels._jit import lean, step
from quantlab.kernels.all_or_none import hold_auction
from quantlab.kernels.books import Books, Desk, Finance, Market, Tape
from quantlab.kernels.fills import take
from quantlab.kernels.offers import (
    CLOSE,
    EARLIER,
    LIMITS,
    LIMITS_AFTER_LIMIT,
    NOT_YET,
    ONLY_CLOSE,
    OPEN,
    STOPS,
    STOPS_AFTER_LIMIT,
    TOUCHED,
    price_of,
)
from quantlab.kernels.tickets import arrive, end_exits, end_order, mark_ended, put_back
from quantlab.records import (
    AT_CLOSE,
    CANCELLED,
    DAY,
    EXPIRED,
    FILLED,
    FOK,
    FULL,
    GTC,
    LATENCY,
    N_FILLS,
    N_QUEUED,
    N_REFUSED,
    NO_REASON,
    NOT_FULL,
    NOT_SHORTABLE,
    ONE_FILLED,
    OUT_OF_TIME,
    PARTICIPATION,
    PARTLY_FILLED,
    QUOTED,
    RESTING,
    TARGET_QUANTITY,
    UNITS,
)
from quantlab.typing import IntArray

# Phases that only orders of some kind have a part in, as bits.
WANTS_STOPS: Final = 1
WANTS_LIMITS: Final = 2
WANTS_CLOSE: Final = 4


@step
def _last_row(bar: int, row: int, i: int, tape: Tape) -> int:
    """Return the last row of a bar, up to `row`, in which a symbol has a price; its first row if there is none."""
    while row > tape.first_row[bar] and math.isnan(tape.close[row, i]):
        row -= 1
    return row


@step
def _half_spread(told: Any, row: int, phase: int, tape: Tape) -> float:
    """Return what an order pays beyond its price where quotes are known: nothing if that is a price of its side."""
    i = told["symbol"]
    if told["ticket"] >= 0 and told["kind"] < TARGET_QUANTITY:
        return 0.0
    if phase == CLOSE:
        return float(0.5 * (tape.ask_close[row, i] - tape.bid_close[row, i]))
    return float(0.5 * (tape.ask_open[row, i] - tape.bid_open[row, i]))


@step
def _gather(
    bar: int,
    row: int,
    phase: int,
    plain: bool,
    tape: Tape,
    market: Market,
    books: Books,
    desk: Desk,
) -> int:
    """Move the orders that are filled in this phase from the queue to `met`, in sequence; return their number."""
    queue, counts = desk.queue, books.counts
    n_met = 0
    n_waiting = 0
    for k in range(counts[N_QUEUED]):
        order = queue[k]
        told = books.orders[order]
        if told["status"] != RESTING:
            continue
        i = told["symbol"]
        price = math.nan
        limit = math.nan
        ended = bar > market.last_row[i]
        at = _last_row(bar, row, i, tape) if phase == CLOSE else row
        if not ended and not math.isnan(tape.close[at, i]):
            if told["ticket"] >= 0:
                limit = books.tickets[told["ticket"]]["limit"]
                price = price_of(order, bar, at, phase, tape, books)
            elif plain and phase == OPEN:
                price = tape.open[at, i]
        if math.isnan(price) and not ended:
            queue[n_waiting] = order
            n_waiting += 1
            continue
        volume = market.volume[bar, i]
        before = n_met
        n_met = take(order, bar, price, volume, market, books, desk, n_met)
        if n_met > before:
            desk.met[before]["limit"] = limit
            if desk.terms[QUOTED] > 0.0:
                desk.met[before]["half_spread"] = _half_spread(told, at, phase, tape)
    counts[N_QUEUED] = n_waiting
    return n_met


@step
def _result_at_close(meeting: Any, row: int, tape: Tape, books: Books) -> float:
    """Return what a met order's fill is worth at the close: units × (close − price)."""
    told = books.orders[meeting["order"]]
    ticket = books.tickets[told["ticket"]]
    price, i = meeting["price"], meeting["symbol"]
    units = ticket["left"]
    if math.isnan(units):
        units = told["amount"] if told["kind"] == UNITS else told["amount"] / (price * meeting["multiplier"])
    if ticket["reduce_only"]:
        held = books.position[i]
        units = 0.0 if units * held >= 0.0 else math.copysign(min(abs(units), abs(held)), units)
    return float(units * (tape.close_value[row, i] - price) * meeting["multiplier"])


@step
def _choose_among_siblings(row: int, tape: Tape, books: Books, desk: Desk, n_met: int) -> int:
    """Let the worse of two tied orders that meet their price in one phase go first; return how many are left.

    Nobody knows which came first, so it is resolved against the strategy. The other rests until the fill of the first
    cancels it.
    """
    for k in range(n_met):
        order = desk.met[k]["order"]
        number = books.orders[order]["ticket"] if order >= 0 else -1
        sibling = books.tickets[number]["sibling"] if number >= 0 else -1
        for j in range(k + 1, n_met if sibling >= 0 else 0):
            if desk.met[j]["order"] == sibling:
                mine = _result_at_close(desk.met[k], row, tape, books)
                loser = k if _result_at_close(desk.met[j], row, tape, books) < mine else j
                put_back(desk.met[loser]["order"], books, desk)
                desk.met[loser]["order"] = -1
                break
    n_kept = 0
    for k in range(n_met):
        if desk.met[k]["order"] >= 0:
            desk.met[n_kept] = desk.met[k]
            n_kept += 1
    return n_kept


@step
def _keep_the_rest(meeting: Any, books: Books, desk: Desk) -> None:
    """Note what is left of a met order; where only the volume ran out it rests again, or expires."""
    order = meeting["order"]
    row = books.orders[order]
    ticket = books.tickets[row["ticket"]]
    ticket["left"] -= row["filled_quantity"] - meeting["before"]
    if row["reason"] == NOT_SHORTABLE and row["status"] == FILLED:
        row["status"] = PARTLY_FILLED
    if meeting["cut"] == 0 or row["status"] not in (RESTING, FILLED):
        return
    if row["reason"] != NO_REASON:  # something else than the volume ended it
        row["status"] = PARTLY_FILLED
    elif ticket["tif"] in (GTC, DAY):
        put_back(order, books, desk)
    else:
        mark_ended(order, EXPIRED, OUT_OF_TIME, books)


@step
def _follow_up(meeting: Any, phase: int, bar: int, books: Books, desk: Desk) -> bool:
    """Do what a met order's fill, or its end without one, means to the orders tied to it; tell whether exits begin."""
    orders, tickets = books.orders, books.tickets
    row = orders[meeting["order"]]
    ticket = tickets[row["ticket"]]
    filled = row["filled_quantity"] - meeting["before"]
    if filled == 0.0:
        if row["status"] != RESTING:
            end_exits(row["ticket"], books, desk)
        return False
    # Its sibling, and what is left of the entry it closes.
    for other in (ticket["sibling"], ticket["entry"]):
        if other >= 0 and orders[other]["status"] == RESTING:
            end_order(other, CANCELLED, ONE_FILLED, books, desk)
    any_begins = False
    for exit_order in (ticket["take_profit"], ticket["stop_loss"]):
        if exit_order >= 0 and orders[exit_order]["status"] == RESTING:
            exit_row = orders[exit_order]
            exit_ticket = tickets[exit_row["ticket"]]
            exit_row["amount"] -= filled
            exit_ticket["left"] = exit_row["amount"] - exit_row["filled_quantity"]
            if exit_ticket["waits"]:
                exit_ticket["waits"] = False
                exit_ticket["active"] = bar
                exit_ticket["since"] = phase
                exit_ticket["entered"] = meeting["price"]
                exit_ticket["best"] = meeting["price"]
                any_begins = True
    return any_begins


@step
def _end_row(books: Books, desk: Desk) -> None:
    """Let what began inside a row be an order of earlier for the next."""
    for k in range(books.counts[N_QUEUED]):
        number = books.orders[desk.queue[k]]["ticket"]
        if number >= 0:
            ticket = books.tickets[number]
            ticket["since"] = EARLIER
            if ticket["triggered"] == ONLY_CLOSE:
                ticket["triggered"] = TOUCHED


@step
def _expire(bar: int, books: Books, desk: Desk) -> None:
    """End the orders whose last bar this was."""
    for k in range(books.counts[N_QUEUED]):
        order = desk.queue[k]
        row = books.orders[order]
        if row["status"] == RESTING and row["ticket"] >= 0:
            ticket = books.tickets[row["ticket"]]
            if ticket["expires"] <= bar and not ticket["waits"]:
                reason = NOT_FULL if ticket["tif"] == FOK else OUT_OF_TIME
                end_order(order, EXPIRED, reason, books, desk)


@step
def _wanted(books: Books, desk: Desk) -> int:
    """Return which of the phases after the open some order may ask for: the sum of their `WANTS`."""
    stops = 0
    limits = 0
    closes = 0
    for k in range(books.counts[N_QUEUED]):
        number = books.orders[desk.queue[k]]["ticket"]
        if number >= 0:
            ticket = books.tickets[number]
            if not (math.isnan(ticket["stop"]) and math.isnan(ticket["trail"])):
                stops = WANTS_STOPS
            if not math.isnan(ticket["limit"]):
                limits = WANTS_LIMITS
            if ticket["tif"] == AT_CLOSE:
                closes = WANTS_CLOSE
    return stops + limits + closes


@step
def _takes_place(phase: int, wanted: int, exits_begin: bool) -> bool:
    """Whether a phase can have any fill; `exits_begin`: in the phase that this one follows."""
    if phase == STOPS:
        return wanted & WANTS_STOPS != 0
    if phase == LIMITS:
        return wanted & WANTS_LIMITS != 0
    if phase == CLOSE:
        return wanted & WANTS_CLOSE != 0
    return phase == OPEN or exits_begin


@step
def _measure_room(bar: int, market: Market, desk: Desk) -> None:
    """Set how many units of each symbol may be traded in this bar."""
    share = desk.terms[PARTICIPATION]
    for i in range(len(desk.room)):
        desk.room[i] = share * market.volume[bar, i] if share > 0.0 else math.inf


@step
def is_quiet(bar: int, last_row: IntArray, tape: Tape, books: Books, desk: Desk) -> bool:
    """Whether a bar passes all resting orders by: they wait for prices that it does not reach, and none ends with it.

    A look at each order, for callers to whom the whole of `trade` is dear. It says no where it would have to think.
    """
    for k in range(books.counts[N_QUEUED]):
        told = books.orders[desk.queue[k]]
        if told["status"] != RESTING or told["ticket"] < 0 or bar > last_row[told["symbol"]]:
            return False
        ticket = books.tickets[told["ticket"]]
        pending = ticket["triggered"] == NOT_YET and not math.isnan(ticket["stop"])
        level = ticket["stop"] if pending else ticket["limit"]
        simple = ticket["tif"] in (GTC, DAY) and math.isnan(ticket["trail"]) and not math.isnan(level)
        if not simple or ticket["expires"] <= bar:
            return False
        if ticket["waits"] or bar < ticket["active"]:
            continue
        i = told["symbol"]
        sells = told["amount"] < 0.0
        for row in range(tape.first_row[bar], tape.first_row[bar + 1]):
            # A stop is touched from below by a purchase, a limit from above; a sale is the mirror image.
            if pending != sells and (tape.bid_high[row, i] if sells else tape.ask_high[row, i]) >= level:
                return False
            if pending == sells and (tape.bid_low[row, i] if sells else tape.ask_low[row, i]) <= level:
                return False
    return True


@lean
def trade(
    bar: int, plain: bool, market: Market, tape: Tape, finance: Finance, books: Books, desk: Desk
) -> int:
    """Live through a bar with all orders that have a ticket; return the number of new fills, or `FULL`.

    `plain`: market orders without a ticket meet the open of this bar as well.
    """
    counts = books.counts
    if counts[N_FILLS] + 3 * counts[N_QUEUED] > len(books.fills):
        return FULL
    before = counts[N_FILLS]
    counts[N_REFUSED] = 0
    if desk.terms[LATENCY] > 0.0:
        arrive(bar, books, desk)
    wanted = _wanted(books, desk)
    _measure_room(bar, market, desk)
    for row in range(tape.first_row[bar], tape.first_row[bar + 1]):
        last = CLOSE if row == tape.first_row[bar + 1] - 1 else LIMITS_AFTER_LIMIT
        exits_begin = False
        for phase in range(last + 1):
            if not _takes_place(phase, wanted, exits_begin):
                continue
            if phase != STOPS_AFTER_LIMIT:  # two phases follow that of the limits
                exits_begin = False
            n_met = _gather(bar, row, phase, plain, tape, market, books, desk)
            if n_met == 0:
                continue
            n_met = _choose_among_siblings(row, tape, books, desk, n_met)
            n_met = hold_auction(bar, row, phase, market, tape, finance, books, desk, n_met)
            for k in range(n_met):
                if books.orders[desk.met[k]["order"]]["ticket"] >= 0:
                    _keep_the_rest(desk.met[k], books, desk)
            for k in range(n_met):
                if books.orders[desk.met[k]["order"]]["ticket"] >= 0:
                    exits_begin = _follow_up(desk.met[k], phase, bar, books, desk) or exits_begin
        _end_row(books, desk)
    _expire(bar, books, desk)
    return int(counts[N_FILLS] - before)
