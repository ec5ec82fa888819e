"""Buy every symbol once and keep it."""

from __future__ import annotations

import quantlab as ql


class BuyAndHold(ql.Strategy):
    """Give each symbol an equal share of the initial equity when its first bar appears; never sell.

    The measure of every other strategy: what the market gave to somebody who did nothing.
    """

    bought = ql.state(0.0, per_symbol=True)

    def on_bar(self, now: ql.Now) -> None:
        """Buy what has a bar for the first time."""
        tradable = now.tradable
        for i in range(now.n_symbols):
            if tradable[i] and self.bought[i] == 0.0:
                now.target_weight(i, 1.0 / now.n_symbols)
                self.bought[i] = 1.0
