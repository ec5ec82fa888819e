"""Weights that travel: from fold to fold, from market to market, to a file and back."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import pickle

import numpy as np
import pytest

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.baselines import RidgeForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.forecast import NEVER
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.losses.squared_error import SquaredError
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.store import ForecastStore
from quantlab.forecasting.transfer import Pretrained, pretrain
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
FOLDS = WalkForward(train=90, test=40)
TINY = CNN1D(horizon=2, features=READ, lookback=8, channels=(4,), dense=8, epochs=2, optimiser="sgd")
WARM = dataclasses.replace(TINY, warm_start=True)


@pytest.fixture(scope="module")
def arrays():
    """Two random walks of 260 bars: five folds."""
    return naive.random_walk(260, 2, seed=4)


@pytest.fixture(scope="module")
def pool():
    """Four other walks that end before the folds of `arrays` are tested."""
    return naive.as_bars(naive.random_walk(200, 4, seed=9), start="2014-01-01")


@pytest.fixture(scope="module")
def weights(pool):
    """What a small network learnt on the pool."""
    return pretrain(TINY, pool)


def walked(recipe, arrays, store=False):
    """The table of a recipe."""
    bars = naive.as_bars(arrays)
    return walk_forward(recipe, bars, FOLDS, store=store, baselines=False, progress=False)


def test_a_warm_walk_is_another_walk_from_its_second_fold_on(arrays):
    cold, warm = walked(TINY, arrays), walked(WARM, arrays)
    np.testing.assert_array_equal(warm.values[:133], cold.values[:133])
    assert not np.array_equal(warm.values[133:], cold.values[133:], equal_nan=True)


def test_a_warm_walk_is_read_from_the_store_and_goes_on_from_it(arrays, tmp_path):
    table = walked(WARM, arrays)
    assert walked(WARM, arrays, tmp_path).provenance["folds_trained"] == 5
    assert walked(WARM, arrays, tmp_path).fingerprint == table.fingerprint
    for kind in ("tables", "forecasts"):
        for path in (tmp_path / kind).iterdir():
            path.unlink()
    again = walked(WARM, arrays, tmp_path)
    assert (again.fingerprint, again.provenance["folds_trained"]) == (table.fingerprint, 0)


def test_a_warm_fold_finds_the_weights_before_it_though_its_forecasts_were_kept(arrays, tmp_path):
    """Two folds are read as forecasts; the third needs the weights of the second, which are gone."""
    table = walked(WARM, arrays)
    walked(WARM, {name: panel[:210] for name, panel in arrays.items()}, tmp_path)
    for path in (tmp_path / "weights").iterdir():
        path.unlink()
    assert walked(WARM, arrays, tmp_path).fingerprint == table.fingerprint


def test_changed_early_bars_train_every_warm_fold_again(arrays, tmp_path):
    walked(WARM, arrays, tmp_path)
    moved = {name: panel.copy() for name, panel in arrays.items()}
    for name in ("open", "high", "low", "close"):
        moved[name][:3] *= 1.01
    assert walked(WARM, moved, tmp_path).provenance["folds_trained"] == 5


@pytest.mark.parametrize("moment", [120, 180, 230])
def test_another_future_leaves_warm_forecasts_alone(arrays, moment, tmp_path):
    before = walked(WARM, arrays, tmp_path).values
    after = walked(WARM, naive.other_future(arrays, moment, seed=moment), tmp_path).values
    np.testing.assert_array_equal(after[: moment + 1], before[: moment + 1])
    assert not np.array_equal(after, before, equal_nan=True)


def test_a_recipe_without_memory_ignores_what_came_before(arrays):
    assert not RidgeForecaster().starts_warm
    assert TINY.known_through == RidgeForecaster().known_through < 0


def test_fine_tuning_starts_from_the_weights_and_leaves_frozen_layers_to_the_last_bit(arrays, weights, pool):
    assert weights.layers == ("1", "6", "8")
    fine = TINY.fine_tuned(weights, frozen=("1",), learning_rate=0.1, averaging="ema")
    from quantlab.forecasting.panel import Panel

    bars = naive.as_bars(arrays)
    window = Panel.read(fine, bars).training_window(next(iter(FOLDS.split(bars.n_bars, 2))))
    state = fine.train(window).state()
    for name, before in weights.state.items():
        if name.startswith("weights/network."):
            same = np.array_equal(state[name], before)
            assert same == name.startswith("weights/network.1.")
    free = TINY.fine_tuned(weights).train(window).state()
    assert not np.array_equal(free["weights/network.1.weight"], weights.state["weights/network.1.weight"])
    still = TINY.fine_tuned(weights, learning_rate=1e-8).train(window).state()
    np.testing.assert_allclose(
        still["weights/network.6.weight"], weights.state["weights/network.6.weight"], atol=1e-6
    )


def test_fine_tuned_walks_know_through_when(arrays, weights, pool):
    table = walked(TINY.fine_tuned(weights), arrays)
    told = table.trained_through[table.trained_through > NEVER]
    assert len(told) == 167
    assert (told >= weights.trained_through).all()
    assert weights.trained_through == pool.time_ns[-1]
    assert not np.array_equal(table.values, walked(TINY, arrays).values, equal_nan=True)


def test_weights_that_know_more_than_the_fold_tell_it(arrays):
    """Pretraining ends at row 97, between what the fold learns (through row 92) and its test (from row 103)."""
    bars, folds = naive.as_bars(arrays), WalkForward(train=90, test=40, embargo=10)
    recipe = TINY.fine_tuned(pretrain(TINY, bars.rows(0, 98)))
    table = walk_forward(recipe, bars, folds, store=False, baselines=False, progress=False)
    assert (table.trained_through[103:143] == bars.time_ns[97]).all()
    assert (table.trained_through[143:183] == bars.time_ns[132]).all()


def test_weights_that_have_seen_the_test_are_refused(arrays):
    seen = pretrain(TINY, naive.as_bars(arrays))
    with pytest.raises(
        ForecastError, match=r"know the market through 2015-09-1.* pretrain on bars that end before"
    ):
        walked(TINY.fine_tuned(seen), arrays)


def test_pretraining_is_training_and_has_a_seed(pool, weights):
    assert pretrain(TINY, pool) == weights
    assert hash(pretrain(TINY, pool)) == hash(weights)
    assert pretrain(TINY, pool, seed=1) != weights
    assert pretrain(TINY, pool, validation=0.0) != weights


def test_pretraining_never_judges_by_what_it_learnt(pool):
    from quantlab.features.labels import label_end
    from quantlab.forecasting.panel import Panel
    from quantlab.forecasting.transfer import _whole_block

    fold = _whole_block(pool.n_bars, 2, 0.2)
    window, ends = Panel.read(TINY, pool).training_window(fold), label_end(pool, 2)
    learnt = ends[window.learn.rows, window.learn.symbols]
    judged = ends[window.validation.rows, window.validation.symbols]
    assert learnt.max() < fold.validation.start <= window.validation.rows.min()
    assert judged.max() == pool.n_bars - 1


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda w, p: TINY.fine_tuned(w, frozen=("7",)), "no layer '7'. Known: 1, 6, 8"),
        (lambda w, p: TINY.fine_tuned(w, frozen=("1", "6", "8")), "every layer stands still"),
        (lambda w, p: TINY.fine_tuned(w, frozen="10"), r"give a tuple, \('10',\)"),
        (lambda w, p: TINY.fine_tuned("weights.npz"), "pretrained='weights.npz'"),
        (lambda w, p: pretrain(RidgeForecaster(), p), "give a network"),
        (lambda w, p: pretrain(TINY, p.rows(0, 12)), "nothing to learn from in these 12 bars"),
        (lambda w, p: pretrain(dataclasses.replace(TINY, dense=9).fine_tuned(w), p), "not those of CNN1D"),
    ],
)
def test_wrong_starts_are_refused_with_advice(make, advice, weights, pool):
    with pytest.raises(ForecastError, match=advice):
        make(weights, pool)


def test_weights_are_part_of_the_key(weights, pool):
    other = pretrain(TINY, pool, seed=1)
    keys = {recipe_key(each, 0) for each in (TINY, TINY.fine_tuned(weights), TINY.fine_tuned(other), WARM)}
    assert len(keys) == 4


def test_the_code_of_a_loss_is_part_of_the_key(tmp_path, monkeypatch):
    source = "from quantlab.forecasting.losses import SquaredError\nclass Mine(SquaredError):\n    note = 1\n"
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "my_loss.py"
    path.write_text(source)
    import my_loss

    recipe = dataclasses.replace(TINY, loss=my_loss.Mine())
    assert isinstance(recipe.loss, SquaredError)
    before = recipe_key(recipe, 0)
    path.write_text(source.replace("1", "2"))
    assert recipe_key(recipe, 0) != before


def test_weights_come_back_from_a_file(weights, tmp_path):
    weights.save(tmp_path / "pool.npz")
    back = Pretrained.load(tmp_path / "pool.npz")
    assert back == weights
    assert (back.recipe, back.trained_through) == (repr(TINY), weights.trained_through)
    assert "by CNN1D(horizon=2" in repr(back)


class Bomb:
    """What a pickle can do to whoever opens it."""

    def __reduce__(self):
        return os.mkdir, (os.environ["QUANTLAB_TEST_BOMB"],)


def hostile_npz():
    """An archive one of whose arrays is a pickle that makes a folder."""
    content = io.BytesIO()
    header = np.frombuffer(
        json.dumps({"format": 1, "recipe": "x", "trained_through": 0, "fingerprint": ""}).encode(), np.uint8
    )
    np.savez(content, header=header, **{"weights/network.1.weight": np.array([Bomb()], dtype=object)})
    return content.getvalue()


@pytest.fixture
def bomb(tmp_path, monkeypatch):
    """The folder that must not appear."""
    monkeypatch.setenv("QUANTLAB_TEST_BOMB", str(tmp_path / "exploded"))
    return tmp_path / "exploded"


@pytest.mark.parametrize(
    "content", [hostile_npz, lambda: pickle.dumps(Bomb()), lambda: b"", lambda: b"PK\x03\x04"]
)
def test_a_hostile_file_is_refused_and_never_run(content, bomb, tmp_path):
    raw = content()
    path = tmp_path / "weights.npz"
    path.write_bytes(raw)
    with pytest.raises(ForecastError, match="holds no weights, or damaged ones"):
        Pretrained.load(path)
    assert not bomb.exists()
    with pytest.raises(ForecastError, match="there are no weights"):
        Pretrained.load(tmp_path / "missing.npz")


def test_the_bomb_is_live(bomb):
    pickle.loads(pickle.dumps(Bomb()))
    assert bomb.exists()


def test_a_hostile_entry_of_the_store_is_thrown_away_and_never_run(bomb, tmp_path):
    from quantlab.forecasting.store import _checksum

    store, raw = ForecastStore(tmp_path / "store"), hostile_npz()
    (tmp_path / "store" / "weights").mkdir(parents=True)
    (tmp_path / "store" / "weights" / "key.npz").write_bytes(raw)
    (tmp_path / "store" / "weights" / "key.json").write_text(
        json.dumps({"sha256": _checksum(raw, {}), "words": {}})
    )
    assert store.get("weights", "key") is None
    assert not bomb.exists()


def test_nothing_here_reads_pickles():
    from pathlib import Path

    import quantlab.forecasting

    for path in Path(quantlab.forecasting.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("import pickle", "torch.load", "allow_pickle=True", "cloudpickle"):
            assert word not in text, f"{path.name}: {word}"


def test_a_changed_file_is_refused(weights, tmp_path):
    weights.save(tmp_path / "pool.npz")
    with np.load(tmp_path / "pool.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["weights/network.1.bias"] = arrays["weights/network.1.bias"] + 1.0
    np.savez(tmp_path / "changed.npz", **arrays)
    with pytest.raises(ForecastError, match="does not match its fingerprint"):
        Pretrained.load(tmp_path / "changed.npz")
