"""The interpreted event loop: time moves one bar at a time, and the strategy's hooks are called as Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantlab.display.moments import moment
from quantlab.engine.now import Fill, Now, Reject, open_block, rows_in_block
from quantlab.engine.strategy import Strategy
from quantlab.errors import did_you_mean
from quantlab.trading.broker import Broker

# Cells marked at a time. Books change only when an order is filled, so marks can be made ahead of now and are made
# again from the bar of a fill; `now` shows the current row alone.
MARK_AHEAD_CELLS = 1024


@dataclass(frozen=True)
class Plan:
    """Where a run begins and ends, in rows of the bars.

    Parameters
    ----------
    start, stop
        First row of the result, and the row after the last.
    first_decision
        First row on which `on_bar` runs.
    same_close
        Whether orders meet the close they were decided on instead of the next open.
    """

    start: int
    stop: int
    first_decision: int
    same_close: bool


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the row after its last, and whether the account was ruined on it."""

    stop: int
    ruined: bool


def run(strategy: Strategy, now: Now, broker: Broker, plan: Plan, tick: Callable[[int], None]) -> Outcome:
    """Run a started strategy over the bars of `plan`; `tick` is told the row at every block of bars.

    An exception of the strategy goes to the caller as it is, with a note that names the hook, bar and time.
    """
    return _Loop(strategy, now, broker, plan, tick).run()


class _Loop:
    """One run: the books' marks, the delistings to come, and the place in time."""

    def __init__(
        self, strategy: Strategy, now: Now, broker: Broker, plan: Plan, tick: Callable[[int], None]
    ) -> None:
        self.strategy = strategy
        self.now = now
        self.broker = broker
        self.plan = plan
        self.tick = tick
        self.hook = "on_bar"
        self.hears_fills = type(strategy).on_fill is not Strategy.on_fill
        self.hears_rejects = type(strategy).on_reject is not Strategy.on_reject
        # Where every bar moves money or may call for margin, there is nothing to make ahead.
        self.is_moving = broker.accrues or broker.calls_margin
        self.mark_ahead = 1 if self.is_moving else max(1, MARK_AHEAD_CELLS // now.n_symbols)
        self.marked = plan.start
        self.ruined_at = plan.stop
        ends = np.unique(now._bars.end_rows) + 1
        self.delistings = [int(row) for row in ends if row < plan.stop][::-1]
        self.wake = plan.start

    def run(self) -> Outcome:
        begin(self.strategy, self.now)
        try:
            stop = self.over_bars()
        except Exception as error:
            _blame(error, self.strategy, self.now, self.hook)
            raise
        finish(self.strategy, self.now, stop)
        return Outcome(stop, self.ruined_at < self.plan.stop)

    def over_bars(self) -> int:
        """Move through the bars; return the row after the last one lived through."""
        now, plan = self.now, self.plan
        n_rows = rows_in_block(now.n_symbols)
        if plan.first_decision > plan.start:
            # Nothing can be held before the first decision.
            self.mark(plan.start, plan.first_decision)
        for first in range(plan.first_decision, plan.stop, n_rows):
            open_block(now, first)
            self.tick(first)
            stop = self.over_block(first, min(first + n_rows, plan.stop))
            if stop:
                return stop
        return plan.stop

    def over_block(self, first: int, stop: int) -> int:
        """Move through rows `first` … `stop` − 1; return the row after ruin, or 0 without it.

        The hot loop: most bars have no event, so that all it does is to move `now` and to call `on_bar`.
        """
        now, broker, on_bar, same_close = self.now, self.broker, self.strategy.on_bar, self.plan.same_close
        move = type(now)._offset.__set__  # type: ignore[attr-defined, misc]
        n = now.n_symbols
        wake = (self.wake - first) * n
        for offset in range(0, (stop - first) * n, n):
            move(now, offset)
            if broker.busy or offset >= wake:
                if self.event(now.bar):
                    return now.bar + 1
                wake = (self.wake - first) * n
            on_bar(now)
            if same_close and broker.busy:
                fresh = broker.meet(now.bar, now.bar)
                if fresh and self.settle(now.bar, fresh):
                    return now.bar + 1
                if not fresh and self.hears_rejects:
                    self.tell_rejects()
                wake = (self.wake - first) * n
        return 0

    def event(self, bar: int) -> bool:
        """Do what this bar brings beside its close: delistings, fills at the open, marks; say whether it ruins."""
        fresh = 0
        if self.broker.accrues and bar > self.plan.first_decision:
            self.broker.accrue(bar)
        while self.delistings and bar >= self.delistings[-1]:
            fresh += self.broker.delist(self.delistings.pop())
        if self.broker.busy and self.broker.has_tickets:
            fresh += self.broker.trade(bar, plain=not self.plan.same_close)
        elif self.broker.busy and not self.plan.same_close:
            fresh += self.broker.meet(bar, bar - 1)
        return self.settle(bar, fresh)

    def settle(self, bar: int, fresh: int) -> bool:
        """Mark the books after `fresh` fills and tell the strategy of them; say whether the account is ruined."""
        if fresh or bar >= self.marked:
            self.mark(bar, min(bar + self.mark_ahead, self.plan.stop))
        if self.broker.calls_margin and bar != self.ruined_at:
            called = self.broker.call_margin(bar)
            if called:
                fresh += called
                self.mark(bar, bar + 1)
        if bar == self.ruined_at:
            self.broker.liquidate(bar)
            self.broker.mark(bar, bar + 1)
            return True
        if fresh and self.hears_fills:
            self.tell(fresh)
        if self.hears_rejects:
            self.tell_rejects()
        return False

    def mark(self, bar: int, stop: int) -> None:
        """Mark rows `bar` … `stop` − 1, and set the row at which the loop must look up again."""
        self.marked = stop
        ruined = self.broker.mark(bar, stop)
        self.ruined_at = ruined if ruined < stop else self.plan.stop
        next_end = self.delistings[-1] if self.delistings else self.plan.stop
        self.wake = min(self.marked, self.ruined_at, next_end)

    def tell(self, fresh: int) -> None:
        """Tell the strategy of the last `fresh` fills, in their sequence."""
        self.hook = "on_fill"
        n = self.broker.n_fills
        for row in self.broker.ledger.fill_log[n - fresh : n].copy():
            self.strategy.on_fill(
                self.now,
                Fill(
                    int(row["symbol"]),
                    float(row["quantity"]),
                    float(row["price"]),
                    float(row["commission"]),
                    int(row["order"]),
                ),
            )
        self.hook = "on_bar"

    def tell_rejects(self) -> None:
        """Tell the strategy of the orders rejected in this instant, in their sequence."""
        self.hook = "on_reject"
        for order in self.broker.take_refused():
            row = self.broker.order(order)
            self.strategy.on_reject(self.now, Reject(order, int(row["symbol"]), int(row["reason"])))
        self.hook = "on_bar"


def begin(strategy: Strategy, now: Now) -> None:
    """Let a started strategy see the symbols; orders are allowed from here on."""
    try:
        strategy.on_start(now)
    except Exception as error:
        _blame(error, strategy, now, "on_start")
        raise
    _refuse_orders(now, "")


def finish(strategy: Strategy, now: Now, stop: int) -> None:
    """Let a strategy look back from its last bar, the one before row `stop`."""
    if now.bar < 0:
        open_block(now, stop - 1)
    _refuse_orders(now, "on_end comes after the last bar")
    try:
        strategy.on_end(now)
    except Exception as error:
        _blame(error, strategy, now, "on_end")
        raise


def _refuse_orders(now: Now, why: str) -> None:
    object.__setattr__(now, "_refusal", why)


def _blame(error: Exception, strategy: Strategy, now: Now, hook: str) -> None:
    """Say on an exception where it happened."""
    error.add_note(_place(strategy, now, hook))
    if isinstance(error, AttributeError) and error.obj is now and error.name:
        known = [name for name in dir(type(now)) if not name.startswith("_")]
        error.add_note(f"now has no {error.name!r}. {did_you_mean(error.name, known)}")


def _place(strategy: Strategy, now: Now, hook: str) -> str:
    if now.bar < 0:
        return f"in {hook} of {strategy!r}, before the first bar"
    return f"in {hook} of {strategy!r} at bar {now.bar} ({moment(now._bars.time[now.bar])})"
