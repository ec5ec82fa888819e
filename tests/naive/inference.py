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
