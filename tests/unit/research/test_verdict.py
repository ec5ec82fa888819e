"""What a page says of a run in one sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.research.verdict import verdict


def run(drift, seed=0, n=750, benchmark=None, other=0.0, together=0.0):
    """Buy and hold of one walk with another beside it."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    steps = [
        d + 0.01 * (together * common + np.sqrt(1 - together**2) * rng.normal(size=n)) for d in (drift, other)
    ]
    price = 100.0 * np.exp(np.cumsum(np.column_stack(steps), axis=0))
    time = pd.bdate_range("2015-01-01", periods=n)
    bars = ql.Bars.from_arrays(time=time, symbols=["A", "B"], open=price, high=price, low=price, close=price)
    hold = ql.FollowWeights(pd.DataFrame([[1.0, 0.0]], time[:1], ["A", "B"]))
    return ql.backtest(hold, bars, benchmark=benchmark, progress=False)


def test_alone_it_is_held_against_luck():
    assert verdict(run(0.002)).startswith("More than luck at 95%: Sharpe")
    assert verdict(run(0.0, seed=3)).startswith("Not distinguishable from luck at 95%")


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
