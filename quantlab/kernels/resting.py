"""Orders that wait for a price: limits, stops, trailing stops, brackets, and orders of one instant of the day.

A bar is lived through in phases, so that what nobody can know from four prices is resolved against the strategy:
the open; stops; limits; the close. What an entry brings about in its own bar has phases of its own behind that of
the entry. Within a phase all fills are one auction (``execution.settle``), each at its own price.

Rules are written for purchases. A sale is the same in a mirror: prices change their sign, highs and lows their place.
The plain-Python contract is ``tests/naive/orders.py``.
"""

from __future__ import annotations

import math
from typing import Any, Final

from quantlab.kernels._jit import lean, step
from quantlab.kernels.books import Books, Desk, Finance, Market, Tape
from quantlab.kernels.execution import place, settle, take
from quantlab.records import (
    AT_CLOSE,
    AT_OPEN,
    AT_TARGET,
    BY_STRATEGY,
    CANCELLED,
    DAY,
    ENTRY_ENDED,
    EXPIRED,
    FILLED,
    FOK,
    FULL,
    GTC,
    IOC,
    LATENCY,
    N_FILLS,
    N_QUEUED,
    N_REFUSED,
    N_TICKETS,
    NO_REASON,
    NOT_FULL,
    NOT_SHORTABLE,
    NOTHING_TO_REDUCE,
    ONE_FILLED,
    OUT_OF_TIME,
    PARTICIPATION,
    PARTLY_FILLED,
    QUOTED,
    REPLACED,
    RESTING,
    TARGET_QUANTITY,
    UNITS,
)
from quantlab.typing import IntArray

# Phases of a bar. An order that begins to work inside a bar remembers in which: `since`, −1 for an earlier bar.
OPEN: Final = 0
STOPS: Final = 1
STOPS_AFTER_STOP: Final = 2
LIMITS: Final = 3
STOPS_AFTER_LIMIT: Final = 4
LIMITS_AFTER_LIMIT: Final = 5
CLOSE: Final = 6
EARLIER: Final = -1
# Phases that only orders of some kind have a part in, as bits.
WANTS_STOPS: Final = 1
WANTS_LIMITS: Final = 2
WANTS_CLOSE: Final = 4
# What a stop-limit order knows: not touched yet; touched; touched in this bar, so that only its close counts.
NOT_YET: Final = 0
TOUCHED: Final = 1
ONLY_CLOSE: Final = 2
# What became of an order in an auction, beside what volume cut: it takes no part.
OUT: Final = 2


@lean
def place_ticket(
    bar: int,
    symbol: int,
    kind: int,
    amount: float,
    limit: float,
    stop: float,
    trail: float,
    trails_by_fraction: bool,
    tif: int,
    until: int,
    reduce_only: bool,
    market: Market,
    tape: Tape,
    books: Books,
    desk: Desk,
) -> int:
    """Place an order with a ticket; return its id, `FULL` or `NOTHING`.

    `limit`, `stop` and `trail` are NaN where there is none; `until` is the last nanosecond it may live to.
    """
    number = books.counts[N_TICKETS]
    if number == len(books.tickets):
        return FULL
    order = place(bar, symbol, kind, amount, books, desk)
    if order < 0:
        return order
    active = bar + 1 + int(desk.terms[LATENCY])
    ticket = books.tickets[number]
    ticket["limit"] = limit
    ticket["stop"] = stop
    ticket["trail"] = trail
    ticket["best"] = market.mark[bar, symbol]
    ticket["left"] = math.nan
    ticket["entered"] = math.nan
    ticket["active"] = active
    ticket["expires"] = _last_bar(active, tif, until, tape)
    ticket["entry"] = ticket["take_profit"] = ticket["stop_loss"] = ticket["sibling"] = -1
    ticket["tif"] = tif
    ticket["trails_by_fraction"] = trails_by_fraction
    ticket["reduce_only"] = reduce_only
    ticket["waits"] = False
    ticket["triggered"] = NOT_YET
    ticket["since"] = EARLIER
    books.orders[order]["ticket"] = number
    books.counts[N_TICKETS] += 1
    return order


@step
def _last_bar(active: int, tif: int, until: int, tape: Tape) -> int:
    """Return the last bar on which an order may be filled that can be from bar `active` on."""
    n_bars = len(tape.time)
    if tif == DAY:
        return int(tape.day_end[active]) if active < n_bars else n_bars
    if tif in (IOC, FOK, AT_OPEN, AT_CLOSE):
        return active
    if until > tape.time[n_bars - 1]:
        return n_bars
    low = 0
    high = n_bars
    while low < high:
        middle = (low + high) // 2
        if tape.time[middle] <= until:
            low = middle + 1
        else:
            high = middle
    return low - 1


@lean
def bind(entry: int, take_profit: int, stop_loss: int, books: Books) -> None:
    """Make two orders the exits of a third: they wait for its fills, and each cancels the other."""
    orders, tickets = books.orders, books.tickets
    ticket = tickets[orders[entry]["ticket"]]
    ticket["take_profit"] = take_profit
    ticket["stop_loss"] = stop_loss
    tie(take_profit, stop_loss, books)
    for order in (take_profit, stop_loss):
        orders[order]["amount"] = 0.0
        exit_ticket = tickets[orders[order]["ticket"]]
        exit_ticket["entry"] = entry
        exit_ticket["waits"] = True


@lean
def tie(order: int, other: int, books: Books) -> bool:
    """Let the fill of either of two orders cancel the other; False where one cannot be tied: then nothing changes."""
    one, two = books.orders[order]["ticket"], books.orders[other]["ticket"]
    if one < 0 or two < 0 or one == two:
        return False
    if books.tickets[one]["sibling"] >= 0 or books.tickets[two]["sibling"] >= 0:
        return False
    books.tickets[one]["sibling"] = other
    books.tickets[two]["sibling"] = order
    return True


@lean
def cancel(order: int, books: Books, desk: Desk) -> bool:
    """Withdraw a resting order, and exits that wait for it; tell whether it was resting."""
    if books.orders[order]["status"] != RESTING:
        return False
    _end(order, CANCELLED, BY_STRATEGY, books, desk)
    return True


@lean
def side_of(order: int, books: Books) -> int:
    """Return 1 for an order that buys, −1 for one that sells, 0 for a target: it may do either."""
    row = books.orders[order]
    if row["kind"] >= TARGET_QUANTITY:
        return 0
    amount = row["amount"]
    if amount == 0.0:  # an exit that waits: it closes what its entry will open
        amount = -books.orders[books.tickets[row["ticket"]]["entry"]]["amount"]
    return 1 if amount > 0.0 else -1


@lean
def succeed(order: int, successor: int, books: Books, desk: Desk) -> None:
    """Let `successor` take the place of a resting order, with its ties."""
    orders, tickets = books.orders, books.tickets
    number = orders[order]["ticket"]
    if number >= 0:
        old, new = tickets[number], tickets[orders[successor]["ticket"]]
        new["reduce_only"] = old["reduce_only"]
        new["sibling"] = old["sibling"]
        new["entry"] = old["entry"]
        new["take_profit"] = old["take_profit"]
        new["stop_loss"] = old["stop_loss"]
        new["waits"] = old["waits"]
        if old["waits"]:
            orders[successor]["amount"] = 0.0
        if old["sibling"] >= 0:
            tickets[orders[old["sibling"]]["ticket"]]["sibling"] = successor
        if old["entry"] >= 0:
            entry = tickets[orders[old["entry"]]["ticket"]]
            if entry["take_profit"] == order:
                entry["take_profit"] = successor
            else:
                entry["stop_loss"] = successor
        for exit_order in (old["take_profit"], old["stop_loss"]):
            if exit_order >= 0:
                tickets[orders[exit_order]["ticket"]]["entry"] = successor
        old["take_profit"] = -1
        old["stop_loss"] = -1
    if orders[order]["status"] == RESTING:  # a target is replaced when the next is placed
        _end(order, REPLACED, NO_REASON, books, desk)


@step
def _end(order: int, status: int, reason: int, books: Books, desk: Desk) -> None:
    """Take a resting order off the desk for good, and exits that wait for it."""
    row = books.orders[order]
    i = row["symbol"]
    if desk.target[i] == order:
        desk.target[i] = -1
    desk.resting[i] -= 1
    _mark_ended(order, status, reason, books)
    ticket = row["ticket"]
    if ticket >= 0:
        _end_exits(ticket, books, desk)


@step
def _mark_ended(order: int, status: int, reason: int, books: Books) -> None:
    row = books.orders[order]
    row["status"] = status if row["filled_quantity"] == 0.0 else PARTLY_FILLED
    row["reason"] = reason


@step
def _end_exits(ticket: int, books: Books, desk: Desk) -> None:
    """Withdraw the exits that still wait for an entry which has ended."""
    for exit_order in (books.tickets[ticket]["take_profit"], books.tickets[ticket]["stop_loss"]):
        if exit_order >= 0:
            row = books.orders[exit_order]
            if row["status"] == RESTING and books.tickets[row["ticket"]]["waits"]:
                desk.resting[row["symbol"]] -= 1
                _mark_ended(exit_order, CANCELLED, ENTRY_ENDED, books)


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
def _price_of(order: int, bar: int, row: int, phase: int, tape: Tape, books: Books) -> float:
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
                price = _price_of(order, bar, at, phase, tape, books)
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
def _put_back(order: int, books: Books, desk: Desk) -> None:
    """Let what is left of an order rest again, at its place in the sequence of placing."""
    row = books.orders[order]
    i = row["symbol"]
    row["status"] = RESTING
    place_in_queue = books.counts[N_QUEUED]
    while place_in_queue > 0 and desk.queue[place_in_queue - 1] > order:
        desk.queue[place_in_queue] = desk.queue[place_in_queue - 1]
        place_in_queue -= 1
    desk.queue[place_in_queue] = order
    books.counts[N_QUEUED] += 1
    desk.resting[i] += 1
    if row["kind"] >= TARGET_QUANTITY and desk.target[i] < 0:
        desk.target[i] = order


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
                _put_back(desk.met[loser]["order"], books, desk)
                desk.met[loser]["order"] = -1
                break
    n_kept = 0
    for k in range(n_met):
        if desk.met[k]["order"] >= 0:
            desk.met[n_kept] = desk.met[k]
            n_kept += 1
    return n_kept


@step
def _is_all_or_none(order: int, books: Books) -> bool:
    ticket = books.orders[order]["ticket"]
    return bool(ticket >= 0 and books.tickets[ticket]["tif"] == FOK)


@step
def _is_whole(meeting: Any, books: Books) -> bool:
    """Whether an order that has met its price was filled as far as it asked for."""
    reason = books.orders[meeting["order"]]["reason"]
    return bool(meeting["cut"] == 0 and reason in (NO_REASON, AT_TARGET, NOTHING_TO_REDUCE))


@step
def _remember(books: Books, desk: Desk, n_met: int) -> bool:
    """Note what `_undo` needs; tell whether some order wants all or nothing."""
    any_all_or_none = False
    for k in range(n_met):
        meeting = desk.met[k]
        meeting["held"] = books.position[meeting["symbol"]]
        meeting["room"] = desk.room[meeting["symbol"]]
        any_all_or_none = any_all_or_none or _is_all_or_none(meeting["order"], books)
    return any_all_or_none


@step
def _mark_partial(books: Books, desk: Desk, n_met: int) -> bool:
    """Mark the orders that wanted all or nothing and got something else; tell whether there are any."""
    any_partial = False
    for k in range(n_met):
        meeting = desk.met[k]
        if _is_all_or_none(meeting["order"], books) and not _is_whole(meeting, books):
            meeting["cut"] = OUT
            any_partial = True
    return any_partial


@step
def _without_partial(books: Books, desk: Desk, n_met: int) -> int:
    """Let the marked orders rest; return how many are left."""
    n_kept = 0
    for k in range(n_met):
        if desk.met[k]["cut"] == OUT:
            _put_back(desk.met[k]["order"], books, desk)
        else:
            desk.met[k]["cut"] = 0
            desk.met[n_kept] = desk.met[k]
            n_kept += 1
    return n_kept


@step
def _undo(cash: float, n_fills: int, n_refused: int, books: Books, desk: Desk, n_met: int) -> None:
    """Take an auction back: the books and the desk are as before it."""
    books.money[0] = cash
    books.counts[N_FILLS] = n_fills
    books.counts[N_REFUSED] = n_refused
    for k in range(n_met):
        meeting = desk.met[k]
        row = books.orders[meeting["order"]]
        row["status"] = RESTING
        row["reason"] = NO_REASON
        row["filled_quantity"] = meeting["before"]
        books.position[meeting["symbol"]] = meeting["held"]
        desk.room[meeting["symbol"]] = meeting["room"]


@step
def _auction(
    bar: int,
    row: int,
    phase: int,
    market: Market,
    tape: Tape,
    finance: Finance,
    books: Books,
    desk: Desk,
    n_met: int,
) -> int:
    """Fill what has met its price; return how many orders took part.

    One that wants all or nothing and would not be filled whole takes no part in it: the others meet anew.
    """
    cash, n_fills, n_refused = books.money[0], books.counts[N_FILLS], books.counts[N_REFUSED]
    values = tape.close_value if phase == CLOSE else tape.open_value
    any_all_or_none = _remember(books, desk, n_met)
    while True:
        _measure_short_room(bar, finance, desk)
        settle(bar, row, bar - 1, values, market, books, desk, n_met, books.tickets)
        if not (any_all_or_none and _mark_partial(books, desk, n_met)):
            return n_met
        _undo(cash, n_fills, n_refused, books, desk, n_met)
        n_met = _without_partial(books, desk, n_met)


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
        _put_back(order, books, desk)
    else:
        _mark_ended(order, EXPIRED, OUT_OF_TIME, books)


@step
def _follow_up(meeting: Any, phase: int, bar: int, books: Books, desk: Desk) -> bool:
    """Do what a met order's fill, or its end without one, means to the orders tied to it; tell whether exits begin."""
    orders, tickets = books.orders, books.tickets
    row = orders[meeting["order"]]
    ticket = tickets[row["ticket"]]
    filled = row["filled_quantity"] - meeting["before"]
    if filled == 0.0:
        if row["status"] != RESTING:
            _end_exits(row["ticket"], books, desk)
        return False
    # Its sibling, and what is left of the entry it closes.
    for other in (ticket["sibling"], ticket["entry"]):
        if other >= 0 and orders[other]["status"] == RESTING:
            _end(other, CANCELLED, ONE_FILLED, books, desk)
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
                _end(order, EXPIRED, reason, books, desk)


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
def _measure_short_room(bar: int, finance: Finance, desk: Desk) -> None:
    """Set how many units of each symbol can be borrowed, for one auction."""
    for i in range(len(desk.short_room)):
        desk.short_room[i] = finance.shortable[min(bar, len(finance.shortable) - 1), i]


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
            n_met = _auction(bar, row, phase, market, tape, finance, books, desk, n_met)
            for k in range(n_met):
                if books.orders[desk.met[k]["order"]]["ticket"] >= 0:
                    _keep_the_rest(desk.met[k], books, desk)
            for k in range(n_met):
                if books.orders[desk.met[k]["order"]]["ticket"] >= 0:
                    exits_begin = _follow_up(desk.met[k], phase, bar, books, desk) or exits_begin
        _end_row(books, desk)
    _expire(bar, books, desk)
    return int(counts[N_FILLS] - before)
