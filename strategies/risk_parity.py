"""Hold every symbol with the same share of the risk, at a steady volatility."""

from __future__ import annotations

import quantlab as ql


class RiskParity(ql.Strategy):
    """Each week, weigh symbols to contribute alike to the variance, and all of them to a target volatility.

    Equally weighted risk contributions (Maillard, Roncalli and Teïletche 2010) of the covariance of the last
    `lookback` returns; symbols without all of them are left out. Weights within `band` of their aim are left alone.
    """

    lookback: int = ql.param(default=120, low=20, high=1000)
    volatility_per_bar: float = ql.param(default=0.008, low=0.0005, high=0.1)
    max_gross: float = ql.param(default=1.0, low=0.0, high=10.0)
    band: float = ql.param(default=0.01, low=0.0, high=0.2)

    def on_bar(self, now: ql.Now) -> None:
        """Estimate the covariance on the first bar of each week, and trade what is out of its band."""
        if now.bar < self.lookback or not now.is_new("week"):
            return
        closes = now.past("close", self.lookback + 1)
        covariance = ql.sizing.sample_covariance(closes[1:] / closes[:-1] - 1.0)
        weights = ql.sizing.risk_parity(covariance)
        weights = ql.sizing.volatility_target(weights, covariance, self.volatility_per_bar, self.max_gross)
        held = now.weight
        aims = ql.sizing.no_trade_band(weights, held, self.band)
        for i in range(now.n_symbols):
            if aims[i] != held[i]:
                now.target_weight(i, aims[i])
