"""Hold the symbols that rose most."""

from __future__ import annotations

import numpy as np

import quantlab as ql


class MomentumRank(ql.Strategy):
    """Each month, hold the `keep` symbols with the highest momentum in equal weights.

    Cross-sectional momentum (Jegadeesh and Titman 1993): past winners against past losers, here long only. Ties go
    to the symbol that stands first.
    """

    lookback: int = ql.param(default=120, low=20, high=500)
    keep: int = ql.param(default=2, low=1, high=100)

    momentum = ql.feature("momentum", lookback=lookback)

    def on_bar(self, now: ql.Now) -> None:
        """Rank on the first bar of each month."""
        if not now.is_new("month"):
            return
        score = np.where(now.ready & now.tradable, now[self.momentum], -np.inf)
        best = np.argsort(-score, kind="stable")[: self.keep]
        weights = np.zeros(now.n_symbols)
        for i in best:
            if score[i] > -np.inf:
                weights[i] = 1.0 / self.keep
        now.target_weights(weights)
