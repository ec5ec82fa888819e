"""What holding costs and pays between two closes."""

from __future__ import annotations

import math

from quantlab.kernels._jit import lean, step
from quantlab.kernels.books import Books, Desk, Finance, Market
from quantlab.records import BORROW, FULL, FUNDING, INTEREST, INTEREST_RATE, LOAN_RATE, N_FLOWS, PAYOUT


@step
def _flow(bar: int, symbol: int, kind: int, amount: float, books: Books) -> None:
    """Add money to the books and log it."""
    books.money[0] += amount
    row = books.flows[books.counts[N_FLOWS]]
    row["bar"] = bar
    row["symbol"] = symbol
    row["kind"] = kind
    row["amount"] = amount
    row["cash"] = books.money[0]
    books.counts[N_FLOWS] += 1


@lean
def accrue(bar: int, market: Market, finance: Finance, books: Books, desk: Desk) -> int:
    """Pay and charge what was held from the close before `bar` to its own; return 0, or `FULL`.

    Interest is earned on cash less the value of shorts, whose proceeds are the lender's security, and paid on what is
    below zero; borrowing is paid on the value of shorts at the close before. Both are simple, for the time between
    the closes (actual/365). Payouts go to who held at the close before; who was short pays them. Funding is paid by who
    held at the close before, on the value there; who was short receives it.
    """
    if books.counts[N_FLOWS] + 3 * len(books.position) + 1 > len(books.flows):
        return FULL
    years = finance.years[bar]
    shorts = 0.0
    free = books.money[0]
    for i in range(len(books.position)):
        held = books.position[i]
        if held == 0.0:
            continue
        if held < 0.0:
            value = -held * market.unit_value[bar - 1, i]
            shorts += value
            fee = -value * finance.borrow[min(bar, len(finance.borrow) - 1), i] * years
            if fee != 0.0:
                _flow(bar, i, BORROW, fee, books)
        paid = held * finance.payout[min(bar, len(finance.payout) - 1), i]
        if paid != 0.0 and not math.isnan(paid):
            _flow(bar, i, PAYOUT, paid, books)
        funded = (
            -held * market.unit_value[bar - 1, i] * finance.funding[min(bar, len(finance.funding) - 1), i]
        )
        if funded != 0.0 and not math.isnan(funded):
            _flow(bar, i, FUNDING, funded, books)
    free -= shorts
    interest = free * desk.terms[INTEREST_RATE if free > 0.0 else LOAN_RATE] * years
    if interest != 0.0:
        _flow(bar, -1, INTEREST, interest, books)
    return 0
