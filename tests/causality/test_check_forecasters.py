"""`check` asked about a forecaster alone: proven where it is causal, found where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import quantlab as ql
from quantlab.errors import StrategyError
from quantlab.features.features import feature
from tests.naive import forecasting as naive
from tests.unit.forecasting.networks import NETWORKS, small

FOLDS = ql.WalkForward(train=90, test=40)
READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
RECIPES = [
    ql.RidgeForecaster(horizon=(1, 3), features=READ, known=("weekday",)),
    ql.GarchForecaster(horizon=2, lookback=9, target="volatility"),
    ql.PerSymbolForecaster(member=ql.RidgeForecaster(horizon=2, features=READ), at_least=30),
    ql.TreesForecaster(horizon=2, features=READ, trees=4, target="drawdown"),
    ql.MLP(horizon=2, features=READ, lookback=4, hidden=(4,), epochs=1, symbols="together", ranked=True),
    *(
        pytest.param(small(kind, horizon=3, features=READ, epochs=1), marks=pytest.mark.slow)
        for kind in NETWORKS
    ),
]


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path))


@pytest.fixture(scope="module")
def bars():
    return naive.as_bars(naive.random_walk(260, 3, seed=4))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: type(each).__name__)
def test_a_forecaster_is_proven_causal(recipe, bars):
    folds = ql.WalkForward(train=150, test=40) if isinstance(recipe, ql.GarchForecaster) else FOLDS
    report = ql.check(recipe, bars, cuts=6, folds=folds, progress=False)
    assert report.proven, str(report)
    assert report.warnings == ()
    assert report.name == repr(recipe)
    assert len(report.cuts) == 6
    assert len(report.inputs) == len(recipe.horizons)


@dataclass(frozen=True, kw_only=True, repr=False)
class Blabbing(ql.RidgeForecaster):
    """A line that is told how its windows lie in the batch it is asked in."""

    def train(self, window, *, seed=0):
        return Batchwise(super().train(window, seed=seed))


@dataclass(frozen=True, eq=False)
class Batchwise:
    """Adds the mean of the whole test block to each forecast: later windows speak in earlier ones."""

    line: object

    def predict(self, windows):
        return self.line.predict(windows) + np.mean(windows.now())

    def state(self):
        return self.line.state()


def test_a_forecaster_whose_batch_speaks_is_found(bars):
    report = ql.check(Blabbing(horizon=2, features=READ), bars, cuts=6, folds=FOLDS, progress=False)
    assert not report
    assert report.findings[0].name == "forecast"
    assert "Blabbing" in report.verdict


def test_what_is_neither_strategy_nor_forecaster_is_refused(bars):
    with pytest.raises(StrategyError):
        ql.check("ridge", bars)
