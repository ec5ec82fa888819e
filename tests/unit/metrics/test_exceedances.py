"""Tests of value-at-risk forecasts: textbook numbers, plain likelihoods, and their size in simulation."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from quantlab.errors import DataError
from quantlab.metrics.exceedances import conditional_coverage_test, independence_test, proportion_test
from quantlab.metrics.risk import value_at_risk
from quantlab.research.exceedances import exceedances, historical_value_at_risk


def chain(t00, t01, t10, t11):
    """Bars with given counts of transitions: within and beyond, beginning within."""
    assert t01 - t10 in (0, 1)
    series, left = [0], [t00, t01, t10, t11]
    while left[1] or left[2]:
        if series[-1]:
            series += [1] * left[3] + [0]
            left[3], left[2] = 0, left[2] - 1
        else:
            series += [0] * left[0] + [1]
            left[0], left[1] = 0, left[1] - 1
    return np.array(series + ([1] * left[3] if series[-1] else [0] * left[0]), dtype=bool)


def test_the_example_of_the_textbook():
    # Jorion, Value at Risk (3rd ed., 2007), ch. 6: J.P. Morgan in 1998, 20 of 252 days below the 95% value at risk:
    # the unconditional statistic is 3.91. With 14 of 232 quiet days and 6 of 20 bad ones followed by a bad one the
    # independence statistic is 9.53, and both together 13.44.
    bars = chain(218, 14, 14, 6)
    assert (bars[1:].sum(), len(bars) - 1) == (20, 252)
    assert proportion_test(bars[1:], 0.05).statistic == pytest.approx(3.91, abs=0.005)
    assert independence_test(bars).statistic == pytest.approx(9.53, abs=0.005)
    both = proportion_test(bars[1:], 0.05).statistic + independence_test(bars).statistic
    assert both == pytest.approx(13.44, abs=0.01)


def test_the_exercise_of_the_textbook():
    # The same book, question 10 of chapter 6: 6 of 252 days below the 99% value at risk, 4 of them after another: the
    # bias is not significant (3.498 < 3.84), the bunching is (25.837).
    bars = chain(244, 2, 2, 4)
    assert proportion_test(bars[1:], 0.01).statistic == pytest.approx(3.498, abs=0.001)
    assert independence_test(bars).statistic == pytest.approx(25.837, abs=0.0005)


@pytest.mark.parametrize(
    ("p", "n", "rejected", "kept"),
    [(0.01, 255, 7, 6), (0.05, 255, 21, 20), (0.05, 255, 6, 7), (0.01, 1000, 17, 16), (0.05, 1000, 65, 64)],
)
def test_the_regions_of_kupiec(p, n, rejected, kept):
    # Kupiec (1995), table of non-rejection regions at 95%: N < 7 of 255 and 4 < N < 17 of 1000 at p = 1%,
    # 6 < N < 21 of 255 and 37 < N < 65 of 1000 at p = 5%.
    assert proportion_test(np.arange(n) < rejected, p).p_value < 0.05
    assert proportion_test(np.arange(n) < kept, p).p_value > 0.05


def plain(series):
    """Christoffersen's likelihoods as they stand in the paper."""
    counts = {(i, j): 0 for i in (0, 1) for j in (0, 1)}
    for i, j in pairwise(series):
        counts[i, j] += 1
    p01 = counts[0, 1] / (counts[0, 0] + counts[0, 1])
    p11 = counts[1, 1] / (counts[1, 0] + counts[1, 1])
    share = (counts[0, 1] + counts[1, 1]) / (len(series) - 1)
    bound = (1 - share) ** (counts[0, 0] + counts[1, 0]) * share ** (counts[0, 1] + counts[1, 1])
    free = (1 - p01) ** counts[0, 0] * p01 ** counts[0, 1] * (1 - p11) ** counts[1, 0] * p11 ** counts[1, 1]
    return -2 * math.log(bound / free)


@given(st.lists(st.booleans(), min_size=5, max_size=60))
def test_p_values_are_the_tails_of_scipy(states):
    series = np.array(states)
    kupiec, both = proportion_test(series, 0.3), conditional_coverage_test(series, 0.3)
    assert kupiec.p_value == pytest.approx(chi2.sf(kupiec.statistic, 1), rel=1e-9)
    assert both.p_value == pytest.approx(chi2.sf(both.statistic, 2), rel=1e-9, nan_ok=True)


def test_the_historical_value_at_risk_knows_no_return_of_its_own_bar():
    random = np.random.default_rng(3)
    returns = pd.Series(random.standard_t(4, 400) * 0.01)
    told = historical_value_at_risk(returns, n_bars=100)
    assert told[:100].isna().all()
    for row in (100, 250, 399):
        assert told[row] == pytest.approx(value_at_risk(returns.to_numpy()[row - 100 : row]), rel=1e-12)
    changed = historical_value_at_risk(returns.where(returns.index < 300, -0.9), n_bars=100)
    assert changed[:301].equals(told[:301])


@given(st.lists(st.booleans(), min_size=5, max_size=60))
def test_independence_is_the_plain_likelihood_ratio(states):
    series = np.array(states)
    found = independence_test(series)
    if not 0 < sum(states[:-1]) < len(states) - 1:
        assert math.isnan(found.p_value)
        return
    assert found.statistic == pytest.approx(plain([int(s) for s in states]), rel=1e-6, abs=1e-9)
    whole = conditional_coverage_test(series, 0.3)
    assert whole.statistic == pytest.approx(found.statistic + proportion_test(series, 0.3).statistic)


def test_an_honest_forecast_is_seldom_rejected_and_others_often():
    honest, wrong, clustered = 0, 0, 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        free = random.random(1000) < 0.05
        honest += conditional_coverage_test(free, 0.05).p_value < 0.05
        wrong += proportion_test(random.random(1000) < 0.1, 0.05).p_value < 0.05
        state, close = random.random(1000), np.zeros(1000, bool)
        for t in range(1, 1000):
            close[t] = state[t] < (0.4 if close[t - 1] else 0.03)
        clustered += independence_test(close).p_value < 0.05
    assert honest <= 24
    assert wrong >= 195
    assert clustered >= 190


def test_forecasts_are_matched_by_time():
    time = pd.bdate_range("2020-01-01", periods=100)
    returns = pd.Series(np.random.default_rng(1).normal(0.0, 0.01, 100), time)
    forecast = pd.Series(-0.015, time[10:]).where(lambda s: s.index != time[50])
    found = exceedances(returns, forecast)
    assert found.n_bars == 89
    below = returns[forecast.dropna().index] < -0.015
    assert found.n_exceeded == below.sum()
    assert found.mean_excess == pytest.approx((returns[below.index[below]] + 0.015).mean())
    assert found.frame.loc["proportion", "p_value"] == proportion_test(below.to_numpy(), 0.05).p_value
    assert f"{found.n_exceeded} of 89 bars fell below" in " ".join(str(found).split())
    assert "<table>" in found._repr_html_()


def test_never_exceeded_says_what_can_be_said():
    found = exceedances(pd.Series(np.zeros(100)), -0.01)
    assert math.isnan(found.frame.loc["independence", "p_value"])
    assert found.frame.loc["proportion", "statistic"] == pytest.approx(-200 * math.log(0.95))
    assert "n/a" in str(found)


@pytest.mark.parametrize(
    ("returns", "forecast", "level", "message"),
    [
        ([0.1, 0.2], -0.1, 5.0, "level=5.0"),
        ([0.1, np.nan], -0.1, 0.05, "return at 1 is NaN"),
        ([0.1, 0.2], np.nan, 0.05, "no bar with a forecast"),
    ],
)
def test_what_cannot_be_judged_is_refused(returns, forecast, level, message):
    with pytest.raises(DataError, match=message):
        exceedances(pd.Series(returns), forecast, level=level)


def test_a_loss_without_its_sign_is_refused():
    returns = pd.Series([0.01, -0.03, 0.0, -0.01])
    with pytest.raises(
        DataError, match=r"value_at_risk is 0\.02 \(the median\), above zero.*negative.*as -0\.02"
    ):
        exceedances(returns, 0.02)
    with pytest.raises(DataError, match=r"as -0\.01"):
        exceedances(returns, pd.Series([0.02, 0.01, 0.01, -0.01]))
    assert exceedances(returns, 0.02, level=0.95).n_exceeded == 4  # an upper tail
    with pytest.raises(DataError, match=r"no Series: give simple returns by time, as result\.returns"):
        exceedances([0.1, 0.2], -0.1)
