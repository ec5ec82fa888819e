"""The desk between a strategy and its books: places orders, lets them meet prices, marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.kernels import execution
from quantlab.records import FULL, N_FILLS, N_QUEUED
from quantlab.trading.ledger import Ledger, Record
from quantlab.typing import FloatArray, IntArray

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
        self._terms = terms
        self._price = price
        self._mark = bars.mark
        self._volume = bars.volume
        self._last_row = bars.end_rows
        self._delisting_returns: FloatArray = np.array(
            [bars.ends[s].delisting_return if s in bars.ends else 0.0 for s in bars.symbols]
        )
        self._target: IntArray = np.full(n, -1, np.int64)
        self._resting: IntArray = np.zeros(n, np.int64)
        self.queue: IntArray = np.zeros(FIRST_QUEUE, np.int64)

    @property
    def n_fills(self) -> int:
        """Number of fills so far."""
        return int(self.ledger.counts[N_FILLS])

    def place(self, bar: int, symbol: int, kind: int, amount: float) -> int:
        """Record and queue an order; return its id (negative when there is nothing to do)."""
        while True:
            order = execution.place(
                bar,
                symbol,
                kind,
                amount,
                self.position,
                self.ledger.order_log,
                self.queue,
                self.ledger.counts,
                self._target,
                self._resting,
            )
            if order != FULL:
                self.busy = True
                return order
            self.grow()

    def place_all(self, bar: int, kind: int, amounts: FloatArray) -> None:
        """Record and queue an order of ``amounts[i]`` for every symbol."""
        self.busy = True
        while (
            execution.place_all(
                bar,
                kind,
                amounts,
                self.position,
                self.ledger.order_log,
                self.queue,
                self.ledger.counts,
                self._target,
                self._resting,
            )
            == FULL
        ):
            self.grow()

    def meet(self, bar: int, mark_bar: int) -> int:
        """Let resting orders meet the prices of `bar`; absent symbols count at ``mark[mark_bar]``."""
        while True:
            n_fills = execution.meet(
                bar,
                mark_bar,
                self._price,
                self._mark,
                self._volume,
                self._last_row,
                self._terms,
                self.position,
                self.money,
                self.ledger.order_log,
                self.queue,
                self.ledger.counts,
                self._target,
                self._resting,
                self.ledger.fill_log,
            )
            if n_fills != FULL:
                self.busy = self.ledger.counts[N_QUEUED] > 0
                return n_fills
            self.grow()

    def mark(self, first: int, stop: int) -> int:
        """Mark rows `first` … `stop` − 1 with the books as they stand; return the first ruined row, or `stop`."""
        return execution.mark_rows(first, stop, self._mark, self.position, self.money, self.ledger.equity)

    def delist(self, bar: int) -> int:
        """Close positions whose symbol ended before `bar`, at last close × (1 + delisting return)."""
        while True:
            n_fills = execution.delist(
                bar,
                self._last_row,
                self._mark,
                self._delisting_returns,
                self.position,
                self.money,
                self.ledger.order_log,
                self.ledger.counts,
                self.ledger.fill_log,
            )
            if n_fills != FULL:
                return n_fills
            self.grow()

    def liquidate(self, bar: int) -> int:
        """Close everything at the close of `bar` and withdraw what rests: the account is ruined."""
        self.busy = False
        while True:
            n_fills = execution.liquidate(
                bar,
                self._mark,
                self.position,
                self.money,
                self.ledger.order_log,
                self.queue,
                self.ledger.counts,
                self.ledger.fill_log,
            )
            if n_fills != FULL:
                return n_fills
            self.grow()

    def record(self, n_bars: int) -> Record:
        """Return what happened on the first `n_bars` rows; the account is closed after it."""
        return self.ledger.record(n_bars, self._cash)

    def arrays(self) -> dict[str, FloatArray | IntArray]:
        """Return the arrays that keep their place for the whole run, by what kernels call them."""
        return {
            "price": self._price,
            "position": self.position,
            "money": self.money,
            "equity": self.ledger.equity,
            "terms": self._terms,
            "counts": self.ledger.counts,
            "target": self._target,
            "resting": self._resting,
            "end_rows": self._last_row,
            "delisting_returns": self._delisting_returns,
        }

    def grow(self) -> None:
        """Give the logs and the queue more room; what is in them stays as it is."""
        self.ledger.grow()
        self.queue = np.concatenate([self.queue, np.zeros_like(self.queue)])
