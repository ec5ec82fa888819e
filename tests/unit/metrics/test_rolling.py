from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.rolling import rolling_metrics, rolling_window
from quantlab.metrics.run_figures import RunFigures

NAMES = ("sharpe", "volatility", "beta")
RANDOM = np.random.default_rng(0)
RETURNS, BENCHMARK = RANDOM.normal(0.0005, 0.01, (2, 200))
RUN = RunFigures.of_returns(RETURNS, periods_per_year=252, risk_free_annual=0.02, benchmark=BENCHMARK)


def test_each_window_is_a_run_of_its_own() -> None:
    rows = np.arange(200)
    values = rolling_metrics(RUN, NAMES, 60, rows)
    for row in (59, 60, 137, 199):
        cut = slice(row - 59, row + 1)
        alone = RunFigures.of_returns(
            RETURNS[cut], periods_per_year=252, risk_free_annual=0.02, benchmark=BENCHMARK[cut]
        )
        assert {name: values[name][row] for name in NAMES} == evaluate(alone, NAMES)
    assert all(np.isnan(curve[:59]).all() and np.isfinite(curve[59:]).all() for curve in values.values())


def test_pandas_agrees() -> None:
    values = rolling_metrics(RUN, NAMES, 60, np.arange(200))
    ours, theirs = pd.Series(RETURNS), pd.Series(BENCHMARK)
    excess = (ours - (1.02 ** (1 / 252) - 1)).rolling(60)
    expected = {
        "sharpe": excess.mean() / excess.std() * np.sqrt(252),
        "volatility": ours.rolling(60).std() * np.sqrt(252),
        "beta": ours.rolling(60).cov(theirs) / theirs.rolling(60).var(),
    }
    for name, curve in expected.items():
        np.testing.assert_allclose(values[name], curve, rtol=1e-9)


def test_without_a_benchmark_beta_is_undefined() -> None:
    run = RunFigures.of_returns(RETURNS, periods_per_year=252)
    assert np.isnan(rolling_metrics(run, NAMES, 60, np.array([199]))["beta"]).all()


@pytest.mark.parametrize(
    ("n_bars", "periods_per_year", "window"),
    [
        (756, 252, 252),
        (755, 252, 126),
        (60, 252, 0),
        (63, 252, 21),
        (3900, 98_280, 0),
        (6000, 98_280, 1890),
        (36, 12, 0),
    ],
)
def test_a_window_fits_three_times(n_bars: int, periods_per_year: float, window: int) -> None:
    assert rolling_window(n_bars, periods_per_year) == window
