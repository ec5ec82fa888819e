"""Trade as a network does that was trained on the profit of its positions, not on the error of its forecasts."""

from __future__ import annotations

import quantlab as ql


class TrainedToTrade(ql.Strategy):
    """Hold each symbol long or short in proportion to a score that was trained on profit after costs and risk.

    The network's loss is minus the utility of the positions that its scores stand for, turnover paid for (see
    `quantlab.losses.Decision`). What it says is a score on a scale of its own: a symbol's weight is the score over
    twice its usual size (a root mean square that forgets within some `lookback` bars), cut off at 1, times an equal
    share of the account. A weight is left alone while within `band` of its aim, as a share of that.
    """

    lookback: int = ql.param(default=60, low=5, high=500)
    band: float = ql.param(default=0.05, low=0.0, high=0.5)

    square = ql.state(0.0, per_symbol=True)
    score = ql.forecast(
        ql.MLP(horizon=5, loss=ql.losses.Decision(costs=0.001, risk_aversion=5.0), lookback=1, hidden=(16,))
    )

    def on_bar(self, now: ql.Now) -> None:
        """Aim at the position that the newest score stands for; at none without a score."""
        for i in range(now.n_symbols):
            if not now.tradable[i]:
                continue
            aim = self.position_of(i, now[self.score, i]) if now.ready[i] else 0.0
            if abs(aim / now.n_symbols - now.weight[i]) > self.band / now.n_symbols:
                now.target_weight(i, aim / now.n_symbols)

    def position_of(self, i: int, score: float) -> float:
        """Measure a score by its usual size, itself included: from -1 to 1."""
        if self.square[i] == 0.0:
            self.square[i] = score * score
        else:
            self.square[i] += (score * score - self.square[i]) / self.lookback
        if self.square[i] == 0.0:
            return 0.0
        return min(1.0, max(-1.0, score / (2.0 * self.square[i] ** 0.5)))
