"""Metrics of resamples from counts, and bars drawn in groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab.metrics import groups
from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.groups import group_bars, grouped
from quantlab.metrics.inference import blocks_of, blocks_of_run, resampled_rows
from quantlab.metrics.intervals import metric_intervals
from quantlab.metrics.paired import paired_differences
from quantlab.metrics.run_figures import RunFigures
from quantlab.metrics.unordered import UNORDERED, unordered_draws, unordered_intervals


def run_of(returns, **facts):
    return RunFigures.of_returns(returns, periods_per_year=252, risk_free_annual=0.02, **facts)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(20, 80))
def test_every_resample_is_as_in_the_catalogue(seed, n_bars):
    returns = np.random.default_rng(seed).standard_t(4, n_bars) * 0.02
    draws = unordered_draws(returns[:, None], run_of(returns), 5, seed)
    for k, rows in enumerate(resampled_rows(n_bars, 5, blocks_of(returns), seed)):
        for name, expected in evaluate(run_of(returns[rows]), UNORDERED).items():
            assert draws[name][k, 0] == pytest.approx(expected, rel=1e-8, abs=1e-10), name


def test_intervals_are_those_of_all_metrics():
    figures = run_of(np.random.default_rng(1).normal(0.001, 0.01, 300))
    off = figures.returns - figures.returns.mean()
    blocks = blocks_of_run(off, off * off)
    whole = metric_intervals(figures, np.zeros(0, np.int64), n_resamples=100, blocks=blocks)
    for name, bounds in unordered_intervals(figures, n_resamples=100).items():
        assert bounds == pytest.approx(tuple(whole.loc[name, ["low", "high"]]), rel=1e-9)


def test_one_figure_has_one_interval_however_many_bars(monkeypatch):
    monkeypatch.setattr(groups, "MOST_GROUPS", 100)
    figures = run_of(np.random.default_rng(1).normal(0.001, 0.01, 300))
    whole = metric_intervals(figures, np.zeros(0, np.int64), n_resamples=100)
    for name, bounds in unordered_intervals(figures, n_resamples=100).items():
        assert bounds == tuple(whole.loc[name, ["low", "high"]])


def test_bounds_scale_with_the_returns():
    random = np.random.default_rng(3)
    returns = np.repeat(random.permutation([0.005, 0.02] * 20), 50) * random.normal(size=2000)
    large, small = (
        unordered_intervals(RunFigures.of_returns(scale * returns, periods_per_year=252), n_resamples=50)
        for scale in (1.0, 1e-5)
    )
    assert small["volatility"] == pytest.approx([1e-5 * bound for bound in large["volatility"]], rel=1e-6)


@pytest.mark.parametrize(("n_bars", "facts"), [(19, {}), (60, {"ruined": True}), (60, {"n_fills": 0})])
def test_what_is_undefined_stays_so(n_bars, facts):
    found = unordered_intervals(run_of(np.full(n_bars, 0.001) + np.arange(n_bars) * 1e-5, **facts))
    assert math.isnan(found.get("sharpe", (math.nan,))[0])
    assert ("volatility" in found) == ("n_fills" in facts)


@given(st.integers(1, 300), st.integers(1, 50))
def test_groups_keep_the_mean_and_every_bar(n_bars, most):
    values = np.random.default_rng(n_bars).normal(size=(n_bars, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "MOST_GROUPS", most)
        found, size = grouped(values), group_bars(n_bars)
    assert len(found) == math.ceil(n_bars / size) <= most
    np.testing.assert_allclose(found.mean(axis=0), values.mean(axis=0), atol=1e-12)
    scale = len(found) / n_bars
    np.testing.assert_allclose(found[0], values[:size].sum(axis=0) * scale, atol=1e-12)
    np.testing.assert_allclose(found[-1], values[(len(found) - 1) * size :].sum(axis=0) * scale, atol=1e-12)


def test_in_groups_a_sharpe_ratio_and_a_volatility_have_the_errors_of_independent_returns(monkeypatch):
    # Normal returns: the error of a Sharpe ratio is √(N/n·(1 + S²/2)) (Lo 2002), that of a deviation σ/√(2n).
    monkeypatch.setattr(groups, "MOST_GROUPS", 500)
    n = 9_990  # the last group is short
    returns = np.random.default_rng(2).normal(0.0005, 0.01, n)
    found = unordered_intervals(run_of(returns), n_resamples=3000)
    wide = {name: (high - low) / (2 * 1.96) for name, (low, high) in found.items()}
    assert wide["sharpe"] == pytest.approx(math.sqrt(252 / n), rel=0.1)
    assert wide["volatility"] == pytest.approx(0.01 * math.sqrt(252 / (2 * n)), rel=0.1)
    logs = {name: np.diff(np.log1p(found[name]))[0] / (2 * 1.96) for name in ("total_return", "cagr")}
    assert logs["total_return"] == pytest.approx(0.01 * math.sqrt(n), rel=0.1)
    assert logs["cagr"] == pytest.approx(0.01 * 252 / math.sqrt(n), rel=0.1)


@pytest.mark.parametrize("persistence", [0.0, 0.6])
def test_in_groups_a_difference_has_its_long_run_error(persistence, monkeypatch):
    # The mean of an autoregression has the error σ/((1 − φ)·√n) (Hamilton 1994, eq. 7.2.6).
    monkeypatch.setattr(groups, "MOST_GROUPS", 400)
    n = 12_000
    noise = np.random.default_rng(4).normal(0.0, 0.01, n)
    for t in range(1, n):
        noise[t] += persistence * noise[t - 1]
    market = np.zeros(n)
    (found,) = paired_differences(noise[:, None], market, n_resamples=2000).mean
    assert found.value == pytest.approx(noise.mean(), rel=1e-9)
    expected = 0.01 / ((1.0 - persistence) * math.sqrt(n))
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(expected, rel=0.12)


def test_in_groups_a_sharpe_difference_is_that_of_the_bars(monkeypatch):
    random = np.random.default_rng(6)
    market = random.normal(0.0005, 0.01, 6_000)
    run = 0.7 * market + random.normal(0.0002, 0.007, 6_000)
    (alone,) = paired_differences(run[:, None], market).sharpe
    monkeypatch.setattr(groups, "MOST_GROUPS", 600)
    (found,) = paired_differences(run[:, None], market).sharpe
    assert found.value == pytest.approx(alone.value, rel=1e-9)
    assert found.high - found.low == pytest.approx(alone.high - alone.low, rel=0.1)
