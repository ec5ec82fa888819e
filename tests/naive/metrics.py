"""Metric definitions in plain Python, one loop each: what the vectorised ones are held to."""

from __future__ import annotations

import math


def drawdown_path(equity: list[float], initial_cash: float) -> list[float]:
    """Equity against the highest equity so far; initial cash is the first peak."""
    peak, path = initial_cash, []
    for money in equity:
        peak = max(peak, money)
        path.append(money / peak - 1.0)
    return path


def drawdowns(equity: list[float], initial_cash: float) -> list[tuple[int, int, int | None, float, int]]:
    """(peak, trough, recovery, depth, bars) of every stretch below a peak, in time order."""
    found, peak, peak_bar, trough, depth = [], initial_cash, -1, None, 0.0
    for bar, money in enumerate(equity):
        if money >= peak:
            if trough is not None:
                found.append((peak_bar, trough, bar, depth, bar - peak_bar - 1))
            peak, peak_bar, trough, depth = money, bar, None, 0.0
        elif money / peak - 1.0 < depth:
            trough, depth = bar, money / peak - 1.0
    if trough is not None:
        found.append((peak_bar, trough, None, depth, len(equity) - peak_bar - 1))
    return found


def sharpe(returns: list[float], periods_per_year: float, risk_free_annual: float) -> float:
    """Mean excess return over its sample deviation, times the root of the bars a year."""
    rate = (1.0 + risk_free_annual) ** (1.0 / periods_per_year) - 1.0
    excess = [r - rate for r in returns]
    mean = sum(excess) / len(excess)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in excess) / (len(excess) - 1))
    return mean / deviation * math.sqrt(periods_per_year)


def sortino(returns: list[float], periods_per_year: float, target: float) -> float:
    """Mean return above the target over the root mean square of what fell short of it."""
    mean = sum(r - target for r in returns) / len(returns)
    short = math.sqrt(sum(min(r - target, 0.0) ** 2 for r in returns) / len(returns))
    return mean / short * math.sqrt(periods_per_year)


def quantile(values: list[float], fraction: float) -> float:
    """The value at `fraction` of the way from the lowest to the highest, between neighbours in proportion."""
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def expected_shortfall(values: list[float], fraction: float) -> float:
    """Mean of what lies at or below the quantile."""
    edge = quantile(values, fraction)
    tail = [v for v in values if v <= edge + 1e-15]
    return sum(tail) / len(tail)


def omega(returns: list[float], target: float) -> float:
    """Everything above the target over everything below it."""
    return sum(max(r - target, 0.0) for r in returns) / sum(max(target - r, 0.0) for r in returns)


def moment(returns: list[float], order: int) -> float:
    """Standardised population moment."""
    mean = sum(returns) / len(returns)
    deviation = math.sqrt(sum((r - mean) ** 2 for r in returns) / len(returns))
    return sum(((r - mean) / deviation) ** order for r in returns) / len(returns)


def profit_factor(profits: list[float]) -> float:
    """Money won over money lost; undefined when nothing was lost."""
    lost = sum(-p for p in profits if p < 0.0)
    return sum(p for p in profits if p > 0.0) / lost if lost else math.nan


def stationary_rows(words: list[int], often: int) -> list[int]:
    """A block begins where the upper bits are low, at a row the lower bits choose; otherwise the next row follows."""
    rows: list[int] = []
    for t, word in enumerate(words):
        upper, lower = divmod(word, 2**32)
        rows.append(lower * len(words) // 2**32 if t == 0 or upper < often else (rows[-1] + 1) % len(words))
    return rows
