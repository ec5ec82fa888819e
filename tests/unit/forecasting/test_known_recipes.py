"""Recipes with inputs whose future is known, that stand still, or that were published: read, scaled and useful."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import Ridge

import quantlab as ql
from quantlab.errors import ForecastError, StrategyError
from quantlab.features.features import feature
from quantlab.features.labels import forward_return
from quantlab.features.static import static
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.ensemble import EnsembleForecaster
from quantlab.forecasting.estimator import SklearnForecaster
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.function import FunctionForecaster
from quantlab.forecasting.information import pooled
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.networks.cnn1d import CNN1D
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.networks.nlinear import NLinear
from quantlab.forecasting.networks.parts import NewestOnly, OwnScale
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.trees import TreesForecaster
from quantlab.forecasting.walk_forward import walk_forward
from quantlab.forecasting.windows import Windows
from quantlab.market.bars import Bars
from tests.unit.forecasting.networks import NETWORKS, small

PRICES = ("open", "high", "low", "close")
READ = (feature("log_return", lookback=1),)
SECTORS = static({"S0": "up", "S1": "down", "S2": "up"})
LEVELS = (0.1, 0.5, 0.9)


def bars_of(lean, seed=0, daily=0.01, first="2012-01-02", **told):
    """Bars on weekdays whose return from open[s + 1] to open[s + 2] leans to ``lean[s]``; both ``(n, k)``."""
    rng = np.random.default_rng(seed)
    steps = np.zeros(lean.shape)
    steps[2:] = lean[:-2]
    price = 100.0 * np.exp(np.cumsum(steps + rng.normal(0.0, daily, lean.shape), axis=0))
    return Bars.from_arrays(
        time=pd.bdate_range(first, periods=len(lean)),
        symbols=[f"S{i}" for i in range(lean.shape[1])],
        **dict.fromkeys(PRICES, price),
        **told,
    )


def still(n=400, n_symbols=3, seed=0):
    """A random walk."""
    return bars_of(np.zeros((n, n_symbols)), seed)


def walk(recipe, bars, folds=None):
    """A quiet walk without a store."""
    folds = folds or WalkForward(train=250, test=100)
    return walk_forward(recipe, bars, folds, store=False, progress=False, baselines=False)


def ic(recipe, bars, lean, folds):
    """Information coefficients of the recipe and of the rule itself, on the same rows."""
    table = walk(recipe, bars, folds)
    label = np.where(table.known, forward_return(bars, 1), np.nan)
    return pooled(table.median(), label, 1).ic, pooled(lean, label, 1).ic


# What a recipe declares ------------------------------------------------------------------------------------------


def test_a_name_is_read_for_every_bar_that_the_label_covers():
    recipe = RidgeForecaster(horizon=2, features=READ, known=("month_end", ("event", "talk")), static=SECTORS)
    expected = [
        *READ,
        *(feature("month_end", ahead=k) for k in (1, 2, 3)),
        *(feature("event", of="talk", output=o, ahead=k) for k in (1, 2, 3) for o in ("flag", "value")),
        *SECTORS,
    ]
    assert list(recipe.inputs) == expected
    assert recipe.newest_inputs == recipe.inputs[1:]
    assert len(replace(recipe, horizon=(1, 5)).newest_inputs) == 6 * 3 + 2


def test_a_cycle_is_read_as_a_line_can_read_it():
    days = [each.output for each in RidgeForecaster(known=("weekday",)).newest_inputs]
    assert days == 2 * ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    assert [each.output for each in RidgeForecaster(known=("month",)).newest_inputs] == 2 * ["sine", "cosine"]


def test_a_feature_may_name_its_own_bar_and_output():
    known = (feature("gap", ahead=1), feature("weekday", output="number"))
    told = RidgeForecaster(horizon=1, known=known).newest_inputs
    assert told == (known[0], *(feature("weekday", output="number", ahead=k) for k in (1, 2)))


def test_recipes_print_as_code_and_have_keys_of_their_own():
    recipe = MLP(
        known=("weekday", ("event", "talk"), feature("gap", ahead=1)), static=(*SECTORS, ("value", "size"))
    )
    assert eval(repr(recipe), {"MLP": MLP, "feature": feature}) == recipe
    assert hash(eval(repr(recipe), {"MLP": MLP, "feature": feature})) == hash(recipe)
    assert repr(MLP(known=("gap",))) == "MLP(horizon=1, known=('gap',))"
    keys = {
        recipe_key(each, 0) for each in (recipe, replace(recipe, known=()), replace(recipe, static=()), MLP())
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"known": ("wekday",)}, "'wekday' is not known beforehand. Did you mean 'weekday'"),
        ({"known": "weekday"}, r"known='weekday'\): give a tuple, even of one: \('weekday',\)"),
        ({"known": READ}, r"is not known beforehand.*from prices belongs into features="),
        ({"known": (feature("value", of="cpi"),)}, "is not known beforehand"),
        ({"known": SECTORS}, "what stands still into static="),
        ({"static": READ}, r"does not stand still. Give ql.static"),
        ({"static": (("value", "close"),)}, "does not stand still"),
        ({"static": (feature("weekday"),)}, "does not stand still"),
        ({"static": ("sector",)}, "does not stand still"),
        ({"static": {"S0": 1.0}}, "give a tuple"),
    ],
)
def test_what_is_not_known_or_moves_is_refused(changed, why):
    with pytest.raises(ForecastError, match=why):
        RidgeForecaster(**changed)
    with pytest.raises(StrategyError, match="say which events"):
        RidgeForecaster(known=("event",))


def test_forecasters_of_returns_alone_and_ensembles_take_none():
    with pytest.raises(ForecastError, match="leave features, known and static out"):
        ql.EwmaForecaster(known=("gap",))
    with pytest.raises(TypeError, match="known"):
        EnsembleForecaster(members=(NaiveForecaster(), RidgeForecaster()), known=("gap",))


# How it is read --------------------------------------------------------------------------------------------------


def test_the_newest_row_alone_is_read_and_nothing_is_copied():
    bars, recipe = still(60), RidgeForecaster(features=READ, lookback=4, known=("month_end",), static=SECTORS)
    panel = Panel.read(recipe, bars)
    assert panel.features.shape == (3, 60, 1 + 2 + 2)
    windows = Windows(panel.features, 4, np.array([1, 2]), np.array([10, 30]), panel.n_newest)
    flat = windows.flat()
    assert flat.shape == (2, 4 * 1 + 4)
    returns = READ[0].compute(bars)
    for place, (symbol, row) in enumerate(((1, 10), (2, 30))):
        np.testing.assert_array_equal(flat[place, :4], returns[row - 3 : row + 1, symbol])
        coming = [feature("month_end", ahead=k).compute(bars)[row, symbol] for k in (1, 2)]
        np.testing.assert_array_equal(flat[place, 4:], [*coming, *[0.0, 1.0][:: 1 if symbol == 2 else -1]])
    assert windows.cut().shape == (2, 4, 5)
    fold = next(iter(WalkForward(train=30, test=10).split(60, 1)))
    assert panel.test_windows(fold).flat().shape == (30, 8)
    assert panel.training_window(fold).learn.flat().shape[1] == 8
    assert replace(windows, n_newest=5).flat().shape == (2, 5)
    np.testing.assert_array_equal(replace(windows, n_newest=0).flat(), windows.cut().reshape(2, -1))


def test_ranks_are_taken_of_what_trading_moves_and_not_of_the_calendar():
    bars = still()
    plain, ranked = (
        Panel.read(RidgeForecaster(features=READ, known=("month",), ranked=each), bars).features
        for each in (False, True)
    )
    assert set(np.unique(ranked[:, 5:, 0])) <= {-0.5, 0.0, 0.5}
    np.testing.assert_array_equal(ranked[:, :, 1:], plain[:, :, 1:])


def test_known_values_are_the_same_whatever_comes_later():
    recipe = RidgeForecaster(horizon=3, features=READ, known=("weekday", "turn_of_month"))
    bars = still(80)
    whole = Panel.read(recipe, bars).features
    for stop in (20, 55, 79):
        np.testing.assert_array_equal(Panel.read(recipe, bars.rows(0, stop)).features, whole[:, :stop])


def test_networks_see_the_newest_value_at_every_bar_and_do_not_wipe_it_out():
    windows = torch.arange(24.0).reshape(2, 4, 3)
    told = NewestOnly(1)(windows)
    assert torch.equal(told[:, :, :2], windows[:, :, :2])
    assert torch.equal(told[:, :, 2], windows[:, -1:, 2].expand(2, 4))
    assert torch.equal(NewestOnly(3)(windows), windows[:, -1:].expand(2, 4, 3))
    scaled = OwnScale([True, False, True])(windows)
    assert torch.equal(scaled[:, :, 1], windows[:, :, 1])
    assert torch.equal(scaled[:, :, 0], OwnScale()(windows)[:, :, 0])
    assert not OwnScale([True, False]).state_dict()


def test_only_what_trading_moves_gets_the_scale_of_its_window():
    assert feature("log_return", lookback=1).reads_trades
    assert feature("zscore", lookback=5, of="volume").reads_trades
    assert feature("obv").reads_trades
    assert feature(lambda bars, lookback: bars.close).reads_trades
    for each in (feature("value", of="cpi"), feature("weekday"), feature("event", of="talk"), *SECTORS):
        assert not each.reads_trades


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("normalise", ["fold", "window"])
def test_every_network_reads_them(kind, normalise):
    """Other static and known values, another forecast; the same ones, the same."""
    recipe = small(kind, normalise=normalise, features=READ, known=("weekday",), static=SECTORS, epochs=1)
    panel = Panel.read(recipe, still(120))
    symbols, rows = np.repeat([0, 1, 2], 60), np.tile(np.arange(30, 90), 3)
    windows = Windows(panel.features, 8, symbols, rows, panel.n_newest)
    nothing = replace(windows, symbols=symbols[:0], rows=rows[:0])
    labels = panel.labels[symbols, rows]
    trained = recipe.train(ql.forecasting.windows.TrainingWindow(windows, labels, nothing, labels[:0]))
    told = trained.predict(windows)
    for column in (1, -1):  # Monday of the next session; the last sector
        other = panel.features.copy()
        other[:, :, column] = 1.0 - other[:, :, column]
        moved = np.abs(trained.predict(replace(windows, features=other)) - told)
        assert (moved.max(axis=(1, 2)) > 0.0).mean() > 0.9
        older = panel.features.copy()
        older[:, 10::15, column] = 7.0  # only rows that are newest to no window that is asked
        asked = replace(windows, rows=rows // 15 * 15 + 12)
        np.testing.assert_array_equal(trained.predict(replace(asked, features=older)), trained.predict(asked))


def known_friday(windows):
    """A hundredth where the next session is a Friday and the symbol is up: columns as `inputs` has them."""
    return 0.01 * windows[:, -1, 5] * windows[:, -1, -1]


EVERY = {
    "ridge": RidgeForecaster(features=READ),
    "trees": TreesForecaster(features=READ, trees=5, leaf=10),
    "estimator": SklearnForecaster(features=READ, estimator=Ridge(alpha=1.0)),
    "function": FunctionForecaster(features=READ, function=known_friday),
    "network": NLinear(features=READ, lookback=4, epochs=1),
    "nothing else": RidgeForecaster(features=(), known=("gap",)),
    "ensemble": None,
}


@pytest.mark.parametrize("name", EVERY)
def test_every_forecaster_reads_them(name):
    told = {"known": ("weekday",), "static": SECTORS, "levels": LEVELS}
    lean = np.zeros((420, 3))
    lean[:, [0, 2]] = 0.02 * (pd.bdate_range("2012-01-02", periods=420).day_of_week == 3)[:, None]
    bars = bars_of(lean)
    recipe = (
        EnsembleForecaster(members=[replace(EVERY[each], **told) for each in ("ridge", "network")])
        if name == "ensemble"
        else replace(EVERY[name], **told)
    )
    table = walk(recipe, bars)
    medians = table.median()[table.known.all(axis=1)]
    thursdays = (bars.time.day_of_week == 3)[table.known.all(axis=1)]
    assert medians[thursdays][:, [0, 2]].mean() > medians[~thursdays][:, [0, 2]].mean()
    assert np.isfinite(medians).all()
    assert [each.label for each in recipe.baselines()][-1] in ("ridge", "naive")


def test_function_forecasters_see_the_columns_in_order():
    recipe = replace(EVERY["function"], known=("weekday",), static=SECTORS)
    assert recipe.inputs[5] == feature("weekday", output="friday", ahead=1)
    assert recipe.inputs[-1] == SECTORS[1]


def test_symbols_without_a_static_value_are_named():
    with pytest.raises(StrategyError, match="nothing about 'S3'"):
        walk(RidgeForecaster(features=READ, static=SECTORS), still(n_symbols=4))


def test_an_extra_field_that_stands_still_is_read_and_a_constant_harms_nobody():
    bars = still().with_arrays(size=np.tile([1.0, 2.0, 3.0], (400, 1)), one=np.ones((400, 3)))
    told = {"features": READ, "static": (("value", "size"), ("value", "one")), "levels": LEVELS}
    for recipe in (RidgeForecaster(**told), CNN1D(**told, lookback=8, epochs=1, normalise="window")):
        table = walk(recipe, bars)
        assert np.isfinite(table.median()[table.known]).all()
    # A column without spread moves nothing: ridge with it is ridge without it.
    one = walk(RidgeForecaster(features=READ, static=(("value", "one"),), levels=LEVELS), bars)
    none = walk(RidgeForecaster(features=READ, levels=LEVELS), bars)
    np.testing.assert_allclose(one.values, none.values, rtol=1e-9, atol=1e-15)


# What it is worth ------------------------------------------------------------------------------------------------

FOLDS = WalkForward(train=1300, test=500)
EFFECTS = np.array([0.004, -0.006, 0.008, -0.004, 0.002])  # Monday to Friday


def weekday_rule(n=1800, n_symbols=4):
    """Bars whose return over the next session depends on which weekday that is, and the rule."""
    days = pd.bdate_range("2012-01-02", periods=n)
    lean = np.repeat(EFFECTS[(days.day_of_week + 1) % 5][:, None], n_symbols, axis=1)
    return bars_of(lean, seed=3), lean


def event_rule(n=1800, n_symbols=4):
    """Bars that move, in the session of an announced event, by what was announced; a third is announced too late."""
    rng = np.random.default_rng(5)
    days = pd.bdate_range("2012-01-02", periods=n)
    rows, lean = [], np.zeros((n, n_symbols))
    for symbol in range(n_symbols):
        for at in range(10, n, 7):
            notice, value = int(rng.integers(0, 3)), rng.normal()
            rows.append((days[at - notice], days[at], f"S{symbol}", value))
            if notice:  # known at the close before
                lean[at - 1, symbol] = 0.02 * value
    frame = pd.DataFrame(rows, columns=["announced", "at", "symbol", "value"])
    return bars_of(lean, seed=4).with_events("talk", frame), lean


RULES = {"weekday": (weekday_rule, ("weekday",)), "event": (event_rule, (("event", "talk"),))}


@pytest.mark.parametrize("rule", RULES)
def test_a_line_finds_what_is_known_beforehand_and_nothing_without_it(rule):
    make, known = RULES[rule]
    bars, lean = make()
    recipe = RidgeForecaster(features=READ, levels=LEVELS, penalty=1e-3)
    found, truth = ic(replace(recipe, known=known), bars, lean, FOLDS)
    blind, _ = ic(recipe, bars, lean, FOLDS)
    assert truth > 0.25
    assert found > 0.9 * truth
    assert abs(blind) < 0.2 * truth


BRIEF = {
    "lookback": 2,
    "learning_rate": 3e-3,
    "epochs": 30,
    "patience": 8,
}  # a week of returns would tell the day


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "recipe",
    [
        MLP(features=READ, levels=LEVELS, dropout=0.0, **BRIEF),
        CNN1D(features=READ, levels=LEVELS, channels=(8,), dropout=0.0, normalise="window", **BRIEF),
        NLinear(features=READ, levels=LEVELS, normalise="window", **BRIEF),
    ],
    ids=lambda recipe: recipe.label,
)
def test_networks_find_what_is_known_beforehand_and_nothing_without_it(rule, recipe):
    make, known = RULES[rule]
    bars, lean = make()
    found, truth = ic(replace(recipe, known=known), bars, lean, FOLDS)
    blind, _ = ic(recipe, bars, lean, FOLDS)
    assert found > 0.9 * truth
    assert abs(blind) < 0.2 * truth


def test_a_number_published_late_is_worth_nothing_before():
    """The returns of a week lean to a figure of it: told on its Monday it is seen, a week later it is not."""
    rng = np.random.default_rng(7)
    first = pd.bdate_range("2012-01-02", periods=1800)[::5]
    figure = rng.normal(size=len(first))
    lean = np.repeat(0.006 * np.repeat(figure, 5)[:, None], 3, axis=1)
    bars = bars_of(lean, seed=8)
    frame = pd.DataFrame({"known": first, "x": figure})
    late = pd.DataFrame({"known": first[1:], "x": figure[:-1]})
    revised = pd.concat([pd.DataFrame({"known": first, "x": rng.normal(size=len(first))}), late])
    revised["about"] = np.concatenate([np.arange(len(first)), np.arange(len(first) - 1)])
    recipe = RidgeForecaster(features=(feature("value", of="x"),), levels=LEVELS)
    seen, truth = ic(recipe, bars.join(frame), lean, FOLDS)
    unseen, _ = ic(recipe, bars.join(late), lean, FOLDS)
    first_print, _ = ic(recipe, bars.join(revised, known="known", period="about"), lean, FOLDS)
    assert seen > 0.9 * truth > 0.2
    assert abs(unseen) < 0.35 * truth
    assert abs(first_print) < 0.35 * truth


def test_forecasts_of_the_last_bar_read_the_sessions_after_it():
    """The newest bar has a forecast, though the bars it speaks of do not exist yet."""
    bars = still()
    table = walk(RidgeForecaster(features=READ, horizon=5, known=("weekday", "month_end")), bars)
    assert table.known[-1].all()
