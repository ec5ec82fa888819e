"""The desk between a strategy and its books: places orders, lets them meet prices, marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.kernels import execution
from quantlab.kernels.books import Books, Desk, Market
from quantlab.records import FULL, MET, N_FILLS, N_QUEUED
from quantlab.trading.ledger import Ledger, Record
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
    terms
        Costs and account as the kernels read them (``terms_of``).
    price
        ``(n_bars, n_symbols)`` prices that orders meet: opens, or closes in same-close mode.
    """

    def __init__(self, bars: Bars, cash: float, terms: FloatArray, price: FloatArray) -> None:
        n = bars.n_symbols
        self.ledger = Ledger(bars.n_bars)
        self.position: FloatArray = np.zeros(n)
        self.money: FloatArray = np.array([cash])
        self.busy = False
        """Whether orders rest (also replaced ones, until the next instant clears them)."""
        self._cash = cash
        self._market = Market(price, bars.mark, bars.volume, bars.end_rows, _delisting_returns(bars))
        self._desk = Desk(
            terms,
            np.zeros(FIRST_QUEUE, np.int64),
            np.full(n, -1, np.int64),
            np.zeros(n, np.int64),
            np.zeros(FIRST_QUEUE, MET),
        )
        self._books = self._bundled()

    @property
    def n_fills(self) -> int:
        """Number of fills so far."""
        return int(self.ledger.counts[N_FILLS])

    def place(self, bar: int, symbol: int, kind: int, amount: float) -> int:
        """Record and queue an order; return its id (negative when there is nothing to do)."""
        while (order := execution.place(bar, symbol, kind, amount, self._books, self._desk)) == FULL:
            self.grow()
        self.busy = self.busy or order >= 0
        return order

    def place_all(self, bar: int, kind: int, amounts: FloatArray) -> None:
        """Record and queue an order of ``amounts[i]`` for every symbol."""
        self.busy = True
        while execution.place_all(bar, kind, amounts, self._books, self._desk) == FULL:
            self.grow()

    def meet(self, bar: int, mark_bar: int) -> int:
        """Let resting orders meet the prices of `bar`; absent symbols count at ``mark[mark_bar]``."""
        while (n := execution.meet(bar, mark_bar, self._market, self._books, self._desk)) == FULL:
            self.grow()
        self.busy = self.ledger.counts[N_QUEUED] > 0
        return n

    def mark(self, first: int, stop: int) -> int:
        """Mark rows `first` … `stop` − 1 with the books as they stand; return the first ruined row, or `stop`."""
        return execution.mark_rows(
            first, stop, self._market.mark, self.position, self.money, self.ledger.equity
        )

    def delist(self, bar: int) -> int:
        """Close positions whose symbol ended before `bar`, at last close × (1 + delisting return)."""
        while (n := execution.delist(bar, self._market, self._books)) == FULL:
            self.grow()
        return n

    def liquidate(self, bar: int) -> int:
        """Close everything at the close of `bar` and withdraw what rests: the account is ruined."""
        self.busy = False
        while (n := execution.liquidate(bar, self._market, self._books, self._desk)) == FULL:
            self.grow()
        return n

    def record(self, n_bars: int) -> Record:
        """Return what happened on the first `n_bars` rows; the account is closed after it."""
        return self.ledger.record(n_bars, self._cash)

    def arrays(self) -> dict[str, FloatArray | IntArray | RecordArray]:
        """Return every array of the account by its name; those of `logs` move when they grow."""
        bundles = (self._market, self._books, self._desk)
        named = {name: array for bundle in bundles for name, array in bundle._asdict().items()}
        return {**named, "equity": self.ledger.equity}

    def logs(self) -> dict[str, RecordArray | IntArray]:
        """Return the arrays that grow, by name."""
        return {
            "orders": self._books.orders,
            "fills": self._books.fills,
            "queue": self._desk.queue,
            "met": self._desk.met,
        }

    def grow(self) -> None:
        """Give the logs and the queue more room; what is in them stays as it is."""
        self.ledger.grow()
        self._books = self._bundled()
        queue = np.concatenate([self._desk.queue, np.zeros_like(self._desk.queue)])
        self._desk = self._desk._replace(queue=queue, met=np.zeros(len(queue), MET))

    def _bundled(self) -> Books:
        ledger = self.ledger
        return Books(self.position, self.money, ledger.order_log, ledger.fill_log, ledger.counts)


def _delisting_returns(bars: Bars) -> FloatArray:
    return np.array([bars.ends[s].delisting_return if s in bars.ends else 0.0 for s in bars.symbols])
