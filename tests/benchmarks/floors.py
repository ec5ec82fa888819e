"""Hand-written loops with the engine's accounting and nothing else: how fast the machine could be."""

import math
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

loop = numba.njit(nogil=True)


@loop
def cross(open_, close, fast, slow, cash, rate, equity):
    """Average cross of one symbol, all in at the next open: writes the equity curve, returns the number of fills."""
    fast_sum, slow_sum, position, fills, wanted = 0.0, 0.0, 0.0, 0, 0
    for t in range(len(close)):
        if wanted == 1:
            position = (cash / (1.0 + rate)) / open_[t]
            cash = 0.0
            fills += 1
        elif wanted == -1:
            cash = position * open_[t] - (position * open_[t]) * rate
            position = 0.0
            fills += 1
        price = close[t]
        equity[t] = cash + position * price
        fast_sum += price
        slow_sum += price
        if t >= fast:
            fast_sum -= close[t - fast]
        if t >= slow:
            slow_sum -= close[t - slow]
        wanted = 0
        if t >= slow - 1:
            if fast_sum / fast > slow_sum / slow:
                if position == 0.0:
                    wanted = 1
            elif position > 0.0:
                wanted = -1
    return fills


@loop
def in_and_out(open_, close, every, cash, rate, equity):
    """All in and all out in turn, every few bars: orders without any input."""
    position, wanted = 0.0, 0
    for t in range(len(close)):
        if wanted == 1:
            position = (cash / (1.0 + rate)) / open_[t]
            cash = 0.0
        elif wanted == -1:
            cash = position * open_[t] - (position * open_[t]) * rate
            position = 0.0
        equity[t] = cash + position * close[t]
        wanted = 0
        if t % every == 0:
            wanted = 1 if position == 0.0 else -1


@loop
def monthly_top(open_, close, new_month, lookback, keep, cash, rate, equity):
    """Equal weights of the best `keep` by momentum on the first bar of each month, sells first, at the next open."""
    n_bars, n = close.shape
    position, weight = np.zeros(n), np.zeros(n)
    pending = False
    for t in range(n_bars):
        if pending:
            before = cash
            for i in range(n):
                before += position[i] * open_[t, i]
            to_open = 0.0
            for i in range(n):
                change = weight[i] * before - position[i] * open_[t, i]
                if change < 0.0:
                    quantity = position[i] if weight[i] == 0.0 else -change / open_[t, i]
                    position[i] -= quantity
                    cash += quantity * open_[t, i] * (1.0 - rate)
                elif change > 0.0:
                    to_open += change
            share = min(1.0, cash / (to_open * (1.0 + rate))) if to_open > 0.0 else 0.0
            for i in range(n):
                change = weight[i] * before - position[i] * open_[t, i]
                if change > 1e-9 * before:
                    position[i] += share * change / open_[t, i]
                    cash -= share * change * (1.0 + rate)
            pending = False
        total = cash
        for i in range(n):
            total += position[i] * close[t, i]
        equity[t] = total
        if new_month[t] and t >= lookback:
            best = np.argsort(-(close[t] / close[t - lookback]), kind="mergesort")[:keep]
            weight[:] = 0.0
            weight[best] = 1.0 / keep
            pending = True


@loop
def sharpe_and_drawdown(equity, cash, periods_per_year):
    """Two passes over a curve: Sharpe and the deepest drawdown."""
    n = len(equity)
    mean, before, peak, deepest = 0.0, cash, cash, 0.0
    for t in range(n):
        mean += equity[t] / before - 1.0
        before = equity[t]
        peak = max(peak, before)
        deepest = min(deepest, before / peak - 1.0)
    mean /= n
    square, before = 0.0, cash
    for t in range(n):
        square += (equity[t] / before - 1.0 - mean) ** 2
        before = equity[t]
    return mean / math.sqrt(square / (n - 1)) * math.sqrt(periods_per_year), deepest


@loop
def crosses(open_, close, fast, slow, cash, rate, periods_per_year, out):
    """Many average crosses: Sharpe and drawdown of each."""
    equity = np.empty(len(close))
    for k in range(len(fast)):
        cross(open_, close, fast[k], slow[k], cash, rate, equity)
        out[k, 0], out[k, 1] = sharpe_and_drawdown(equity, cash, periods_per_year)


def sweep(open_, close, fast, slow, cash, rate, periods_per_year, threads=2):
    """`crosses` in a few threads; Sharpe and drawdown `(n_trials, 2)`."""
    out = np.empty((len(fast), 2))
    parts = np.array_split(np.arange(len(fast)), threads)
    with ThreadPoolExecutor(threads) as pool:
        work = [
            pool.submit(
                crosses, open_, close, fast[p], slow[p], cash, rate, periods_per_year, out[p[0] : p[-1] + 1]
            )
            for p in parts
        ]
    for each in work:
        each.result()
    return out
