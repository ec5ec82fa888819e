"""The books of an account that takes net fills as they come, instead of orders."""

from __future__ import annotations

from quantlab.kernels._jit import lean, step
from quantlab.kernels.books import Books, Desk, Finance, Market
from quantlab.kernels.holding import accrue
from quantlab.kernels.marking import worth
from quantlab.kernels.wishes import REACHED
from quantlab.records import FULL, N_FILLS
from quantlab.typing import FloatArray, RecordArray


@step
def _apply(fill: RecordArray, market: Market, books: Books) -> None:
    """Let one net fill change the books, and log it; what rounding leaves of spent cash is nothing."""
    i = fill["symbol"]
    value = fill["quantity"] * (fill["price"] * market.multiplier[i])
    books.position[i] = fill["position"]
    books.money[0] += -value - fill["commission"]
    if abs(books.money[0]) <= REACHED * abs(value):
        books.money[0] = 0.0
    n = books.counts[N_FILLS]
    books.fills[n] = fill
    books.fills[n]["cash"] = books.money[0]
    books.counts[N_FILLS] = n + 1


@step
def _close_all(bar: int, market: Market, books: Books) -> None:
    """Close everything at the marks of `bar`, without costs and without an order."""
    for i in range(len(books.position)):
        held = books.position[i]
        if held == 0.0:
            continue
        row = books.fills[books.counts[N_FILLS]]
        books.money[0] += held * market.unit_value[bar, i]
        books.position[i] = 0.0
        row["order"] = -1
        row["bar"] = bar
        row["symbol"] = i
        row["quantity"] = -held
        row["price"] = market.mark[bar, i]
        row["reference_price"] = market.mark[bar, i]
        row["commission"] = 0.0
        row["position"] = 0.0
        row["cash"] = books.money[0]
        books.counts[N_FILLS] += 1


@lean
def keep_books(
    first: int,
    stop: int,
    accrues_after: int,
    netted: RecordArray,
    market: Market,
    finance: Finance,
    books: Books,
    desk: Desk,
    equity: FloatArray,
) -> int:
    """Live through rows `first` … `stop` − 1 with net fills; return the first row not lived through.

    That is `stop`; the row after ruin (equity there is zero or below); or an earlier one where the log of flows is
    full. Holding costs and pays on rows after `accrues_after`. The log of fills has room for `netted` and one fill
    more of every symbol, and holds what was applied before.
    """
    for bar in range(first, stop):
        if bar > accrues_after and accrue(bar, market, finance, books, desk) == FULL:
            return bar
        while books.counts[N_FILLS] < len(netted) and netted[books.counts[N_FILLS]]["bar"] == bar:
            _apply(netted[books.counts[N_FILLS]], market, books)
        equity[bar] = worth(market.unit_value[bar], books.position, books.money[0])
        if equity[bar] <= 0.0:
            _close_all(bar, market, books)
            return bar + 1
    return stop
