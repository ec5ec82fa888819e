"""Recipes: how they print, what they refuse, and what the baselines learn."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from quantlab.errors import ForecastError, StrategyError
from quantlab.features.features import feature
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.declaration import forecast
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.windows import TrainingWindow, Windows

NAMES = {
    "CNN1D": CNN1D,
    "NaiveForecaster": NaiveForecaster,
    "RidgeForecaster": RidgeForecaster,
    "feature": feature,
    "forecast": forecast,
}


def window_of(features, labels, n_validation=0, lookback=1):
    """A training window over every complete window of ``(n_symbols, n_rows, n_features)`` features."""
    rows, symbols = np.meshgrid(
        np.arange(lookback - 1, features.shape[1]), np.arange(len(features)), indexing="ij"
    )
    rows, symbols = rows.ravel(), symbols.ravel()
    cut = len(rows) - n_validation
    parts = [
        Windows(features, lookback, symbols[part], rows[part]) for part in (slice(cut), slice(cut, None))
    ]
    told = labels[symbols, rows]
    return TrainingWindow(parts[0], told[:cut], parts[1], told[cut:])


@pytest.mark.parametrize(
    "recipe",
    [
        CNN1D(),
        CNN1D(horizon=(1, 5), lookback=16, channels=(8,), features=(("momentum", 20), "overnight_return")),
        NaiveForecaster(horizon=5),
        RidgeForecaster(horizon=2, penalty=0.5, levels=(0.1, 0.5, 0.9)),
        forecast(CNN1D(horizon=(1, 5)), horizon=5),
        forecast(NaiveForecaster()),
    ],
)
def test_recipes_print_as_the_code_that_makes_them(recipe):
    assert eval(repr(recipe), NAMES) == recipe
    assert hash(eval(repr(recipe), NAMES)) == hash(recipe)


def test_a_pair_of_name_and_lookback_is_a_feature():
    recipe = RidgeForecaster(features=[("momentum", 20), "overnight_return"])
    assert recipe.inputs == (feature("momentum", lookback=20), feature("overnight_return"))


@pytest.mark.parametrize(
    ("recipe", "wrong", "advice"),
    [
        (CNN1D, {"horizon": 0}, "whole number of bars from 1"),
        (CNN1D, {"horizon": (5, 1)}, "several rise"),
        (CNN1D, {"levels": (0.1, 0.9)}, "add 0.5"),
        (CNN1D, {"levels": (0.5, 1.0)}, "between 0.0 and 1.0"),
        (CNN1D, {"lookback": 2.0}, "whole number of at least 1"),
        (CNN1D, {"lookback": 2}, "lookback is at least 4"),
        (CNN1D, {"kernel": 4}, "a kernel is odd"),
        (CNN1D, {"channels": (0,)}, "at least 1"),
        (CNN1D, {"dropout": 1.0}, "from 0 to 0.9"),
        (CNN1D, {"learning_rate": 0.0}, "from 1e-08 to 1"),
        (CNN1D, {"learning_rate": float("nan")}, "from 1e-08 to 1"),
        (CNN1D, {"device": "gpu"}, "one of 'auto', 'cpu', 'cuda'"),
        (CNN1D, {"normalise": "all"}, "one of 'fold', 'window'"),
        (CNN1D, {"features": ()}, "at least one feature"),
        (RidgeForecaster, {"penalty": -1.0}, "at least 0"),
        (RidgeForecaster, {"features": ()}, "at least one feature"),
    ],
)
def test_wrong_values_are_refused_with_advice(recipe, wrong, advice):
    with pytest.raises(ForecastError, match=advice):
        recipe(**wrong)


def test_a_misspelt_feature_is_told_at_once():
    with pytest.raises(StrategyError, match="Did you mean 'momentum'"):
        CNN1D(features=(("momentun", 20),))


def test_recipes_are_frozen_and_have_no_predict():
    with pytest.raises(AttributeError):
        CNN1D().horizon = 5
    assert not hasattr(CNN1D(), "predict")


def test_an_input_names_its_horizon():
    assert forecast(CNN1D(horizon=5)).horizon == 5
    with pytest.raises(ForecastError, match="say which, horizon= one of 1, 5"):
        forecast(CNN1D(horizon=(1, 5)))
    with pytest.raises(ForecastError, match="no horizon of 7 bars; it has 1, 5"):
        forecast(CNN1D(horizon=(1, 5)), horizon=7)
    with pytest.raises(ForecastError, match="made by a call"):
        forecast(CNN1D)


def test_naive_states_the_spread_of_each_symbols_labels_around_zero():
    labels = np.stack([np.arange(101.0)[:, None], 2.0 * np.arange(101.0)[:, None] + 7.0])
    recipe = NaiveForecaster(levels=(0.1, 0.5, 0.75))
    window = window_of(np.zeros((2, 101, 0)), labels, n_validation=50)
    told = recipe.train(window).predict(Windows(np.zeros((2, 101, 0)), 1, np.array([0, 1]), np.array([3, 3])))
    np.testing.assert_allclose(told[:, 0], [[-40.0, 0.0, 25.0], [-80.0, 0.0, 50.0]], atol=1e-12)


def test_naive_gives_a_symbol_with_few_labels_the_quantiles_of_all():
    labels = np.full((2, 100, 1), np.nan)
    labels[0, :, 0] = np.arange(100.0)
    window = window_of(np.zeros((2, 100, 0)), labels)
    keep = window.learn.symbols == 0
    learn = replace(window.learn, symbols=window.learn.symbols[keep], rows=window.learn.rows[keep])
    trained = NaiveForecaster().train(replace(window, learn=learn, learn_labels=window.learn_labels[keep]))
    np.testing.assert_array_equal(trained.quantiles[1], trained.quantiles[0])


@pytest.mark.parametrize("lookback", [1, 4])
def test_ridge_is_scikit_learns(lookback):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2, 150, 3)) * [1.0, 5.0, 0.1] + [0.0, 2.0, 9.0]
    labels = 0.01 * features[:, :, :2] + 0.02 * rng.normal(size=(2, 150, 2))
    window = window_of(features, labels, n_validation=40, lookback=lookback)
    recipe = RidgeForecaster(horizon=(1, 5), lookback=lookback, penalty=0.3, levels=(0.1, 0.5, 0.9))
    told = recipe.train(window).predict(window.validation)

    both = [window.learn, window.validation]
    rows = np.concatenate(
        [
            [features[s, r - lookback + 1 : r + 1] for s, r in zip(w.symbols, w.rows, strict=True)]
            for w in both
        ]
    )
    learnt = np.array([features[s, r] for s, r in zip(window.learn.symbols, window.learn.rows, strict=True)])
    inputs = np.clip((rows - learnt.mean(axis=0)) / learnt.std(axis=0), -5.0, 5.0).reshape(len(rows), -1)
    targets = np.concatenate([window.learn_labels, window.validation_labels])
    line = Ridge(alpha=0.3 * len(rows)).fit(inputs, targets).predict(inputs)
    symbols = np.concatenate([each.symbols for each in both])
    residuals = [np.quantile((targets - line)[symbols == s], recipe.levels, axis=0).T for s in (0, 1)]
    expected = line[-40:, :, None] + np.stack(residuals)[window.validation.symbols]
    np.testing.assert_allclose(told, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("recipe", [NaiveForecaster(horizon=2), RidgeForecaster(horizon=2)])
def test_trained_baselines_come_back_from_their_state(recipe):
    rng = np.random.default_rng(0)
    window = window_of(
        rng.normal(size=(3, 90, len(recipe.inputs))), rng.normal(size=(3, 90, 1)), n_validation=20
    )
    trained = recipe.train(window)
    back = recipe.restore(trained.state())
    np.testing.assert_array_equal(back.predict(window.validation), trained.predict(window.validation))


def test_a_line_says_the_same_however_many_windows_are_asked():
    rng = np.random.default_rng(0)
    window = window_of(rng.normal(size=(3, 200, 6)), rng.normal(size=(3, 200, 1)))
    trained = RidgeForecaster().train(window)
    whole = trained.predict(window.learn)
    for some in (slice(0, 1), slice(5, 9), slice(100, 333)):
        part = replace(window.learn, symbols=window.learn.symbols[some], rows=window.learn.rows[some])
        np.testing.assert_array_equal(trained.predict(part), whole[some])


def test_recipes_are_made_without_the_heavy_libraries():
    code = (
        "import sys\n"
        "from quantlab.forecasting.networks.cnn1d import CNN1D\n"
        "from quantlab.forecasting.arima import ArimaForecaster\n"
        "from quantlab.forecasting.garch import GarchForecaster\n"
        "from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster\n"
        "from quantlab.forecasting.folds import WalkForward\n"
        "from quantlab.forecasting.forecast import Forecasts\n"
        "from quantlab.forecasting.declaration import forecast\n"
        "from quantlab.forecasting.walk_forward import walk_forward\n"
        "repr(forecast(CNN1D(horizon=5))), RidgeForecaster(), NaiveForecaster(), WalkForward()\n"
        "ArimaForecaster(), GarchForecaster()\n"
        "heavy = ['torch', 'numba', 'scipy', 'sklearn', 'skfolio', 'rich', 'vectorbt', 'plotly']\n"
        "heavy += ['statsmodels', 'arch']\n"
        "sys.exit(','.join(name for name in heavy if name in sys.modules) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
