"""What one run is made of, before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantlab.engine.strategy import Strategy
from quantlab.market.bars import Bars
from quantlab.trading.account import Rules

if TYPE_CHECKING:
    from quantlab.engine.inputs import Inputs
    from quantlab.engine.loop import Plan
    from quantlab.engine.now import Now
    from quantlab.trading.broker import Broker


@dataclass(frozen=True, eq=False)
class Setup:
    """A strategy, its bars and computed inputs, and the terms of its account.

    Parameters
    ----------
    strategy, bars, inputs
        The rule, what happened, and what the rule declared to read of it.
    rows
        Rows of the bars that are lived through.
    cash
        Initial cash, in money.
    rules
        Its costs, account and execution.
    """

    strategy: Strategy
    bars: Bars
    inputs: Inputs
    rows: range
    cash: float
    rules: Rules

    def plan(self) -> Plan:
        """Where the run begins, decides first, and ends."""
        from quantlab.engine.loop import Plan  # Numba comes with it

        start, stop = self.rows.start, self.rows.stop
        first = self.inputs.first_decision(self.bars, start, stop)
        return Plan(start, stop, first, self.rules.same_close)

    def opened(self) -> tuple[Strategy, Now, Broker, Plan]:
        """Set up fresh books and a fresh copy of the strategy: what `quantlab.engine.loop.run` takes."""
        from quantlab.engine.now import Now
        from quantlab.trading.broker import Broker

        bars, plan = self.bars, self.plan()
        broker = Broker(bars, self.cash, self.rules)
        broker.ledger.equity[: plan.start] = np.nan
        live = self.strategy.started(bars.n_symbols, self.inputs.sources)
        return live, Now(bars, broker, self.inputs), broker, plan
