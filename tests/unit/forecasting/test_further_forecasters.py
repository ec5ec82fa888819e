"""Forecasters beside the networks: drift, averages, series, volatility, trees, any estimator or function, several."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.arima import ArimaForecaster
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.drift import DriftForecaster
from quantlab.forecasting.ensemble import EnsembleForecaster
from quantlab.forecasting.estimator import SklearnForecaster
from quantlab.forecasting.ewma import EwmaForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.function import FunctionForecaster
from quantlab.forecasting.garch import GarchForecaster
from quantlab.forecasting.historical_volatility import HistoricalVolatilityForecaster
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.per_symbol import PerSymbolForecaster
from quantlab.forecasting.trees import TreesForecaster
from quantlab.forecasting.walk_forward import walk_forward
from quantlab.forecasting.windows import TrainingWindow, Windows
from tests.naive import forecasting as naive

LEVELS = (0.1, 0.5, 0.9)
READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))


def newest(windows):
    """A tenth of the newest value."""
    return 0.1 * windows[:, -1, 0]


def twice(windows):
    """The same for two horizons."""
    return np.column_stack([newest(windows), 2.0 * newest(windows)])


COMMON = {"horizon": (1, 3), "levels": LEVELS}
RECIPES = {
    "drift": DriftForecaster(**COMMON),
    "ewma": EwmaForecaster(**COMMON, lookback=12, half_life=4),
    "volatility": HistoricalVolatilityForecaster(**COMMON, lookback=12),
    "arima": ArimaForecaster(**COMMON, lookback=12, order=(1, 0, 1), trend="c"),
    "garch": GarchForecaster(**COMMON, lookback=12, o=1, distribution="t", mean="constant"),
    "trees": TreesForecaster(**COMMON, features=READ, lookback=3, trees=8, leaf=10),
    "estimator": SklearnForecaster(
        **COMMON,
        features=READ,
        lookback=4,
        estimator=ExtraTreesRegressor(n_estimators=5, max_depth=3),
    ),
    "function": FunctionForecaster(**COMMON, features=READ, lookback=4, function=twice),
    "ensemble": EnsembleForecaster(
        members=(
            RidgeForecaster(**COMMON, features=READ[1:]),
            EwmaForecaster(**COMMON, lookback=6),
            MLP(**COMMON, features=READ, lookback=4, hidden=(4,), epochs=1),
        )
    ),
    "per symbol": PerSymbolForecaster(member=RidgeForecaster(**COMMON, features=READ), at_least=30),
}
NAMES = {
    each.__name__: each
    for each in (
        *(type(recipe) for recipe in RECIPES.values()), RidgeForecaster, MLP, ExtraTreesRegressor, feature, twice,
    )
}  # fmt: skip


def windows_of(recipe, seed=0, n_symbols=3, n_rows=150, scale=0.01):
    """Every complete window of the recipe's shape."""
    shape = (n_symbols, n_rows, len(recipe.inputs))
    features = scale * np.random.default_rng(seed).normal(size=shape)
    rows, symbols = np.meshgrid(np.arange(recipe.lookback - 1, n_rows), np.arange(n_symbols), indexing="ij")
    return Windows(features, recipe.lookback, symbols.ravel(), rows.ravel())


def training_window(recipe, labels=None):
    """Windows with random labels, or with those that a function gives them."""
    parts = [windows_of(recipe, seed) for seed in (1, 2)]
    rng = np.random.default_rng(3)
    told = [
        rng.normal(0.001, 0.01, (len(each), len(recipe.horizons))) if labels is None else labels(each)
        for each in parts
    ]
    return TrainingWindow(parts[0], told[0], parts[1], told[1])


@pytest.fixture(scope="module")
def trained():
    """Each recipe, trained once."""
    return {name: recipe.train(training_window(recipe), seed=3) for name, recipe in RECIPES.items()}


@pytest.mark.parametrize("name", RECIPES)
def test_quantiles_rise_and_depend_on_their_window_alone(name, trained):
    asked = windows_of(RECIPES[name], seed=7)
    whole = trained[name].predict(asked)
    assert whole.shape == (len(asked), 2, 3)
    assert (np.diff(whole, axis=2) >= 0.0).all()
    for which in (np.array([5]), np.arange(len(asked))[::-1], np.arange(300)):
        some = dataclasses.replace(asked, symbols=asked.symbols[which], rows=asked.rows[which])
        np.testing.assert_array_equal(trained[name].predict(some), whole[which])


@pytest.mark.parametrize("name", RECIPES)
def test_states_and_seeds(name, trained):
    recipe, asked = RECIPES[name], windows_of(RECIPES[name], seed=8)
    told = trained[name].predict(asked)
    kept = {key: np.array(value) for key, value in trained[name].state().items()}
    assert not any(value.dtype.hasobject for value in kept.values())
    np.testing.assert_array_equal(recipe.restore(kept).predict(asked), told)
    np.testing.assert_array_equal(recipe.train(training_window(recipe), seed=3).predict(asked), told)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_print_as_the_code_that_makes_them(name):
    again = eval(repr(RECIPES[name]), NAMES)
    assert again == RECIPES[name]
    assert hash(again) == hash(RECIPES[name])
    assert recipe_key(again, 0) == recipe_key(RECIPES[name], 0)


@pytest.mark.parametrize("name", RECIPES)
def test_the_future_does_not_reach_a_forecast(name):
    arrays = naive.random_walk(240, 3, seed=5)
    folds = WalkForward(train=130, test=70)

    def walk(given):
        return walk_forward(
            RECIPES[name], naive.as_bars(given), folds, store=False, progress=False, baselines=False
        ).values

    before = walk(arrays)
    assert np.isfinite(before[-1]).all()
    for moment in (160, 200):
        after = walk(naive.other_future(arrays, moment, seed=moment))
        np.testing.assert_array_equal(after[: moment + 1], before[: moment + 1])


def test_drift_is_the_mean_label_of_a_symbol():
    labels = np.stack([np.arange(101.0)[:, None] ** 2, -np.arange(101.0)[:, None]])
    windows = Windows(np.zeros((2, 101, 0)), 1, np.repeat([0, 1], 101), np.tile(np.arange(101), 2))
    nothing = dataclasses.replace(windows, symbols=np.empty(0, np.int64), rows=np.empty(0, np.int64))
    window = TrainingWindow(windows, labels.reshape(-1, 1), nothing, np.empty((0, 1)))
    told = DriftForecaster(levels=LEVELS).train(window).predict(windows)
    # the squares of 0 … 100: mean 3350, median 2500, tenth 100, ninetieth 8100
    np.testing.assert_allclose(told[0, 0], [3350 - 2400, 3350, 3350 + 5600])
    np.testing.assert_allclose(told[-1, 0], [-90, -50, -10])


def test_ewma_by_hand():
    recipe = EwmaForecaster(horizon=2, levels=(0.5,), lookback=3, half_life=1)
    windows = Windows(np.array([[[0.04], [0.02], [0.01]]]), 3, np.array([0]), np.array([2]))
    mean = (0.04 / 4 + 0.02 / 2 + 0.01) / 1.75
    np.testing.assert_allclose(recipe._point(windows), [[np.exp(2 * mean) - 1]])


def test_volatility_stretches_the_shape_of_standardised_labels():
    recipe = HistoricalVolatilityForecaster(horizon=4, levels=LEVELS, lookback=20)
    z = np.random.default_rng(0).normal(size=10_000)

    def labels(windows):
        return recipe._spread(windows) * z[: len(windows), None]

    trained = recipe.train(training_window(recipe, labels))
    calm, wild = (trained.predict(windows_of(recipe, seed=4, scale=scale)) for scale in (0.01, 0.03))
    np.testing.assert_allclose(wild, 3.0 * calm, rtol=1e-12)
    assert (calm[:, 0, 1] == 0.0).all()
    asked = windows_of(recipe, seed=4)
    spread = 2.0 * asked.flat().std(axis=1, ddof=1)
    np.testing.assert_allclose(calm[:, 0, 2] / spread, 1.28, atol=0.25)  # the normal quantile


def test_prices_that_stand_still_teach_no_volatility():
    recipe = HistoricalVolatilityForecaster(lookback=5)
    window = training_window(recipe)
    still = dataclasses.replace(window.learn, features=np.zeros_like(window.learn.features))
    quiet = dataclasses.replace(window, learn=still, validation=still, validation_labels=window.learn_labels)
    with pytest.raises(ForecastError, match="no price moved"):
        recipe.train(quiet)
    trained = recipe.train(dataclasses.replace(window, learn=still))
    assert (trained.predict(still) == 0.0).all()


def test_trees_are_scikit_learns():
    recipe = TreesForecaster(
        horizon=(1, 3), levels=LEVELS, features=READ, lookback=2, trees=12, leaf=10, depth=4
    )
    window = training_window(recipe)
    told = recipe.train(window).predict(window.validation)
    inputs = np.concatenate([window.learn.flat(), window.validation.flat()])
    labels = np.concatenate([window.learn_labels, window.validation_labels])
    for h in range(2):
        grown = [
            HistGradientBoostingRegressor(
                loss="quantile", quantile=level, max_iter=12, max_depth=4, max_leaf_nodes=None,
                learning_rate=0.05, min_samples_leaf=10, early_stopping=False, random_state=0,
            ).fit(inputs, labels[:, h])
            for level in LEVELS
        ]  # fmt: skip
        expected = np.sort(
            np.column_stack([each.predict(window.validation.flat()) for each in grown]), axis=1
        )
        np.testing.assert_allclose(told[:, h], expected, rtol=1e-10, atol=1e-15)


def test_quantiles_of_trees_that_cross_are_sorted():
    recipe = TreesForecaster(levels=(0.45, 0.5, 0.55), features=READ, lookback=2, trees=40, leaf=5)
    trained = recipe.train(training_window(recipe))
    asked = windows_of(recipe, seed=6)
    raw = trained.forest.predict(asked.flat())
    assert (np.diff(raw, axis=1) < 0.0).any()
    np.testing.assert_array_equal(trained.predict(asked)[:, 0], np.sort(raw, axis=1))


def test_an_estimator_is_a_ridge_when_it_is_one():
    recipe = SklearnForecaster(horizon=(1, 3), levels=LEVELS, features=READ, estimator=Ridge(alpha=88.8))
    window = training_window(recipe)
    n_labels = len(window.learn) + len(window.validation)
    line = RidgeForecaster(horizon=(1, 3), levels=LEVELS, features=READ, penalty=88.8 / n_labels)
    asked = windows_of(recipe, seed=5)
    np.testing.assert_allclose(
        recipe.train(window).predict(asked), line.train(window).predict(asked), rtol=1e-8
    )


def test_the_given_estimator_is_never_fitted_and_free_seeds_are_set():
    pipeline = make_pipeline(StandardScaler(), ExtraTreesRegressor(n_estimators=3))
    recipe = SklearnForecaster(features=READ, estimator=pipeline)
    window, asked = training_window(recipe), windows_of(recipe, seed=5)
    first, again, other = (recipe.train(window, seed=seed).predict(asked) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not hasattr(pipeline[0], "mean_")
    assert pipeline[1].random_state is None


def test_estimators_with_other_parameters_are_other_recipes():
    one, same, other = (
        SklearnForecaster(estimator=Ridge(alpha=alpha), features=READ) for alpha in (1.0, 1.0, 2.0)
    )
    assert one == same
    assert one != other
    assert recipe_key(one, 0) == recipe_key(same, 0) != recipe_key(other, 0)


def test_an_ensemble_is_the_mean_of_its_members(trained):
    recipe = RECIPES["ensemble"]
    window, asked = training_window(recipe), windows_of(recipe, seed=6)
    assert recipe.lookback == 6
    assert recipe.inputs == (READ[1], READ[0])
    told = []
    for number, member in enumerate(recipe.members[:2]):
        own = Windows(asked.features[:, :, [number]], member.lookback, asked.symbols, asked.rows)
        parts = [
            Windows(each.features[:, :, [number]], member.lookback, each.symbols, each.rows)
            for each in (window.learn, window.validation)
        ]
        taught = dataclasses.replace(window, learn=parts[0], validation=parts[1])
        told.append(member.train(taught).predict(own))
    pair = EnsembleForecaster(members=recipe.members[:2])
    np.testing.assert_allclose(pair.train(window).predict(asked), (told[0] + told[1]) / 2, rtol=1e-12)


def test_equal_networks_in_an_ensemble_draw_their_own_weights():
    member = MLP(features=READ, lookback=4, hidden=(4,), epochs=1, levels=LEVELS)
    pair = EnsembleForecaster(members=(member, member))
    window, asked = training_window(pair), windows_of(pair, seed=6)
    one, two = (each.predict(asked) for each in pair.train(window).trained)
    assert not np.array_equal(one, two)


def test_a_horizon_given_to_an_ensemble_is_put_in_place_of_its_members():
    pair = EnsembleForecaster(members=(NaiveForecaster(horizon=1), NaiveForecaster(horizon=5)), horizon=3)
    assert [each.horizon for each in pair.members] == [3, 3]
    assert dataclasses.replace(pair, horizon=7).members[0].horizon == 7


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: EwmaForecaster(half_life=0.0), "half_life=0.0.*at least 0.001"),
        (lambda: EwmaForecaster(features=READ), "one-bar log returns and nothing else"),
        (lambda: HistoricalVolatilityForecaster(lookback=1), "lookback=1.*at least 2"),
        (lambda: TreesForecaster(depth=0), "depth=0.*at least 1"),
        (lambda: TreesForecaster(features=()), "at least one feature"),
        (lambda: SklearnForecaster(estimator=Ridge), "made by a call"),
        (lambda: SklearnForecaster(estimator=Ridge(), features=()), "at least one feature"),
        (lambda: FunctionForecaster(function=3), "give a function"),
        (lambda: EnsembleForecaster(members=(NaiveForecaster(),)), "two forecasters or more"),
        (lambda: EnsembleForecaster(members=(NaiveForecaster, NaiveForecaster)), "made by a call"),
        (
            lambda: EnsembleForecaster(members=(NaiveForecaster(horizon=1), NaiveForecaster(horizon=5))),
            "members have horizon 1, 5; give them the same, or horizon=",
        ),
    ],
)  # fmt: skip
def test_wrong_values_are_refused_with_advice(make, advice):
    with pytest.raises(ForecastError, match=advice):
        make()


@pytest.mark.parametrize(
    ("function", "advice"),
    [
        (lambda windows: windows, r"gave shape \(\d+, 4, 2\).*n_horizons\) = "),
        (lambda windows: np.full(len(windows), np.nan), "gave nan"),
        (lambda windows: windows[:, -1, 0] - windows[:, -1, 0].mean() + np.arange(len(windows)), "sequence"),
    ],
)
def test_functions_that_do_not_answer_are_refused(function, advice):
    recipe = FunctionForecaster(features=READ, lookback=4, function=function)
    with pytest.raises(ForecastError, match=advice):
        recipe.train(training_window(recipe))


def test_a_function_cannot_change_what_it_sees():
    def spoil(windows):
        windows[:] = 0.0

    recipe = FunctionForecaster(features=READ, lookback=4, function=spoil)
    with pytest.raises(ValueError, match="read-only"):
        recipe.train(training_window(recipe))


def test_a_function_that_closes_over_something_is_never_found_in_a_store():
    factor = [0.1]
    open_ = FunctionForecaster(function=lambda windows: factor[0] * windows[:, -1, 0])
    closed = FunctionForecaster(function=newest)
    assert recipe_key(open_, 0) != recipe_key(open_, 0)
    assert recipe_key(closed, 0) == recipe_key(closed, 0)
    assert closed.environment() != FunctionForecaster(function=twice).environment()


def test_a_linear_estimator_finds_a_line():
    recipe = SklearnForecaster(levels=LEVELS, features=READ, estimator=LinearRegression())
    window = training_window(recipe, lambda windows: 0.3 * windows.now()[:, :1] + 0.002)
    asked = windows_of(recipe, seed=9)
    expected = 0.3 * asked.now()[:, 0] + 0.002
    np.testing.assert_allclose(recipe.train(window).predict(asked)[:, 0, 1], expected, atol=1e-8)
