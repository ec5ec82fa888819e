"""Hold the symbols that a network ranks highest, and let go of them only when they fall far behind."""

from __future__ import annotations

import numpy as np

import quantlab as ql


class ForecastTopK(ql.Strategy):
    """Hold the `keep` best ranked symbols in equal weights; a held one stays while among the best `keep` + `slack`.

    The network is taught the order of symbols within a bar, not the size of returns: its loss is the information
    coefficient. The slack bounds turnover, because neighbours in a ranking change places all the time.
    """

    keep: int = ql.param(default=2, low=1, high=500)
    slack: int = ql.param(default=1, low=0, high=500)

    rank = ql.forecast(ql.MLP(horizon=5, loss="ic", lookback=1, hidden=(32,)))

    def on_bar(self, now: ql.Now) -> None:
        """Let go of what fell behind, and take the best of the rest in its place."""
        score = np.where(now.ready & now.tradable, now[self.rank], -np.inf)
        order = np.argsort(-score, kind="stable")
        stays = np.zeros(now.n_symbols)
        n_held = 0
        for place in range(min(self.keep + self.slack, now.n_symbols)):
            i = order[place]
            if now.position[i] > 0.0 and score[i] > -np.inf and n_held < self.keep:
                stays[i] = 1.0
                n_held += 1
        for i in range(now.n_symbols):
            if now.position[i] > 0.0 and stays[i] == 0.0 and now.tradable[i]:
                now.target_weight(i, 0.0)
        for place in range(now.n_symbols):
            i = order[place]
            if n_held < self.keep and stays[i] == 0.0 and score[i] > -np.inf:
                now.target_weight(i, 1.0 / self.keep)
                n_held += 1
