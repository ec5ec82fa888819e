"""What the return cost in risk: ratios and tails of a return series (n_bars,). Undefined is NaN."""

from __future__ import annotations

import numpy as np

from quantlab.metrics.returns import NAN, NO_DEVIATION, deviation, per_bar_rate
from quantlab.typing import FloatArray


def sharpe_per_bar(returns: FloatArray, rate_per_bar: float = 0.0) -> float:
    """mean(r − rf) / std(r − rf, ddof=1), not annualised; NaN when the deviation is below 1e-12."""
    spread = deviation(returns)
    if not spread >= NO_DEVIATION:
        return NAN
    return float(returns.mean() - rate_per_bar) / spread


def sharpe(returns: FloatArray, periods_per_year: float, risk_free_annual: float = 0.0) -> float:
    """Annualised Sharpe ratio: mean(r − rf)/std(r − rf, ddof=1)·√N (Sharpe 1994).

    The risk-free rate per bar is (1 + risk_free_annual)^(1/N) − 1. NaN when the deviation is below 1e-12 or
    with fewer than two bars.

    >>> round(sharpe(np.array([0.01, 0.03]), 1.0), 6)
    1.414214
    """
    rate = per_bar_rate(risk_free_annual, periods_per_year)
    return sharpe_per_bar(returns, rate) * float(np.sqrt(periods_per_year))


def shortfall(returns: FloatArray, target_per_bar: float = 0.0) -> float:
    """Downside deviation per bar: √mean(min(r − τ, 0)²) over all bars (Sortino and Price 1994)."""
    below = np.minimum(returns - target_per_bar, 0.0)
    return float(np.sqrt(np.mean(below * below))) if returns.size else NAN


def downside_deviation(returns: FloatArray, periods_per_year: float, target_per_bar: float = 0.0) -> float:
    """Annualised downside deviation: `shortfall` · √N."""
    return shortfall(returns, target_per_bar) * float(np.sqrt(periods_per_year))


def sortino(returns: FloatArray, periods_per_year: float, target_per_bar: float = 0.0) -> float:
    """mean(r − τ)·√N / √mean(min(r − τ, 0)²) (Sortino and Price 1994); NaN when no bar fell below τ."""
    risk = shortfall(returns, target_per_bar)
    if not risk >= NO_DEVIATION:
        return NAN
    return float(returns.mean() - target_per_bar) / risk * float(np.sqrt(periods_per_year))


def value_at_risk(returns: FloatArray, fraction: float = 0.05) -> float:
    """Quantile `fraction` of the returns, interpolated linearly: historical, and negative for a loss."""
    return float(np.quantile(returns, fraction)) if returns.size else NAN


def expected_shortfall(returns: FloatArray, fraction: float = 0.05) -> float:
    """Mean of the returns at or below `value_at_risk` (Acerbi and Tasche 2002): historical, negative."""
    if not returns.size:
        return NAN
    return float(returns[returns <= value_at_risk(returns, fraction)].mean())


def omega(returns: FloatArray, target_per_bar: float = 0.0) -> float:
    """Σmax(r − τ, 0) / Σmax(τ − r, 0) (Keating and Shadwick 2002); NaN when no bar fell below τ."""
    lost = float(np.maximum(target_per_bar - returns, 0.0).sum())
    return float(np.maximum(returns - target_per_bar, 0.0).sum()) / lost if lost >= NO_DEVIATION else NAN


def tail_ratio(returns: FloatArray) -> float:
    """|95% quantile| ÷ |5% quantile|: above 1 the good tail is the longer one; NaN when the latter is 0."""
    if not returns.size:
        return NAN
    low, high = np.abs(np.quantile(returns, (0.05, 0.95)))
    return float(high / low) if low >= NO_DEVIATION else NAN


def skew(returns: FloatArray) -> float:
    """Third standardised moment, with population moments (biased); NaN when nothing moves."""
    return _standard_moment(returns, 3)


def excess_kurtosis(returns: FloatArray) -> float:
    """Fourth standardised moment − 3, with population moments (biased): 0 for the normal distribution."""
    return _standard_moment(returns, 4) - 3.0


def _standard_moment(returns: FloatArray, order: int) -> float:
    if not deviation(returns) >= NO_DEVIATION:
        return NAN
    return float(np.mean(((returns - returns.mean()) / returns.std()) ** order))
