"""Every metric that empyrical-reloaded also has, on 500 random series; a difference names its reason."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.returns import per_bar_rate
from quantlab.metrics.run_figures import RunFigures

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical

N = 252
RISK_FREE_ANNUAL = 0.02
RATE = per_bar_rate(RISK_FREE_ANNUAL, N)

Reference = Callable[[np.ndarray, np.ndarray], float]

SAME: dict[str, Reference] = {
    "total_return": lambda r, b: empyrical.cum_returns_final(r),
    "cagr": lambda r, b: empyrical.cagr(r, annualization=N),
    "volatility": lambda r, b: empyrical.annual_volatility(r, annualization=N),
    "stability": lambda r, b: empyrical.stability_of_timeseries(r),
    "sharpe": lambda r, b: empyrical.sharpe_ratio(r, risk_free=RATE, annualization=N),
    "sortino": lambda r, b: empyrical.sortino_ratio(r, required_return=RATE, annualization=N),
    "calmar": lambda r, b: empyrical.calmar_ratio(r, annualization=N),
    "omega": lambda r, b: empyrical.omega_ratio(r, risk_free=RATE),
    "tail_ratio": lambda r, b: empyrical.tail_ratio(r),
    "max_drawdown": lambda r, b: empyrical.max_drawdown(r),
    "downside_deviation": lambda r, b: empyrical.downside_risk(r, required_return=RATE, annualization=N),
    "var_5": lambda r, b: empyrical.value_at_risk(r),
    "expected_shortfall_5": lambda r, b: empyrical.conditional_value_at_risk(r),
    "beta": lambda r, b: empyrical.beta(r, b, risk_free=RATE),
    "alpha": lambda r, b: empyrical.alpha(r, b, risk_free=RATE, annualization=N),
    "skew": lambda r, b: stats.skew(r),  # empyrical hands these two to scipy
    "kurtosis": lambda r, b: stats.kurtosis(r),
}

DIFFERENT: dict[str, tuple[str, Reference]] = {
    "information_ratio": (
        "empyrical's excess_sharpe is per bar; ours is annualised like Sharpe",
        lambda r, b: empyrical.excess_sharpe(r, b) * math.sqrt(N),
    ),
    "up_capture": (
        "empyrical annualises both sides first, which makes daily captures explode; equal at one bar a year",
        lambda r, b: empyrical.up_capture(r, b, period="yearly"),
    ),
    "down_capture": (
        "empyrical annualises both sides first, which makes daily captures explode; equal at one bar a year",
        lambda r, b: empyrical.down_capture(r, b, period="yearly"),
    ),
}


def _series(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Fat-tailed returns of a random length, drift and size, with a correlated benchmark."""
    random = np.random.default_rng(seed)
    n_bars = int(random.integers(30, 600))
    size = 10.0 ** random.uniform(-3.0, -1.7)
    market = random.standard_t(4, n_bars) * size + random.normal(0.0, 0.001)
    own = 0.6 * market + random.standard_t(4, n_bars) * size + random.normal(0.0, 0.001)
    return np.maximum(own, -0.5), np.maximum(market, -0.5)


@pytest.mark.parametrize("name", [*SAME, *DIFFERENT])
def test_metric_equals_empyrical_on_500_series(name: str) -> None:
    reference = SAME[name] if name in SAME else DIFFERENT[name][1]
    for seed in range(500):
        returns, benchmark = _series(seed)
        figures = RunFigures.of_returns(
            returns, periods_per_year=N, risk_free_annual=RISK_FREE_ANNUAL, benchmark=benchmark
        )
        expected = float(reference(returns, benchmark))
        assert METRICS[name](figures) == pytest.approx(expected, rel=1e-10, abs=1e-10), seed


def test_metrics_empyrical_lacks_are_held_elsewhere() -> None:
    """Trades, exposure, costs and counts have no counterpart there; hand tables and oracles hold them."""
    elsewhere = {"Trades", "Exposure", "Costs"}
    by_hand = {
        "best_bar", "worst_bar", "positive_bars", "probabilistic_sharpe", "average_drawdown",
        "max_drawdown_bars", "ulcer_index", "correlation", "tracking_error", "deflated_sharpe",
        "minimum_track_record",
    }  # fmt: skip
    left = {m.name for m in METRICS.values() if m.group not in elsewhere} - set(SAME) - set(DIFFERENT)
    assert left == by_hand


def test_constant_returns_have_no_sharpe_where_empyrical_says_infinite() -> None:
    constant = np.full(10, 0.001)
    assert math.isinf(empyrical.sharpe_ratio(constant))
    assert math.isnan(METRICS["sharpe"](RunFigures.of_returns(constant, periods_per_year=N)))
