"""Keras models as forecasters: Keras says what the network is, and nothing else."""

from __future__ import annotations

import copy
import dataclasses
import importlib.util
import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest

if importlib.util.find_spec("keras") is None:
    pytest.skip("keras is not installed", allow_module_level=True)
os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.features.labels import forward_return
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.information import pooled
from quantlab.forecasting.keras_forecaster import KerasForecaster
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.transfer import pretrain
from quantlab.forecasting.walk_forward import walk_forward
from quantlab.forecasting.windows import TrainingWindow, Windows
from tests.naive import forecasting as naive
from tests.naive.networks import autoregression

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
LEVELS = (0.1, 0.5, 0.9)


def dense(lookback, n_features, n_outputs):
    """One layer over the whole window."""
    layers = keras.layers
    return keras.Sequential([layers.Input((lookback, n_features)), layers.Flatten(), layers.Dense(n_outputs)])


def rich(lookback, n_features, n_outputs):
    """Convolution, normalisation, memory, dropout, two ways."""
    layers = keras.layers
    window = layers.Input((lookback, n_features))
    seen = layers.BatchNormalization()(layers.Conv1D(4, 3, padding="causal")(window))
    held = layers.Dropout(0.3)(layers.GRU(4)(seen))
    both = layers.Concatenate()([held, layers.GlobalAveragePooling1D()(seen)])
    return keras.Model(window, layers.Dense(n_outputs)(both))


COMMON = {"horizon": (1, 3), "levels": LEVELS, "features": READ, "lookback": 6, "epochs": 2, "device": "cpu"}
RICH = KerasForecaster(model=rich, **COMMON)
RECIPES = {
    "a function": RICH,
    "json": KerasForecaster(model=dense(6, 2, 6).to_json(), **COMMON),
    "averaged": dataclasses.replace(RICH, averaging="ema"),
    "a point": dataclasses.replace(RICH, loss="mse", normalise="window"),
}


def windows_of(seed=0, n_symbols=3, n_rows=150):
    """Every complete window."""
    features = 0.01 * np.random.default_rng(seed).normal(size=(n_symbols, n_rows, 2))
    rows, symbols = np.meshgrid(np.arange(5, n_rows), np.arange(n_symbols), indexing="ij")
    return Windows(features, 6, symbols.ravel(), rows.ravel())


def training_window():
    """Windows with random labels."""
    learn, validation = windows_of(1), windows_of(2)
    labels = [np.random.default_rng(3).normal(0.001, 0.01, (len(each), 2)) for each in (learn, validation)]
    return TrainingWindow(learn, labels[0], validation, labels[1])


@pytest.fixture(scope="module")
def trained():
    """Each recipe, trained once."""
    return {name: recipe.train(training_window(), seed=3) for name, recipe in RECIPES.items()}


@pytest.mark.parametrize("name", RECIPES)
def test_quantiles_rise_and_depend_on_their_window_alone(name, trained):
    asked = windows_of(7)
    whole = trained[name].predict(asked)
    assert whole.shape == (len(asked), 2, 3)
    assert (np.diff(whole, axis=2) >= 0.0).all()
    for which in (np.array([5]), np.arange(len(asked))[::-1], np.arange(300)):
        some = dataclasses.replace(asked, symbols=asked.symbols[which], rows=asked.rows[which])
        np.testing.assert_array_equal(trained[name].predict(some), whole[which])


@pytest.mark.parametrize("name", RECIPES)
def test_weights_are_arrays_and_come_back(name, trained):
    asked = windows_of(8)
    kept = {key: np.array(value) for key, value in trained[name].state().items()}
    assert not any(value.dtype.hasobject for value in kept.values())
    np.testing.assert_array_equal(RECIPES[name].restore(kept).predict(asked), trained[name].predict(asked))


def test_names_of_weights_do_not_depend_on_what_was_made_before(trained):
    told = trained["a function"].state()
    named = {name.removeprefix("weights/network.") for name in told if name.startswith("weights/network.")}
    assert {"layer1.0_kernel", "layer2.2_moving_mean", "layer3.1_recurrent_kernel"} <= named
    assert told["weights/network.layer2.2_moving_mean"].any()
    rich(6, 2, 6)
    assert set(RICH.train(training_window()).state()) == set(told)


@pytest.mark.parametrize("name", ["a function", "averaged"])
def test_a_seed_says_it_all(name, trained):
    asked, told = windows_of(8), {}
    random.seed(5)
    before = random.getstate()
    for seed in (3, 4):
        told[seed] = RECIPES[name].train(training_window(), seed=seed).predict(asked)
    assert random.getstate() == before
    np.testing.assert_array_equal(told[3], trained[name].predict(asked))
    assert not np.array_equal(told[3], told[4])


def test_the_network_is_keras_own_model(trained):
    """Keras, given the weights by itself, says the same."""
    model, asked = dense(6, 2, 6), windows_of(9)
    ready = trained["json"]
    kernel, offset = (ready.state()[f"weights/network.layer1.{name}"] for name in ("0_kernel", "1_bias"))
    model.layers[1].set_weights([kernel, offset])
    scaled = ready.scaler.apply(asked.flat().reshape(-1, 6, 2)).astype(np.float32)
    with keras.device("cpu"):
        told = model(scaled, training=False).detach().numpy()
    body = ready.network[0](torch.from_numpy(scaled)).detach().numpy()
    np.testing.assert_array_equal(body, told)
    by_hand = scaled.reshape(-1, 12) @ kernel + offset
    np.testing.assert_allclose(body, by_hand, rtol=1e-4, atol=1e-5)


def test_weights_that_a_model_comes_with_are_not_used(trained):
    ready = rich(6, 2, 6)
    for layer in ready.layers:
        layer.set_weights([np.ones(each.shape) for each in layer.weights])
    told = KerasForecaster(model=_giving(ready), **COMMON).train(training_window(), seed=3)
    np.testing.assert_array_equal(told.predict(windows_of(8)), trained["a function"].predict(windows_of(8)))


def _giving(model):
    def built(lookback, n_features, n_outputs):
        return model

    return built


def test_an_architecture_is_one_recipe_in_text_and_in_a_dictionary():
    text = rich(6, 2, 6).to_json()
    one, two = (KerasForecaster(model=each, **COMMON) for each in (text, json.loads(text)))
    assert one == two
    assert hash(one) == hash(two)
    assert recipe_key(one, 0) == recipe_key(two, 0) is not None
    assert eval(repr(one), {"KerasForecaster": KerasForecaster, "feature": feature}) == one


def test_a_function_is_known_by_its_name_and_code():
    assert repr(RICH).endswith("model=rich)")
    again = dataclasses.replace(RICH)
    assert (
        recipe_key(RICH, 0) == recipe_key(again, 0) != recipe_key(dataclasses.replace(RICH, model=dense), 0)
    )


def test_a_copy_of_a_network_learns_apart():
    network = RICH.network(2)
    other = copy.deepcopy(network)
    for one, two in zip(network.state_dict().values(), other.state_dict().values(), strict=True):
        np.testing.assert_array_equal(one, two)
        assert one.data_ptr() != two.data_ptr()


def test_what_keras_holds_still_and_what_is_frozen_stands_still():
    bars = naive.as_bars(naive.random_walk(200, 2, seed=1))

    def held(lookback, n_features, n_outputs):
        model = rich(lookback, n_features, n_outputs)
        model.layers[1].trainable = False
        return model

    recipe = KerasForecaster(model=held, **{**COMMON, "epochs": 1})
    first = pretrain(recipe, bars, seed=1)
    tuned = recipe.fine_tuned(first, frozen=("layer3",), epochs=2).train(training_window()).state()
    for name, stands_still in (
        ("layer1.0_kernel", True),
        ("layer3.0_kernel", True),
        ("layer7.0_kernel", False),
    ):
        name = f"weights/network.{name}"
        assert np.array_equal(tuned[name], first.state[name]) == stands_still


def ic(recipe, arrays, folds, lean=None):
    """Information coefficients of the recipe, and of the rule, on the same rows."""
    bars = naive.as_bars(arrays)
    table = walk_forward(recipe, bars, folds, store=False, progress=False, baselines=False)
    label = np.where(table.known, forward_return(bars, recipe.horizon), np.nan)
    return pooled(table.median(), label, recipe.horizon), lean is not None and pooled(lean, label, 1)


def test_a_planted_autoregression_is_found_nearly_whole():
    arrays, lean = autoregression(2600, 4, (0.3, 0.0, -0.3), seed=1)
    recipe = KerasForecaster(
        model=dense, features=READ[:1], lookback=4, levels=LEVELS, learning_rate=1e-2, epochs=15, device="cpu"
    )
    found, rule = ic(recipe, arrays, WalkForward(train=2000, test=600), lean)
    assert rule.ic > 0.35
    assert found.ic > 0.9 * rule.ic


@pytest.mark.slow
def test_nothing_is_found_in_random_walks():
    recipe = KerasForecaster(model=rich, horizon=5, features=READ, lookback=16, epochs=6, device="cpu")
    told, _ = ic(recipe, naive.random_walk(1300, 5, seed=8), WalkForward(train=500, test=400))
    assert abs(told.ic) < 3.0 * told.ic_error
    assert told.ic_error < 0.05


def run_in(backend, code):
    """Run Python with another backend named in its environment."""
    environment = {**os.environ, "KERAS_BACKEND": backend} if backend else dict(os.environ)
    if not backend:
        environment.pop("KERAS_BACKEND", None)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )


MADE = """
import sys
from quantlab.forecasting.keras_forecaster import KerasForecaster
def dense(lookback, n_features, n_outputs):
    import keras
    layers = keras.layers
    return keras.Sequential([layers.Input((lookback, n_features)), layers.Flatten(), layers.Dense(n_outputs)])
recipe = KerasForecaster(model=dense, device="cpu")
heavy = [name for name in ("torch", "keras") if name in sys.modules]
assert not heavy, heavy
recipe.network(2)
print(sys.modules["keras"].config.backend())
"""


@pytest.mark.slow
def test_the_backend_is_torch_where_nothing_else_was_said():
    done = run_in(None, MADE)
    assert (done.returncode, done.stdout.strip()) == (0, "torch"), done.stderr


def test_another_backend_is_refused_before_it_is_imported():
    done = run_in("jax", MADE)
    assert "Keras is set to its 'jax' backend" in done.stderr
    assert "KERAS_BACKEND=torch" in done.stderr


def test_without_keras_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ForecastError, match=r'not installed: pip install "quantlab\[keras\]"'):
        KerasForecaster(model=dense)


def three(lookback, n_features, n_outputs):
    """Another number of outputs than asked for."""
    return dense(lookback, n_features, 3)


def nothing(lookback, n_features, n_outputs):
    """No model."""
    return "model"


def code(lookback, n_features, n_outputs):
    """A layer with code in it, which no JSON holds."""
    layers = keras.layers
    return keras.Sequential(
        [layers.Input((lookback, n_features)), layers.Lambda(lambda x: x[:, -1]), layers.Dense(n_outputs)]
    )


@pytest.mark.parametrize(
    ("model", "advice"),
    [
        (three, r"gives \(3,\) numbers for a window of \(6, 2\); end it with keras.layers.Dense\(6\)"),
        (nothing, "gave 'model'; give a keras.Model for"),
        (code, "no Lambda"),
        ('{"class_name": "Nothing", "config": {}}', "no Keras model can be made of this JSON"),
    ],
)
def test_models_that_do_not_fit_are_refused(model, advice):
    recipe = KerasForecaster(model=model, **COMMON)
    with pytest.raises(ForecastError, match=advice):
        recipe.network(2)


@pytest.mark.parametrize("model", ["{", {"layers": []}, 5, None])
def test_what_is_no_model_at_all_is_refused_at_once(model):
    with pytest.raises(ForecastError, match=r"give a function \(lookback, n_features, n_outputs\)"):
        KerasForecaster(model=model)
