"""Hold the symbols that a neural network expects to rise most."""

from __future__ import annotations

import numpy as np

import quantlab as ql


class ForecastRank(ql.Strategy):
    """Every `hold` bars, hold the `keep` symbols with the highest forecast return, if it is worth the costs.

    The forecasts come from a convolutional network that was trained on earlier bars only; a symbol is held when its
    median forecast is above `floor`.
    """

    keep: int = ql.param(default=2, low=1, high=100)
    hold: int = ql.param(default=5, low=1, high=60)
    floor: float = ql.param(default=0.0, low=-0.1, high=0.1)

    outlook = ql.forecast(ql.CNN1D(horizon=5))

    def on_bar(self, now: ql.Now) -> None:
        """Rank when it is time, otherwise wait."""
        if now.bar % self.hold != 0:
            return
        score = np.where(now.ready & now.tradable, now[self.outlook], -np.inf)
        weights = np.zeros(now.n_symbols)
        for i in np.argsort(-score, kind="stable")[: self.keep]:
            if score[i] > self.floor:
                weights[i] = 1.0 / self.keep
        now.target_weights(weights)
