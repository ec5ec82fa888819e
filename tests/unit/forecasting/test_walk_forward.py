"""The walk itself: what it forecasts, learns, leaves empty and refuses."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.features.labels import forward_return
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.information import pooled
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
FOLDS = WalkForward(train=90, test=40)
TINY = CNN1D(horizon=2, features=READ, lookback=8, channels=(4,), dense=8, epochs=2)


def walk(recipe, bars, folds=FOLDS, **options):
    """A quiet walk without a store."""
    return walk_forward(recipe, bars, folds, **{"store": False, "progress": False, **options})


@pytest.fixture(scope="module")
def bars():
    """Three random walks of 260 bars."""
    return naive.as_bars(naive.random_walk(260, 3, seed=4))


def test_every_bar_after_the_first_training_block_has_a_forecast(bars):
    table = walk(TINY, bars)
    first = FOLDS.train + FOLDS.gap(2)
    assert not table.known[:first].any()
    assert table.known[first:].all()
    assert (table.symbols, table.horizons, table.levels) == (bars.symbols, (2,), TINY.levels)
    np.testing.assert_array_equal(table.time_ns, bars.time_ns)
    np.testing.assert_array_equal(table.as_of, bars.time_ns)
    assert table.name == repr(TINY)


def test_naive_and_ridge_lie_beside_a_network(bars):
    table = walk(TINY, bars)
    assert list(table.beside) == ["naive", "ridge"]
    assert (table.beside["naive"].median()[table.known] == 0.0).all()
    assert (
        eval(table.beside["ridge"].name, {"RidgeForecaster": RidgeForecaster, "feature": feature}).features
        == READ
    )
    assert list(walk(RidgeForecaster(), bars).beside) == ["naive"]
    assert walk(TINY, bars, baselines=False).beside == {}


def test_the_naive_forecast_is_the_spread_of_training_labels(bars):
    recipe = NaiveForecaster(horizon=3, levels=(0.1, 0.5, 0.9))
    table = walk(recipe, bars)
    labels = forward_return(bars, 3)
    for fold in FOLDS.split(bars.n_bars, 3):
        learnt = labels[[*fold.train, *fold.validation]]
        expected = np.quantile(learnt, (0.1, 0.9), axis=0) - np.median(learnt, axis=0)
        for row in (fold.test.start, fold.test.stop - 1):
            np.testing.assert_allclose(table.values[row, :, 0, [0, 2]], expected, rtol=1e-12)


def test_the_same_seed_gives_the_same_table_and_another_does_not(bars):
    first, again, other = (walk(TINY, bars, seed=seed, baselines=False).values for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other, equal_nan=True)


def test_symbols_listed_late_and_missing_bars_have_no_forecast():
    arrays = naive.random_walk(260, 3, seed=4)
    for panel in arrays.values():
        panel[:170, 1] = np.nan
        panel[200, 0] = np.nan
    table = walk(TINY, naive.as_bars(arrays))
    warm = 170 + 5 + 8 - 1  # listed, five returns for the volatility, a window of eight
    assert not table.known[:warm, 1].any()
    assert table.known[warm, 1]
    assert not table.known[200 : 200 + 8, 0].any()
    assert table.known[208, 0]
    assert table.known[93:, 2].all()


def test_a_fold_without_anything_to_learn_is_left_empty_and_says_nothing():
    arrays = naive.random_walk(260, 2, seed=4)
    for panel in arrays.values():
        panel[:100] = np.nan
    table = walk(TINY, naive.as_bars(arrays))
    assert not table.known[:133].any()
    assert table.known[173:].all()
    assert (table.trained_through[93:133] < 0).all()


def test_nothing_to_learn_anywhere_is_refused():
    arrays = naive.random_walk(260, 2, seed=4)
    for panel in arrays.values():
        panel[::5] = np.nan
    with pytest.raises(ForecastError, match="no window of 8 bars is complete"):
        walk(TINY, naive.as_bars(arrays))


def test_a_feature_without_a_value_is_named(bars):
    silent = bars.with_arrays(volume=np.full(bars.close.shape, np.nan))
    with pytest.raises(ForecastError, match=r'feature\("zscore", lookback=20, of="volume"\) has no value'):
        walk(RidgeForecaster(), silent)


def test_too_few_bars_say_how_many_are_needed(bars):
    with pytest.raises(ForecastError, match="needs at least 1,011 bars at horizon 1, these are 260"):
        walk(RidgeForecaster(), bars, WalkForward())


def test_a_wrong_seed_is_refused(bars):
    with pytest.raises(ForecastError, match="seed is a whole number of at least 0"):
        walk(TINY, bars, seed=-1)


def test_progress_goes_to_stderr_and_only_on_request(bars, capfd):
    walk(NaiveForecaster(), bars)
    walk(NaiveForecaster(), bars, progress=None)
    assert capfd.readouterr() == ("", "")
    walk(NaiveForecaster(), bars, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "5/5" in err


def test_several_horizons_and_the_linear_table_agree_with_one(bars):
    both = walk(RidgeForecaster(horizon=(1, 4), features=READ), bars)
    assert both.values.shape == (260, 3, 2, 7)
    later = walk(RidgeForecaster(horizon=4, features=READ), bars)
    np.testing.assert_allclose(both.median(4)[-200:], later.median()[-200:], atol=5e-4)


def test_memory_stays_below_three_times_the_series():
    n_bars, n_symbols = 3000, 10
    bars = naive.as_bars(naive.random_walk(n_bars, n_symbols, seed=1))
    wide = CNN1D(features=READ, lookback=64, channels=(2,), dense=2, epochs=1)
    folds = WalkForward(train=2800, test=150)
    walk(wide, bars, folds)  # compiles and imports
    tracemalloc.start()
    walk(wide, bars, folds, baselines=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    series = (len(READ) + 1) * n_bars * n_symbols * 8  # features and labels
    table = n_bars * n_symbols * 7 * 8
    assert peak < 3 * series + 3 * table
    assert peak < 0.2 * series * 64


def test_nothing_is_found_in_random_walks():
    """The canary: what cannot be forecast is not."""
    arrays = naive.random_walk(1300, 5, seed=8)
    bars = naive.as_bars(arrays)
    recipe = CNN1D(features=READ, lookback=16, channels=(8,), dense=16, epochs=8, horizon=5)
    table = walk(recipe, bars, WalkForward(train=500, test=400))
    for each in (table, table.beside["ridge"]):
        told = pooled(each.median(), np.where(table.known, forward_return(bars, 5), np.nan), 5)
        assert abs(told.ic) < 3.0 * told.ic_error
        assert told.ic_error < 0.05


def test_a_network_finds_a_planted_rule_that_no_line_finds():
    arrays, lean = naive.planted(3000, 4, seed=1)
    bars = naive.as_bars(arrays)
    recipe = CNN1D(
        features=(feature("log_return", lookback=1),),
        lookback=4,
        channels=(16,),
        kernel=3,
        dropout=0.0,
        learning_rate=5e-3,
        levels=(0.1, 0.5, 0.9),
    )
    table = walk(recipe, bars, WalkForward(train=2300, test=700))
    label = np.where(table.known, forward_return(bars, 1), np.nan)
    rule = pooled(lean, label, 1).ic
    assert rule > 0.4
    assert pooled(table.median(), label, 1).ic > 0.8 * rule
    assert abs(pooled(table.beside["ridge"].median(), label, 1).ic) < 0.1 * rule + 0.05


@pytest.mark.parametrize(
    ("forecaster", "folds", "advice"),
    [
        ("ridge", None, "made by a call, such as CNN1D"),
        (NaiveForecaster, None, "made by a call, such as CNN1D"),
        (NaiveForecaster(), 3, "made by a call, such as WalkForward"),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(bars, forecaster, folds, advice):
    with pytest.raises(ForecastError, match=advice):
        walk_forward(forecaster, bars, folds)
