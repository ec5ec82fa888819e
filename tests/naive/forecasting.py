"""Forecasting in plain Python: folds, losses and correlations, one cell at a time."""

from __future__ import annotations

import itertools
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


def crps_of_quantiles(quantiles, came):
    """∫(F(x) − 1[came ≤ x])² dx of the step distribution with equal weight on each quantile, by hand."""
    points = sorted([*quantiles, came])
    total = 0.0
    for low, high in itertools.pairwise(points):
        middle = (low + high) / 2.0
        share = sum(each <= middle for each in quantiles) / len(quantiles)
        total += (high - low) * (share - (came <= middle)) ** 2
    return total


def bar_means(cells):
    """Mean of the numbers of each row that has any."""
    rows = [[value for value in row if math.isfinite(value)] for row in cells]
    return [mean(row) for row in rows if row]


def quantile_loss(quantiles, came, levels):
    """Mean quantile loss of one forecast."""
    return mean([max(q * (came - x), (q - 1.0) * (came - x)) for q, x in zip(levels, quantiles, strict=True)])


def diebold_mariano(mine, theirs, horizon, lag):
    """Statistic of two lists of losses: HAC with Bartlett weights, then Harvey, Leybourne and Newbold's factor."""
    gain = [b - a for a, b in zip(mine, theirs, strict=True)]
    n = len(gain)
    factor = math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    return factor * mean(gain) / newey_west_error(gain, lag)


def clark_west(forecast, nested, label, lag):
    """Statistic of two panels of medians, the squared errors averaged over symbols at each bar."""
    cells = [
        [(y - b) ** 2 - ((y - a) ** 2 - (b - a) ** 2) for a, b, y in zip(*rows, strict=True)]
        for rows in zip(forecast, nested, label, strict=True)
    ]
    series = bar_means(cells)
    return mean(series) / newey_west_error(series, lag)


def share_below(values, label):
    """Share of labels at or below each quantile, values[bar][symbol][level]."""
    cells = [
        (quantiles, came)
        for row_values, row_label in zip(values, label, strict=True)
        for quantiles, came in zip(row_values, row_label, strict=True)
        if math.isfinite(came) and all(map(math.isfinite, quantiles))
    ]
    return [mean([came <= quantiles[k] for quantiles, came in cells]) for k in range(len(values[0][0]))]


def fifths(forecast, label, at_least):
    """Return of the top less the bottom fifth of every bar with enough symbols; bars without clear ends left out."""
    found = []
    for row_x, row_y in zip(forecast, label, strict=True):
        pairs = finite_pairs(row_x, row_y)
        if len(pairs) < at_least:
            continue
        held = len(pairs) // 5
        placed = ranks([a for a, _ in pairs])
        top = [b for (_, b), place in zip(pairs, placed, strict=True) if place > len(pairs) - held]
        bottom = [b for (_, b), place in zip(pairs, placed, strict=True) if place <= held]
        if top and bottom:
            found.append(mean(top) - mean(bottom))
    return found


def k_folds(n_bars, blocks, horizon, embargo=0):
    """Rows of (train, test) of each purged fold, by looking at every label."""
    size = n_bars // blocks
    found = []
    for number in range(blocks):
        stop = n_bars if number == blocks - 1 else (number + 1) * size
        tested = list(range(number * size, stop))
        forbidden = set(tested)
        for row in tested:
            forbidden |= rows_touched_by_label(row, horizon)
        kept = [
            row
            for row in range(n_bars)
            if row not in tested
            and forbidden.isdisjoint(
                {row, *rows_touched_by_label(row, horizon)} if row < tested[0] else {row}
            )
            and not stop + horizon < row < stop + horizon + EXECUTION_LAG + embargo
        ]
        found.append((kept, tested))
    return found


def recalibrated(quantiles, label, ends, levels, lookback, rate, enough):
    """Conformal quantiles of one symbol, bar by bar: quantiles[bar][level], label[bar], last row of each label."""
    n_bars, middle = len(quantiles), levels.index(0.5)
    after = [list(row) for row in quantiles]
    asked, moved = list(levels), [False] * n_bars
    for t in range(n_bars):
        known = [s for s in range(n_bars) if math.isfinite(label[s]) and t - lookback < ends[s] <= t]
        fresh = [s for s in known if ends[s] == t and moved[s]]
        if rate and fresh:
            for k, level in enumerate(levels):
                asked[k] += rate * (level - mean([label[s] <= after[s][k] for s in fresh]))
        if len(known) < enough:
            continue
        width = quantiles[t][-1] - quantiles[t][0]
        row = []
        for k in range(len(levels)):
            errors = sorted(
                (label[s] - quantiles[s][k]) / (quantiles[s][-1] - quantiles[s][0]) for s in known
            )
            place = min(max(math.ceil((len(errors) + 1) * asked[k]), 1), len(errors))
            row.append(quantiles[t][k] + width * errors[place - 1])
        centre = quantiles[t][middle]
        low = sorted(min(x, centre) for x in row[:middle])
        high = sorted(max(x, centre) for x in row[middle + 1 :])
        after[t], moved[t] = [*low, centre, *high], True
    return after
