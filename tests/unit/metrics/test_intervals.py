"""Intervals of all metrics: each resample as the catalogue sees it, one at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.errors import DataError
from quantlab.metrics.catalogue import METRICS, evaluate
from quantlab.metrics.inference import Blocks, bootstrap_interval, resampled_rows
from quantlab.metrics.intervals import metric_draws, metric_intervals
from quantlab.metrics.resampled_metrics import RESAMPLED
from quantlab.metrics.risk import sharpe
from quantlab.metrics.run_figures import RunFigures
from quantlab.metrics.unordered import unordered_intervals
from tests.made_results import made_result, made_trades

# Not of bars or closed trades, or without a distribution that a bootstrap could find.
LEFT = {
    "best_bar", "worst_bar", "best_trade", "worst_trade", "max_drawdown_bars", "average_drawdown", "n_trades",
    "n_open_trades", "average_bars_held", "average_worst_excursion", "average_best_excursion", "probabilistic_sharpe",
    "deflated_sharpe", "minimum_track_record",
}  # fmt: skip


def made_run(seed, n_bars=60, n_trades=12, **facts):
    random = np.random.default_rng(seed)
    profit = random.normal(0.0, 5.0, n_trades)
    others = np.ones(n_trades)
    figures = RunFigures.of_returns(
        random.standard_t(4, n_bars) * 0.02,
        periods_per_year=252,
        risk_free_annual=0.02,
        benchmark=random.normal(0.0, 0.02, n_bars),
        trade_profit=profit,
        trade_return=profit / 100.0,
        trade_bars=others,
        trade_worst=others,
        trade_best=others,
        **facts,
    )
    return figures, random.integers(0, n_bars, n_trades)


def alone(figures, exit_rows, rows):
    """The catalogue on one resample: drawn bars, and each trade as often as its last bar."""
    again = np.concatenate([np.flatnonzero(exit_rows == row) for row in rows]).astype(int)
    drawn = RunFigures.of_returns(
        figures.returns[rows],
        periods_per_year=figures.periods_per_year,
        risk_free_annual=figures.risk_free_annual,
        benchmark=figures.benchmark[rows],
        trade_profit=figures.trade_profit[again],
        trade_return=figures.trade_return[again],
        trade_bars=figures.trade_bars[again],
        trade_worst=figures.trade_worst[again],
        trade_best=figures.trade_best[again],
    )
    return evaluate(drawn, RESAMPLED)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(20, 80), st.sampled_from([0, 1, 12]))
def test_every_metric_of_every_resample_is_the_catalogues(seed, n_bars, n_trades):
    figures, exit_rows = made_run(seed, n_bars, n_trades)
    draws = metric_draws(figures, exit_rows, 5, 3.0, seed)
    for number, rows in enumerate(resampled_rows(n_bars, 5, 3.0, seed)):
        for name, expected in alone(figures, exit_rows, rows).items():
            assert draws[name][number] == pytest.approx(expected, rel=1e-8, abs=1e-10, nan_ok=True), name


def test_what_does_not_move_and_what_falls_to_nothing_are_as_in_the_catalogue():
    for returns in (np.zeros(30), np.full(30, 0.01), np.r_[np.full(29, 0.01), -1.0]):
        figures = RunFigures.of_returns(returns, periods_per_year=252, benchmark=np.zeros(30))
        draws = metric_draws(figures, np.zeros(0, np.int64), 4, 1.0, 0)
        for number, rows in enumerate(resampled_rows(30, 4, 1.0, 0)):
            for name, expected in alone(figures, np.zeros(0, np.int64), rows).items():
                assert draws[name][number] == pytest.approx(expected, rel=1e-8, abs=1e-10, nan_ok=True), name


def test_batches_do_not_show(monkeypatch):
    figures, exit_rows = made_run(3)
    whole = metric_intervals(figures, exit_rows, n_resamples=50)
    monkeypatch.setattr("quantlab.metrics.resamples.MOST_CELLS", 7 * 60)
    np.testing.assert_allclose(metric_intervals(figures, exit_rows, n_resamples=50), whole, rtol=1e-12)


def test_the_table_has_all_that_can_be_resampled():
    groups = {"Returns", "Ratios", "Risk", "Benchmark", "Trades"}
    assert set(RESAMPLED) == {m.name for m in METRICS.values() if m.group in groups} - LEFT


def test_the_sharpe_ratios_is_the_one_printed_everywhere():
    figures, exit_rows = made_run(3, 300)
    row = metric_intervals(figures, exit_rows).loc["sharpe"]
    printed = unordered_intervals(figures)["sharpe"]
    assert (row["low"], row["high"]) == pytest.approx(printed, rel=1e-9)
    simple = bootstrap_interval(lambda returns: sharpe(returns, 252, 0.02), figures.returns)
    assert (*printed, row["value"]) == pytest.approx((simple.low, simple.high, simple.estimate), rel=1e-9)


def test_clusters_of_volatility_widen_the_bounds_of_risk_and_leave_those_of_returns():
    random = np.random.default_rng(7)
    calm = np.repeat(random.permutation([0.005, 0.02] * 20), 50)  # forty spells of fifty bars
    figures = RunFigures.of_returns(calm * random.normal(size=2000), periods_per_year=252)
    found = metric_intervals(figures, np.zeros(0, np.int64))
    alone = metric_intervals(figures, np.zeros(0, np.int64), blocks=Blocks(1.0, 1.0))
    wide, narrow = found["high"] - found["low"], alone["high"] - alone["low"]
    # Forty spells decide the volatility: its error is that of the mean of forty variances.
    shares = np.square([0.005, 0.02] * 20)
    error = shares.std() / math.sqrt(40) / (2.0 * math.sqrt(shares.mean())) * math.sqrt(252)
    assert wide["volatility"] == pytest.approx(2 * 1.96 * error, rel=0.3)
    assert narrow["volatility"] < 0.5 * wide["volatility"]
    assert wide["sharpe"] == pytest.approx(narrow["sharpe"], rel=0.15)


def test_a_win_rate_has_the_interval_of_independent_trades():
    # One trade a bar, half of them won: the deviation of the share is √(p·(1 − p)/n).
    n = 900
    won = np.tile([1.0, -1.0], n // 2)
    np.random.default_rng(1).shuffle(won)
    figures = RunFigures.of_returns(
        won * 0.01, periods_per_year=252, trade_profit=won, trade_return=won, trade_bars=won, trade_worst=won,
        trade_best=won,
    )  # fmt: skip
    row = metric_intervals(figures, np.arange(n), n_resamples=4000, blocks=Blocks(1.0, 1.0)).loc["win_rate"]
    assert (row["high"] - row["low"]) / 2.0 == pytest.approx(1.96 * math.sqrt(0.25 / n), rel=0.06)


@pytest.mark.slow
def test_the_coverage_of_a_volatility_and_a_beta():
    hits = {"volatility": 0, "beta": 0}
    for seed in range(60):
        random = np.random.default_rng(seed)
        market = random.normal(0.0, 0.01, 400)
        returns = 0.5 * market + random.normal(0.0, 0.01, 400)
        figures = RunFigures.of_returns(returns, periods_per_year=252, benchmark=market)
        frame = metric_intervals(figures, np.zeros(0, np.int64), n_resamples=200, seed=seed)
        for name, true in (("volatility", math.sqrt(1.25 * 252) * 0.01), ("beta", 0.5)):
            hits[name] += frame.loc[name, "low"] <= true <= frame.loc[name, "high"]
    assert all(50 <= hit <= 60 for hit in hits.values()), hits


@pytest.mark.parametrize("facts", [{"n_fills": 0}, {"ruined": True}])
def test_what_is_undefined_stays_so(facts):
    figures, exit_rows = made_run(5, **facts)
    frame = metric_intervals(figures, exit_rows, n_resamples=20)
    assert frame.loc["sharpe"].isna().all()
    assert np.isfinite(frame.loc["volatility", "value"])
    few, rows = made_run(5, 19, 1)
    assert metric_intervals(few, rows * 0)[["low", "high"]].isna().all(axis=None)


def test_intervals_of_a_result():
    index = 120
    result = made_result(np.random.default_rng(1).normal(0.001, 0.01, index), n_fills=3)
    trades = made_trades(result.equity.index, 30)
    result = made_result(result.returns.to_numpy(), n_fills=3, trades=trades)
    found = ql.intervals(result, n_resamples=200)
    for name in ("sharpe", "win_rate", "calmar"):
        value, low, high = found.frame.loc[name]
        assert value == result.metrics[name]
        assert low < value < high
    assert found.frame.equals(ql.intervals(result, n_resamples=200).frame)
    assert not found.frame.equals(ql.intervals(result, n_resamples=200, seed=1).frame)
    text = str(found)
    assert "Sortino" in text
    assert "200 resamples" in text
    assert "Beta" in text
    assert "n/a" in text
    assert found._repr_html_().count("<tr>") == len(RESAMPLED) + 1
    with pytest.raises(DataError, match=r"level=95.*0\.95"):
        ql.intervals(result, level=95)
    with pytest.raises(DataError, match=r"takes what ql\.backtest returned, not 'x'"):
        ql.intervals("x")
