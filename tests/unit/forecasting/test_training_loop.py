"""The loop that trains networks: what each option does to the weights, and that every loss serves quantiles."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from quantlab.forecasting.assembly import freeze
from quantlab.forecasting.averaging import Averaging
from quantlab.forecasting.examples import Batches, Examples, grid_of
from quantlab.forecasting.losses import BY_NAME, loss_of
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.neural import NeuralForecaster
from quantlab.forecasting.optimisers import Optimiser
from quantlab.forecasting.training import set_learning
from quantlab.forecasting.windows import TrainingWindow, Windows

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
N_SYMBOLS = 12
OF_RETURNS = sorted(set(BY_NAME) - {"cross_entropy"})


@dataclass(frozen=True, kw_only=True, repr=False)
class Line(NeuralForecaster):
    """A straight line over the window."""

    def network(self, n_features: int) -> nn.Module:
        """One layer."""
        return nn.Sequential(nn.Flatten(), nn.Linear(self.lookback * n_features, self.n_outputs))


def windows_of(n_rows, seed, n_symbols=N_SYMBOLS, lookback=4):
    """Every complete window of random features, bar after bar."""
    features = np.random.default_rng(seed).normal(size=(n_symbols, n_rows, 3))
    rows, symbols = np.meshgrid(np.arange(lookback - 1, n_rows), np.arange(n_symbols), indexing="ij")
    return Windows(features, lookback, symbols.ravel(), rows.ravel())


def training_window(seed=0, n_rows=120, strength=0.5, n_horizons=1, validation_rows=50):
    """Labels that lean on the newest value of the first feature."""
    rng, parts = np.random.default_rng(seed), []
    for offset, n in ((0, n_rows), (1, validation_rows)):
        windows = windows_of(n, seed + offset)
        lean = strength * windows.now()[:, :1] + rng.normal(size=(len(windows), n_horizons))
        parts += [windows, 0.01 * lean]
    return TrainingWindow(*parts)


def without_validation(window):
    """The same learning part, and nothing to stop by."""
    nothing = dataclasses.replace(window.validation, symbols=np.empty(0, int), rows=np.empty(0, int))
    n_horizons = window.learn_labels.shape[1]
    return dataclasses.replace(window, validation=nothing, validation_labels=np.empty((0, n_horizons)))


def weights_of(trained):
    """All weights as one array."""
    return np.concatenate([each.detach().numpy().ravel() for each in trained.network.parameters()])


def ic_of(trained, windows):
    """Correlation of the median forecast with what the labels lean on."""
    told = trained.predict(windows)[:, 0, LEVELS.index(0.5)]
    return float(np.corrcoef(told, windows.now()[:, 0])[0, 1])


LINE = Line(lookback=4, epochs=3, levels=LEVELS, learning_rate=0.01, weight_decay=0.0)
SMALL = CNN1D(lookback=4, channels=(4,), dense=8, kernel=3, epochs=2, levels=LEVELS)
SHORT = training_window(n_rows=60, validation_rows=30)


def batches_of(windows, labels, recipe):
    """The batches of a recipe over raw features."""
    rows = torch.from_numpy(windows.features.astype(np.float32)).flatten(0, 1)
    examples = Examples(
        rows.unfold(0, windows.lookback, 1).transpose(1, 2),
        torch.from_numpy(windows.starts),
        torch.from_numpy(labels.astype(np.float32)),
        grid_of(windows),
    )
    return Batches.of(examples, recipe, loss_of(recipe.loss), torch.ones(1))


@pytest.mark.parametrize("symbols", ["pooled", "together"])
@pytest.mark.parametrize("loss", ["pinball", "ic", "decision"])
def test_a_pass_sees_every_window_once(loss, symbols):
    window = windows_of(40, 0)
    keep = np.random.default_rng(0).random(len(window)) > 0.3
    window = dataclasses.replace(window, symbols=window.symbols[keep], rows=window.rows[keep])
    labels = np.arange(len(window), dtype=float)[:, None] + 1.0
    batches = batches_of(window, labels, dataclasses.replace(LINE, loss=loss, batch=50, symbols=symbols))
    order = torch.Generator().manual_seed(1)
    for passed in (list(batches.in_order()), list(batches.shuffled(order))):
        assert len(passed) == len(batches)
        assert sum(batch.size for batch in passed) == batches.total
        seen = []
        for batch in passed:
            present = batch.labels.present
            told = batch.labels.values if present is None else batch.labels.values[present]
            seen += told[:, 0].tolist()
            for number, one in zip(told[:, 0].tolist(), batch.windows.numpy(), strict=True):
                at = int(number) - 1
                symbol, row = window.symbols[at], window.rows[at]
                np.testing.assert_array_equal(one, window.features[symbol, row - 3 : row + 1].astype("f4"))
            assert (batch.cells is None) == (symbols == "pooled")
            if batch.cells is not None:
                bars = window.rows[told[:, 0].long().numpy() - 1]
                np.testing.assert_array_equal(batch.cells[batch.cells >= 0], np.arange(len(bars)))
                whole = np.bincount(window.rows)[list(dict.fromkeys(bars))]
                np.testing.assert_array_equal((batch.cells >= 0).sum(dim=1), whole)
        assert sorted(seen) == labels[:, 0].tolist()


def test_batches_over_bars_hold_whole_bars_and_runs_follow_on():
    window = windows_of(40, 0)
    labels = window.rows[:, None].astype(float)
    order = torch.Generator().manual_seed(1)
    for loss, size in (("ic", 50 // N_SYMBOLS), ("decision", 32)):
        batches = batches_of(window, labels, dataclasses.replace(LINE, loss=loss, batch=50))
        firsts = []
        for batch in batches.shuffled(order):
            bars = batch.labels.values[:, 0, 0].numpy()
            assert (batch.labels.values[..., 0].numpy() == bars[:, None]).all()
            assert len(bars) <= size
            firsts.append(bars[0])
            if loss == "decision":
                np.testing.assert_array_equal(np.diff(bars), 1.0)
        assert firsts != sorted(firsts) or loss == "decision"


@pytest.mark.parametrize("loss", OF_RETURNS)
def test_every_loss_serves_rising_quantiles_and_comes_back_from_its_state(loss):
    window = training_window(n_rows=60, validation_rows=30, n_horizons=2)
    recipe = dataclasses.replace(SMALL, loss=loss, horizon=(1, 3))
    trained, asked = recipe.train(window, seed=3), windows_of(30, 9)
    told = trained.predict(asked)
    assert told.shape == (len(asked), 2, 5)
    assert np.isfinite(told).all()
    assert (np.diff(told, axis=-1) >= 0.0).all()
    np.testing.assert_array_equal(recipe.train(window, seed=3).predict(asked), told)
    np.testing.assert_array_equal(recipe.restore(trained.state()).predict(asked), told)
    some = dataclasses.replace(asked, symbols=asked.symbols[:7], rows=asked.rows[:7])
    np.testing.assert_allclose(trained.predict(some), told[:7], rtol=0.0, atol=1e-8)


@pytest.mark.parametrize("loss", ["mse", "rank"])
def test_calibrated_quantiles_cover_the_training_block(loss):
    trained = dataclasses.replace(LINE, loss=loss).train(SHORT)
    inside = [
        (labels <= trained.predict(windows)[:, 0, :])
        for windows, labels in (
            (SHORT.learn, SHORT.learn_labels),
            (SHORT.validation, SHORT.validation_labels),
        )
    ]
    np.testing.assert_allclose(np.concatenate(inside).mean(axis=0), LEVELS, atol=0.02)


def test_gradient_descent_is_least_squares_by_hand():
    """Full-batch steps on the squared error, in NumPy, over batches of which none holds all."""
    window = without_validation(SHORT)
    recipe = dataclasses.replace(
        LINE, loss="mse", optimiser="gd", learning_rate=0.1, batch=100, clip_norm=1e6
    )
    start = dataclasses.replace(recipe, epochs=1, learning_rate=1e-8).train(window)
    trained = recipe.train(window)
    scaler = trained.scaler
    inputs = scaler.apply(
        np.stack(
            [
                window.learn.features[s, r - 3 : r + 1]
                for s, r in zip(window.learn.symbols, window.learn.rows, strict=True)
            ]
        )
    ).reshape(len(window.learn), -1)
    target = (window.learn_labels / trained.label_spread)[:, 0]
    weight = start.network.network[1].weight.detach().numpy()[0].astype(float)
    offset = float(start.network.network[1].bias.detach())
    losses = []
    for _ in range(3):
        error = inputs @ weight + offset - target
        losses.append(np.mean(error**2))
        weight = weight - 0.1 * 2.0 * inputs.T @ error / len(error)
        offset = offset - 0.1 * 2.0 * error.mean()
    np.testing.assert_allclose(trained.history[:, 0], losses, rtol=1e-5)
    np.testing.assert_allclose(weights_of(trained), [*weight, offset], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["pinball", "ic", "decision"])
def test_gradient_descent_takes_one_step_an_epoch_whatever_the_batch(loss):
    window = without_validation(SHORT)
    recipe = dataclasses.replace(LINE, loss=loss, optimiser="gd", learning_rate=0.1)
    one, other = (dataclasses.replace(recipe, batch=size).train(window) for size in (48, 10_000))
    np.testing.assert_allclose(weights_of(one), weights_of(other), rtol=1e-4, atol=1e-6)


def test_l1_makes_weights_exactly_zero():
    recipe = dataclasses.replace(LINE, loss="mse", optimiser="gd", learning_rate=0.1, epochs=60)
    dense, sparse = recipe.train(SHORT), dataclasses.replace(recipe, l1=0.3).train(SHORT)
    weight = sparse.network.network[1].weight.detach().numpy().reshape(4, 3)
    assert (weights_of(dense) == 0.0).sum() == 0
    # Of the line through noise nothing pulls harder than 2/sqrt(684) < 0.3; what the label leans on stays.
    assert weight[-1, 0] > 0.1
    assert (weight == 0.0).sum() == 11


def test_weight_decay_shrinks():
    sizes = [
        np.abs(weights_of(dataclasses.replace(LINE, optimiser="sgd", weight_decay=each).train(SHORT))).sum()
        for each in (0.0, 1.0, 10.0)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize("option", ["cosine", "one_cycle", "step", "plateau"])
def test_a_schedule_reaches_the_optimiser(option):
    window = without_validation(SHORT)
    recipe = dataclasses.replace(LINE, optimiser="sgd", epochs=12)
    constant, other = recipe.train(window), dataclasses.replace(recipe, schedule=option).train(window)
    assert not np.array_equal(weights_of(constant), weights_of(other)) or option == "plateau"


def test_the_average_is_what_is_judged_and_kept():
    window = without_validation(SHORT)
    recipe = dataclasses.replace(LINE, optimiser="gd", learning_rate=0.05, epochs=4)
    passed = [weights_of(dataclasses.replace(recipe, epochs=n).train(window)) for n in (1, 2, 3, 4)]
    swa = weights_of(dataclasses.replace(recipe, averaging="swa").train(window))
    np.testing.assert_allclose(swa, np.mean(passed[2:], axis=0), rtol=1e-5, atol=1e-7)
    ema = weights_of(dataclasses.replace(recipe, averaging="ema").train(window))
    expected = passed[0]
    for each in passed[1:]:
        expected = 0.99 * expected + 0.01 * each
    np.testing.assert_allclose(ema, expected, rtol=1e-5, atol=1e-7)


def test_early_stopping_keeps_the_best_average():
    recipe = dataclasses.replace(LINE, averaging=Averaging("ema", decay=0.9), epochs=60, patience=2)
    trained = recipe.train(SHORT)
    assert len(trained.history) < 60
    again = dataclasses.replace(recipe, epochs=int(trained.history[:, 1].argmin()) + 1).train(SHORT)
    np.testing.assert_array_equal(weights_of(trained), weights_of(again))


@pytest.mark.parametrize("optimiser", list(Optimiser.options))
def test_the_same_seed_gives_the_same_bits(optimiser):
    recipe = dataclasses.replace(LINE, optimiser=optimiser, epochs=2)
    first, again, other = (weights_of(recipe.train(SHORT, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_warm_start_goes_on_where_the_other_ended():
    window = without_validation(SHORT)
    recipe = dataclasses.replace(LINE, optimiser="gd", learning_rate=0.05, epochs=2)
    before = recipe.train(window, seed=1)
    on = recipe.train_after(before, window, seed=2)
    whole = dataclasses.replace(recipe, epochs=4).train(window, seed=1)
    np.testing.assert_array_equal(weights_of(on), weights_of(whole))
    assert not np.array_equal(weights_of(before), weights_of(on))


def test_running_statistics_of_frozen_layers_stand_still():
    network = nn.Sequential()
    network.add_module("network", nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3), nn.BatchNorm1d(3)))
    freeze(network, ("0",))
    set_learning(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network(torch.randn(20, 3) + 5.0)
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {f"network.2.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")}


def test_bfloat16_trains_to_nearly_the_same_and_serves_float32():
    exact, rough = (
        dataclasses.replace(SMALL, precision=each).train(SHORT) for each in ("float32", "bfloat16")
    )
    assert not np.array_equal(weights_of(exact), weights_of(rough))
    np.testing.assert_allclose(rough.history, exact.history, rtol=0.02)
    assert all(each.dtype == torch.float32 for each in rough.network.parameters())
    assert dataclasses.replace(SMALL, precision="bfloat16").environment()["precision"] == "bfloat16"


RATES = {"gd": 0.3, "sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adagrad": 0.05}


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", list(Optimiser.options))
def test_every_optimiser_finds_a_planted_line(optimiser):
    epochs = 100 if optimiser == "gd" else 15
    recipe = dataclasses.replace(
        LINE, optimiser=optimiser, learning_rate=RATES.get(optimiser, 0.005), epochs=epochs
    )
    trained = recipe.train(training_window(n_rows=400, strength=0.3, validation_rows=100))
    assert ic_of(trained, windows_of(200, 77)) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("loss", OF_RETURNS)
def test_every_loss_finds_a_planted_line(loss):
    recipe = dataclasses.replace(LINE, loss=loss, learning_rate=0.005, epochs=15)
    trained = recipe.train(training_window(n_rows=400, strength=0.3, validation_rows=100))
    assert ic_of(trained, windows_of(200, 77)) > 0.9
