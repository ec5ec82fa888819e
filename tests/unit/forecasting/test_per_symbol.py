"""One training for every symbol."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.drift import DriftForecaster
from quantlab.forecasting.ensemble import EnsembleForecaster
from quantlab.forecasting.estimator import SklearnForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.historical_volatility import HistoricalVolatilityForecaster
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.per_symbol import PerSymbolForecaster
from quantlab.forecasting.transfer import pretrain
from quantlab.forecasting.trees import TreesForecaster
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
FOLDS = WalkForward(train=90, test=40)
TINY = MLP(features=READ, lookback=4, hidden=(4,), epochs=2)
MEMBERS = {
    "drift": DriftForecaster(horizon=3),
    "volatility": HistoricalVolatilityForecaster(lookback=10),
    "ridge": RidgeForecaster(horizon=(1, 3), features=READ),
    "trees": TreesForecaster(features=READ, lookback=3, trees=1, leaf=20),
    "estimator": SklearnForecaster(features=READ, estimator=Lasso(alpha=0.01)),
    "network": TINY,
    "network, warm": dataclasses.replace(TINY, warm_start=True),
    "network, for order": dataclasses.replace(TINY, loss="ic"),
    "network, together": dataclasses.replace(TINY, symbols="together"),
    "ensemble": EnsembleForecaster(members=(TINY, RidgeForecaster(features=READ))),
}


@pytest.fixture(scope="module")
def bars():
    """Three random walks, the last of which is listed late and misses some bars."""
    made = naive.random_walk(230, 3, seed=4)
    for panel in made.values():
        panel[:70, 2] = np.nan
        panel[150:153, 2] = np.nan
    return naive.as_bars(made)


def walked(recipe, bars, store=False):
    """The table of a recipe."""
    return walk_forward(recipe, bars, FOLDS, store=store, progress=False, baselines=False)


def first_window(recipe, bars):
    """What is learnt in the last fold."""
    *_, fold = FOLDS.split(bars.n_bars, max(recipe.horizons))
    return Panel.read(recipe, bars).training_window(fold), Panel.read(recipe, bars).test_windows(fold)


@pytest.mark.parametrize("name", MEMBERS)
def test_it_is_training_on_bars_of_one_symbol(name, bars):
    table = walked(PerSymbolForecaster(member=MEMBERS[name], at_least=10), bars)
    for number, symbol in enumerate(bars.symbols):
        alone = walked(MEMBERS[name], bars.select([symbol]))
        told = table.values[:, number]
        known = np.isfinite(told).all(axis=(1, 2))
        assert known.any()
        np.testing.assert_array_equal(told[known], alone.values[known, 0])
        if number < 2:
            np.testing.assert_array_equal(told, alone.values[:, 0])


def test_nothing_of_another_symbol_is_learnt(bars):
    recipe = PerSymbolForecaster(member=RidgeForecaster(features=READ), at_least=10)
    other = naive.random_walk(230, 3, seed=99)
    mixed = {name: np.column_stack([bars[name][:, 0], panel[:, 1:]]) for name, panel in other.items()}
    np.testing.assert_array_equal(
        walked(recipe, naive.as_bars(mixed)).values[:, 0], walked(recipe, bars).values[:, 0]
    )


def test_a_symbol_with_too_few_windows_gets_no_forecast(bars):
    member = RidgeForecaster(features=READ)
    window, asked = first_window(member, bars)
    counts = np.bincount(window.learn.symbols)
    assert counts[2] < counts[0]
    for at_least, has in ((counts[2], [0, 1, 2]), (counts[2] + 1, [0, 1]), (counts[0] + 1, [])):
        told = PerSymbolForecaster(member=member, at_least=int(at_least)).train(window)
        assert list(told.trained) == has
        made = told.predict(asked)
        np.testing.assert_array_equal(np.isfinite(made).all(axis=(1, 2)), np.isin(asked.symbols, has))
        np.testing.assert_array_equal(np.isnan(made).any(axis=(1, 2)), ~np.isin(asked.symbols, has))


def test_a_symbol_without_a_window_to_stop_by_gets_no_forecast(bars):
    window, _ = first_window(TINY, bars)
    keep = window.validation.symbols != 1
    less = dataclasses.replace(
        window,
        validation=dataclasses.replace(
            window.validation, symbols=window.validation.symbols[keep], rows=window.validation.rows[keep]
        ),
        validation_labels=window.validation_labels[keep],
    )
    assert 1 not in PerSymbolForecaster(member=TINY, at_least=10).train(less).trained


@pytest.mark.parametrize("name", MEMBERS)
def test_states_come_back_and_are_kept(name, bars, tmp_path):
    recipe = PerSymbolForecaster(member=MEMBERS[name], at_least=10)
    window, asked = first_window(recipe, bars)
    told = recipe.train(window, seed=2)
    kept = {key: np.array(value) for key, value in told.state().items()}
    assert {key.split("/")[0] for key in kept} == {"0", "1", "2"}
    np.testing.assert_array_equal(recipe.restore(kept).predict(asked), told.predict(asked))
    table = walked(recipe, bars, tmp_path)
    for each in (tmp_path / "tables").iterdir():
        each.unlink()
    again = walked(recipe, bars, tmp_path)
    assert (again.fingerprint, again.provenance["folds_trained"]) == (table.fingerprint, 0)


def test_ranks_are_taken_before_symbols_part(bars):
    recipe = PerSymbolForecaster(member=RidgeForecaster(features=READ, ranked=True), at_least=10)
    assert recipe.ranked
    told = walked(recipe, bars)
    assert np.isfinite(told.values).any()
    assert np.nanstd(told.median()[:, 0]) > 0.0  # ranks of a symbol alone would be 0.0 at every bar


def test_it_speaks_as_its_member():
    recipe = PerSymbolForecaster(member=dataclasses.replace(TINY, warm_start=True, horizon=5))
    assert (recipe.horizon, recipe.lookback, recipe.features) == (5, 4, READ)
    assert recipe.starts_warm
    assert [each.label for each in recipe.baselines()] == ["naive", "ridge"]
    assert dataclasses.replace(recipe, horizon=2).member.horizon == 2
    pool = naive.as_bars(naive.random_walk(120, 2, seed=9), start="2014-01-01")
    weights = pretrain(TINY, pool)
    assert PerSymbolForecaster(member=TINY.fine_tuned(weights)).known_through == weights.trained_through
    assert "torch" in recipe.environment()


def test_it_prints_as_the_code_that_makes_it():
    names = {each.__name__: each for each in (PerSymbolForecaster, RidgeForecaster, NaiveForecaster)}
    for recipe in (
        PerSymbolForecaster(member=RidgeForecaster(horizon=5, levels=(0.1, 0.5, 0.9))),
        PerSymbolForecaster(member=NaiveForecaster(horizon=(1, 2)), at_least=7),
    ):
        again = eval(repr(recipe), names)
        assert again == recipe
        assert hash(again) == hash(recipe)
        assert recipe_key(again, 0) == recipe_key(recipe, 0)
    keys = {recipe_key(PerSymbolForecaster(member=RidgeForecaster(penalty=each)), 0) for each in (0.1, 0.2)}
    assert len(keys) == 2


def test_what_is_no_recipe_is_refused():
    with pytest.raises(ForecastError, match="made by a call"):
        PerSymbolForecaster(member=RidgeForecaster)
    with pytest.raises(ForecastError, match="at_least=0"):
        PerSymbolForecaster(member=RidgeForecaster(), at_least=0)
