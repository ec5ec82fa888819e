"""Hand arithmetic: small runs whose every number can be checked with a pencil."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.errors import DataError
from quantlab.metrics.catalogue import METRICS, evaluate, find_metric, sections
from quantlab.metrics.ranking import best_first
from quantlab.metrics.run_figures import RunFigures

NAN = float("nan")


def _run(**settings: object) -> RunFigures:
    """100 → 90 → 99 → 121 → 110: two falls, the first from initial cash."""
    figures = {
        "returns": np.array([-0.1, 0.1, 2.0 / 9.0, -1.0 / 11.0]),
        "equity": np.array([90.0, 99.0, 121.0, 110.0]),
        "initial_cash": 100.0,
        "periods_per_year": 2.0,
        "benchmark": np.array([0.1, -0.1, 0.1, -0.1]),
        "trade_profit": np.array([30.0, -10.0, 0.0, -5.0]),
        "trade_return": np.array([0.3, -0.1, 0.0, -0.05]),
        "trade_bars": np.array([1.0, 2.0, 3.0, 4.0]),
        "trade_worst": np.array([-0.1, -0.2, 0.0, -0.1]),
        "trade_best": np.array([0.4, 0.0, 0.2, 0.0]),
        "gross_exposure": np.array([0.0, 1.0, 0.5, 0.5]),
        "net_exposure": np.array([0.0, -1.0, 0.5, 0.5]),
        "traded_value": 420.0,
        "commission": 3.0,
        "slippage": 1.2,
        "n_orders": 9,
        "n_fills": 8,
        "n_rejected": 1,
        "n_open_trades": 1,
    }
    return RunFigures(**{**figures, **settings})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("total_return", 0.1),
        ("cagr", 1.1 ** (2.0 / 4.0) - 1.0),
        ("best_bar", 2.0 / 9.0),
        ("worst_bar", -0.1),
        ("positive_bars", 0.5),
        ("max_drawdown", -0.1),  # the loss of the first bar counts
        ("average_drawdown", (-0.1 - 1.0 / 11.0) / 2.0),
        ("max_drawdown_bars", 2),
        ("ulcer_index", math.sqrt((0.1**2 + 0.01**2 + (1.0 / 11.0) ** 2) / 4.0)),
        ("calmar", (math.sqrt(1.1) - 1.0) / 0.1),
        ("omega", (0.1 + 2.0 / 9.0) / (0.1 + 1.0 / 11.0)),
        ("downside_deviation", math.sqrt((0.1**2 + (1.0 / 11.0) ** 2) / 4.0) * math.sqrt(2.0)),
        ("beta", (-0.01 - 0.01 + 0.2 / 9.0 + 0.1 / 11.0) / (4 * 0.01)),
        ("n_trades", 4),
        ("n_open_trades", 1),
        ("win_rate", 0.25),
        ("profit_factor", 2.0),
        ("payoff", 4.0),
        ("expectancy", 3.75),
        ("average_trade", 0.0375),
        ("best_trade", 0.3),
        ("worst_trade", -0.1),
        ("average_bars_held", 2.5),
        ("average_worst_excursion", -0.1),
        ("average_best_excursion", 0.15),
        ("exposure_gross", 0.5),
        ("exposure_net", 0.0),
        ("time_in_market", 0.75),
        ("turnover", 420.0 / 105.0 / 2.0),  # two years at an average equity of 105
        ("commission_paid", 3.0),
        ("slippage_paid", 1.2),
        ("costs_fraction", 0.042),
        ("costs_of_traded_value", 0.01),
        ("n_orders", 9),
        ("n_fills", 8),
        ("n_rejected", 1),
    ],
)
def test_metric_by_hand(name: str, expected: float) -> None:
    assert METRICS[name](_run()) == pytest.approx(expected, rel=1e-12)


def test_tracking_error_and_correlation_by_hand() -> None:
    run = RunFigures.of_returns([0.1, 0.3], periods_per_year=4.0, benchmark=[0.0, 0.1])
    assert METRICS["tracking_error"](run) == pytest.approx(math.sqrt(0.005) * 2.0)  # r − b: 0.1 and 0.2
    assert METRICS["correlation"](run) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "name", ["sharpe", "sortino", "calmar", "omega", "probabilistic_sharpe", "tail_ratio"]
)
@pytest.mark.parametrize("settings", [{"n_fills": 0}, {"ruined": True}])
def test_ratios_of_a_run_that_never_traded_or_was_ruined_are_undefined(
    name: str, settings: dict[str, object]
) -> None:
    assert math.isfinite(METRICS[name](_run()))
    assert math.isnan(METRICS[name](_run(**settings)))


def test_ruin_loses_everything_a_year() -> None:
    ruined = RunFigures(
        returns=[-0.5, -1.2],
        equity=[50.0, -10.0],
        initial_cash=100.0,
        periods_per_year=252,
        n_fills=1,
        ruined=True,
    )
    assert METRICS["cagr"](ruined) == -1.0
    assert METRICS["total_return"](ruined) == pytest.approx(-1.1)
    assert math.isnan(METRICS["stability"](ruined))


def test_without_trades_trade_metrics_are_undefined_and_counts_are_zero() -> None:
    idle = RunFigures.of_returns(np.zeros(50), periods_per_year=252, n_fills=0)
    values = evaluate(idle)
    assert values["total_return"] == values["max_drawdown"] == values["n_trades"] == 0.0
    for name in ("sharpe", "sortino", "calmar", "win_rate", "profit_factor", "payoff", "best_trade", "beta"):
        assert math.isnan(values[name]), name


def test_profit_factor_without_a_losing_trade_is_undefined_not_infinite() -> None:
    run = _run(
        **{
            name: [1.0]
            for name in ("trade_profit", "trade_return", "trade_bars", "trade_worst", "trade_best")
        }
    )
    assert math.isnan(METRICS["profit_factor"](run))
    assert math.isnan(METRICS["payoff"](run))


@pytest.mark.parametrize("n_bars", [0, 1])
def test_no_bar_and_one_bar_have_every_metric(n_bars: int) -> None:
    values = evaluate(
        RunFigures.of_returns(np.full(n_bars, 0.1), periods_per_year=252, benchmark=np.zeros(n_bars))
    )
    assert list(values) == list(METRICS)
    assert math.isnan(values["sharpe"])
    assert math.isnan(values["volatility"])
    assert not any(math.isinf(value) for value in values.values())


def test_a_few_lucky_minutes_have_no_annual_growth() -> None:
    lucky = RunFigures.of_returns([0.1, 0.1, -0.01], periods_per_year=98_280, benchmark=[0.0, 0.01, 0.0])
    values = evaluate(lucky)
    assert math.isnan(values["cagr"])
    assert math.isnan(values["alpha"])
    assert values["total_return"] == pytest.approx(1.1 * 1.1 * 0.99 - 1.0)


def test_a_series_that_never_falls_has_no_ratio_to_a_fall() -> None:
    rising = RunFigures.of_returns([0.01, 0.02, 0.03], periods_per_year=252)
    assert METRICS["max_drawdown"](rising) == 0.0
    for name in ("calmar", "sortino", "omega"):
        assert math.isnan(METRICS[name](rising)), name


def test_catalogue_rows_are_complete_and_named_once() -> None:
    assert len(METRICS) >= 35
    for name, metric in METRICS.items():
        assert name == metric.name
        assert name.isidentifier()
        assert all((metric.label, metric.group, metric.formula, metric.reference))
        assert "\n" not in metric.formula
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)


def test_sections_keep_the_order_of_the_catalogue() -> None:
    assert sections({"sharpe": 1.0, "cagr": 0.1, "unknown": 0.0}) == {
        "Returns": [("CAGR", 0.1, "fraction")],
        "Ratios": [("Sharpe", 1.0, "ratio")],
    }


def test_a_misspelt_metric_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match="Did you mean 'sharpe'"):
        find_metric("sharp")


@pytest.mark.parametrize(
    ("name", "values", "order"),
    [
        ("sharpe", [0.5, NAN, 1.5, float("inf")], [2, 0, 1, 3]),
        ("volatility", [0.3, 0.1, NAN], [1, 0, 2]),
        ("max_drawdown", [-0.5, -0.1], [1, 0]),
        ("sharpe", [1.0, 1.0], [0, 1]),
    ],
)
def test_the_undefined_never_ranks_first(name: str, values: list[float], order: list[int]) -> None:
    assert best_first(name, values).tolist() == order


@given(
    st.lists(st.tuples(st.floats(-1.0, 1.0) | st.just(NAN), st.booleans()), max_size=9),
    st.sampled_from(["max_drawdown", "volatility", "expected_shortfall_5", "sharpe"]),
)
def test_what_was_not_judged_comes_last_whatever_the_metric(
    runs: list[tuple[float, bool]], name: str
) -> None:
    values, judged = [value for value, _ in runs], [good for _, good in runs]
    order = best_first(name, values, judged).tolist()
    told = [judged[k] for k in order]
    assert told == sorted(told, reverse=True)
    kept = [k for k in order if judged[k]]
    assert kept == [k for k in best_first(name, values).tolist() if judged[k]]


def test_what_has_no_better_direction_cannot_rank() -> None:
    with pytest.raises(DataError, match="Neither a high nor a low beta"):
        best_first("beta", [1.0])
