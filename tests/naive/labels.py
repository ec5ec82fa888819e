"""Labels in plain Python: one bar, one symbol at a time, over the symbol's own bars."""

from __future__ import annotations

import itertools
import math

import numpy as np

NAN = float("nan")


def own_rows(bars, symbol):
    """Rows where the symbol has a bar."""
    return [row for row in range(bars.n_bars) if not math.isnan(bars.close[row, symbol])]


def over_spans(bars, horizon, say):
    """What `say` makes of each span: (symbol, own rows, place of now) to a number; NaN without an end."""
    labels = np.full((bars.n_bars, bars.n_symbols), NAN)
    for symbol in range(bars.n_symbols):
        rows = own_rows(bars, symbol)
        for place in range(len(rows) - 1 - horizon):
            labels[rows[place], symbol] = say(symbol, rows, place)
    return labels


def volatility(bars, horizon):
    """Root mean square of log returns between the opens of a span."""

    def say(symbol, rows, place):
        opens = [bars.open[rows[place + 1 + k], symbol] for k in range(horizon + 1)]
        squares = [math.log(after / before) ** 2 for before, after in itertools.pairwise(opens)]
        return math.sqrt(sum(squares) / horizon)

    return over_spans(bars, horizon, say)


def drawdown(bars, horizon):
    """Deepest fall from a peak along first open, closes, last open."""

    def say(symbol, rows, place):
        path = [bars.open[rows[place + 1], symbol]]
        path += [bars.close[rows[place + k], symbol] for k in range(1, horizon + 1)]
        path.append(bars.open[rows[place + 1 + horizon], symbol])
        deepest = 0.0
        for k, price in enumerate(path):
            deepest = min(deepest, price / max(path[: k + 1]) - 1.0)
        return deepest

    return over_spans(bars, horizon, say)


def barrier(bars, horizon, up, down, spread):
    """The barrier met first; `spread` is σ by row and symbol. Both in one bar: the lower."""

    def say(symbol, rows, place):
        far = spread[rows[place], symbol] * math.sqrt(horizon)
        if math.isnan(far):
            return NAN
        entry = bars.open[rows[place + 1], symbol]
        for k in range(1, horizon + 1):
            row = rows[place + k]
            if bars.low[row, symbol] <= entry * (1.0 - down * far):
                return -1.0
            if bars.high[row, symbol] >= entry * (1.0 + up * far):
                return 1.0
        return 0.0

    return over_spans(bars, horizon, say)
