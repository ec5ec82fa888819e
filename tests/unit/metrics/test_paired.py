"""Differences of Sharpe ratios and means: against asymptotics of others, and their size in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from quantlab.metrics.paired import (
    mean_influence,
    paired_differences,
    sharpe_influence,
    standard_errors,
)


def pair(seed, n=500, gap=0.0):
    random = np.random.default_rng(seed)
    market = random.normal(0.0005, 0.01, n)
    return 0.7 * market + random.normal(0.00015 + gap, 0.007, n), market


def difference_of(a, b, of, **settings):
    return paired_differences(a[:, None], b, of, **{"block_bars": 1.0, **settings})[0]


def memmel(a, b):
    """Two-sided p-value of equal Sharpe ratios of normal returns: Memmel (2003), correcting Jobson and Korkie."""
    n, s, t = len(a), a.mean() / a.std(), b.mean() / b.std()
    rho = np.corrcoef(a, b)[0, 1]
    variance = (2 - 2 * rho + 0.5 * (s * s + t * t - 2 * s * t * rho * rho)) / n
    return 2 * stats.norm.sf(abs(s - t) / math.sqrt(variance)), s - t


@pytest.mark.parametrize("gap", [0.0, 0.0004, 0.0008])
def test_independent_normal_returns_have_the_p_value_of_memmel(gap):
    a, b = pair(3, 2000, gap)
    found = difference_of(a, b, sharpe_influence, n_resamples=2000)
    expected, difference = memmel(a, b)
    assert found.value == pytest.approx(difference, rel=1e-12)
    assert found.p_value == pytest.approx(expected, abs=0.02)


def test_independent_returns_have_the_p_value_of_a_paired_t_test():
    a, b = pair(4, 1000)
    found = difference_of(a, b, mean_influence, n_resamples=2000)
    assert found.p_value == pytest.approx(stats.ttest_rel(a, b).pvalue, abs=0.02)


@pytest.mark.parametrize("lags", [0, 1, 7])
def test_errors_are_those_of_statsmodels(lags):
    y = np.random.default_rng(5).normal(size=300).cumsum() * 0.1
    fitted = sm.OLS(y, np.ones(300)).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    assert standard_errors((y - y.mean())[:, None], lags)[0] == pytest.approx(fitted.bse[0], rel=1e-10)


def test_influence_is_the_derivative():
    a, b = pair(6, 50)
    value, influence = sharpe_influence(a[:, None], b)
    weight = np.full(50, 1 / 50)
    weight[7] += 1e-6
    weight /= weight.sum()
    ratios = []
    for r in (a, b):
        mean = weight @ r
        ratios.append(mean / math.sqrt(weight @ r**2 - mean**2))
    assert (ratios[0] - ratios[1] - value[0]) / 1e-6 == pytest.approx(influence[7, 0], rel=1e-3)


def test_bounds_and_p_value_say_the_same():
    for seed in range(20):
        a, b = pair(seed, 300, 0.0005)
        found = difference_of(a, b, sharpe_influence, n_resamples=300)
        assert (found.low > 0.0 or found.high < 0.0) == (found.p_value <= 0.05 + 1e-9), seed


@pytest.mark.slow
def test_the_test_keeps_its_size_where_returns_depend_on_each_other():
    rejected = 0
    for seed in range(60):
        noise = np.random.default_rng(seed).normal(size=(400, 2))
        for t in range(1, 400):
            noise[t] += 0.5 * noise[t - 1]
        rejected += (
            difference_of(noise[:, 0], noise[:, 1], mean_influence, block_bars=12.0, n_resamples=199).p_value
            < 0.1
        )
    assert rejected <= 14  # of 60 at 10%; without blocks about 25


def test_what_does_not_differ_is_undefined():
    a, _ = pair(1)
    assert math.isnan(difference_of(a, a, sharpe_influence, n_resamples=20).p_value)
    assert math.isnan(difference_of(np.zeros(500), a, sharpe_influence, n_resamples=20).p_value)
    assert difference_of(np.zeros(500), a, mean_influence, n_resamples=20).p_value <= 1.0
