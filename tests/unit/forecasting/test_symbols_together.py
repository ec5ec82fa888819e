"""Networks that read all symbols of a bar together: who is heard, who is not, and what travels."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.assembly import EMBEDDING, WEIGHTS
from quantlab.forecasting.conformal import ENOUGH
from quantlab.forecasting.ensemble import EnsembleForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.networks.blocks.across import HEADS, WIDTH, AcrossSymbols
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.optimisers import Optimiser
from quantlab.forecasting.targets import Return
from quantlab.forecasting.transfer import pretrain
from quantlab.forecasting.walk_forward import walk_forward
from quantlab.forecasting.windows import TrainingWindow, Windows
from tests.naive import forecasting as naive
from tests.naive.networks import heard_across
from tests.unit.forecasting.networks import NETWORKS, small

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
FOLDS = WalkForward(train=90, test=40)
LEVELS = (0.1, 0.5, 0.9)


def windows_of(n_symbols=3, n_rows=120, seed=0, kept=0.8, lookback=8):
    """Windows of random features at every bar, of some of the symbols, of one at least."""
    rng = np.random.default_rng(seed)
    present = rng.random((n_rows, n_symbols)) < kept
    present[np.arange(n_rows), rng.integers(0, n_symbols, n_rows)] = True
    present[: lookback - 1] = False
    rows, symbols = np.nonzero(present)
    return Windows(rng.normal(size=(n_symbols, n_rows, 2)), lookback, symbols, rows)


def training_window(n_symbols=3, n_horizons=1, **told):
    """Windows whose label is a little of the newest feature of the first symbol of their bar."""
    parts = [windows_of(n_symbols, seed=seed, **told) for seed in (1, 2)]
    rng = np.random.default_rng(3)
    labels = [
        0.01 * np.column_stack([each.features[0, each.rows, 0] + rng.normal(size=len(each))] * n_horizons)
        for each in parts
    ]
    return TrainingWindow(parts[0], labels[0], parts[1], labels[1])


def some_of(windows, which):
    """Those windows and no others."""
    return dataclasses.replace(windows, symbols=windows.symbols[which], rows=windows.rows[which])


def drawn(n_symbols=4, width=5, n_outputs=3, seed=0):
    """A layer in double precision, whose embeddings differ."""
    torch.manual_seed(seed)
    return AcrossSymbols(n_symbols, width, n_outputs).double()


def together(kind=MLP, **changed):
    """A small network that reads symbols together."""
    return small(kind, **{"symbols": "together", "levels": LEVELS, **changed})


@pytest.fixture(scope="module")
def trained():
    """Each network, trained once."""
    window = training_window(n_horizons=2)
    return {kind: together(kind, horizon=(1, 4)).train(window, seed=1) for kind in NETWORKS}


def test_attention_across_symbols_is_that_of_the_plain_loops():
    layer, vectors = drawn(), torch.randn(2, 4, 5, dtype=torch.float64)
    present = torch.tensor([[True, True, False, True], [False, True, False, False]])
    told = layer(vectors, present).detach().numpy()
    weights = {name: each.detach().tolist() for name, each in layer.named_parameters()}
    for bar in range(2):
        expected = heard_across(vectors[bar].tolist(), present[bar].tolist(), weights, HEADS)
        for symbol, numbers in expected.items():
            np.testing.assert_allclose(told[bar, symbol], numbers, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 2**5 - 2), st.integers(0, 100))
def test_columns_that_move_with_their_embeddings_move_their_forecasts(sequence, absent, seed):
    layer, vectors = drawn(5, seed=seed), torch.randn(1, 5, 5, dtype=torch.float64)
    present = torch.tensor([[not absent >> symbol & 1 for symbol in range(5)]])
    before = layer(vectors, present)
    with torch.no_grad():
        layer.embedding.copy_(layer.embedding[list(sequence)].clone())
    after = layer(vectors[:, sequence], present[:, sequence])
    here = present[:, sequence]
    torch.testing.assert_close(after[here], before[:, sequence][here], rtol=1e-10, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.integers(0, 100))
def test_columns_of_absent_symbols_change_nothing(further, seed):
    layer, wide = drawn(3, seed=seed), drawn(3 + further, seed=seed + 1)
    weights = {name: each for name, each in layer.state_dict().items() if name != "embedding"}
    wide.load_state_dict(weights, strict=False)
    with torch.no_grad():
        wide.embedding[:3] = layer.embedding
    vectors = torch.randn(2, 3 + further, 5, dtype=torch.float64)
    present = torch.ones(2, 3 + further, dtype=torch.bool)
    present[:, 3:] = False
    alone = layer(vectors[:, :3], present[:, :3])
    torch.testing.assert_close(wide(vectors, present)[:, :3], alone, rtol=1e-10, atol=1e-12)


def test_a_trained_network_obeys_the_same_law(trained):
    recipe, told = together(horizon=(1, 4)), trained[MLP]
    asked, sequence = windows_of(seed=5), np.array([2, 0, 1])
    state = dict(told.state())
    state[WEIGHTS + EMBEDDING] = state[WEIGHTS + EMBEDDING][sequence]
    moved = dataclasses.replace(
        asked, features=asked.features[sequence], symbols=np.argsort(sequence)[asked.symbols]
    )
    np.testing.assert_allclose(recipe.restore(state).predict(moved), told.predict(asked), atol=1e-6)


@pytest.mark.parametrize("kind", NETWORKS)
def test_what_is_said_of_a_bar_depends_on_its_windows_alone(kind, trained):
    asked = windows_of(seed=7)
    whole = trained[kind].predict(asked)
    assert whole.shape == (len(asked), 2, 3)
    assert (np.diff(whole, axis=2) >= 0.0).all()
    turned = np.random.default_rng(0).permutation(len(asked))
    np.testing.assert_array_equal(trained[kind].predict(some_of(asked, turned)), whole[turned])
    for first, stop in ((7, 8), (20, 23), (30, 118), (119, 120)):
        bars = (asked.rows >= first) & (asked.rows < stop)
        np.testing.assert_array_equal(trained[kind].predict(some_of(asked, bars)), whole[bars])


@pytest.mark.parametrize("n_symbols", [1, 2, 5, 7, 90])
def test_the_same_holds_for_any_number_of_symbols(n_symbols):
    window = training_window(n_symbols, kept=0.1 if n_symbols == 90 else 0.8)
    told = together(epochs=1).train(window)
    asked = windows_of(n_symbols, seed=8)
    whole = told.predict(asked)
    assert np.isfinite(whole).all()
    for first, stop in ((20, 21), (33, 90)):
        bars = (asked.rows >= first) & (asked.rows < stop)
        np.testing.assert_allclose(told.predict(some_of(asked, bars)), whole[bars], rtol=0, atol=1e-9)


def test_a_symbol_is_heard_where_it_has_a_window_and_nowhere_else(trained):
    asked = windows_of(seed=7, kept=1.0)
    without = some_of(asked, ~((asked.symbols == 2) & (asked.rows == 50)))
    whole, less = trained[MLP].predict(asked), trained[MLP].predict(without)
    elsewhere = asked.rows != 50
    np.testing.assert_array_equal(less[without.rows != 50], whole[elsewhere])
    others = ~elsewhere & (asked.symbols != 2)
    assert (less[without.rows == 50] != whole[others]).all()
    loud = dataclasses.replace(without, features=without.features.copy())
    loud.features[2] = 99.0
    quiet = without.rows == 50
    np.testing.assert_array_equal(trained[MLP].predict(loud)[quiet], less[quiet])


@pytest.mark.parametrize("kind", NETWORKS)
def test_states_and_seeds(kind, trained):
    recipe, asked = together(kind, horizon=(1, 4)), windows_of(seed=9)
    told = trained[kind].predict(asked)
    kept = {name: np.array(value) for name, value in trained[kind].state().items()}
    np.testing.assert_array_equal(recipe.restore(kept).predict(asked), told)
    window = training_window(n_horizons=2)
    np.testing.assert_array_equal(recipe.train(window, seed=1).predict(asked), told)
    assert not np.array_equal(recipe.train(window, seed=2).predict(asked), told)


@pytest.mark.parametrize("loss", Return.losses)
@pytest.mark.parametrize("kind", [CNN1D, *NETWORKS[7:8]])
def test_every_loss_teaches_whole_bars(loss, kind):
    for n_symbols in (1, 3):
        told = together(kind, loss=loss, horizon=(1, 4), normalise="window").train(
            training_window(n_symbols, n_horizons=2)
        )
        made = told.predict(windows_of(n_symbols, seed=4))
        assert np.isfinite(made).all()
        assert (np.diff(made, axis=2) >= 0.0).all()


@pytest.mark.parametrize("changed", [
    {"optimiser": "gd"}, {"averaging": "ema"}, {"precision": "bfloat16"}, {"l1": 1e-3}, {"patience": 1, "epochs": 9},
])  # fmt: skip
def test_every_way_of_training_works(changed):
    told = together(**changed).train(training_window()).predict(windows_of(seed=4))
    assert np.isfinite(told).all()


def test_every_weight_is_learnt_from():
    layer = drawn()
    layer(
        torch.randn(6, 4, 5, dtype=torch.float64), torch.ones(6, 4, dtype=torch.bool)
    ).square().sum().backward()
    assert all(each.grad is not None and (each.grad != 0.0).any() for each in layer.parameters())


@pytest.mark.parametrize("optimiser", Optimiser.options)
def test_a_symbol_that_training_has_not_seen_keeps_an_embedding_of_zeros(optimiser):
    window = training_window()
    unseen = window.learn.symbols != 1
    seen = dataclasses.replace(
        window, learn=some_of(window.learn, unseen), learn_labels=window.learn_labels[unseen]
    )
    told = together(optimiser=optimiser).train(seen)
    embedding = told.state()[WEIGHTS + EMBEDDING]
    assert embedding.shape == (3, WIDTH)
    np.testing.assert_array_equal((embedding == 0.0).all(axis=1), [False, True, False])
    assert np.isfinite(told.predict(windows_of(seed=4))).all()


def test_embeddings_do_not_travel_to_other_symbols():
    recipe = together(features=READ, horizon=2, lookback=8, optimiser="sgd")
    weights = pretrain(recipe, naive.as_bars(naive.random_walk(200, 4, seed=9), start="2014-01-01"))
    assert not any("embedding" in name for name in weights.state)
    fine = recipe.fine_tuned(weights, frozen=("1",), learning_rate=1e-8)
    window = training_window(2)
    state = fine.train(window).state()
    assert state[WEIGHTS + EMBEDDING].shape == (2, WIDTH)
    for name in ("network.1.weight", "across.speak.weight"):
        np.testing.assert_allclose(state[WEIGHTS + name], weights.state[WEIGHTS + name], atol=1e-6)
    with pytest.raises(ForecastError, match="not those of MLP"):
        dataclasses.replace(fine, symbols="pooled").train(window)


def test_a_warm_walk_goes_on_from_the_embeddings_before_it():
    recipe = together(features=READ, optimiser="sgd", learning_rate=1e-8, warm_start=True)
    window = training_window()
    first = recipe.train(window, seed=1)
    second = recipe.train_after(first, window, seed=2)
    name = WEIGHTS + EMBEDDING
    np.testing.assert_allclose(second.state()[name], first.state()[name], atol=1e-6)
    assert not np.allclose(recipe.train(window, seed=2).state()[name], first.state()[name], atol=0.1)


def test_bars_of_other_symbols_are_refused(trained):
    with pytest.raises(ForecastError, match="of 4 symbols, but the network read 3 together"):
        trained[MLP].predict(windows_of(4))


def test_symbols_are_pooled_or_read_together():
    with pytest.raises(ForecastError, match=r"symbols='apart'"):
        MLP(symbols="apart")
    keys = {recipe_key(each, 0) for each in (MLP(), MLP(symbols="together"), MLP(ranked=True))}
    assert len(keys) == 3
    assert repr(MLP(symbols="together")) == "MLP(horizon=1, symbols='together')"
    assert "quantlab.forecasting.networks.blocks.across" in MLP.taught_by


def test_whole_bars_reach_a_member_of_an_ensemble_and_recalibration():
    bars = naive.as_bars(naive.random_walk(260, 3, seed=4))
    member = together(features=READ, horizon=2)
    pair = EnsembleForecaster(members=(member, dataclasses.replace(member, lookback=4)))
    asked = dataclasses.replace(windows_of(seed=3), lookback=8)
    taught = pair.train(training_window(), seed=1)
    parts = [
        each.predict(pair._read(one, asked)) for one, each in zip(pair.members, taught.trained, strict=True)
    ]
    np.testing.assert_allclose(taught.predict(asked), np.mean(parts, axis=0))
    bar = asked.rows == 60
    np.testing.assert_array_equal(taught.predict(some_of(asked, bar)), taught.predict(asked)[bar])
    table = walk_forward(pair, bars, FOLDS, store=False, progress=False, baselines=False)
    assert table.known.sum() > ENOUGH
    assert np.isfinite(table.recalibrated(bars).values[table.known]).all()
