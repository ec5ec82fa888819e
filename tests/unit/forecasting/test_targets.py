"""Targets other than the return: what forecasters learn of them, state of them, and are judged by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import quantlab as ql
from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.forecast import Forecasts
from quantlab.forecasting.forecaster import LEVELS
from quantlab.forecasting.targets import (
    BY_NAME,
    Direction,
    Drawdown,
    Return,
    TripleBarrier,
    Volatility,
    target_from,
    target_of,
)
from tests.naive import forecasting as naive

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
FOLDS = ql.WalkForward(train=300, test=120)
RECIPES = {
    "naive": lambda **of: ql.NaiveForecaster(**of),
    "drift": lambda **of: ql.DriftForecaster(**of),
    "ridge": lambda **of: ql.RidgeForecaster(features=READ, **of),
    "trees": lambda **of: ql.TreesForecaster(features=READ, trees=10, **of),
    "sklearn": lambda **of: ql.SklearnForecaster(features=READ, estimator=LinearRegression(), **of),
    "network": lambda **of: ql.MLP(features=READ, lookback=4, hidden=(8,), epochs=3, **of),
    "symbols together": lambda **of: ql.MLP(
        features=READ, lookback=4, hidden=(8,), epochs=2, symbols="together", ranked=True, **of
    ),
    "per symbol": lambda **of: ql.PerSymbolForecaster(member=ql.RidgeForecaster(features=READ, **of)),
    "ensemble": lambda **of: ql.EnsembleForecaster(
        members=(
            ql.NaiveForecaster(**of),
            ql.MLP(features=READ, lookback=4, hidden=(8,), epochs=2, loss="mse", **of),
        )
    ),
}
MEANS = ("direction", "drawdown", "triple_barrier")


def calm_and_wild(n_bars=700, n_symbols=3, seed=1):
    """Walks whose volatility moves slowly between 0.3% and 3% a bar: tomorrow is about as wild as today."""
    rng = np.random.default_rng(seed)
    logs = np.zeros((n_bars, n_symbols))
    for t in range(1, n_bars):
        logs[t] = 0.97 * logs[t - 1] + 0.2 * rng.normal(size=n_symbols)
    returns = 0.01 * np.exp(np.clip(logs, -1.2, 1.1)) * rng.normal(size=(n_bars, n_symbols))
    return naive.as_bars(naive.walk_of(100.0 * np.exp(np.cumsum(returns, axis=0)), spread=0.001, seed=seed))


@pytest.fixture(scope="module")
def bars():
    return calm_and_wild()


def walk(recipe, bars, **options):
    return ql.walk_forward(recipe, bars, FOLDS, store=False, progress=False, **options)


@pytest.mark.parametrize("target", BY_NAME)
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_speaks_of_every_target_within_its_bounds(name, target, bars):
    recipe = RECIPES[name](horizon=(2, 5), target=target)
    table = walk(recipe, bars)
    known = table.values[table.known]
    assert table.target == target_of(target) == recipe.target
    assert table.levels == ((0.5,) if target in MEANS else LEVELS)
    assert len(known) > 1000
    assert known.min() >= table.target.low
    assert known.max() <= table.target.high
    assert all(each.target == table.target for each in table.beside.values())
    rows = table.scores(bars).frame
    assert np.isfinite(rows["skill"]).all() or name == "naive"
    assert {"squared_error"} <= set(rows.columns) if target in MEANS else {"pinball"} <= set(rows.columns)


@pytest.mark.parametrize("target", ["direction", "drawdown", "triple_barrier"])
def test_the_naive_forecast_of_an_event_is_how_often_it_happened(target, bars):
    recipe = ql.NaiveForecaster(horizon=3, target=target)
    table = walk(recipe, bars)
    fold = next(iter(FOLDS.split(bars.n_bars, 3)))
    label = target_of(target).label(bars, 3)
    learnt = np.r_[fold.train, fold.validation]
    for symbol in range(bars.n_symbols):
        assert table.median()[fold.test.start, symbol] == pytest.approx(
            np.nanmean(label[learnt, symbol]), abs=1e-12
        )


def test_the_naive_forecast_of_volatility_is_its_distribution(bars):
    table = walk(ql.NaiveForecaster(horizon=3, target="volatility"), bars)
    fold = next(iter(FOLDS.split(bars.n_bars, 3)))
    label = Volatility().label(bars, 3)[np.r_[fold.train, fold.validation], 0]
    assert table.values[fold.test.start, 0, 0] == pytest.approx(np.quantile(label, LEVELS))


def test_volatility_that_clusters_is_foreseen(bars):
    learners = (
        ql.HistoricalVolatilityForecaster(horizon=5, target="volatility", lookback=10),
        ql.EwmaForecaster(horizon=5, target="volatility", half_life=5.0),
        ql.RidgeForecaster(horizon=5, target="volatility", features=READ),
        ql.GarchForecaster(horizon=5, target="volatility"),
        ql.GRU(
            horizon=5, target="volatility", features=READ, lookback=8, hidden=8, epochs=20, learning_rate=1e-2
        ),
    )
    for recipe in learners:
        row = walk(recipe, bars).scores(bars).frame.iloc[0]
        assert row["skill"] > 0.1, recipe
        assert row["ic"] > 0.4, recipe
        assert np.isnan(row["hit_rate"])
        assert np.isnan(row["spread"])


def test_the_danger_of_a_drawdown_is_foreseen_and_calibrated():
    bars = calm_and_wild(n_bars=2500)
    recipe = ql.MLP(
        horizon=5, target=Drawdown(depth=0.03), features=READ, lookback=8, hidden=(16,), epochs=15
    )
    scores = ql.walk_forward(recipe, bars, ql.WalkForward(train=1000, test=500), store=False).scores(bars)
    row = scores.frame.iloc[0]
    assert row["skill"] > 0.05
    assert row["calibration_error"] < 0.05
    assert row["dm_naive"] > 2.0
    told, came = scores.calibration.iloc[0]["forecast"], scores.calibration.iloc[0]["came"]
    assert told.is_monotonic_increasing
    assert np.corrcoef(told, came)[0, 1] > 0.9
    assert "sq. error" in str(scores)
    assert "Drawdown(depth=0.03)" in str(scores)
    assert len(scores.plot().data) == 4


def test_labels_of_events_by_hand(bars):
    returns = Return().label(bars, 4)
    rises, known = Direction().label(bars, 4), np.isfinite(returns)
    assert np.array_equal(np.isfinite(rises), known)
    assert set(np.unique(rises[known])) <= {0.0, 0.5, 1.0}
    assert np.array_equal(rises[known] == 1.0, returns[known] > 0.0)
    deep, shallow = (Drawdown(depth=depth).label(bars, 4) for depth in (0.05, 0.01))
    assert np.nanmean(deep) < np.nanmean(shallow) < 1.0
    assert np.array_equal(np.isfinite(deep), known)


def test_a_network_learns_a_probability_by_cross_entropy_unless_told_otherwise():
    assert ql.MLP(target="direction").loss == ql.losses.CrossEntropy()
    assert ql.MLP(target="triple_barrier").loss == ql.losses.SquaredError()
    assert ql.MLP(target="drawdown", loss="ic").loss == ql.losses.Correlation()
    assert (
        repr(ql.MLP(horizon=3, target=Drawdown(depth=0.1)))
        == "MLP(horizon=3, target=Drawdown(depth=0.1), loss=CrossEntropy())"
    )


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: ql.MLP(target="retrun"), "return"),
        (
            lambda: ql.MLP(target="direction", loss="gaussian"),
            "cannot teach rises; choose one of cross_entropy",
        ),
        (lambda: ql.MLP(loss="cross_entropy"), "cannot teach returns"),
        (lambda: ql.MLP(target="volatility", loss="decision"), "cannot teach volatility"),
        (lambda: ql.RidgeForecaster(target="direction", levels=(0.1, 0.5)), "leave levels out"),
        (lambda: ql.EwmaForecaster(target="direction"), "speaks of return and volatility only"),
        (lambda: ql.ArimaForecaster(target="volatility"), "speaks of return only"),
        (lambda: Drawdown(depth=2.0), "depth"),
        (lambda: TripleBarrier(up=0.0), "up"),
        (lambda: ql.forecast(ql.RidgeForecaster(), level=0.01), "no quantile level 0.01"),
        (
            lambda: ql.EnsembleForecaster(
                members=(ql.NaiveForecaster(target="direction"), ql.NaiveForecaster())
            ),
            "give them the same",
        ),
    ],
)
def test_what_cannot_be_learnt_is_refused(make, told):
    with pytest.raises(ForecastError, match=told):
        make()


@pytest.mark.parametrize(
    "target", [Return(), Volatility(), Drawdown(depth=0.2), TripleBarrier(up=2.0, lookback=9)]
)
def test_a_table_remembers_its_target(target, bars, tmp_path):
    table = walk(ql.NaiveForecaster(horizon=3, target=target), bars)
    table.save(tmp_path / "table.npz")
    again = Forecasts.load(tmp_path / "table.npz")
    assert again.target == target == target_from(target.words())
    assert again.fingerprint == table.fingerprint
    assert table.align(bars.select(["S1"])).target == target


def test_the_same_numbers_of_another_target_are_another_table(bars):
    frame = pd.DataFrame(np.full((bars.n_bars, bars.n_symbols), 0.1), bars.time, list(bars.symbols))
    one, other = (
        Forecasts.from_frame(frame, trained_through="1990-01-01", target=target)
        for target in ("return", "volatility")
    )
    assert one.fingerprint != other.fingerprint


class Watchful(ql.Strategy):
    """Out of the market when a deep fall is likely, and smaller the wilder it gets."""

    danger = ql.forecast(ql.RidgeForecaster(horizon=5, target=Drawdown(depth=0.03), features=READ))
    wildness = ql.forecast(ql.HistoricalVolatilityForecaster(horizon=5, target="volatility", lookback=10))
    at_risk = ql.forecast(ql.RidgeForecaster(horizon=5, features=READ), level=0.05)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now.ready[i]:
                calm = now[self.danger, i] < 0.3 and now[self.at_risk, i] > -0.2
                size = min(1.0, 0.01 / now[self.wildness, i]) / now.n_symbols
                now.target_weight(i, size if calm else 0.0)


def test_targets_are_inputs_of_a_strategy_in_both_engines(bars):
    results = [
        ql.backtest(Watchful(), bars, folds=FOLDS, engine=engine, progress=False)
        for engine in ("python", "compiled")
    ]
    assert len(results[0].fills) > 50
    assert np.array_equal(results[0].equity, results[1].equity)
    declared = Watchful().declared_inputs()
    assert declared["at_risk"].level == 0.05
    assert repr(declared["at_risk"]).endswith("level=0.05)")


def test_a_sweep_reads_the_declared_level(bars):
    class AtRisk(ql.Strategy):
        """Hold while the value at risk is small."""

        limit: float = ql.param(default=-0.05, low=-0.5, high=0.0)
        at_risk = ql.forecast(ql.HistoricalVolatilityForecaster(horizon=5, lookback=10), level=0.05)

        def on_bar(self, now):
            for i in range(now.n_symbols):
                if now.ready[i]:
                    now.target_weight(i, 0.3 if now[self.at_risk, i] > self.limit else 0.0)

    swept = ql.sweep(AtRisk, bars, over={"limit": [-0.05, -0.02]}, folds=FOLDS, workers=1, progress=False)
    for limit in (-0.05, -0.02):
        alone = ql.backtest(AtRisk(limit=limit), bars, folds=FOLDS, progress=False)
        row = swept.frame[swept.frame["limit"] == limit].iloc[0]
        assert row["total_return"] == pytest.approx(alone.total_return, rel=1e-12)


@pytest.mark.parametrize("target", ["volatility", "drawdown", "triple_barrier"])
def test_another_future_changes_no_earlier_forecast_of_a_target(target):
    recipe = ql.RidgeForecaster(horizon=3, target=target, features=READ)
    arrays = naive.random_walk(460, 3, seed=4)
    before = walk(recipe, naive.as_bars(arrays), baselines=False).values
    assert np.isfinite(before).any()
    for moment in (330, 401, 440):
        after = walk(
            recipe, naive.as_bars(naive.other_future(arrays, moment, seed=moment)), baselines=False
        ).values
        np.testing.assert_array_equal(after[: moment + 1], before[: moment + 1])


def test_tuning_judges_a_probability_by_its_squared_error(bars):
    recipe = ql.RidgeForecaster(horizon=3, target="drawdown", features=READ)
    tuning = ql.tune(
        recipe, bars, over={"penalty": [0.1]}, sampler="grid", folds=FOLDS, store=False, progress=False
    )
    label, losses = Drawdown().label(bars, 3), []
    values = walk(recipe, bars, baselines=False).median()
    for fold in FOLDS.split(bars.n_bars, 3):
        rows = slice(fold.test.start, fold.test.stop)
        losses.append(np.nanmean((values[rows] - label[rows]) ** 2))
    assert tuning.frame["value"].iloc[0] == pytest.approx(np.mean(losses))


def test_quantiles_of_volatility_can_be_recalibrated(bars):
    table = walk(ql.RidgeForecaster(horizon=3, target="volatility", features=READ), bars)
    moved = table.recalibrated(bars, lookback=120)
    assert moved.target == Volatility()
    assert not np.array_equal(moved.values, table.values, equal_nan=True)
