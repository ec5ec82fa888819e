"""ARIMA: the weights are those of statsmodels' filter, and what is planted is found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.statespace.sarimax import SARIMAX

from quantlab.errors import ForecastError
from quantlab.features.labels import forward_return
from quantlab.forecasting.arima import ArimaForecaster, fitted, forecast_weights
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.information import pooled
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.training_returns import training_returns
from quantlab.forecasting.walk_forward import walk_forward
from quantlab.forecasting.windows import TrainingWindow, Windows
from tests.naive import forecasting as naive
from tests.naive.networks import autoregression


@pytest.mark.parametrize(
    ("order", "mean", "coefficients"),
    [
        ((1, 0, 0), 0.0, [0.4]),
        ((0, 0, 2), 0.002, [0.5, -0.3]),
        ((1, 0, 1), 0.001, [-0.6, 0.9]),
        ((3, 0, 2), -0.01, [0.5, -0.2, 0.3, 0.4, 0.25]),
    ],
)
def test_a_window_is_told_what_statsmodels_filter_says(order, mean, coefficients):
    returns = 0.01 * np.random.default_rng(0).normal(size=(5, 30))
    offsets, weights = forecast_weights(np.array([mean, *coefficients]), order, 30, 6)
    for window in returns:
        model = ARIMA(window, order=order, trend="c")
        expected = model.filter(np.array([mean, *coefficients, 1e-4])).forecast(6)
        np.testing.assert_allclose(offsets + weights @ window, np.cumsum(expected), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("d", [1, 2])
def test_differences_are_added_up_again_as_statsmodels_does(d):
    window = np.random.default_rng(1).normal(size=25)
    offsets, weights = forecast_weights(np.array([0.0, 0.3, -0.4]), (1, d, 1), 25, 5)
    model = SARIMAX(window, order=(1, d, 1), trend="n", use_exact_diffuse=True)
    model.ssm.tolerance = 0.0  # the exact filter to the last bar, or its weights are held still early
    expected = model.filter(np.array([0.3, -0.4, 1.0])).forecast(5)
    np.testing.assert_allclose(offsets + weights @ window, np.cumsum(expected), rtol=1e-10)


def test_a_trained_one_says_the_same_of_each_window():
    arrays, _ = autoregression(500, 2, (0.4, -0.2), seed=3)
    recipe = ArimaForecaster(horizon=(1, 4), lookback=20, order=(2, 0, 1), trend="c")
    panel = Panel.read(recipe, naive.as_bars(arrays))
    fold = next(WalkForward(train=300, test=50).split(500, 4))
    window, asked = panel.training_window(fold), panel.test_windows(fold)
    trained = recipe.train(window)
    for symbol, series in enumerate(training_returns(window)):
        found = fitted(series, (2, 0, 1), "c")
        for which in np.flatnonzero(asked.symbols == symbol)[:3]:
            model = ARIMA(asked.flat()[which], order=(2, 0, 1), trend="c")
            steps = model.filter(np.array([*found, 1e-4])).forecast(4)
            told = trained.predict(asked)[which] - trained.residuals[symbol]
            expected = np.expm1([steps[0], steps.sum()])
            np.testing.assert_allclose(told, np.tile(expected[:, None], (1, 7)), rtol=1e-8, atol=1e-11)


def test_the_fit_is_statsmodels_and_passes_over_what_is_missing():
    arrays, _ = autoregression(3000, 1, (0.5,), seed=5)
    returns = np.diff(np.log(arrays["close"][:, 0]))
    returns[700:720] = np.nan
    mean, phi = fitted(returns, (1, 0, 0), "c")
    expected = ARIMA(100.0 * returns, order=(1, 0, 0), trend="c").fit().params
    assert phi == pytest.approx(expected[1], abs=1e-3)
    assert mean == pytest.approx(expected[0] / 100.0, abs=1e-5)
    assert phi == pytest.approx(0.5, abs=0.05)


def test_training_returns_are_those_at_which_a_learnt_window_ends():
    features = np.arange(40.0).reshape(2, 20, 1)
    learn = Windows(features, 3, np.array([0, 1, 0]), np.array([4, 5, 6]))
    validation = Windows(features, 3, np.array([0, 0]), np.array([10, 11]))
    window = TrainingWindow(learn, np.zeros((3, 1)), validation, np.zeros((2, 1)))
    first, second = training_returns(window)
    told = first[np.isfinite(first)]
    np.testing.assert_array_equal(told, [4.0, 6.0, 10.0, 11.0])
    assert np.isnan(first[[1, *range(3, len(first) - 2)]]).all()
    np.testing.assert_array_equal(second, [25.0])


def window_of(series, lookback, horizon=1):
    """A window to learn from, of each symbol's returns, without a validation part."""
    features = np.stack(series)[:, :, None]
    rows, symbols = np.meshgrid(
        np.arange(lookback - 1, features.shape[1] - horizon), np.arange(len(series)), indexing="ij"
    )
    learn = Windows(features, lookback, symbols.ravel(), rows.ravel())
    labels = np.expm1(features[learn.symbols, learn.rows + 1])
    nothing = dataclasses.replace(learn, symbols=np.empty(0, np.int64), rows=np.empty(0, np.int64))
    return TrainingWindow(learn, labels, nothing, np.empty((0, 1)))


def test_a_symbol_without_enough_returns_is_told_no_change():
    rng = np.random.default_rng(0)
    window = window_of([0.01 * rng.normal(size=200), np.zeros(200), 0.01 * rng.normal(size=200)], 10)
    few = (window.learn.symbols != 2) | (window.learn.rows < 100)
    learn = dataclasses.replace(window.learn, symbols=window.learn.symbols[few], rows=window.learn.rows[few])
    window = dataclasses.replace(window, learn=learn, learn_labels=window.learn_labels[few])
    state = ArimaForecaster(lookback=10).train(window).state()
    assert state["weights"][0].any()
    assert not state["weights"][1:].any()
    assert not state["offsets"][1:].any()


@pytest.mark.parametrize("series", [np.zeros(200), 0.01 * np.random.default_rng(0).normal(size=90)])
def test_a_block_in_which_nothing_can_be_fitted_is_refused(series):
    with pytest.raises(ForecastError, match=r"no symbol with 100 returns.*give WalkForward"):
        ArimaForecaster(lookback=10).train(window_of([series], 10))


def ics(recipe, arrays, lean, folds, horizon=1):
    """Information coefficients of the recipe and of the rule itself, on the same rows."""
    bars = naive.as_bars(arrays)
    table = walk_forward(recipe, bars, folds, store=False, progress=False, baselines=False)
    label = np.where(table.known, forward_return(bars, horizon), np.nan)
    return pooled(table.median(), label, horizon), pooled(lean, label, horizon)


def test_a_planted_autoregression_is_found_nearly_whole():
    arrays, lean = autoregression(2300, 3, (0.3, 0.0, -0.3, 0.0, 0.0, 0.2), seed=1)
    found, rule = ics(
        ArimaForecaster(order=(6, 0, 0), lookback=20), arrays, lean, WalkForward(train=1600, test=700)
    )
    assert rule.ic > 0.4
    assert found.ic > 0.9 * rule.ic


def test_nothing_is_found_in_random_walks():
    arrays = naive.random_walk(1300, 5, seed=8)
    told, _ = ics(ArimaForecaster(horizon=5), arrays, arrays["close"], WalkForward(train=500, test=400), 5)
    assert abs(told.ic) < 3.0 * told.ic_error
    assert told.ic_error < 0.05


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({"order": (1, 0)}, r"order=\(1, 0\).*three numbers"),
        ({"order": (-1, 0, 1)}, "p=-1.*at least 0"),
        ({"order": (0, 1, 0)}, "p or q above 0"),
        ({"order": (1, 1, 0), "trend": "c"}, 'no mean to find; give trend="n"'),
        ({"trend": "ct"}, "trend='ct'.*one of 'n', 'c'"),
        ({"order": (5, 1, 2), "lookback": 6}, r"lookback above d \+ max\(p, q\) = 6"),
    ],
)
def test_wrong_values_are_refused_with_advice(fields, advice):
    with pytest.raises(ForecastError, match=advice):
        ArimaForecaster(**fields)
