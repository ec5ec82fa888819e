"""Hold a symbol while its fast average is above its slow one."""

from __future__ import annotations

import quantlab as ql


class SmaCross(ql.Strategy):
    """Hold each symbol while its fast average is above its slow one.

    The oldest of the trend rules: in when the recent price is above the older one, out when it is below.
    """

    fast: int = ql.param(default=10, low=2, high=100)
    slow: int = ql.param(default=50, low=5, high=400)

    fast_ma = ql.feature("sma", lookback=fast)
    slow_ma = ql.feature("sma", lookback=slow)

    def on_bar(self, now: ql.Now) -> None:
        """Enter above, leave below."""
        for i in range(now.n_symbols):
            if now[self.fast_ma, i] > now[self.slow_ma, i]:
                if now.position[i] == 0.0:
                    now.target_weight(i, 1.0 / now.n_symbols)
            elif now.position[i] > 0.0:
                now.target_weight(i, 0.0)
