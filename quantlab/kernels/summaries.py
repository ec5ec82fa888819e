"""The main metrics of a run from its equity alone, without allocating: what a sweep keeps of a trial.

Definitions, sequence of operations and therefore bits are those of ``quantlab.metrics``, which say where each
formula comes from; the tests demand equality, not closeness.
"""

from __future__ import annotations

import math

from quantlab.kernels._jit import jit
from quantlab.kernels.sums import pairwise_mean, pairwise_sum
from quantlab.typing import FloatArray

SCRATCH_ROWS = 2
NO_DEVIATION = 1e-12  # as in quantlab.metrics.returns


@jit
def _write_returns(equity: FloatArray, initial_cash: float, returns: FloatArray) -> None:
    """Write simple returns, the first from `initial_cash`."""
    returns[0] = equity[0] / initial_cash - 1.0
    for t in range(1, len(equity)):
        returns[t] = equity[t] / equity[t - 1] - 1.0


@jit
def _first_not_finite(returns: FloatArray) -> int:
    for t in range(len(returns)):
        if not math.isfinite(returns[t]):
            return t
    return -1


@jit
def _deviation(returns: FloatArray, mean: float, squares: FloatArray) -> float:
    """Sample standard deviation; NaN with fewer than two bars."""
    n = len(returns)
    if n < 2:
        return math.nan
    for t in range(n):
        distance = returns[t] - mean
        squares[t] = distance * distance
    return math.sqrt(pairwise_sum(squares) / (n - 1))


@jit
def _shortfall(returns: FloatArray, rate: float, squares: FloatArray) -> float:
    """Root of the mean squared return below `rate`."""
    for t in range(len(returns)):
        above = returns[t] - rate
        below = above if above < 0.0 else 0.0
        squares[t] = below * below
    return math.sqrt(pairwise_mean(squares))


@jit
def _max_drawdown(equity: FloatArray, initial_cash: float) -> float:
    """Deepest drawdown. Rounded division grows with its dividend, so each peak needs the lowest equity after it."""
    peak = initial_cash
    low = initial_cash
    worst = 0.0
    for t in range(len(equity)):
        if equity[t] > peak:
            worst = min(worst, low / peak - 1.0)
            peak = equity[t]
            low = peak
        elif equity[t] < low:
            low = equity[t]
    return min(worst, low / peak - 1.0)


@jit
def _cagr(growth: float, ruined: bool, exponent: float) -> float:
    """growth^exponent − 1; −1 when nothing is left, NaN where no float holds it."""
    if ruined or not growth > 0.0:
        return -1.0
    grown = growth**exponent
    return grown - 1.0 if math.isfinite(grown) else math.nan


@jit
def summarise(
    equity: FloatArray,
    initial_cash: float,
    n_fills: int,
    ruined: bool,
    periods_per_year: float,
    rate_per_bar: float,
    scratch: FloatArray,
    out: FloatArray,
) -> int:
    """Write the metrics `SUMMARY` of a run into `out` (8,); NaN where undefined.

    Parameters
    ----------
    equity
        Money at every close, (n_bars,), at least one; it ends with the bar of ruin.
    initial_cash
        Money before the first bar.
    n_fills, ruined
        How many fills there were, and whether equity fell to zero.
    periods_per_year, rate_per_bar
        Bars a year, and the riskless return a bar.
    scratch
        Room to work in, (2, n_bars) or more.

    Returns
    -------
    The first bar whose return is not finite, with all of `out` NaN: such a run has no metrics. −1 otherwise.
    """
    n = len(equity)
    returns = scratch[0, :n]
    squares = scratch[1, :n]
    _write_returns(equity, initial_cash, returns)
    mean = pairwise_mean(returns)
    bad = -1 if math.isfinite(mean) else _first_not_finite(returns)
    if bad >= 0:
        out[:] = math.nan
        return bad
    judged = n >= 2 and n_fills > 0 and not ruined
    root = math.sqrt(periods_per_year)
    spread = _deviation(returns, mean, squares)
    risk = _shortfall(returns, rate_per_bar, squares)
    drawdown = _max_drawdown(equity, initial_cash)
    total = equity[n - 1] / initial_cash - 1.0
    cagr = _cagr(1.0 + total, ruined, periods_per_year / n)
    out[0] = total
    out[1] = cagr
    out[2] = spread * root
    out[3] = (mean - rate_per_bar) / spread * root if judged and spread >= NO_DEVIATION else math.nan
    out[4] = (mean - rate_per_bar) / risk * root if judged and risk >= NO_DEVIATION else math.nan
    out[5] = drawdown
    out[6] = cagr / -drawdown if judged and drawdown <= -NO_DEVIATION else math.nan
    out[7] = n_fills
    return -1
