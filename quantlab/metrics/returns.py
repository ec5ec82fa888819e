"""How fast the money grew: metrics of a return or equity series alone.

Returns are simple, net and per bar, (n_bars,), measured from initial cash on; what is undefined is NaN.
Formulas are those of Bacon, *Practical Portfolio Performance Measurement and Attribution* (2008), ch. 2,
unless a function says otherwise.
"""

from __future__ import annotations

import numpy as np

from quantlab.typing import FloatArray

NAN = float("nan")
NO_DEVIATION = 1e-12  # below this a series does not move, and nothing may be divided by its deviation


def per_bar_rate(rate_annual: float, periods_per_year: float) -> float:
    """Rate per bar that compounds to `rate_annual` over `periods_per_year` bars.

    >>> round(per_bar_rate(0.21, 2), 12)
    0.1
    """
    return float((1.0 + rate_annual) ** (1.0 / periods_per_year) - 1.0)


def mean(values: FloatArray) -> float:
    """Arithmetic mean; NaN of nothing."""
    return float(values.mean()) if values.size else NAN


def deviation(returns: FloatArray) -> float:
    """Sample standard deviation per bar (ddof = 1); NaN with fewer than two bars."""
    return float(returns.std(ddof=1)) if returns.size >= 2 else NAN


def total_return(equity: FloatArray, initial_cash: float) -> float:
    """Last equity ÷ initial cash − 1; NaN without a bar."""
    return float(equity[-1] / initial_cash - 1.0) if equity.size else NAN


def cagr(growth: float, n_bars: int, periods_per_year: float) -> float:
    """Compound annual growth: growth^(N/T) − 1 with `growth` = E_T/E_0; −1 when nothing is left.

    >>> round(cagr(1.21, 504, 252), 12)
    0.1
    """
    if n_bars == 0:
        return NAN
    return power(growth, periods_per_year / n_bars) - 1.0 if growth > 0.0 else -1.0


def power(growth: float, exponent: float) -> float:
    """growth^exponent; NaN where no float holds it, as for a few lucky minutes taken to a year."""
    try:
        return float(float(growth) ** exponent)
    except OverflowError:
        return NAN


def volatility(returns: FloatArray, periods_per_year: float) -> float:
    """Annualised deviation: std(r, ddof=1)·√N; NaN with fewer than two bars."""
    return deviation(returns) * float(np.sqrt(periods_per_year))


def positive_bars(returns: FloatArray) -> float:
    """Fraction of bars with a return above zero."""
    return mean((returns > 0.0).astype(np.float64))


def best_bar(returns: FloatArray) -> float:
    """Highest return of one bar."""
    return float(returns.max()) if returns.size else NAN


def worst_bar(returns: FloatArray) -> float:
    """Lowest return of one bar."""
    return float(returns.min()) if returns.size else NAN


def stability(returns: FloatArray) -> float:
    """R² of a straight line through the cumulative log returns: 1 is an equity that grows evenly.

    NaN with fewer than two bars, when the equity does not move, or after a return of −1 or less.
    """
    if returns.size < 2 or worst_bar(returns) <= -1.0:
        return NAN
    path = np.log1p(returns).cumsum()
    return correlation(np.arange(path.size, dtype=np.float64), path) ** 2


def correlation(left: FloatArray, right: FloatArray) -> float:
    """Pearson correlation; NaN when one side does not move."""
    if left.size < 2 or min(deviation(left), deviation(right)) < NO_DEVIATION:
        return NAN
    return float(np.corrcoef(left, right)[0, 1])
