"""A run beside its benchmark: two return series (n_bars,) of the same bars. Undefined is NaN."""

from __future__ import annotations

import numpy as np

from quantlab.metrics.returns import NAN, NO_DEVIATION, cagr, deviation, power
from quantlab.metrics.risk import sharpe
from quantlab.typing import BoolArray, FloatArray


def beta(returns: FloatArray, benchmark: FloatArray) -> float:
    """cov(r, b) / var(b) (Sharpe 1964); NaN when the benchmark does not move."""
    if not deviation(benchmark) >= NO_DEVIATION:
        return NAN
    centred = benchmark - benchmark.mean()
    return float(np.mean(returns * centred) / np.mean(centred * centred))


def alpha(returns: FloatArray, benchmark: FloatArray, periods_per_year: float, rate_per_bar: float) -> float:
    """Jensen's alpha a year: (1 + mean(r − rf − β(b − rf)))^N − 1 (Jensen 1968, compounded)."""
    slope = beta(returns, benchmark)
    per_bar = float(np.mean(returns - rate_per_bar - slope * (benchmark - rate_per_bar)))
    return power(1.0 + per_bar, periods_per_year) - 1.0 if per_bar > -1.0 else NAN


def tracking_error(returns: FloatArray, benchmark: FloatArray, periods_per_year: float) -> float:
    """Annualised deviation of the active return: std(r − b, ddof=1)·√N."""
    return deviation(returns - benchmark) * float(np.sqrt(periods_per_year))


def information_ratio(returns: FloatArray, benchmark: FloatArray, periods_per_year: float) -> float:
    """mean(r − b)/std(r − b, ddof=1)·√N (Grinold and Kahn 2000); NaN when the run is the benchmark."""
    return sharpe(returns - benchmark, periods_per_year)


def up_capture(returns: FloatArray, benchmark: FloatArray) -> float:
    """Share of the benchmark's rise that the run took, over the bars in which the benchmark rose.

    Ratio of geometric mean returns a bar (Morningstar 2011). They are not annualised first: a year of nothing
    but rising days has a CAGR of several hundred percent, and the ratio would lose its meaning.
    """
    return _capture(returns, benchmark, benchmark > 0.0)


def down_capture(returns: FloatArray, benchmark: FloatArray) -> float:
    """Share of the benchmark's fall that the run took, over the bars in which it fell; see `up_capture`."""
    return _capture(returns, benchmark, benchmark < 0.0)


def _capture(returns: FloatArray, benchmark: FloatArray, chosen: BoolArray) -> float:
    market = _mean_growth(benchmark[chosen])
    return _mean_growth(returns[chosen]) / market if abs(market) > NO_DEVIATION else NAN


def _mean_growth(returns: FloatArray) -> float:
    return cagr(float(np.prod(1.0 + returns)), returns.size, periods_per_year=1.0)
