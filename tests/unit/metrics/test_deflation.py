"""The deflated Sharpe ratio: the paper's own example, its limits, and a simulation of luck."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quantlab.metrics.deflation import deflated_sharpe, expected_max_sharpe, luck_of_choices, variance_of
from quantlab.metrics.inference import probabilistic_sharpe, sharpe_confidence
from quantlab.metrics.run_figures import RunFigures


def test_the_example_of_the_paper():
    # Bailey and López de Prado (2014): 100 trials with a variance of 1/2 a year, five years of 250 days, the best
    # with an annual Sharpe of 2.5, skew −3, kurtosis 10: the threshold is 0.1132 a day, the deflated ratio 0.9004.
    luck = expected_max_sharpe(0.5 / 250.0, 100)
    assert luck == pytest.approx(0.1132, abs=5e-5)
    sure = sharpe_confidence(2.5 / math.sqrt(250.0), 1250, -3.0, 7.0, luck)
    assert sure == pytest.approx(0.9004, abs=5e-5)


def test_with_46_trials_the_paper_is_surer():
    luck = expected_max_sharpe(0.5 / 250.0, 46)
    assert sharpe_confidence(2.5 / math.sqrt(250.0), 1250, -3.0, 7.0, luck) == pytest.approx(0.9505, abs=5e-5)


def chosen(returns, swept=1, variance=math.nan, tuned=1, **settings):
    return RunFigures.of_returns(
        returns,
        periods_per_year=252,
        swept_trials=swept,
        swept_variance=variance,
        tuned_trials=tuned,
        **settings,
    )


def test_one_trial_is_the_probabilistic_sharpe():
    returns = np.random.default_rng(1).normal(0.001, 0.01, 300)
    assert deflated_sharpe(chosen(returns)) == probabilistic_sharpe(returns)
    rate = 1.02 ** (1 / 252) - 1
    assert deflated_sharpe(chosen(returns, risk_free_annual=0.02)) == probabilistic_sharpe(
        returns, rate_per_bar=rate
    )


@pytest.mark.filterwarnings("ignore")
def test_it_is_vectorbts():
    from vectorbt.returns.metrics import deflated_sharpe_ratio

    returns = np.random.default_rng(2).standard_t(4, 500) * 0.01 + 0.001
    expected = deflated_sharpe_ratio(
        est_sharpe=returns.mean() / returns.std(ddof=1),
        var_sharpe=0.0004,
        nb_trials=37,
        backtest_horizon=500,
        skew=stats.skew(returns),
        kurtosis=stats.kurtosis(returns, fisher=False),
    )
    assert deflated_sharpe(chosen(returns, 37, 0.0004)) == pytest.approx(float(expected), rel=1e-12)


@given(st.integers(2, 500), st.integers(2, 500), st.floats(1e-6, 1e-2), st.integers(50, 5000))
def test_two_stages_of_choice_are_at_least_the_luck_of_each(swept, tuned, variance, n_bars):
    both = luck_of_choices(swept, variance, tuned, n_bars)
    assert both >= max(expected_max_sharpe(variance, swept), expected_max_sharpe(1 / (n_bars - 1), tuned))
    assert luck_of_choices(swept, variance, 1, n_bars) == expected_max_sharpe(variance, swept)
    assert luck_of_choices(1, math.nan, 1, n_bars) == 0.0


def test_two_stages_of_choice_bound_the_best_of_a_search_of_two_stages():
    # The better half of the luck is found first, then the other: what a search in two stages can find by luck.
    random = np.random.default_rng(5)
    first = random.normal(0.0, 0.03, (20000, 20)).max(axis=1)
    second = random.normal(0.0, 1 / math.sqrt(999), (20000, 10)).max(axis=1)
    luck = luck_of_choices(20, 0.03**2, 10, 1000)
    assert (first + second).mean() <= luck * 1.02


@pytest.mark.parametrize("n", [2, 10, 100, 1000])
def test_luck_is_about_the_best_of_random_draws(n):
    draws = np.random.default_rng(n).normal(0.0, 0.05, (4000, n)).max(axis=1)
    assert expected_max_sharpe(0.05**2, n) == pytest.approx(draws.mean(), rel=0.12)


def test_more_trials_and_wider_ones_ask_for_more():
    returns = np.random.default_rng(2).normal(0.001, 0.01, 500)
    few, many, wide = (deflated_sharpe(chosen(returns, n, v)) for n, v in ((3, 1e-4), (300, 1e-4), (3, 1e-2)))
    assert many < few < probabilistic_sharpe(returns)
    assert wide < few
    assert deflated_sharpe(chosen(returns, 3, 1e-4, 20)) < few


def test_undefined_ratios_are_left_out_and_too_few_say_nothing():
    known = np.array([0.01, 0.03])
    assert variance_of(np.array([0.01, np.nan, 0.03])) == known.var(ddof=1)
    assert math.isnan(variance_of(np.array([0.01, np.nan])))
    returns = np.random.default_rng(3).normal(0.001, 0.01, 100)
    assert math.isnan(deflated_sharpe(chosen(returns, 2)))
    assert math.isnan(deflated_sharpe(chosen(np.zeros(100), 2, 1e-4)))
