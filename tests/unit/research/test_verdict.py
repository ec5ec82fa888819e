"""What a page says of a run in two sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.engine.provenance import picked_from
from quantlab.research.holding import holding
from quantlab.research.verdict import verdict


def run(drift, seed=0, n=750, benchmark=None, other=0.0, together=0.0, weights=((1.0, 0.0),), every=1):
    """Buy and hold of one walk with another beside it, unless other weights are given for every so many bars."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    steps = [
        d + 0.01 * (together * common + np.sqrt(1 - together**2) * rng.normal(size=n)) for d in (drift, other)
    ]
    price = 100.0 * np.exp(np.cumsum(np.column_stack(steps), axis=0))
    time = pd.bdate_range("2015-01-01", periods=n)
    bars = ql.Bars.from_arrays(time=time, symbols=["A", "B"], open=price, high=price, low=price, close=price)
    hold = ql.FollowWeights(pd.DataFrame(weights, time[: len(weights) * every : every], ["A", "B"]))
    return ql.backtest(hold, bars, benchmark=benchmark, progress=False)


def test_luck_is_named_with_the_trials_that_are_known():
    assert "is above zero: probability 100.0% (no other trial is known)." in verdict(run(0.002))
    assert "is not shown to be above zero: probability" in verdict(run(0.0, seed=3))
    picked = replace(run(0.002), provenance=picked_from(run(0.002).provenance, 40, 0.02))
    assert "is not shown to be above what luck gives the best of 40 trials" in verdict(picked)


def test_without_a_benchmark_it_is_held_against_holding():
    assert verdict(run(0.002)).startswith("Cannot be told from holding A:")
    flips = np.where(np.arange(40) % 2, 1.0, 0.0)
    told = verdict(run(0.001, weights=np.column_stack([flips, 1.0 - flips]), every=18, other=0.001))
    assert told.startswith("Not distinguishable from holding its 2 symbols in equal parts: p = 0.")


def test_holding_is_equal_money_at_the_first_bar_left_alone():
    weights = [[0.5, 0.5]]
    result = run(0.001, weights=weights, n=60)
    marks = result.marks.to_numpy()
    expected = (marks / marks[0]).mean(axis=1)
    held = holding(result)
    assert held.name == "holding its 2 symbols in equal parts"
    np.testing.assert_allclose(np.cumprod(1.0 + held.returns), expected, rtol=1e-12)


def test_against_a_benchmark_the_difference_is_tested():
    assert verdict(run(0.002, benchmark="B")).startswith("Better than B: p = 0.0")
    assert verdict(run(-0.002, benchmark="B", other=0.001)).startswith("Worse than B: p = 0.0")
    told = verdict(run(0.0002, benchmark="B", other=0.0002, together=0.5))
    assert told.startswith("Not distinguishable from B: p = 0.")
    assert "Sharpe difference" in told


def test_the_same_as_its_benchmark_and_a_run_without_fills():
    assert "Cannot be told from A" in verdict(run(0.001, benchmark="A")) or "Not distinguishable" in verdict(
        run(0.001, benchmark="A")
    )
    idle = ql.FollowWeights(pd.DataFrame([[0.0]], pd.bdate_range("2020-01-01", periods=1), ["A"]))
    price = np.linspace(100.0, 120.0, 60)[:, None]
    bars = ql.Bars.from_arrays(
        time=pd.bdate_range("2020-01-01", periods=60),
        symbols=["A"],
        open=price,
        high=price,
        low=price,
        close=price,
    )
    assert verdict(ql.backtest(idle, bars, progress=False)).startswith("Nothing can be said")


@pytest.mark.parametrize("n", [10, 25])
def test_short_runs_do_not_fail(n):
    assert verdict(run(0.001, n=n, benchmark="B"))


def test_where_only_luck_cannot_be_judged_the_rest_is_said():
    picked = replace(run(0.002), provenance=picked_from(run(0.002).provenance, 2, np.nan))
    told = verdict(picked)
    assert np.isnan(picked.metrics["deflated_sharpe"])
    assert told.endswith("too few of the trials behind it have a Sharpe ratio.")
    assert told.startswith("Cannot be told from holding A")
