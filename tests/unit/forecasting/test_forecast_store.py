"""The store: equal content is never computed twice, and nothing broken is ever served."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.store import Entry, ForecastStore, default_folder
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
FOLDS = WalkForward(train=90, test=40)
TINY = CNN1D(horizon=2, features=READ, lookback=8, channels=(4,), dense=8, epochs=2)
FIRST = 93  # first tested row


@pytest.fixture
def arrays():
    """Two random walks of 260 bars: five folds."""
    return naive.random_walk(260, 2, seed=4)


@dataclass(frozen=True, kw_only=True, repr=False)
class Counting(RidgeForecaster):
    """A ridge that counts how often it learns, and can be told to fail."""

    def train(self, window, *, seed=0):
        """Count, fail if told to, learn."""
        Counting.trained += 1
        if Counting.trained == Counting.fails_at:
            raise KeyboardInterrupt
        return super().train(window, seed=seed)


Counting.trained = 0
Counting.fails_at = -1


def trained_by(arrays, store, recipe=None, **options):
    """How many folds were trained, and the table."""
    Counting.trained = 0
    bars = arrays if not isinstance(arrays, dict) else naive.as_bars(arrays)
    recipe = recipe or Counting(horizon=2, features=READ)
    table = walk_forward(recipe, bars, FOLDS, store=store, baselines=False, progress=False, **options)
    return Counting.trained, table


def changed(arrays, rows, factor=1.01):
    """The arrays with all prices of some rows moved."""
    made = {name: panel.copy() for name, panel in arrays.items()}
    for name in ("open", "high", "low", "close"):
        made[name][rows] *= factor
    return made


def test_the_second_walk_trains_nothing_and_says_the_same(arrays, tmp_path):
    count, table = trained_by(arrays, tmp_path)
    again, stored = trained_by(arrays, tmp_path)
    assert (count, again) == (5, 0)
    assert stored.fingerprint == table.fingerprint
    assert (table.provenance["folds_trained"], stored.provenance["folds_trained"]) == (5, 0)
    assert trained_by(arrays, False)[1].fingerprint == table.fingerprint


def test_networks_come_back_bit_for_bit(arrays, tmp_path):
    table = trained_by(arrays, tmp_path, TINY)[1]
    for path in [*(tmp_path / "tables").iterdir(), *(tmp_path / "forecasts").iterdir()]:
        path.unlink()
    again = trained_by(arrays, tmp_path, TINY)[1]
    assert again.fingerprint == table.fingerprint
    assert again.provenance["folds_trained"] == 0
    assert again.provenance["losses"] == table.provenance["losses"]


def test_bars_after_a_fold_leave_it_alone(arrays, tmp_path):
    trained_by(arrays, tmp_path)
    count, _ = trained_by(naive.other_future(arrays, FIRST + 2 * 40 - 1, seed=1), tmp_path)
    assert (
        count == 3 - 1
    )  # the third fold trains on bars before its test block; only the last two read new ones


def test_one_more_bar_trains_nothing(arrays, tmp_path):
    shorter = {name: panel[:-1] for name, panel in arrays.items()}
    trained_by(shorter, tmp_path)
    assert trained_by(arrays, tmp_path)[0] == 0


def test_changed_test_rows_are_forecast_again_without_training(arrays, tmp_path):
    table = trained_by(arrays, tmp_path)[1]
    count, moved = trained_by(changed(arrays, slice(258, 260)), tmp_path)
    assert count == 0
    assert not np.array_equal(moved.values[258:], table.values[258:])
    np.testing.assert_array_equal(moved.values[:258], table.values[:258])


def test_changed_training_rows_train_only_the_folds_that_read_them(arrays, tmp_path):
    trained_by(arrays, tmp_path)
    assert trained_by(changed(arrays, slice(0, 3)), tmp_path)[0] == 1


@pytest.mark.parametrize("option", ["seed", "penalty", "folds"])
def test_seed_recipe_and_folds_are_part_of_the_key(arrays, tmp_path, option):
    bars = naive.as_bars(arrays)
    trained_by(arrays, tmp_path)
    Counting.trained = 0
    walk_forward(
        Counting(horizon=2, features=READ, penalty=0.2 if option == "penalty" else 0.1),
        bars,
        WalkForward(train=100 if option == "folds" else 90, test=40),
        seed=1 if option == "seed" else 0,
        store=tmp_path,
        baselines=False,
        progress=False,
    )
    assert Counting.trained == 5 if option != "folds" else Counting.trained == 4


def test_code_of_a_recipe_is_part_of_its_key(tmp_path, monkeypatch):
    source = textwrap.dedent("""
        from quantlab.forecasting.baselines import NaiveForecaster
        class Mine(NaiveForecaster):
            note = 1
    """)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "my_forecaster.py"
    path.write_text(source)
    import my_forecaster

    before = recipe_key(my_forecaster.Mine(), 0)
    assert before == recipe_key(my_forecaster.Mine(), 0)
    path.write_text(source.replace("note = 1", "note = 2"))
    assert recipe_key(my_forecaster.Mine(), 0) != before


def test_a_recipe_whose_code_cannot_be_read_is_not_kept(arrays, tmp_path):
    space = {"NaiveForecaster": NaiveForecaster, "__name__": "nowhere"}
    exec("class Typed(NaiveForecaster): pass", space)
    recipe = space["Typed"]()
    assert recipe_key(recipe, 0) is None
    trained_by(arrays, tmp_path, recipe)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_walk_goes_on_where_it_stopped(arrays, tmp_path):
    Counting.fails_at = 4
    try:
        with pytest.raises(KeyboardInterrupt):
            trained_by(arrays, tmp_path)
    finally:
        Counting.fails_at = -1
    count, table = trained_by(arrays, tmp_path)
    assert count == 2
    assert table.fingerprint == trained_by(arrays, False)[1].fingerprint


KILLED = """
import importlib, os, signal, sys
from tests.naive import forecasting as naive

here = importlib.import_module(sys.argv[2])

class Dying(here.ForecastStore):
    def put(self, kind, key, entry):
        super().put(kind, key, entry)
        if kind == "forecasts" and len(list((self.folder / kind).glob("*.json"))) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

here.trained_by(naive.random_walk(260, 2, seed=4), Dying(here.Path(sys.argv[1])))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_walk_goes_on_at_its_fold(arrays, tmp_path):
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[3])])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), Counting.__module__],
        env={**os.environ, "PYTHONPATH": places},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    recipe = Counting(horizon=2, features=READ)
    assert len(list((tmp_path / "weights").glob("*.json"))) == 3
    count, table = trained_by(arrays, tmp_path, recipe)
    assert table.fingerprint == trained_by(arrays, False)[1].fingerprint
    assert count == 2


@pytest.mark.parametrize(
    "damage",
    [lambda raw: raw[:-7], lambda raw: b"", lambda raw: raw.replace(b"e", b"f", 1), lambda raw: b"{}"],
)
@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_a_damaged_entry_is_thrown_away_and_made_again(arrays, tmp_path, damage, suffix):
    table = trained_by(arrays, tmp_path)[1]
    for path in tmp_path.rglob(f"*.{suffix}"):
        raw = path.read_bytes()
        path.write_bytes(damage(raw) if damage(raw) != raw else raw[:-1])
    count, again = trained_by(arrays, tmp_path)
    assert count == 5
    assert again.fingerprint == table.fingerprint
    assert trained_by(arrays, tmp_path)[0] == 0


def test_no_entry_is_half_there(tmp_path):
    store = ForecastStore(tmp_path)
    store.put("tables", "key", Entry({"values": np.arange(3.0)}, {"seed": 1}))
    entry = store.get("tables", "key")
    assert entry.words == {"seed": 1}
    np.testing.assert_array_equal(entry.arrays["values"], np.arange(3.0))
    (tmp_path / "tables" / "key.json").unlink()
    assert store.get("tables", "key") is None
    assert store.get("tables", "another") is None


def test_a_folder_that_cannot_be_written_to_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ForecastError, match="Set QUANTLAB_CACHE"):
        ForecastStore(tmp_path / "file").put("tables", "key", Entry({}, {}))


def test_the_default_folder_follows_the_environment(arrays, tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path))
    assert default_folder() == tmp_path / "forecasts"
    trained_by(arrays, None)
    assert {path.name for path in (tmp_path / "forecasts").iterdir()} == {"tables", "forecasts", "weights"}
    monkeypatch.delenv("QUANTLAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_folder() == tmp_path / "xdg" / "quantlab" / "forecasts"
