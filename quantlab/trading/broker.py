"""The desk between a strategy and its books: places orders, lets them meet prices, marks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from quantlab.kernels import closing, execution, holding, marking, placing, resting, tickets
from quantlab.kernels.books import Books, Desk, Market, Tape
from quantlab.records import (
    FULL,
    MET,
    N_FILLS,
    N_ORDERS,
    N_QUEUED,
    N_REFUSED,
    N_TICKETS,
)
from quantlab.trading.account import Rules
from quantlab.trading.finance import finance_of
from quantlab.trading.ledger import Ledger, Record, wider
from quantlab.trading.orders import PLAIN, OrderTerms
from quantlab.trading.surcharges import surcharges
from quantlab.trading.tape import tape_of
from quantlab.typing import FloatArray, IntArray, RecordArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

FIRST_QUEUE = 64


class Broker:
    """One account over one set of bars: the state that the execution kernels change.

    A thin shell: it hands its arrays to the kernels and gives a log more room when a kernel says it is full.

    Parameters
    ----------
    bars
        What happened.
    cash
        Initial cash, in money.
    rules
        Costs, account and execution.
    """

    def __init__(self, bars: Bars, cash: float, rules: Rules) -> None:
        n = bars.n_symbols
        price = bars.close if rules.same_close else bars.open
        self.ledger = Ledger(bars.n_bars)
        self.position: FloatArray = np.zeros(n)
        self.money: FloatArray = np.array([cash])
        self.busy = False
        """Whether orders rest (also replaced ones, until the next instant clears them)."""
        self._cash = cash
        multiplier, tick, lot = rules.account.steps(bars.symbols)
        self._market = Market(
            price,
            bars.mark,
            bars.mark if np.all(multiplier == 1.0) else bars.mark * multiplier,
            bars.volume,
            bars.end_rows,
            _delisting_returns(bars),
            multiplier,
            tick,
            lot,
            *surcharges(rules, bars),
        )
        self._finance = finance_of(rules.account, bars)
        self._desk = Desk(
            rules.numbers(),
            np.zeros(FIRST_QUEUE, np.int64),
            np.full(n, -1, np.int64),
            np.full(n, -1, np.int64),
            np.zeros(n, np.int64),
            np.zeros(FIRST_QUEUE, MET),
            np.zeros(FIRST_QUEUE, np.int64),
            np.zeros(n),
            np.zeros(n),
        )
        self._books = self._bundled()
        self._bars, self._execution = bars, rules.execution
        self.tickets_for_all = rules.concern_every_order
        self.accrues = rules.account.accrues
        self.calls_margin = rules.account.maintenance > 0.0

    @cached_property
    def tape(self) -> Tape:
        """What happened inside the bars; made when the first order with a ticket is placed."""
        return tape_of(self._execution, self._bars)

    @property
    def multiplier(self) -> FloatArray:
        """Money per unit and point of price, ``(n_symbols,)``."""
        return self._market.multiplier

    @property
    def has_tickets(self) -> bool:
        """Whether an order with a ticket was ever placed."""
        return bool(self.ledger.counts[N_TICKETS] > 0)

    @property
    def n_fills(self) -> int:
        """Number of fills so far."""
        return int(self.ledger.counts[N_FILLS])

    def place(self, bar: int, symbol: int, kind: int, amount: float) -> int:
        """Record and queue an order; return its id (negative when there is nothing to do)."""
        if self.tickets_for_all:
            return self.place_ticket(bar, symbol, kind, amount, PLAIN)
        while (order := placing.place(bar, symbol, kind, amount, self._books, self._desk)) == FULL:
            self.grow()
        self.busy = self.busy or order >= 0
        return order

    def place_all(self, bar: int, kind: int, amounts: FloatArray) -> None:
        """Record and queue an order of ``amounts[i]`` for every symbol."""
        if self.tickets_for_all:
            for i, amount in enumerate(amounts.tolist()):
                self.place_ticket(bar, i, kind, amount, PLAIN)
            return
        self.busy = True
        while placing.place_all(bar, kind, amounts, self._books, self._desk) == FULL:
            self.grow()

    def place_ticket(self, bar: int, symbol: int, kind: int, amount: float, terms: OrderTerms) -> int:
        """Record and queue an order with terms; return its id (negative when there is nothing to do)."""
        asked = (bar, symbol, kind, amount, *terms)
        while True:
            order = tickets.place_ticket(*asked, self._market, self.tape, self._books, self._desk)
            if order != FULL:
                break
            self.grow()
        self.busy = self.busy or order >= 0
        return order

    def bind(self, entry: int, take_profit: int, stop_loss: int) -> None:
        """Make two orders the exits of a third."""
        tickets.bind(entry, take_profit, stop_loss, self._books)

    def tie(self, order: int, other: int) -> bool:
        """Let the fill of either of two orders cancel the other; False where one cannot be tied."""
        return tickets.tie(order, other, self._books)

    def cancel(self, order: int) -> bool:
        """Withdraw a resting order; tell whether it was resting."""
        return tickets.cancel(order, self._books, self._desk)

    def side_of(self, order: int) -> int:
        """Tell whether an order buys (1), sells (−1) or may do either (0)."""
        return int(tickets.side_of(order, self._books))

    def succeed(self, order: int, successor: int) -> None:
        """Let one order take the place of another."""
        tickets.succeed(order, successor, self._books, self._desk)

    def order(self, order: int) -> np.void:
        """Return the record of an order, as it stands."""
        record: np.void = self.ledger.order_log[order]
        return record

    @property
    def n_orders(self) -> int:
        """Number of orders so far."""
        return int(self.ledger.counts[N_ORDERS])

    def take_refused(self) -> list[int]:
        """Return the ids of the orders rejected in the last instant, and forget them."""
        refused: list[int] = self._desk.refused[: self.ledger.counts[N_REFUSED]].tolist()
        self.ledger.counts[N_REFUSED] = 0
        return refused

    def trade(self, bar: int, *, plain: bool) -> int:
        """Live through a bar with the orders that have a ticket; `plain`: others meet its open as well."""
        while True:
            n = resting.trade(bar, plain, self._market, self.tape, self._finance, self._books, self._desk)
            if n != FULL:
                break
            self.grow()
        self.busy = self.ledger.counts[N_QUEUED] > 0
        return n

    def meet(self, bar: int, mark_bar: int) -> int:
        """Let resting orders meet the prices of `bar`; absent symbols count at ``mark[mark_bar]``."""
        while (n := execution.meet(bar, mark_bar, self._market, self._books, self._desk)) == FULL:
            self.grow()
        self.busy = self.ledger.counts[N_QUEUED] > 0
        return n

    def mark(self, first: int, stop: int) -> int:
        """Mark rows `first` … `stop` − 1 with the books as they stand; return the first ruined row, or `stop`."""
        return marking.mark_rows(first, stop, self._market, self.position, self.money, self.ledger.equity)

    def accrue(self, bar: int) -> None:
        """Pay and charge what was held since the close before `bar`."""
        while holding.accrue(bar, self._market, self._finance, self._books, self._desk) == FULL:
            self.grow()

    def call_margin(self, bar: int) -> int:
        """Reduce positions where equity is below maintenance at the close of `bar`; return the number of fills."""
        while (n := closing.call_margin(bar, self._market, self._books, self._desk)) == FULL:
            self.grow()
        return n

    def delist(self, bar: int) -> int:
        """Close positions whose symbol ended before `bar`, at last close × (1 + delisting return)."""
        while (n := closing.delist(bar, self._market, self._books)) == FULL:
            self.grow()
        return n

    def liquidate(self, bar: int) -> int:
        """Close everything at the close of `bar` and withdraw what rests: the account is ruined."""
        self.busy = False
        while (n := closing.liquidate(bar, self._market, self._books, self._desk)) == FULL:
            self.grow()
        return n

    def record(self, n_bars: int) -> Record:
        """Return what happened on the first `n_bars` rows; the account is closed after it."""
        return self.ledger.record(n_bars, self._cash)

    def arrays(self) -> dict[str, FloatArray | IntArray | RecordArray]:
        """Return every array of the account by its name; those of `logs` move when they grow."""
        bundles = (self._market, self._finance, self._books, self._desk)
        named = {name: array for bundle in bundles for name, array in bundle._asdict().items()}
        return {**named, "equity": self.ledger.equity}

    def logs(self) -> dict[str, RecordArray | IntArray]:
        """Return the arrays that grow, by name."""
        return {
            "orders": self._books.orders,
            "fills": self._books.fills,
            "queue": self._desk.queue,
            "met": self._desk.met,
            "refused": self._desk.refused,
            "tickets": self._books.tickets,
            "flows": self._books.flows,
        }

    def grow(self) -> None:
        """Give the logs and the queue more room; what is in them stays as it is."""
        n_symbols, n_queued = len(self.position), int(self.ledger.counts[N_QUEUED])
        self.ledger.grow(n_symbols, n_queued)
        self._books = self._bundled()
        if n_queued + n_symbols > len(self._desk.queue):
            n = 2 * (n_queued + n_symbols)
            queue, refused = wider(self._desk.queue, n), wider(self._desk.refused, n)
            self._desk = self._desk._replace(queue=queue, met=np.zeros(n, MET), refused=refused)

    def _bundled(self) -> Books:
        ledger = self.ledger
        return Books(
            self.position,
            self.money,
            ledger.order_log,
            ledger.fill_log,
            ledger.counts,
            ledger.ticket_log,
            ledger.flow_log,
        )


def _delisting_returns(bars: Bars) -> FloatArray:
    return np.array([bars.ends[s].delisting_return if s in bars.ends else 0.0 for s in bars.symbols])
