"""Laws that hold for any run, and plain-Python oracles on any series."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.drawdown import drawdown_path, drawdowns
from quantlab.metrics.returns import deviation
from quantlab.metrics.run_figures import RunFigures
from tests.naive import metrics as naive

RETURNS = st.lists(st.floats(-0.3, 0.3), min_size=2, max_size=60).map(np.array)


def _figures(returns: np.ndarray, **settings: object) -> RunFigures:
    return RunFigures.of_returns(returns, periods_per_year=252, **settings)


@given(RETURNS, st.floats(0.0, 0.1))
def test_raising_every_return_cannot_deepen_the_drawdown(returns: np.ndarray, raised: float) -> None:
    before, after = (METRICS["max_drawdown"](_figures(r)) for r in (returns, returns + raised))
    assert after >= before - 1e-12


@given(RETURNS, st.floats(0.1, 3.0))
def test_scaling_returns_leaves_sharpe_where_it_was(returns: np.ndarray, factor: float) -> None:
    assume(deviation(returns) > 1e-6)
    before, after = (METRICS["sharpe"](_figures(r)) for r in (returns, returns * factor))
    assert after == pytest.approx(before, rel=1e-9, abs=1e-9)


@given(RETURNS, st.floats(0.01, 1e6))
def test_currency_does_not_matter(returns: np.ndarray, cash: float) -> None:
    one, other = _figures(returns), _figures(returns, initial_cash=cash)
    for name in ("total_return", "cagr", "max_drawdown", "ulcer_index", "max_drawdown_bars"):
        assert METRICS[name](other) == pytest.approx(METRICS[name](one), rel=1e-9, abs=1e-12), name


@given(RETURNS)
def test_shuffling_bars_moves_the_drawdown_but_not_the_distribution(returns: np.ndarray) -> None:
    one, other = _figures(returns), _figures(returns[::-1])
    for name in ("total_return", "volatility", "sharpe", "var_5", "omega", "skew"):
        assert METRICS[name](other) == pytest.approx(METRICS[name](one), rel=1e-6, abs=1e-9, nan_ok=True), (
            name
        )


@given(RETURNS)
def test_bounds(returns: np.ndarray) -> None:
    value = {name: metric(_figures(returns)) for name, metric in METRICS.items()}
    assert -1.0 <= value["max_drawdown"] <= value["average_drawdown"] <= 0.0
    assert value["expected_shortfall_5"] <= value["var_5"] + 1e-15
    assert 0.0 <= value["max_drawdown_bars"] <= returns.size
    assert value["ulcer_index"] <= -value["max_drawdown"] + 1e-12
    assert math.isnan(value["stability"]) or 0.0 <= value["stability"] <= 1.0 + 1e-12


@given(RETURNS)
def test_a_benchmark_compared_with_itself(returns: np.ndarray) -> None:
    assume(deviation(returns) > 1e-6)
    figures = _figures(returns, benchmark=returns)
    assert METRICS["beta"](figures) == pytest.approx(1.0)
    assert METRICS["correlation"](figures) == pytest.approx(1.0)
    assert METRICS["tracking_error"](figures) == 0.0
    assert math.isnan(METRICS["information_ratio"](figures))


@given(st.lists(st.floats(1.0, 200.0), min_size=1, max_size=60))
def test_drawdowns_agree_with_the_plain_loop(equity: list[float]) -> None:
    assert drawdown_path(np.array(equity), 100.0).tolist() == naive.drawdown_path(equity, 100.0)
    expected = sorted(naive.drawdowns(equity, 100.0), key=lambda one: one[3])
    assert [tuple(one) for one in drawdowns(np.array(equity), 100.0)] == expected


@pytest.mark.parametrize("seed", range(20))
def test_ratios_agree_with_the_plain_loop(seed: int) -> None:
    random = np.random.default_rng(seed)
    returns = random.normal(0.0, 0.02, int(random.integers(3, 200)))
    plain, rate = returns.tolist(), 1.03 ** (1.0 / 252.0) - 1.0
    expected = {
        "sharpe": naive.sharpe(plain, 252, 0.03),
        "sortino": naive.sortino(plain, 252, rate),
        "omega": naive.omega(plain, rate),
        "var_5": naive.quantile(plain, 0.05),
        "expected_shortfall_5": naive.expected_shortfall(plain, 0.05),
        "tail_ratio": abs(naive.quantile(plain, 0.95)) / abs(naive.quantile(plain, 0.05)),
        "skew": naive.moment(plain, 3),
        "kurtosis": naive.moment(plain, 4) - 3.0,
        "profit_factor": naive.profit_factor(plain),
    }
    trades = dict.fromkeys(
        ("trade_profit", "trade_return", "trade_bars", "trade_worst", "trade_best"), returns
    )
    figures = _figures(returns, risk_free_annual=0.03, **trades)
    for name, value in expected.items():
        assert METRICS[name](figures) == pytest.approx(value, rel=1e-10), name
