"""Auctions in which some orders want all or nothing."""

from __future__ import annotations

from typing import Any, Final

from quantlab.kernels._jit import step
from quantlab.kernels.auction import settle
from quantlab.kernels.books import Books, Desk, Finance, Market, Tape
from quantlab.kernels.offers import CLOSE
from quantlab.kernels.tickets import put_back
from quantlab.records import AT_TARGET, FOK, N_FILLS, N_REFUSED, NO_REASON, NOTHING_TO_REDUCE, RESTING

# What became of an order in an auction, beside what volume cut: it takes no part.
OUT: Final = 2


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
            put_back(desk.met[k]["order"], books, desk)
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
def hold_auction(
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
def _measure_short_room(bar: int, finance: Finance, desk: Desk) -> None:
    """Set how many units of each symbol can be borrowed, for one auction."""
    for i in range(len(desk.short_room)):
        desk.short_room[i] = finance.shortable[min(bar, len(finance.shortable) - 1), i]
