"""Strategies and bars that the tests of sweeps share."""

from __future__ import annotations

import numpy as np
import pandas as pd

import quantlab as ql


class Cross(ql.Strategy):
    fast: int = ql.param(default=3, low=2, high=20)
    slow: int = ql.param(default=8, low=3, high=60)
    fast_ma = ql.feature("sma", lookback=fast)
    slow_ma = ql.feature("sma", lookback=slow)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now[self.fast_ma, i] > now[self.slow_ma, i]:
                if now.position[i] == 0.0:
                    now.target_weight(i, 1.0 / now.n_symbols)
            elif now.position[i] > 0.0:
                now.target_weight(i, 0.0)


class Choosy(ql.Strategy):
    """All kinds of parameters, one of them without a range."""

    share: float = ql.param(default=0.5, low=0.0, high=1.0)
    word: str = ql.param(default="a", choices=("a", "b", "c"))
    loud: bool = ql.param(default=False)
    free: int = ql.param(default=1)

    def on_bar(self, now):
        if now.bar == 1:
            now.target_weight(0, self.share)


class Fragile(ql.Strategy):
    """Divides by what is zero for some parameters, from bar 5 on."""

    level: int = ql.param(default=1, low=0, high=9)

    def on_bar(self, now):
        if now.bar == 1:
            now.target_weight(0, 1.0)
        if now.bar >= 5:
            self.level // (self.level % 3)


def made_bars(n=300, symbols=("A", "B"), seed=1):
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0003, 0.01, (n, len(symbols))), axis=0))
    opens = np.vstack([close[:1], close[:-1]])
    return ql.Bars.from_arrays(
        time=pd.bdate_range("2020-01-01", periods=n),
        symbols=symbols,
        open=opens,
        high=np.maximum(opens, close),
        low=np.minimum(opens, close),
        close=close,
        volume=np.full(close.shape, 1000.0),
    )
