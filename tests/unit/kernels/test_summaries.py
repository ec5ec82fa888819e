"""The summary of an equity path: the metrics room's bits, and its rules for what is undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab.kernels.summaries import NO_DEVIATION, summarise
from quantlab.metrics import returns as returns_room
from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.run_figures import RunFigures
from quantlab.records import SUMMARY

CASH = 1e5


def summary(equity, n_fills=1, ruined=False, periods=252.0, risk_free=0.0, cash=CASH):
    """What the kernel writes, and the bar it complains of."""
    equity = np.asarray(equity, dtype=np.float64)
    out = np.empty(len(SUMMARY))
    rate = returns_room.per_bar_rate(risk_free, periods)
    bad = summarise(equity, cash, n_fills, ruined, periods, rate, np.empty((2, len(equity) + 3)), out)
    return out, bad


def reference(equity, n_fills=1, ruined=False, periods=252.0, risk_free=0.0, cash=CASH):
    equity = np.asarray(equity, dtype=np.float64)
    figures = RunFigures(
        returns=equity / np.concatenate([[cash], equity[:-1]]) - 1.0,
        equity=equity,
        initial_cash=cash,
        periods_per_year=periods,
        risk_free_annual=risk_free,
        n_fills=n_fills,
        ruined=ruined,
    )
    return np.array(list(evaluate(figures, SUMMARY).values()))


def must_agree(equity, **how):
    out, bad = summary(equity, **how)
    assert bad == -1
    np.testing.assert_array_equal(out, reference(equity, **how))  # equal, NaN where NaN


def walk(n, seed, drift=0.0003):
    random = np.random.default_rng(seed)
    return CASH * np.exp(np.cumsum(random.normal(drift, 0.01, n)))


def test_the_least_deviation_is_that_of_the_metrics():
    assert NO_DEVIATION == returns_room.NO_DEVIATION


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 127, 128, 129, 250, 1000, 1201, 10_000])
def test_every_length(n):
    must_agree(walk(n, n))


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=300),
    n_fills=st.integers(0, 2),
    ruined=st.booleans(),
    periods=st.sampled_from([12.0, 252.0, 365.0, 98_280.0]),
    risk_free=st.sampled_from([0.0, 0.03, -0.01]),
)
def test_any_path(steps, n_fills, ruined, periods, risk_free):
    equity = CASH * np.cumprod(1.0 + np.array(steps))
    must_agree(equity, n_fills=n_fills, ruined=ruined, periods=periods, risk_free=risk_free)


def test_by_hand():
    # 100 → 110 → 99: returns 0.1, −0.1; mean 0, so Sharpe is 0; deviation √0.02; drawdown −0.1.
    out, _ = summary([110.0, 99.0], periods=2.0, cash=100.0)
    values = dict(zip(SUMMARY, out, strict=True))
    assert values["total_return"] == pytest.approx(-0.01)
    assert values["cagr"] == pytest.approx(-0.01)
    assert values["volatility"] == pytest.approx(0.2)
    assert values["sharpe"] == pytest.approx(0.0, abs=1e-15)
    assert values["max_drawdown"] == pytest.approx(-0.1)
    assert values["calmar"] == pytest.approx(-0.1)
    assert values["n_fills"] == 1.0


@pytest.mark.parametrize(
    "equity",
    [
        np.full(50, CASH),  # never moved
        np.linspace(CASH, 2 * CASH, 60)[1:],  # never fell
        np.linspace(CASH, CASH / 2, 60)[1:],  # never rose
        np.r_[np.full(30, CASH), np.full(30, CASH * 1.5)],
        np.r_[walk(20, 1), 0.0],  # nothing left
        np.r_[walk(20, 1), -500.0],  # less than nothing
        np.r_[CASH * 1e-12, CASH * 1e3],  # growth that no float holds in a year
    ],
)
@pytest.mark.parametrize("how", [{}, {"n_fills": 0}, {"ruined": True}, {"periods": 98_280.0}])
def test_edges(equity, how):
    must_agree(equity, **how)


@pytest.mark.parametrize(
    ("equity", "bar"), [([100.0, np.nan, 100.0], 1), ([np.inf, 1.0], 0), ([100.0, 0.0, 5.0], 2)]
)
def test_what_is_not_finite_is_refused_with_its_bar(equity, bar):
    out, bad = summary(equity)
    assert bad == bar
    assert np.isnan(out).all()


def test_nothing_outside_its_row_is_written():
    equity, table, scratch = walk(100, 3), np.full((3, len(SUMMARY)), 7.0), np.full((2, 120), 7.0)
    summarise(equity, CASH, 1, False, 252.0, 0.0, scratch, table[1])
    assert (table[[0, 2]] == 7.0).all()
    assert (scratch[:, 100:] == 7.0).all()
    assert math.isfinite(table[1, 3])
