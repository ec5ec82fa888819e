"""Trade as a network does that was trained on the profit of its positions, not on the error of its forecasts."""

from __future__ import annotations

import numpy as np

import quantlab as ql


class TrainedToTrade(ql.Strategy):
    """Hold each symbol long or short in proportion to a score that was trained on profit after costs and risk.

    The network's loss is minus the utility of the positions that its scores stand for, turnover paid for (see
    `quantlab.losses.Decision`). What it says is a score on a scale of its own: a symbol's weight is the score over
    twice its root mean square in the last `lookback` bars, cut off at 1, times an equal share of the account. A weight
    is left alone while within `band` of its aim.
    """

    lookback: int = ql.param(default=60, low=5, high=500)
    band: float = ql.param(default=0.05, low=0.0, high=0.5)

    score = ql.forecast(
        ql.MLP(horizon=5, loss=ql.losses.Decision(costs=0.001, risk_aversion=5.0), lookback=1, hidden=(16,))
    )

    def on_bar(self, now: ql.Now) -> None:
        """Aim at the position that the newest score stands for."""
        if now.bar < self.lookback:
            return
        past = now.past(self.score, self.lookback)
        for i in range(now.n_symbols):
            if not now.tradable[i]:
                continue
            squares, n = 0.0, 0
            for k in range(self.lookback):
                if np.isfinite(past[k, i]):
                    squares += past[k, i] * past[k, i]
                    n += 1
            aim = 0.0
            if now.ready[i] and n > 1 and squares > 0.0:
                aim = now[self.score, i] / (2.0 * (squares / n) ** 0.5)
            aim = min(1.0, max(-1.0, aim)) / now.n_symbols
            if abs(aim - now.weight[i]) > self.band / now.n_symbols:
                now.target_weight(i, aim)
