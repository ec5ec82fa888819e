"""Trade the spread of two symbols back to its average."""

from __future__ import annotations

import math

import numpy as np

import quantlab as ql
from quantlab.typing import FloatArray


def log_spread(bars: ql.Bars, lookback: int | None) -> FloatArray:
    """Logarithm of the first symbol's price over the second's, the same number for both; NaN where either is absent."""
    spread = np.log(bars.close[:, 0]) - np.log(bars.close[:, 1])
    return np.repeat(spread[:, None], bars.n_symbols, axis=1)


class Pairs(ql.Strategy):
    """Go long the cheap and short the dear one of the first two symbols when their log spread is stretched.

    Pairs trading (Gatev, Goetzmann and Rouwenhorst 2006): enter `entry` deviations from the spread's average over
    `lookback` bars, leave when it is back within `leave`. Each side gets half of the equity; other symbols are left
    alone.
    """

    lookback: int = ql.param(default=60, low=10, high=500)
    entry: float = ql.param(default=2.0, low=0.5, high=5.0)
    leave: float = ql.param(default=0.5, low=0.0, high=2.0)

    spread = ql.feature(log_spread)
    side = ql.state(0)

    def on_bar(self, now: ql.Now) -> None:
        """Measure the spread against its own past, then enter or leave."""
        if now.n_symbols < 2:
            raise ValueError("Pairs needs two symbols: select them with bars.select([…, …]).")
        if now.bar + 1 < self.lookback or not (now.tradable[0] and now.tradable[1]):
            return
        past = now.past(self.spread, self.lookback)[:, 0]
        deviation = float(np.std(past, ddof=1))
        if math.isnan(deviation) or deviation == 0.0:
            return
        stretch = (past[-1] - float(np.mean(past))) / deviation
        if self.side == 0 and abs(stretch) > self.entry:
            self.side = -1 if stretch > 0.0 else 1
            now.target_weight(0, 0.5 * self.side)
            now.target_weight(1, -0.5 * self.side)
        elif self.side != 0 and abs(stretch) < self.leave:
            self.side = 0
            now.close_position(0)
            now.close_position(1)
