"""What networks find: planted rules, nearly whole, and nothing where there is nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from quantlab.features.features import feature
from quantlab.features.labels import forward_return
from quantlab.forecasting.baselines import RidgeForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.information import pooled
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.networks.dlinear import DLinear
from quantlab.forecasting.networks.gru import GRU
from quantlab.forecasting.networks.lstm import LSTM
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.networks.nhits import NHITS
from quantlab.forecasting.networks.nlinear import NLinear
from quantlab.forecasting.networks.patchtst import PatchTST
from quantlab.forecasting.networks.tcn import TCN
from quantlab.forecasting.networks.transformer import Transformer
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive
from tests.naive.networks import autoregression, following
from tests.unit.forecasting.networks import NETWORKS

COMMON = {
    "features": (feature("log_return", lookback=1),),
    "learning_rate": 5e-3,
    "levels": (0.1, 0.5, 0.9),
}
FOLDS = WalkForward(train=2300, test=700)
LEADERS = (3, 0, 4, 5, 1, 2)  # of each of six symbols
LINES = (DLinear, NLinear)  # they cannot bend
BENDING = {
    MLP: {"hidden": (32, 32), "epochs": 40, "patience": 8},
    LSTM: {"epochs": 40, "patience": 8},
    GRU: {"epochs": 40, "patience": 8},
    TCN: {"epochs": 15},
    NHITS: {"pools": (2, 1), "every": (2, 1), "epochs": 15},
    PatchTST: {"patch": 2, "stride": 1, "epochs": 15},
    Transformer: {"epochs": 15},
}  # TSMixer is not among them: a window of one feature and four bars leaves it four units a layer


def without_dropout(kind):
    """Small samples of a clean rule need no dropout."""
    return {"dropout": 0.0} if hasattr(kind, "dropout") else {}


def walk(recipe, bars, folds):
    """A quiet walk without a store."""
    return walk_forward(recipe, bars, folds, store=False, progress=False, baselines=False)


def ics(recipe, arrays, lean):
    """Information coefficients of the recipe and of the rule itself, on the same rows."""
    bars = naive.as_bars(arrays)
    table = walk(recipe, bars, FOLDS)
    label = np.where(table.known, forward_return(bars, 1), np.nan)
    return pooled(table.median(), label, 1).ic, pooled(lean, label, 1).ic


@pytest.mark.slow
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_linear_rule_is_found_by_every_network(kind):
    arrays, lean = autoregression(3000, 4, (0.3, 0.0, -0.3, 0.0, 0.0, 0.2), seed=1)
    found, rule = ics(kind(lookback=8, epochs=12, **COMMON, **without_dropout(kind)), arrays, lean)
    assert rule > 0.4
    assert found > 0.9 * rule


@pytest.mark.slow
@pytest.mark.parametrize("kind", BENDING)
def test_a_rule_that_is_no_line_is_found_by_networks_that_bend(kind):
    arrays, lean = naive.planted(3000, 4, seed=1)
    found, rule = ics(kind(lookback=4, **COMMON, **without_dropout(kind), **BENDING[kind]), arrays, lean)
    line, _ = ics(RidgeForecaster(lookback=4, features=COMMON["features"]), arrays, lean)
    assert found > 0.9 * rule
    assert line < 0.5 * rule


@pytest.mark.slow
@pytest.mark.parametrize("kind", LINES)
def test_lines_stay_lines(kind):
    arrays, lean = naive.planted(3000, 4, seed=1)
    found, rule = ics(kind(lookback=4, epochs=15, **COMMON), arrays, lean)
    line, _ = ics(RidgeForecaster(lookback=4, features=COMMON["features"]), arrays, lean)
    assert found == pytest.approx(line, abs=0.05 * rule)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", [MLP, GRU, CNN1D])
def test_who_follows_whom_is_found_where_symbols_are_read_together(kind, seed):
    arrays, lean = following(3000, LEADERS, seed)
    recipe = kind(lookback=4, epochs=30, patience=6, symbols="together", **COMMON, **without_dropout(kind))
    found, rule = ics(recipe, arrays, lean)
    pooled_network, _ = ics(dataclasses.replace(recipe, symbols="pooled", epochs=8), arrays, lean)
    line, _ = ics(RidgeForecaster(lookback=4, features=COMMON["features"]), arrays, lean)
    assert rule > 0.4
    assert found > 0.9 * rule
    assert max(abs(pooled_network), abs(line)) < 0.1 * rule


@pytest.mark.slow
@pytest.mark.parametrize("seed", [8, 9])
@pytest.mark.parametrize("kind", [MLP, CNN1D, LSTM, DLinear, Transformer])
def test_nothing_is_found_in_random_walks_read_together(kind, seed):
    bars = naive.as_bars(naive.random_walk(1300, 5, seed=seed))
    read = (feature("log_return", lookback=1), feature("volatility", lookback=5))
    recipe = kind(features=read, lookback=16, epochs=6, horizon=5, symbols="together")
    table = walk(recipe, bars, WalkForward(train=500, test=400))
    told = pooled(table.median(), np.where(table.known, forward_return(bars, 5), np.nan), 5)
    assert abs(told.ic) < 3.0 * told.ic_error
    assert told.ic_error < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in NETWORKS if kind is not CNN1D])
def test_nothing_is_found_in_random_walks(kind):
    bars = naive.as_bars(naive.random_walk(1300, 5, seed=8))
    read = (feature("log_return", lookback=1), feature("volatility", lookback=5))
    table = walk(
        kind(features=read, lookback=16, epochs=6, horizon=5), bars, WalkForward(train=500, test=400)
    )
    told = pooled(table.median(), np.where(table.known, forward_return(bars, 5), np.nan), 5)
    assert abs(told.ic) < 3.0 * told.ic_error
    assert told.ic_error < 0.05
