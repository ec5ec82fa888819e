"""Orders with a ticket: what they ask for beyond an amount, who they are tied to, and how they end."""

from __future__ import annotations

import math

from quantlab.kernels._jit import lean, step
from quantlab.kernels.books import Books, Desk, Market, Tape
from quantlab.kernels.offers import EARLIER, NOT_YET
from quantlab.kernels.placing import place
from quantlab.records import (
    AT_CLOSE,
    AT_OPEN,
    BY_STRATEGY,
    CANCELLED,
    DAY,
    ENTRY_ENDED,
    FOK,
    FULL,
    IOC,
    LATENCY,
    N_QUEUED,
    N_TICKETS,
    NO_REASON,
    PARTLY_FILLED,
    REPLACED,
    RESTING,
    TARGET_QUANTITY,
)


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
    end_order(order, CANCELLED, BY_STRATEGY, books, desk)
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
    if orders[order]["status"] == RESTING:  # a target may have ended when its successor was placed
        end_order(order, REPLACED, NO_REASON, books, desk)


@step
def end_order(order: int, status: int, reason: int, books: Books, desk: Desk) -> None:
    """Take a resting order off the desk for good, and exits that wait for it."""
    row = books.orders[order]
    i = row["symbol"]
    if desk.target[i] == order:
        desk.target[i] = -1
    desk.resting[i] -= 1
    mark_ended(order, status, reason, books)
    ticket = row["ticket"]
    if ticket >= 0:
        end_exits(ticket, books, desk)


@step
def arrive(bar: int, books: Books, desk: Desk) -> None:
    """Let the targets that reach the market with this bar replace those of their symbols that are there."""
    for k in range(books.counts[N_QUEUED]):
        order = desk.queue[k]
        row = books.orders[order]
        if row["status"] != RESTING or row["kind"] < TARGET_QUANTITY:
            continue
        if books.tickets[row["ticket"]]["active"] == bar:
            earlier = desk.arrived[row["symbol"]]
            if earlier >= 0 and books.orders[earlier]["status"] == RESTING:
                end_order(earlier, REPLACED, NO_REASON, books, desk)
            desk.arrived[row["symbol"]] = order


@step
def mark_ended(order: int, status: int, reason: int, books: Books) -> None:
    """Note how an order ended; one that was filled in part is so."""
    row = books.orders[order]
    row["status"] = status if row["filled_quantity"] == 0.0 else PARTLY_FILLED
    row["reason"] = reason


@step
def end_exits(ticket: int, books: Books, desk: Desk) -> None:
    """Withdraw the exits that still wait for an entry which has ended."""
    for exit_order in (books.tickets[ticket]["take_profit"], books.tickets[ticket]["stop_loss"]):
        if exit_order >= 0:
            row = books.orders[exit_order]
            if row["status"] == RESTING and books.tickets[row["ticket"]]["waits"]:
                desk.resting[row["symbol"]] -= 1
                mark_ended(exit_order, CANCELLED, ENTRY_ENDED, books)


@step
def put_back(order: int, books: Books, desk: Desk) -> None:
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
