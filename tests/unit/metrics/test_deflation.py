"""The deflated Sharpe ratio: the paper's own example, its limits, and a simulation of luck."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantlab.metrics.deflation import deflated_sharpe, expected_max_sharpe, lucky_sharpe
from quantlab.metrics.inference import probabilistic_sharpe, sharpe_confidence


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


def test_one_trial_is_the_probabilistic_sharpe():
    returns = np.random.default_rng(1).normal(0.001, 0.01, 300)
    ratio = np.array([0.1])
    assert deflated_sharpe(returns, ratio, 1) == probabilistic_sharpe(returns)
    assert deflated_sharpe(returns, ratio, 1, 0.0001) == probabilistic_sharpe(returns, rate_per_bar=0.0001)


@pytest.mark.parametrize("n", [2, 10, 100, 1000])
def test_luck_is_about_the_best_of_random_draws(n):
    draws = np.random.default_rng(n).normal(0.0, 0.05, (4000, n)).max(axis=1)
    assert expected_max_sharpe(0.05**2, n) == pytest.approx(draws.mean(), rel=0.12)


def test_more_trials_and_wider_ones_ask_for_more():
    returns = np.random.default_rng(2).normal(0.001, 0.01, 500)
    narrow, wide = np.array([0.0, 0.01, 0.02]), np.array([-0.1, 0.0, 0.1])
    few, many = deflated_sharpe(returns, narrow, 3), deflated_sharpe(returns, narrow, 300)
    assert many < few < probabilistic_sharpe(returns)
    assert deflated_sharpe(returns, wide, 3) < few


def test_undefined_ratios_are_left_out_and_too_few_say_nothing():
    known = np.array([0.01, 0.03])
    assert lucky_sharpe(np.array([0.01, np.nan, 0.03]), 3) == expected_max_sharpe(known.var(ddof=1), 3)
    assert math.isnan(lucky_sharpe(np.array([0.01, np.nan]), 2))
    returns = np.random.default_rng(3).normal(0.001, 0.01, 100)
    assert math.isnan(deflated_sharpe(returns, np.array([0.01, np.nan]), 2))
    assert math.isnan(deflated_sharpe(np.zeros(100), known, 2))
