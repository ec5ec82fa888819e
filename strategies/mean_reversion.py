"""Buy what fell unusually far, sell it when it is back."""

from __future__ import annotations

import quantlab as ql


class MeanReversion(ql.Strategy):
    """Buy a symbol whose close is `entry` deviations below its average; leave at the average or after `patience` bars.

    Short-term reversal (Lehmann 1990). The time limit keeps a falling symbol from being held until it recovers.
    """

    lookback: int = ql.param(default=20, low=5, high=250)
    entry: float = ql.param(default=2.0, low=0.5, high=5.0)
    patience: int = ql.param(default=20, low=1, high=250)

    stretch = ql.feature("zscore", lookback=lookback)
    entered = ql.state(0.0, per_symbol=True)

    def on_bar(self, now: ql.Now) -> None:
        """Enter below, leave at the average or when patience ends."""
        for i in range(now.n_symbols):
            if now.position[i] == 0.0:
                if now[self.stretch, i] < -self.entry:
                    now.target_weight(i, 1.0 / now.n_symbols)
                    self.entered[i] = now.bar
            elif now[self.stretch, i] >= 0.0 or now.bar - self.entered[i] >= self.patience:
                now.close_position(i)
