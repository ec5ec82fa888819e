"""Replace the future: no forecast at or before that moment may change by a single bit."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from quantlab.features.features import feature
from quantlab.features.labels import label_end
from quantlab.forecasting.arima import ArimaForecaster
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.forecaster import Forecaster
from quantlab.forecasting.garch import GarchForecaster
from quantlab.forecasting.keras_forecaster import KerasForecaster
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.per_symbol import PerSymbolForecaster
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive
from tests.unit.forecasting.networks import NETWORKS, small

N_BARS = 260
FOLDS = WalkForward(train=90, test=40)
READ = (
    feature("log_return", lookback=1),
    feature("volatility", lookback=5),
    feature("zscore", lookback=5, of="volume"),
)
RECIPES = {
    "naive": NaiveForecaster(horizon=3),
    "ridge": RidgeForecaster(horizon=3, features=READ),
    "ridge over windows": RidgeForecaster(horizon=(1, 4), features=READ, lookback=6),
    "network": CNN1D(horizon=3, features=READ, lookback=8, channels=(4,), dense=8, epochs=2),
    "network, window by window": CNN1D(
        horizon=(1, 4), features=READ, lookback=8, channels=(4,), dense=8, epochs=2, normalise="window"
    ),
    "network, warm, for decisions": CNN1D(
        horizon=3,
        features=READ,
        lookback=8,
        channels=(4,),
        dense=8,
        epochs=2,
        loss="decision",
        warm_start=True,
        averaging="ema",
        schedule="plateau",
    ),
}
SAMPLED = {
    "network, symbols together": CNN1D(
        horizon=3, features=READ, lookback=8, channels=(4,), dense=8, epochs=2, symbols="together"
    ),
    "network, symbols together, ranked, warm, for order": CNN1D(
        horizon=(1, 4),
        features=READ,
        lookback=8,
        channels=(4,),
        dense=8,
        epochs=2,
        loss="rank",
        symbols="together",
        ranked=True,
        warm_start=True,
    ),
    "ridge, ranked": RidgeForecaster(horizon=3, features=READ, ranked=True),
    "ridge per symbol": PerSymbolForecaster(member=RidgeForecaster(horizon=3, features=READ), at_least=30),
}
READS_OTHERS = [name for name in SAMPLED if "together" in name or "ranked" in name]
FURTHER = {kind.__name__: small(kind, horizon=3, features=READ) for kind in NETWORKS if kind is not CNN1D}
FURTHER |= SAMPLED
SERIES = {
    "arima": ArimaForecaster(horizon=(1, 4), lookback=8, order=(1, 0, 1), trend="c"),
    "arima, of changes": ArimaForecaster(horizon=3, lookback=8, order=(1, 1, 1)),
    "garch": GarchForecaster(horizon=(1, 4), lookback=8),
    "garch, asymmetric, with t": GarchForecaster(
        horizon=3, lookback=8, o=1, distribution="t", mean="constant"
    ),
}
LONGER = WalkForward(train=140, test=60)  # a series is fitted to 100 returns or more
MOMENTS = np.random.default_rng(20).choice(np.arange(100, N_BARS - 2), size=20, replace=False).tolist()


def some_at_once(moments, n):
    """Cut moments in two cases: the first `n`, and the others among the slow tests."""
    return [moments[:n], pytest.param(moments[n:], marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    """Three random walks, the last of which is listed late and misses a bar."""
    made = naive.random_walk(N_BARS, 3, seed=4)
    for name in made:
        made[name][:70, 2] = np.nan
        made[name][150, 2] = np.nan
    return made


def made_from(
    recipe: Forecaster, arrays: dict[str, np.ndarray], store: object = False, folds: WalkForward = FOLDS
) -> np.ndarray:
    """The forecasts of a recipe over arrays."""
    return walk_forward(
        recipe, naive.as_bars(arrays), folds, store=store, baselines=False, progress=False
    ).values


def leaves_earlier_forecasts_alone(recipe, moments, arrays, *, reads=True, folds=FOLDS):
    """Replace the future after each of `moments`; a recipe that `reads` says something else from there on."""
    before = made_from(recipe, arrays, folds=folds)
    assert np.isfinite(before).any()
    for moment in moments:
        after = made_from(recipe, naive.other_future(arrays, moment, seed=moment), folds=folds)
        np.testing.assert_array_equal(
            after[: moment + 1], before[: moment + 1], err_msg=f"replaced after {moment}"
        )
        if reads and moment < N_BARS - 15:
            assert not np.array_equal(after[moment + 1 :], before[moment + 1 :], equal_nan=True)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("moments", some_at_once(MOMENTS, 4))
def test_another_future_leaves_every_earlier_forecast_alone(name, moments, arrays):
    leaves_earlier_forecasts_alone(RECIPES[name], moments, arrays, reads=name != "naive")


@pytest.mark.parametrize("name", FURTHER)
@pytest.mark.parametrize("moments", some_at_once(MOMENTS, 2))
def test_another_future_leaves_every_earlier_forecast_of_a_network_alone(name, moments, arrays):
    leaves_earlier_forecasts_alone(FURTHER[name], moments, arrays)


@pytest.mark.parametrize("name", SERIES)
def test_another_future_leaves_every_earlier_forecast_of_a_series_alone(name, arrays):
    leaves_earlier_forecasts_alone(SERIES[name], (170, 215), arrays, folds=LONGER)


@pytest.mark.parametrize("name", SERIES)
def test_bars_that_end_earlier_give_the_same_forecasts_of_a_series(name, arrays):
    whole = made_from(SERIES[name], arrays, folds=LONGER)
    cut = {field: panel[:231] for field, panel in arrays.items()}
    np.testing.assert_array_equal(made_from(SERIES[name], cut, folds=LONGER), whole[:231])


def normalised(lookback, n_features, n_outputs):
    """A Keras model with running statistics and dropout."""
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input((lookback, n_features)),
            layers.Conv1D(4, 3),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(n_outputs),
        ]
    )


@pytest.mark.skipif(find_spec("keras") is None, reason="keras is not installed")
def test_another_future_leaves_every_earlier_forecast_of_a_keras_model_alone(arrays):
    recipe = KerasForecaster(model=normalised, horizon=3, features=READ, lookback=8, epochs=2)
    leaves_earlier_forecasts_alone(recipe, MOMENTS[:2], arrays)


@pytest.mark.parametrize("name", ["ridge", "network", "network, warm, for decisions"])
@pytest.mark.parametrize("moments", some_at_once(MOMENTS[:6], 3))
def test_with_a_store_the_same_holds(name, moments, arrays, tmp_path):
    before = made_from(RECIPES[name], arrays, tmp_path)
    for moment in moments:
        after = made_from(RECIPES[name], naive.other_future(arrays, moment, seed=moment), tmp_path)
        np.testing.assert_array_equal(after[: moment + 1], before[: moment + 1])


@pytest.mark.parametrize("name", [*RECIPES, *SAMPLED])
@pytest.mark.parametrize("moments", some_at_once(MOMENTS[:5], 2))
def test_bars_that_end_earlier_give_the_same_forecasts(name, moments, arrays):
    recipe = {**RECIPES, **SAMPLED}[name]
    whole = made_from(recipe, arrays)
    for moment in moments:
        cut = {field: panel[: moment + 1] for field, panel in arrays.items()}
        np.testing.assert_array_equal(made_from(recipe, cut), whole[: moment + 1])


@pytest.mark.parametrize("name", SAMPLED)
@pytest.mark.parametrize("moments", some_at_once(MOMENTS[:4], 2))
def test_a_symbol_that_goes_missing_later_changes_no_earlier_forecast(name, moments, arrays):
    whole = made_from(SAMPLED[name], arrays)
    for moment in moments:
        less = {field: panel.copy() for field, panel in arrays.items()}
        for panel in less.values():
            panel[moment + 1 :, 1] = np.nan
        made = made_from(SAMPLED[name], less)
        np.testing.assert_array_equal(made[: moment + 1], whole[: moment + 1])
        assert np.isnan(made[moment + 1 :, 1]).all()


@pytest.mark.parametrize("name", READS_OTHERS)
def test_another_present_of_one_symbol_is_heard_by_the_others(name, arrays):
    """That these tests could see a leak: what another symbol does now does reach a forecast."""
    other = {field: panel.copy() for field, panel in arrays.items()}
    for field in ("open", "high", "low", "close"):
        other[field][200:, 1] *= 0.8
    before, after = made_from(SAMPLED[name], arrays), made_from(SAMPLED[name], other)
    np.testing.assert_array_equal(after[:200], before[:200])
    assert not np.array_equal(after[200, [0, 2]], before[200, [0, 2]])


@pytest.mark.parametrize("horizon", [1, 3, 7])
def test_no_label_of_a_training_window_touches_its_test_block(horizon, arrays):
    bars = naive.as_bars(arrays)
    panel = Panel.read(RidgeForecaster(horizon=horizon, features=READ, lookback=4), bars)
    ends = label_end(bars, horizon)
    for fold in FOLDS.split(bars.n_bars, horizon):
        window = panel.training_window(fold)
        first = max(0, fold.train.start - 3)
        learnt = ends[window.learn.rows + first, window.learn.symbols]
        judged = ends[window.validation.rows + first, window.validation.symbols]
        assert len(learnt)
        assert len(judged)
        assert learnt.max() < fold.validation.start
        assert max(learnt.max(), judged.max()) <= fold.trained_through < fold.test.start
        assert window.learn.features.shape[1] == fold.validation.stop - first


def test_the_table_says_what_it_was_trained_through(arrays):
    bars = naive.as_bars(arrays)
    table = walk_forward(RECIPES["ridge"], bars, FOLDS, store=False, progress=False)
    for each in (table, *table.beside.values()):
        for fold in FOLDS.split(bars.n_bars, 3):
            assert (
                each.trained_through[fold.test.start : fold.test.stop] == bars.time_ns[fold.test.start - 1]
            ).all()
        assert not each.known[: FOLDS.train].any()
