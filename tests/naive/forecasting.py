"""Forecasting in plain Python: folds, losses and correlations, one cell at a time."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

EXECUTION_LAG = 1


def folds(n_bars, train, test, horizon, *, expanding=False, validation=0.2, embargo=0):
    """Rows of each fold as (train, validation, test, trained_through), lists and one number."""
    gap = horizon + EXECUTION_LAG + embargo
    found = []
    start = 0
    while start + train + gap < n_bars:
        first = 0 if expanding else start
        block = list(range(first, start + train))
        judged = block[len(block) - round(validation * len(block)) :]
        learnt = block[: len(block) - len(judged)]
        if judged:
            learnt = [row for row in learnt if row < judged[0] - gap]
        tested = list(range(start + train + gap, min(start + train + gap + test, n_bars)))
        found.append((learnt, judged, tested, block[-1] + EXECUTION_LAG + horizon))
        start += test
    return found


def rows_touched_by_label(row, horizon):
    """The label of `row` is the return from open[row + 1] to open[row + 1 + horizon]."""
    return set(range(row + EXECUTION_LAG, row + EXECUTION_LAG + horizon + 1))


def mean(values):
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def pearson(x, y):
    """Correlation of two lists; None when one of them does not vary."""
    mx, my = mean(x), mean(y)
    sx = math.sqrt(math.fsum((a - mx) ** 2 for a in x))
    sy = math.sqrt(math.fsum((b - my) ** 2 for b in y))
    if sx == 0.0 or sy == 0.0:
        return None
    return math.fsum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / (sx * sy)


def ranks(values):
    """Ranks from 1, ties at their mean."""
    ordered = sorted(values)
    return [mean([i + 1 for i, each in enumerate(ordered) if each == value]) for value in values]


def finite_pairs(row_x, row_y):
    """The pairs of two rows in which both are numbers."""
    return [(a, b) for a, b in zip(row_x, row_y, strict=True) if math.isfinite(a) and math.isfinite(b)]


def cross_section_ics(forecast, label, at_least, *, ranked=False):
    """The correlation across symbols of every bar that has enough of them."""
    found = []
    for row_x, row_y in zip(forecast, label, strict=True):
        pairs = finite_pairs(row_x, row_y)
        if len(pairs) < at_least:
            continue
        x, y = [a for a, _ in pairs], [b for _, b in pairs]
        value = pearson(ranks(x), ranks(y)) if ranked else pearson(x, y)
        if value is not None:
            found.append(value)
    return found


def pooled_ic(forecast, label, *, ranked=False):
    """One correlation over all cells."""
    pairs = [pair for rows in zip(forecast, label, strict=True) for pair in finite_pairs(*rows)]
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    return pearson(ranks(x), ranks(y)) if ranked else pearson(x, y)


def pinball(values, label, levels):
    """Mean quantile loss of values[bar][symbol][level] for label[bar][symbol]."""
    losses = []
    for row_values, row_label in zip(values, label, strict=True):
        for quantiles, came in zip(row_values, row_label, strict=True):
            for level, quantile in zip(levels, quantiles, strict=True):
                if math.isfinite(quantile) and math.isfinite(came):
                    above = came - quantile
                    losses.append(level * above if above >= 0 else (level - 1.0) * above)
    return mean(losses)


def hit_rate(forecast, label):
    """Share of equal signs among the cells where neither is zero."""
    pairs = [pair for rows in zip(forecast, label, strict=True) for pair in finite_pairs(*rows)]
    told = [(a > 0) == (b > 0) for a, b in pairs if a != 0.0 and b != 0.0]
    return sum(told) / len(told)


def newey_west_error(series, lag):
    """Standard error of a mean with Bartlett weights."""
    n, centre = len(series), mean(series)
    off = [value - centre for value in series]
    total = math.fsum(value * value for value in off)
    for k in range(1, lag + 1):
        together = math.fsum(off[t] * off[t - k] for t in range(k, n))
        total += 2.0 * (1.0 - k / (lag + 1.0)) * together
    return math.sqrt(max(total, 0.0)) / n


def walk_of(closes, *, spread=0.004, seed=0):
    """Bars around given closes (n_bars, n_symbols): each opens at the close before it."""
    rng = np.random.default_rng(seed)
    opens = np.vstack([closes[:1], closes[:-1]])
    top, bottom = np.maximum(opens, closes), np.minimum(opens, closes)
    return {
        "open": opens,
        "high": top * (1 + spread * rng.random(closes.shape)),
        "low": bottom * (1 - spread * rng.random(closes.shape)),
        "close": closes,
        "volume": rng.integers(1000, 9000, closes.shape).astype(float),
    }


def random_walk(n_bars, n_symbols, seed=0, daily=0.01):
    """Bars of independent random walks: nothing in them can be forecast."""
    steps = np.random.default_rng(seed).normal(0.0, daily, (n_bars, n_symbols))
    return walk_of(100.0 * np.exp(np.cumsum(steps, axis=0)), seed=seed)


def planted(n_bars, n_symbols, seed=0, daily=0.01, strength=0.6):
    """Bars whose next return leans to the sign of the product of the last two, and that lean.

    The rule is symmetric in each return, so no straight line finds it.
    """
    rng = np.random.default_rng(seed)
    steps, lean = rng.normal(0.0, daily, (n_bars, n_symbols)), np.zeros((n_bars, n_symbols))
    for t in range(1, n_bars - 1):
        lean[t] = strength * daily * np.sign(steps[t] * steps[t - 1])
        steps[t + 1] += lean[t]
    return walk_of(100.0 * np.exp(np.cumsum(steps, axis=0)), seed=seed), lean


def as_bars(arrays, start="2015-01-01"):
    """Bars of daily sessions around plain arrays."""
    from quantlab.market.bars import Bars

    n_bars, n_symbols = arrays["close"].shape
    symbols = [f"S{number}" for number in range(n_symbols)]
    return Bars.from_arrays(time=pd.date_range(start, periods=n_bars), symbols=symbols, **arrays)


def other_future(arrays, row, seed):
    """The same arrays up to and with `row`, and another walk after it."""
    n_bars, n_symbols = arrays["close"].shape
    steps = np.random.default_rng(seed).normal(0.002, 0.03, (n_bars - row - 1, n_symbols))
    closes = arrays["close"][row] * np.exp(np.cumsum(steps, axis=0))
    later = walk_of(np.vstack([arrays["close"][row : row + 1], closes]), seed=seed)
    return {name: np.vstack([arrays[name][: row + 1], later[name][1:]]) for name in arrays}
