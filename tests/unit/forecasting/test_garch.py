"""GARCH: the recursion is arch's, window by window, and planted clusters of volatility are found."""

from __future__ import annotations

import numpy as np
import pytest
from arch import arch_model
from scipy.stats import norm, t

from quantlab.errors import ForecastError
from quantlab.features.labels import forward_return
from quantlab.forecasting import garch_fit
from quantlab.forecasting.baselines import NaiveForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.garch import GarchForecaster, TrainedGarch
from quantlab.forecasting.garch_fit import fitted, standard_quantiles
from quantlab.forecasting.information import pooled
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.walk_forward import walk_forward
from quantlab.forecasting.windows import Windows
from tests.naive import forecasting as naive

LEVELS = (0.05, 0.5, 0.95)


def clustered(n_bars, n_symbols, seed=0, shape=(4e-6, 0.12, 0.85)):
    """Bars of a GARCH(1, 1) with normal innovations, and the true deviation of each bar's next return."""
    omega, alpha, beta = shape
    rng = np.random.default_rng(seed)
    steps, ahead = np.zeros((n_bars, n_symbols)), np.empty((n_bars, n_symbols))
    variance = np.full(n_symbols, omega / (1.0 - alpha - beta))
    for bar in range(n_bars):
        steps[bar] = np.sqrt(variance) * rng.normal(size=n_symbols)
        variance = omega + alpha * steps[bar] ** 2 + beta * variance
        ahead[bar] = np.sqrt(variance)
    return naive.walk_of(100.0 * np.exp(np.cumsum(steps, axis=0)), seed=seed), ahead


def windows_of(series, lookback):
    """Every window of one symbol's returns."""
    rows = np.arange(lookback - 1, len(series))
    return Windows(series[None, :, None], lookback, np.zeros(len(rows), np.int64), rows)


@pytest.mark.parametrize("lookback", [40, 120])  # fewer and more than arch starts from
@pytest.mark.parametrize(
    ("lags", "parameters"),
    [
        ((1, 0, 1), [0.0, 0.05, 0.1, 0.85]),
        ((1, 1, 1), [0.1, 0.04, 0.03, 0.12, 0.85]),
        ((2, 1, 2), [-0.1, 0.02, 0.05, 0.08, 0.1, 0.4, 0.35]),
        ((2, 0, 0), [0.0, 0.7, 0.2, 0.1]),
    ],
)
def test_a_window_is_told_what_arch_says(lookback, lags, parameters):
    p, o, q = lags
    recipe = GarchForecaster(horizon=(1, 5), lookback=lookback, p=p, o=o, q=q, mean="constant")
    asked = windows_of(np.random.default_rng(2).normal(size=lookback + 3), lookback)
    told = TrainedGarch(recipe, np.array([parameters]), np.zeros((1, 7))).volatility(asked)
    for window, volatility in zip(asked.flat(), told, strict=True):
        model = arch_model(window, mean="Constant", vol="GARCH", p=p, o=o, q=q, rescale=False)
        ahead = model.fix(parameters).forecast(horizon=5).variance.to_numpy()[-1]
        np.testing.assert_allclose(volatility**2, [ahead[0], ahead.mean()], rtol=1e-8)


@pytest.mark.parametrize(("distribution", "mean"), [("normal", "zero"), ("t", "constant")])
def test_the_fit_is_archs_in_the_units_of_returns(distribution, mean):
    arrays, _ = clustered(2000, 1, seed=4)
    returns = np.diff(np.log(arrays["close"][:, 0]))
    recipe = GarchForecaster(o=1, distribution=distribution, mean=mean)
    (found,), (degrees,) = fitted(recipe, [returns])
    model = arch_model(100.0 * returns, mean=mean.title(), vol="GARCH", o=1, dist=distribution, rescale=False)
    theirs = model.fit(disp="off").params
    assert found[0] * 100.0 == pytest.approx(theirs.get("mu", 0.0), abs=2e-3)
    assert found[1] * 1e4 == pytest.approx(theirs["omega"], rel=0.02)
    np.testing.assert_allclose(found[2:], theirs[["alpha[1]", "gamma[1]", "beta[1]"]], atol=5e-3)
    assert np.isinf(degrees) if distribution == "normal" else degrees > 2.0
    assert found[[2, 4]] == pytest.approx([0.12, 0.85], abs=0.06)


def test_innovations_have_variance_one():
    told = standard_quantiles(LEVELS, np.array([np.inf, 5.0]))
    np.testing.assert_allclose(told[0], norm.ppf(LEVELS), atol=1e-12)
    np.testing.assert_allclose(told[1], t.ppf(LEVELS, 5) * np.sqrt(3.0 / 5.0), atol=1e-12)
    assert (told[:, 1] == 0.0).all()


def test_quantiles_by_hand():
    recipe = GarchForecaster(horizon=(1, 2), levels=LEVELS, lookback=2, mean="constant")
    trained = TrainedGarch(recipe, np.array([[0.001, 1e-5, 0.1, 0.8]]), np.array([[-1.6, 0.0, 1.6]]))
    first, second = 0.019, -0.031  # returns 0.02 and -0.03, less the mean
    start = (first**2 + 0.94 * second**2) / 1.94
    variance = 1e-5 + 0.1 * start + 0.8 * start
    for surprise in (first, second):
        variance = 1e-5 + 0.1 * surprise**2 + 0.8 * variance
    after = 1e-5 + 0.9 * variance
    asked = windows_of(np.array([0.02, -0.03]), 2)
    expected = [
        np.expm1([bars * 0.001 + side * np.sqrt(total) for side in (-1.6, 0.0, 1.6)])
        for bars, total in ((1, variance), (2, variance + after))
    ]
    np.testing.assert_allclose(trained.predict(asked)[0], expected, rtol=1e-12)


def walked(recipe, bars, folds):
    """A quiet walk without a store."""
    return walk_forward(recipe, bars, folds, store=False, progress=False, baselines=False)


@pytest.fixture(scope="module")
def planted():
    """Bars whose volatility clusters, the true deviation of the next return, and the fold of the tests."""
    arrays, ahead = clustered(2600, 3, seed=6)
    return naive.as_bars(arrays), ahead, WalkForward(train=1800, test=800)


def test_clusters_are_found_and_beat_a_constant_volatility(planted):
    bars, ahead, folds = planted
    recipe = GarchForecaster()
    fold = next(folds.split(bars.n_bars, 1))
    panel = Panel.read(recipe, bars)
    asked = panel.test_windows(fold)
    told = recipe.train(panel.training_window(fold)).volatility(asked)[:, 0]
    true = ahead[fold.test.start : fold.test.stop].ravel()
    constant = np.log(ahead[: fold.test.start]).mean()
    assert len(true) == len(told)
    assert np.corrcoef(told, true)[0, 1] > 0.95
    misses = np.mean((np.log(told) - np.log(true)) ** 2)
    assert misses < 0.1 * np.mean((constant - np.log(true)) ** 2)


def test_quantiles_cover_in_calm_and_in_wild_times(planted):
    bars, ahead, folds = planted
    label = forward_return(bars, 1)
    wild = ahead > np.quantile(ahead, 0.7)

    def shares(recipe):
        table = walked(recipe, bars, folds)
        inside = (label > table.values[:, :, 0, 0]) & (label <= table.values[:, :, 0, -1])
        used = table.known & np.isfinite(label)
        return [(inside[used & where].mean(), (used & where).sum()) for where in (wild, ~wild)]

    for share, count in shares(GarchForecaster(levels=LEVELS)):
        assert abs(share - 0.9) < 3.0 * np.sqrt(0.09 / count)
    (in_wild, _), (in_calm, _) = shares(NaiveForecaster(levels=LEVELS))
    assert in_wild < 0.85
    assert in_calm > 0.93


def test_nothing_is_found_in_random_walks():
    bars = naive.as_bars(naive.random_walk(1300, 5, seed=8))
    table = walked(GarchForecaster(horizon=5, mean="constant"), bars, WalkForward(train=500, test=400))
    told = pooled(table.median(), np.where(table.known, forward_return(bars, 5), np.nan), 5)
    assert abs(told.ic) < 3.0 * told.ic_error


def test_symbols_without_enough_returns_share_the_clusters_of_all():
    arrays, _ = clustered(1500, 2, seed=9)
    first, second = np.diff(np.log(arrays["close"]), axis=0).T
    series = [first, 3.0 * second[:60], second[:5], np.zeros(300)]
    found, _ = fitted(GarchForecaster(), series)
    alone, _ = fitted(GarchForecaster(), [first])
    np.testing.assert_array_equal(found[0], alone[0])
    np.testing.assert_array_equal(found[1, 2:], found[2, 2:])
    np.testing.assert_array_equal(found[2], found[3])
    assert found[1, 1] / found[2, 1] == pytest.approx(
        np.var(series[1]) / np.var(np.concatenate(series)), rel=1e-12
    )
    assert found[1, 2] + found[1, 3] < 1.0


def test_a_price_that_stands_still_has_the_least_volatility_and_nothing_breaks():
    arrays, _ = clustered(400, 1, seed=2)
    returns = np.diff(np.log(arrays["close"][:, 0]))
    parameters, degrees = fitted(GarchForecaster(), [returns])
    trained = TrainedGarch(
        GarchForecaster(), parameters, standard_quantiles(GarchForecaster().levels, degrees)
    )
    asked = windows_of(np.concatenate([returns, np.zeros(200)]), 120)
    told = trained.volatility(asked)[:, 0]
    assert np.isfinite(told).all()
    assert told[-1] == pytest.approx(told.min())
    assert (np.diff(trained.predict(asked), axis=2) >= 0.0).all()


def test_too_few_returns_everywhere_are_refused():
    with pytest.raises(ForecastError, match=r"no symbol with 100 returns.*the most are 40"):
        fitted(GarchForecaster(), [np.random.default_rng(0).normal(size=40), np.zeros(0)])


def test_where_no_fit_gives_numbers_it_says_so(monkeypatch):
    monkeypatch.setattr(garch_fit, "_fit", lambda recipe, returns: (np.full(5, np.nan), False))
    with pytest.raises(ForecastError, match=r"for 200 training returns; give fewer lags"):
        fitted(GarchForecaster(), [np.random.default_rng(0).normal(size=200)])


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({"p": 0}, "p=0.*at least 1"),
        ({"q": -1}, "q=-1.*at least 0"),
        ({"distribution": "cauchy"}, "one of 'normal', 't'"),
        ({"mean": "AR"}, "one of 'zero', 'constant'"),
    ],
)
def test_wrong_values_are_refused_with_advice(fields, advice):
    with pytest.raises(ForecastError, match=advice):
        GarchForecaster(**fields)


def test_returns_twice_as_large_have_twice_the_volatility():
    arrays, _ = clustered(600, 1, seed=3)
    returns = np.diff(np.log(arrays["close"][:, 0]))
    recipe = GarchForecaster(lookback=30)
    one, twice = (
        TrainedGarch(recipe, fitted(recipe, [factor * returns])[0], np.zeros((1, 7))).volatility(
            windows_of(factor * returns, 30)
        )
        for factor in (1.0, 2.0)
    )
    np.testing.assert_allclose(twice, 2.0 * one, rtol=1e-9)
