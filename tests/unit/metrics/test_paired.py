"""Differences of Sharpe ratios and means: against asymptotics of others, and their size in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from arch.bootstrap import SPA
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from quantlab.kernels.paired import paired_figures, standard_errors
from quantlab.metrics.paired import Difference, paired_differences
from tests.naive import inference as naive


def pair(seed, n=500, gap=0.0):
    random = np.random.default_rng(seed)
    market = random.normal(0.0005, 0.01, n)
    return 0.7 * market + random.normal(0.00015 + gap, 0.007, n), market


def difference_of(a, b, of, **settings):
    found = paired_differences(a[:, None], b, **{"block_bars": 1.0, **settings})
    return getattr(found, of)[0]


def memmel(a, b):
    """Two-sided p-value of equal Sharpe ratios of normal returns: Memmel (2003), correcting Jobson and Korkie."""
    n, s, t = len(a), a.mean() / a.std(), b.mean() / b.std()
    rho = np.corrcoef(a, b)[0, 1]
    variance = (2 - 2 * rho + 0.5 * (s * s + t * t - 2 * s * t * rho * rho)) / n
    return 2 * stats.norm.sf(abs(s - t) / math.sqrt(variance)), s - t


@pytest.mark.parametrize("gap", [0.0, 0.0004, 0.0008])
def test_independent_normal_returns_have_the_p_value_of_memmel(gap):
    a, b = pair(3, 2000, gap)
    found = difference_of(a, b, "sharpe", n_resamples=2000)
    expected, difference = memmel(a, b)
    assert found.value == pytest.approx(difference, rel=1e-12)
    assert found.p_value == pytest.approx(expected, abs=0.02)


def test_independent_returns_have_the_p_value_of_a_paired_t_test():
    a, b = pair(4, 1000)
    found = difference_of(a, b, "mean", n_resamples=2000)
    assert found.p_value == pytest.approx(stats.ttest_rel(a, b).pvalue, abs=0.02)


@pytest.mark.parametrize("lags", [0, 1, 7, 299])
def test_errors_are_those_of_statsmodels(lags):
    y = np.random.default_rng(5).normal(size=(2, 300)).cumsum(axis=1) * 0.1
    y -= y.mean(axis=1, keepdims=True)
    expected = [sm.OLS(row, np.ones(300)).fit(cov_type="HAC", cov_kwds={"maxlags": lags}).bse[0] for row in y]
    # Over all lags Bartlett's weights leave the square of a sum that is 0.
    assert standard_errors(*y, lags) == pytest.approx(expected, rel=1e-10, abs=1e-12)


returns = st.lists(st.tuples(*[st.floats(-0.2, 0.2).map(lambda x: round(x, 6))] * 3), min_size=8, max_size=40)


@settings(deadline=None)
@given(returns, st.integers(0, 7), st.randoms(use_true_random=False))
def test_figures_are_those_of_plain_loops(drawn, lags, random):
    panel = np.array(drawn).T
    rows = np.array([random.randrange(len(drawn)) for _ in drawn])
    assume(panel[:, rows].std(axis=1).min() > 1e-6)
    means, out = panel.mean(axis=1), np.empty((2, 4))
    away = panel - means[:, None]
    paired_figures(means, away, away**2, rows, lags, np.empty((4, len(rows))), out)
    benchmark, *runs = (panel[:, rows]).tolist()
    for run, found in zip(runs, out, strict=True):
        ratio, ratio_error = naive.sharpe_difference(run, benchmark, lags)
        mean, mean_error = naive.mean_difference(run, benchmark, lags)
        size = max(abs(naive.raw_sharpe(run)), abs(naive.raw_sharpe(benchmark)), 1.0)
        assert found[[0, 2]] == pytest.approx([ratio, mean], rel=1e-8, abs=1e-10 * size)
        # The root of what is 0 but for rounding is 1e-8 of the terms.
        assert found[[1, 3]] == pytest.approx([ratio_error, mean_error], rel=1e-6, abs=1e-7 * size**2)


def test_influence_is_the_derivative():
    a = pair(6, 50)[0].tolist()
    influence = naive.sharpe_influence(a)
    weight = np.full(50, 1 / 50)
    weight[7] += 1e-6
    weight /= weight.sum()
    mean = weight @ a
    ratio = mean / math.sqrt(weight @ np.square(a) - mean**2)
    assert (ratio - naive.raw_sharpe(a)) / 1e-6 == pytest.approx(influence[7], rel=1e-3)


def test_the_reality_check_is_archs():
    random = np.random.default_rng(8)
    benchmark = random.normal(0.0, 0.01, 600)
    for gain in (0.0, 0.0004, 0.0008):
        panel = 0.5 * benchmark[:, None] + random.normal(gain, 0.008, (600, 6))
        panel[:, 3] = benchmark
        test = SPA(-benchmark, -np.delete(panel, 3, 1), block_size=3, reps=4000, seed=0, studentize=False)
        test.compute()
        found = paired_differences(panel, benchmark, block_bars=3.0, n_resamples=4000)
        # White recentres every run: arch calls that p-value "upper"; both are shares of 4,000 draws.
        assert found.reality_check_p == pytest.approx(float(test.pvalues["upper"]), abs=0.03)


def test_very_many_bars_are_drawn_in_groups():
    random = np.random.default_rng(9)
    benchmark = random.normal(0.0, 0.01, 30_007)
    run = 0.6 * benchmark + random.normal(0.00005, 0.008, 30_007)
    p_value, value = memmel(run, benchmark)
    found = difference_of(run, benchmark, "sharpe", block_bars=None, n_resamples=2000)
    assert found.value == pytest.approx(value, rel=1e-9)
    assert found.p_value == pytest.approx(p_value, abs=0.03)


def test_units_scale_all_but_the_p_value():
    assert Difference(1.0, -2.0, 3.0, 0.4).times(2.0) == Difference(2.0, -4.0, 6.0, 0.4)


def test_bounds_and_p_value_say_the_same():
    for seed in range(20):
        a, b = pair(seed, 300, 0.0005)
        found = difference_of(a, b, "sharpe", n_resamples=300)
        assert (found.low > 0.0 or found.high < 0.0) == (found.p_value <= 0.05 + 1e-9), seed


@pytest.mark.slow
def test_the_test_keeps_its_size_where_returns_depend_on_each_other():
    rejected = 0
    for seed in range(60):
        noise = np.random.default_rng(seed).normal(size=(400, 2))
        for t in range(1, 400):
            noise[t] += 0.5 * noise[t - 1]
        rejected += (
            difference_of(noise[:, 0], noise[:, 1], "mean", block_bars=12.0, n_resamples=199).p_value < 0.1
        )
    assert rejected <= 14  # of 60 at 10%; without blocks about 25


def test_what_does_not_differ_is_undefined():
    a, _ = pair(1)
    assert math.isnan(difference_of(a, a, "sharpe", n_resamples=20).p_value)
    assert math.isnan(difference_of(np.zeros(500), a, "sharpe", n_resamples=20).p_value)
    assert difference_of(np.zeros(500), a, "mean", n_resamples=20).p_value <= 1.0
    nearly = a.copy()
    nearly[7] += 0.01  # a third of the resamples lack the only bar that differs
    assert math.isnan(difference_of(nearly, a, "sharpe", n_resamples=100).p_value)
    assert math.isnan(paired_differences(a[:, None], a, block_bars=1.0, n_resamples=20).reality_check_p)
