"""Where targets, wrappers, stores, scores and live serving meet: what each promises alone holds together too."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
import quantlab.forecasting as room
from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.forecaster import Choice
from quantlab.forecasting.neural import NeuralForecaster
from quantlab.forecasting.panel import Panel, features_of
from quantlab.forecasting.ranks import ranks_across
from quantlab.market.bars import Bars
from quantlab.market.calendar import timetable
from tests.unit.forecasting.test_targets import FOLDS, READ, RECIPES, calm_and_wild

QUIET = {"store": False, "progress": False}
RIDGE = ql.RidgeForecaster(features=READ)
MLP = ql.MLP(features=READ, lookback=4, hidden=(8,), epochs=2)
PRICES = ("open", "high", "low", "close")


@pytest.fixture(scope="module")
def bars():
    return calm_and_wild(n_bars=560)


@pytest.mark.parametrize("target", ["volatility", "direction", "triple_barrier"])
@pytest.mark.parametrize("name", RECIPES)
def test_store_file_and_live_say_what_the_table_says(name, target, bars, tmp_path):
    recipe = RECIPES[name](horizon=(1, 3), target=target)
    options = {"store": tmp_path / "store", "progress": False, "baselines": False}
    ql.walk_forward(RECIPES[name](horizon=(1, 3)), bars, FOLDS, **options)  # the same but of returns
    table = ql.walk_forward(recipe, bars, FOLDS, **options)
    alone = ql.walk_forward(recipe, bars, FOLDS, **{**options, "store": False})
    assert table.fingerprint == alone.fingerprint
    table.save(tmp_path / "table.npz")
    assert ql.Forecasts.load(tmp_path / "table.npz").fingerprint == table.fingerprint
    told = ql.live(recipe, bars, FOLDS, store=tmp_path / "store").forecast(bars)
    np.testing.assert_allclose(told.quantiles, table.values[-1], rtol=0.0, atol=1e-6)
    assert told.trained_through == table.trained_through[-1]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda tuned: ql.PerSymbolForecaster(member=tuned),
        lambda tuned: ql.EnsembleForecaster(members=(tuned, ql.NaiveForecaster())),
        lambda tuned: ql.PerSymbolForecaster(
            member=ql.EnsembleForecaster(members=(tuned, ql.NaiveForecaster()))
        ),
    ],
)
def test_a_wrapped_recipe_speaks_from_the_last_bar_it_was_chosen_by(wrapped, bars):
    tuned = replace(RIDGE, choice=Choice(7, int(bars.time_ns[500])))
    table = ql.walk_forward(wrapped(tuned), bars, FOLDS, **QUIET)
    assert np.flatnonzero(table.known.any(axis=1))[0] == 500
    assert (table.trained_through[500:] >= bars.time_ns[500]).all()
    assert table.provenance["trials"] == 7


def test_pretrained_weights_know_what_their_recipe_was_chosen_by(bars):
    tuned = replace(MLP, choice=Choice(7, int(bars.time_ns[500])))
    weights = ql.pretrain(tuned, bars.rows(0, 250))
    assert weights.trained_through == bars.time_ns[500]
    with pytest.raises(ForecastError, match="starts from weights that know the market"):
        ql.walk_forward(MLP.fine_tuned(weights), bars, FOLDS, **QUIET)


def test_members_of_an_ensemble_start_warm(bars):
    warm = replace(MLP, warm_start=True)
    recipe = ql.EnsembleForecaster(members=(warm, ql.NaiveForecaster()))
    window = Panel.read(recipe, bars).training_window(next(FOLDS.split(bars.n_bars, 1)))
    first = recipe.train(window, seed=3)
    seed = int(np.random.SeedSequence(5).generate_state(2)[0])
    alone = warm.train_after(first.trained[0], window, seed=seed).state()
    after = recipe.train_after(first, window, seed=5).state()
    assert recipe.starts_warm
    assert not ql.EnsembleForecaster(members=(MLP, ql.NaiveForecaster())).starts_warm
    for name, value in alone.items():
        np.testing.assert_array_equal(after[f"0/{name}"], value)
    with pytest.raises(ForecastError, match="leave warm_start= out"):
        ql.walk_forward(recipe, bars, ql.PurgedKFold(blocks=3), **QUIET)


def test_an_ensemble_is_the_mean_of_what_its_members_say_alone(bars):
    sure = ql.FunctionForecaster(
        features=READ, target="direction", function=lambda w: 5.0 * w[:, -1, 0] / 0.01
    )
    members = (sure, replace(RIDGE, target="direction"))
    alone = [ql.walk_forward(each, bars, FOLDS, baselines=False, **QUIET).values for each in members]
    both = ql.walk_forward(ql.EnsembleForecaster(members=members), bars, FOLDS, baselines=False, **QUIET)
    assert {0.0, 1.0} <= set(np.unique(alone[0][np.isfinite(alone[0])]))
    np.testing.assert_allclose(both.values, np.mean(alone, axis=0), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("method", ["split", "adaptive"])
def test_recalibrated_volatility_stays_above_zero(method, bars):
    table = ql.walk_forward(replace(RIDGE, target="volatility", horizon=2), bars, FOLDS, **QUIET)
    moved = table.recalibrated(bars, method, lookback=60)
    assert np.nanmin(moved.values) >= 0.0
    assert list(moved.scores(bars).frame.index.get_level_values(0)) == ["RidgeForecaster", "naive", "raw"]


def test_what_is_judged_together_has_one_target(bars):
    table, other = (
        ql.walk_forward(replace(RIDGE, target=target), bars, FOLDS, **QUIET)
        for target in ("return", "volatility")
    )
    with pytest.raises(ForecastError, match=r"forecasts Return\(\), but other beside it Volatility\(\)"):
        replace(table, beside={"other": other})


@pytest.mark.parametrize(("target", "value"), [("direction", 1.7), ("drawdown", -0.1), ("volatility", -0.01)])
def test_a_table_refuses_what_no_label_can_be(target, value, bars):
    frame = pd.DataFrame(value, bars.time, bars.symbols)
    with pytest.raises(ForecastError, match="which lies from 0 to"):
        ql.Forecasts.from_frame(frame, trained_through="2000-01-01", target=target)


def test_reliability_is_shown_on_the_cells_that_are_judged():
    whole = calm_and_wild()
    prices = {name: whole[name].copy() for name in (*PRICES, "volume")}
    for each in prices.values():
        each[350:660:25, 0] = (
            np.nan
        )  # windows of the network have gaps that those of the naive forecast have not
    gappy = Bars.from_arrays(time=whole.time, symbols=whole.symbols, **prices)
    recipe = replace(MLP, lookback=30, horizon=2, target="direction")
    scores = ql.walk_forward(recipe, gappy, FOLDS, **QUIET).scores(gappy)
    off = (scores.calibration["forecast"] - scores.calibration["came"]).abs().mean(axis=1)
    np.testing.assert_allclose(off, scores.frame["calibration_error"], rtol=1e-12)


def test_tuning_judges_a_warm_start_as_a_walk_forward_does(bars):
    recipe, folds = replace(MLP, warm_start=True), ql.WalkForward(train=200, test=100, refit_every=2)
    over = {"learning_rate": [1e-2]}
    tuning = ql.tune(recipe, bars, over=over, sampler="grid", folds=folds, **QUIET)
    table = ql.walk_forward(replace(recipe, learning_rate=1e-2), bars, folds, baselines=False, **QUIET)
    losses = []
    for fold in folds.split(bars.n_bars, 1):
        block = np.isin(np.arange(bars.n_bars), fold.test)[:, None, None, None]
        tested = replace(table, values=np.where(block, table.values, np.nan))
        losses.append(tested.scores(bars).frame["pinball"].iloc[0])
    assert tuning.frame["value"].iloc[0] == pytest.approx(np.mean(losses), rel=1e-9)


def test_tuning_refuses_what_a_walk_forward_refuses(bars):
    seen = MLP.fine_tuned(ql.pretrain(MLP, bars))
    with pytest.raises(ForecastError, match="starts from weights that know the market"):
        ql.tune(seen, bars, over={"epochs": [1, 2]}, sampler="grid", folds=FOLDS, **QUIET)
    with pytest.raises(ForecastError, match="target is what forecasts are judged by"):
        ql.tune(RIDGE, bars, over={"target": ["return", "volatility"]}, **QUIET)


@pytest.mark.parametrize("wrapped", [False, True])
def test_own_fields_are_ranked_and_what_all_share_is_not(wrapped, bars):
    own = bars.with_arrays(worth=np.random.default_rng(0).normal(size=bars.close.shape))
    recipe = ql.RidgeForecaster(
        features=(feature("value", of="worth"), "weekday"),
        known=("month_end",),
        static=(("value", "worth"),) if not wrapped else (),
        ranked=True,
    )
    if wrapped:
        naive = ql.NaiveForecaster()
        recipe = ql.PerSymbolForecaster(member=ql.EnsembleForecaster(members=(recipe, naive)))
    worth, weekday, *known = features_of(recipe, own).transpose(2, 1, 0)
    np.testing.assert_array_equal(worth, ranks_across(own["worth"]))
    np.testing.assert_array_equal(weekday, feature("weekday").compute(own))
    np.testing.assert_array_equal(known[0], feature("month_end", ahead=1).compute(own))


def test_an_expected_value_has_no_quantiles_to_declare():
    with pytest.raises(ForecastError, match="one expected value, without quantiles: leave level= out"):
        ql.forecast(replace(RIDGE, target="drawdown"), level=0.05)


@pytest.mark.parametrize("field", ["target", "loss"])
def test_what_names_no_target_or_loss_is_refused_in_words(field):
    with pytest.raises(ForecastError, match=rf"{field}=\['volatility'\]"):
        ql.MLP(**{field: ["volatility"]})


def test_the_code_that_serves_a_network_is_part_of_its_key():
    """Modules that training imports are hashed: by name, as a base of the recipe, or as the class of a field."""
    fields = {"losses", "losses.loss", "averaging", "optimisers", "schedules"}
    covered = {*fields, "neural", "forecaster"} | {
        each.removeprefix("quantlab.forecasting.") for each in NeuralForecaster.taught_by
    }
    for module in ("trained_network", "training", "assembly", "served_quantiles", "examples", "whole_bars"):
        tree = ast.parse((Path(room.__file__).parent / f"{module}.py").read_text(encoding="utf-8"))
        imported = {
            each.module.removeprefix("quantlab.forecasting.")
            for each in ast.walk(tree)
            if isinstance(each, ast.ImportFrom) and str(each.module).startswith("quantlab.forecasting.")
        }
        assert imported <= covered, module


def hours(first="2024-11-01", last="2024-12-31"):
    """Hours of New York sessions, the last of each cut short, with half-days."""
    day = (np.array([first, last], dtype="datetime64[D]").astype(np.int64)).tolist()
    plan, hour = timetable("XNYS", *day), 3_600_000_000_000
    time = [
        min(opened + k * hour, shut)
        for opened, shut in zip(plan.opens.tolist(), plan.closes.tolist(), strict=True)
        for k in range(1, 8)
        if opened + (k - 1) * hour < shut
    ]
    price = 100.0 * np.exp(0.003 * np.random.default_rng(0).normal(size=(len(time), 2)).cumsum(axis=0))
    stamps = pd.DatetimeIndex(pd.to_datetime(time, utc=True)).tz_convert("America/New_York")
    return Bars.from_arrays(time=stamps, symbols=("A", "B"), **dict.fromkeys(PRICES, price), calendar="XNYS")


@pytest.mark.parametrize("known", ["hour", "weekday", "gap"])
def test_the_calendar_of_intraday_bars_is_served_as_the_table_has_it(known):
    bars, folds = hours(), ql.WalkForward(train=150, test=60)
    recipe = ql.RidgeForecaster(features=(("log_return", 1),), known=(known,), horizon=2)
    table = ql.walk_forward(recipe, bars, folds, baselines=False, **QUIET)
    serving = ql.live(recipe, bars.rows(0, bars.n_bars - 20), folds, store=False)
    assert serving.bars_needed is None  # how long bars are is the median of all earlier ones
    for stop in range(bars.n_bars - 19, min(bars.n_bars, serving.fold.test.stop)):
        told = serving.forecast(bars.rows(0, stop)).quantiles
        np.testing.assert_allclose(told, table.values[stop - 1], rtol=0.0, atol=1e-12)
    with pytest.raises(ForecastError, match="what intraday bars are coming"):
        serving.forecast(bars.rows(stop - 50, stop))


class One(ql.Strategy):
    """Reads a forecast and trades once."""

    rise = ql.forecast(RIDGE)

    def on_bar(self, now: ql.Now) -> None:
        """Buy once."""
        if now.bar == 400:
            now.order(0, 1.0)


class Three(One):
    """Reads three targets."""

    risk = ql.forecast(replace(RIDGE, target="volatility"))
    danger = ql.forecast(replace(RIDGE, target="drawdown"))


def test_what_was_judged_is_saved_with_the_run(bars, tmp_path):
    options = {"folds": FOLDS, "progress": False, "engine": "python"}
    result = ql.backtest(ql.Portfolio({"a": One(), "b": One()}), bars, **options)
    loaded = ql.Result.load(result.save(tmp_path / "run"))
    for name in ("forecast_scores", "forecast_decay", "forecast_rank_ic"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(result, name), check_dtype=False)
    assert list(result.forecast_decay.index.unique(0)) == ["a: RidgeForecaster", "b: RidgeForecaster"]
    told = result.forecast_rank_ic.groupby(level=[0, 1])["rank_ic"].mean()
    scores = result.forecast_scores["rank_ic"]
    assert told.to_numpy() == pytest.approx(scores[told.index].to_numpy())


def test_scores_of_several_forecasts_say_which_they_are_of(bars):
    options = {"folds": FOLDS, "progress": False, "engine": "python"}
    result = ql.backtest(Three(), bars, **options)
    names = list(result.forecast_scores.index.get_level_values(0))
    assert names == [
        f"{by}: {each}" for by in ("rise", "risk", "danger") for each in ("RidgeForecaster", "naive")
    ]
    portfolio = ql.Portfolio({"a": One(), "b": One()})
    names = list(ql.backtest(portfolio, bars, **options).forecast_scores.index.get_level_values(0))
    assert names == ["a: RidgeForecaster", "a: naive", "b: RidgeForecaster", "b: naive"]
    alone = ql.backtest(One(), bars, **options).forecast_scores
    assert list(alone.index.get_level_values(0)) == ["RidgeForecaster", "naive"]
