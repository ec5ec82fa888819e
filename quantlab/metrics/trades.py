"""What the closed trades brought: arrays (n_closed_trades,), net of costs. Open trades are not in them.

A trade that ended exactly at zero is neither a winner nor a loser. Undefined is NaN.
"""

from __future__ import annotations

import numpy as np

from quantlab.metrics.returns import NAN, mean
from quantlab.typing import FloatArray


def win_rate(profit: FloatArray) -> float:
    """Fraction of closed trades with a profit above zero."""
    return mean((profit > 0.0).astype(np.float64))


def profit_factor(profit: FloatArray) -> float:
    """Money won ÷ money lost.

    Without a losing trade it is undefined (NaN) rather than infinite: one lucky trade must not win a ranking.

    >>> profit_factor(np.array([30.0, -10.0]))
    3.0
    """
    lost = -float(profit[profit < 0.0].sum())
    return float(profit[profit > 0.0].sum()) / lost if lost > 0.0 else NAN


def payoff(profit: FloatArray) -> float:
    """Average winner ÷ average loser, in money; NaN unless there are both."""
    return mean(profit[profit > 0.0]) / -mean(profit[profit < 0.0])


def highest(values: FloatArray) -> float:
    """Highest of the trades; NaN without one."""
    return float(values.max()) if values.size else NAN


def lowest(values: FloatArray) -> float:
    """Lowest of the trades; NaN without one."""
    return float(values.min()) if values.size else NAN


def turnover(traded_value: float, equity: FloatArray, periods_per_year: float) -> float:
    """Value traded a year ÷ average equity, buys and sales both counted; NaN unless that average is > 0."""
    average = mean(equity)
    return traded_value / average * periods_per_year / equity.size if average > 0.0 else NAN
