"""Overfitting, exceedances and paired tests in plain Python: one loop each."""

from __future__ import annotations

import math
import statistics
from itertools import combinations


def sharpe(returns: list[float]) -> float:
    """Mean over sample deviation; not a number where nothing moves."""
    spread = statistics.stdev(returns)
    return statistics.fmean(returns) / spread if spread > 1e-12 else math.nan


def blocks(n_bars: int, parts: int) -> list[list[int]]:
    """Bars of each block; the first ones take what is left over."""
    found, start = [], 0
    for k in range(parts):
        stop = start + n_bars // parts + (1 if k < n_bars % parts else 0)
        found.append(list(range(start, stop)))
        start = stop
    return found


def overfitting(columns: list[list[float]], parts: int) -> list[tuple[int, float, float, float]]:
    """(chosen, Sharpe inside, Sharpe outside, logit of its rank) of every half of the blocks."""
    cut = blocks(len(columns[0]), parts)
    rows = []
    for half in combinations(range(parts), parts // 2):
        inside = [bar for k in half for bar in cut[k]]
        outside = [bar for k in range(parts) if k not in half for bar in cut[k]]
        here = [sharpe([column[bar] for bar in inside]) for column in columns]
        there = [sharpe([column[bar] for bar in outside]) for column in columns]
        known = [-math.inf if math.isnan(one) else one for one in here]
        chosen = known.index(max(known))
        rows.append((chosen, here[chosen], there[chosen], logit(there, chosen)))
    return rows


def logit(values: list[float], chosen: int) -> float:
    """Log odds of the rank of one value among all, ties in the middle; what is undefined is last."""
    own = values[chosen]
    if math.isnan(own):
        rank = 1.0
    else:
        lower = sum(1 for other in values if math.isnan(other) or other < own)
        rank = lower + (sum(1 for other in values if other == own) + 1) / 2
    share = rank / (len(values) + 1)
    return math.log(share / (1 - share))


def sharpe_difference(a: list[float], b: list[float], lags: int) -> tuple[float, float]:
    """Difference of Sharpe ratios per bar and its error, from the gradient by means and mean squares."""
    influence = [x - y for x, y in zip(sharpe_influence(a), sharpe_influence(b), strict=True)]
    return raw_sharpe(a) - raw_sharpe(b), error_of_mean(influence, lags)


def raw_sharpe(returns: list[float]) -> float:
    """Mean over the deviation of these returns themselves, divided by n."""
    return statistics.fmean(returns) / statistics.pstdev(returns)


def sharpe_influence(returns: list[float]) -> list[float]:
    """Eq. 3 of Ledoit and Wolf (2008), times the deviations of r and r² from their means."""
    mean, square = statistics.fmean(returns), statistics.fmean(r * r for r in returns)
    cubed = statistics.pstdev(returns) ** 3
    return [square / cubed * (r - mean) - mean / (2 * cubed) * (r * r - square) for r in returns]


def mean_difference(a: list[float], b: list[float], lags: int) -> tuple[float, float]:
    """Difference of means and its error."""
    active = [x - y for x, y in zip(a, b, strict=True)]
    mean = statistics.fmean(active)
    return mean, error_of_mean([x - mean for x in active], lags)


def error_of_mean(deviations: list[float], lags: int) -> float:
    """Newey and West (1987), one autocovariance after the other."""
    n = len(deviations)
    total = math.fsum(x * x for x in deviations)
    for lag in range(1, lags + 1):
        products = math.fsum(deviations[t] * deviations[t - lag] for t in range(lag, n))
        total += 2 * (1 - lag / (lags + 1)) * products
    return math.sqrt(max(total, 0.0)) / n
