"""The interpreted event loop: time moves one bar at a time, and the strategy's hooks are called as Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantlab.engine.now import Fill, Now, open_block
from quantlab.engine.strategy import Strategy
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


def run(
    strategy: Strategy, now: Now, broker: Broker, plan: Plan, tick: Callable[[int], None]
) -> Outcome:
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
        self.hears_fills = type(strategy).on_fill is not Strategy.on_fill
        self.marked = plan.start
        self.ruined_at = plan.stop
        ends = np.unique(now._bars.end_rows)
        self.delistings = [int(row) + 1 for row in ends if row + 1 < plan.stop][::-1]
        self.mark_ahead = max(1, MARK_AHEAD_CELLS // now.n_symbols)

    def run(self) -> Outcome:
        hook = "on_start"
        try:
            self.strategy.on_start(self.now)
            hook = "on_bar"
            last = self.over_bars()
            hook = "on_end"
            _refuse_orders(self.now, "on_end comes after the last bar")
            self.strategy.on_end(self.now)
        except Exception as error:
            error.add_note(_place(self.strategy, self.now, hook))
            raise
        return Outcome(last + 1, self.ruined_at == last)

    def over_bars(self) -> int:
        """Move through the bars; return the last row."""
        plan, now, broker = self.plan, self.now, self.broker
        on_bar = self.strategy.on_bar
        set_bar, set_offset = type(now).bar.__set__, type(now)._offset.__set__  # type: ignore[attr-defined]
        _refuse_orders(now, "")
        for first in range(plan.start, plan.stop, now._rows_in_block):
            open_block(now)
            self.tick(first)
            for bar in range(first, min(first + now._rows_in_block, plan.stop)):
                set_bar(now, bar)
                set_offset(now, bar - first)
                fresh = 0
                if self.delistings and bar >= self.delistings[-1]:
                    fresh = self.delist(bar)
                if broker.busy and not plan.same_close:
                    fresh += broker.meet(bar, bar - 1)
                if fresh or bar >= self.marked:
                    self.mark(bar)
                if bar == self.ruined_at:
                    broker.liquidate(bar)
                    self.mark(bar)
                    self.ruined_at = bar
                    return bar
                if fresh and self.hears_fills:
                    self.tell(fresh)
                if bar >= plan.first_decision:
                    on_bar(now)
                if broker.busy and plan.same_close and self.meet_close(bar):
                    return bar
        return plan.stop - 1

    def meet_close(self, bar: int) -> bool:
        """Let orders meet the close they were decided on; return whether the account is ruined by it."""
        fresh = self.broker.meet(bar, bar)
        if fresh:
            self.mark(bar)
            if self.ruined_at == bar:
                self.broker.liquidate(bar)
                self.mark(bar)
                self.ruined_at = bar
                return True
            if self.hears_fills:
                self.tell(fresh)
        return False

    def delist(self, bar: int) -> int:
        self.delistings.pop()
        return self.broker.delist(bar)

    def mark(self, bar: int) -> None:
        self.marked = min(bar + self.mark_ahead, self.plan.stop)
        ruined = self.broker.mark(bar, self.marked)
        self.ruined_at = ruined if ruined < self.marked else self.plan.stop

    def tell(self, fresh: int) -> None:
        """Tell the strategy of the last `fresh` fills, in their sequence."""
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


def _refuse_orders(now: Now, why: str) -> None:
    object.__setattr__(now, "_refusal", why)


def _place(strategy: Strategy, now: Now, hook: str) -> str:
    if now.bar < 0:
        return f"in {hook} of {strategy!r}, before the first bar"
    return f"in {hook} of {strategy!r} at bar {now.bar} ({now._bars.time[now.bar]})"
