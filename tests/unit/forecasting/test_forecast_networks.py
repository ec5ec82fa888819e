"""Pieces of networks, windows as views, and the loop that trains them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.networks.parts import OwnScale, RisingQuantiles
from quantlab.forecasting.neural import NeuralForecaster
from quantlab.forecasting.scaling import Scaler
from quantlab.forecasting.trained_network import BATCH, stretches
from quantlab.forecasting.windows import TrainingWindow, Windows, complete
from tests.naive import forecasting as naive

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def windows_of(n_symbols=3, n_rows=200, n_features=2, lookback=8, seed=0):
    """Every complete window of random features."""
    features = np.random.default_rng(seed).normal(size=(n_symbols, n_rows, n_features))
    rows, symbols = np.meshgrid(np.arange(lookback - 1, n_rows), np.arange(n_symbols), indexing="ij")
    return Windows(features, lookback, symbols.ravel(), rows.ravel())


def training_window(seed=0, n_horizons=1):
    """Windows whose label is a little of their newest feature."""
    learn, validation = windows_of(seed=seed), windows_of(seed=seed + 100, n_rows=80)
    rng = np.random.default_rng(seed)
    labels = [
        0.01 * np.column_stack([each.now()[:, 0] + rng.normal(size=len(each))] * n_horizons)
        for each in (learn, validation)
    ]
    return TrainingWindow(learn, labels[0], validation, labels[1])


SMALL = CNN1D(lookback=8, channels=(4,), dense=8, kernel=3, epochs=3, levels=LEVELS)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([0.1, 1.0, 100.0]))
def test_quantiles_never_cross_and_the_median_is_free(seed, size):
    raw = size * torch.randn(7, 2 * 5, generator=torch.Generator().manual_seed(seed))
    quantiles = RisingQuantiles(2, LEVELS)(raw)
    assert quantiles.shape == (7, 2, 5)
    assert bool((quantiles.diff(dim=-1) >= 0.0).all())
    torch.testing.assert_close(quantiles[..., 2], raw.reshape(7, 2, 5)[..., 2])


def test_own_scale_leaves_each_window_with_mean_zero_and_deviation_one():
    scaled = OwnScale()(torch.randn(5, 30, 3) * 7.0 + 4.0)
    torch.testing.assert_close(scaled.mean(dim=1), torch.zeros(5, 3), atol=1e-5, rtol=0.0)
    torch.testing.assert_close(scaled.std(dim=1, correction=0), torch.ones(5, 3), atol=1e-4, rtol=0.0)
    assert float(OwnScale()(torch.full((1, 9, 1), 3.0)).abs().max()) == 0.0


def test_filters_run_along_time_with_features_as_channels():
    network = CNN1D(lookback=16, channels=(6, 4), kernel=5).network(n_features=3)
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv1d))
    assert first.weight.shape == (6, 3, 5)
    assert network(torch.randn(9, 16, 3)).shape == (9, CNN1D().n_outputs)


def test_stretches_are_views_of_one_block():
    windows = windows_of()
    scaler = Scaler(np.zeros(2), np.ones(2))
    view = stretches(scaler, windows, "cpu")
    assert view.untyped_storage().nbytes() == windows.features.size * 4
    picked = view[torch.from_numpy(windows.starts)].numpy()
    for number in (0, 17, len(windows) - 1):
        symbol, row = windows.symbols[number], windows.rows[number]
        expected = np.clip(windows.features[symbol, row - 7 : row + 1], -5, 5)
        np.testing.assert_array_equal(picked[number], expected.astype(np.float32))


def test_flat_windows_are_slices():
    windows = windows_of()
    flat = windows.flat()
    for number in (0, 40, len(windows) - 1):
        symbol, row = windows.symbols[number], windows.rows[number]
        np.testing.assert_array_equal(flat[number], windows.features[symbol, row - 7 : row + 1].ravel())


@settings(max_examples=40, deadline=None)
@given(lookback=st.integers(1, 6), seed=st.integers(0, 1000))
def test_complete_windows_are_those_without_a_gap(lookback, seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(2, 12, 2))
    features[rng.random(features.shape) < 0.1] = np.nan
    present = rng.random((2, 12)) > 0.1
    told = complete(features, present, lookback)
    for symbol in range(2):
        for row in range(12):
            rows = range(row - lookback + 1, row + 1)
            whole = rows[0] >= 0 and all(
                present[symbol, each] and np.isfinite(features[symbol, each]).all() for each in rows
            )
            assert told[symbol, row] == whole


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    window, asked = training_window(), windows_of(seed=7)
    first, again, other = (SMALL.train(window, seed=seed).predict(asked) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_training_leaves_torch_as_it_was():
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    trained = SMALL.train(training_window(), seed=1)
    trained.predict(windows_of())
    SMALL.restore(trained.state())
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_a_forecast_does_not_depend_on_what_else_is_asked():
    trained, asked = SMALL.train(training_window(), seed=1), windows_of(seed=7)
    whole = trained.predict(asked)
    rng = np.random.default_rng(0)
    for size in (1, 2, 100, BATCH, BATCH + 1):
        some = np.sort(rng.choice(len(asked), size=size, replace=False))
        part = dataclasses.replace(asked, symbols=asked.symbols[some], rows=asked.rows[some])
        # same shape of batch, another place in it: the last bits may differ, by at most 1e-7 of a return of 1
        np.testing.assert_allclose(trained.predict(part), whole[some], rtol=0.0, atol=1e-8)
    first = dataclasses.replace(asked, symbols=asked.symbols[:300], rows=asked.rows[:300])
    np.testing.assert_array_equal(trained.predict(first), whole[:300])


def test_a_trained_network_comes_back_from_its_state():
    recipe = dataclasses.replace(SMALL, horizon=(1, 3), normalise="window")
    trained, asked = recipe.train(training_window(n_horizons=2), seed=3), windows_of(seed=9)
    back = recipe.restore(trained.state())
    np.testing.assert_array_equal(back.predict(asked), trained.predict(asked))
    np.testing.assert_array_equal(back.history, trained.history)
    assert trained.predict(asked).shape == (len(asked), 2, 5)


def test_dropout_is_off_when_forecasting():
    trained, asked = dataclasses.replace(SMALL, dropout=0.9).train(training_window()), windows_of(seed=9)
    np.testing.assert_array_equal(trained.predict(asked), trained.predict(asked))


def test_training_stops_early_and_keeps_the_best_weights():
    window = training_window()
    recipe = dataclasses.replace(SMALL, epochs=200, patience=2, learning_rate=0.05)
    trained = recipe.train(window, seed=0)
    losses = trained.history[:, 1]
    assert len(losses) < 200
    assert losses.argmin() == len(losses) - 3
    forecast = trained.predict(window.validation) / trained.label_spread[:, None]
    label = window.validation_labels / trained.label_spread
    assert naive.pinball(forecast, label, LEVELS) == pytest.approx(losses.min(), rel=1e-5)


def test_without_a_validation_part_every_epoch_runs():
    window = training_window()
    nothing = dataclasses.replace(
        window.validation, symbols=np.empty(0, np.int64), rows=np.empty(0, np.int64)
    )
    trained = SMALL.train(dataclasses.replace(window, validation=nothing, validation_labels=np.empty((0, 1))))
    assert trained.history.shape == (3, 2)
    assert np.isnan(trained.history[:, 1]).all()


@dataclass(frozen=True, kw_only=True, repr=False)
class OneLayer(NeuralForecaster):
    """The least a new architecture needs."""

    def network(self, n_features: int) -> nn.Module:
        """A straight line over the window."""
        return nn.Sequential(nn.Flatten(), nn.Linear(self.lookback * n_features, self.n_outputs))


class Exploding(OneLayer):
    """An architecture that divides by zero."""

    def network(self, n_features: int) -> nn.Module:
        """A straight line times infinity."""
        network = super().network(n_features)
        network[1].weight.data *= float("inf")
        return network


def test_a_loss_that_is_no_number_is_refused_with_advice():
    with pytest.raises(ForecastError, match=r"lost its way in epoch 0.*smaller learning_rate \(now 0\.001\)"):
        Exploding(lookback=8, levels=LEVELS).train(training_window())


def test_a_new_architecture_is_one_method():
    trained = OneLayer(lookback=8, epochs=5, levels=LEVELS, learning_rate=0.01).train(training_window())
    assert trained.predict(windows_of()).shape == (3 * 193, 1, 5)
    assert trained.history[-1, 0] < trained.history[0, 0]
