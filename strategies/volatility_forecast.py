"""Hold every symbol at a steady risk, by what a network expects of its volatility."""

from __future__ import annotations

import quantlab as ql


class VolatilityForecast(ql.Strategy):
    """Hold more of what is about to be calm: a symbol's weight is its share of the risk over its forecast volatility.

    A small network forecasts the realised volatility of the next five bars from that of the last day, week and month
    (after Corsi 2009). A symbol gets the weight risk / (forecast · √n_symbols), which would give the account `risk` a
    bar if symbols moved independently; weights are scaled down where they exceed `max_gross` together (Moreira and Muir
    2017 find that managed volatility earns more per risk). A weight is left alone while within `band` of its aim.
    """

    risk: float = ql.param(default=0.008, low=0.0005, high=0.1)
    max_gross: float = ql.param(default=1.0, low=0.0, high=10.0)
    band: float = ql.param(default=0.02, low=0.0, high=0.2)

    volatility = ql.forecast(
        ql.MLP(
            horizon=5,
            target="volatility",
            features=(("volatility", 2), ("volatility", 5), ("volatility", 22)),
            lookback=1,
            hidden=(16,),
        )
    )

    def on_bar(self, now: ql.Now) -> None:
        """Aim at the same risk from every symbol that has a forecast."""
        shares = [0.0] * now.n_symbols
        gross = 0.0
        for i in range(now.n_symbols):
            if now.ready[i] and now.tradable[i] and now[self.volatility, i] > 0.0:
                shares[i] = self.risk / (now[self.volatility, i] * now.n_symbols**0.5)
                gross += shares[i]
        shrunk = 1.0 if gross <= self.max_gross else self.max_gross / gross
        for i in range(now.n_symbols):
            aim = shares[i] * shrunk
            if abs(aim - now.weight[i]) > self.band or (aim == 0.0 and now.position[i] != 0.0):
                now.target_weight(i, aim)
