"""Serving live: one window at a time says what the walk-forward's table says, and refuses what it cannot know."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import pkgutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

import quantlab as ql
import quantlab.forecasting
from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.forecaster import Choice, Forecaster
from quantlab.forecasting.store import ForecastStore
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive
from tests.unit.forecasting.networks import NETWORKS, small

N_BARS, TEST = 240, 40
FOLDS = ql.WalkForward(train=90, test=TEST)
LONGER = ql.WalkForward(train=150, test=TEST)  # a series is fitted to 100 returns or more
READ = (
    feature("log_return", lookback=1),
    feature("volatility", lookback=5),
    feature("zscore", lookback=5, of="volume"),
)
ACROSS = (*READ, feature("cs_rank", lookback=3), feature("beta", lookback=6, against="S0"))
RIDGE = ql.RidgeForecaster(horizon=2, features=READ, lookback=4)
MLP = ql.MLP(horizon=2, features=READ, lookback=4, hidden=(6,), epochs=2)


def reversal(windows):
    """A tenth of the newest value, the other way."""
    return -0.1 * windows[:, -1, 0]


def dense(lookback, n_features, n_outputs):
    """One layer of Keras."""
    import keras

    layers = keras.layers
    shape = (lookback, n_features)
    return keras.Sequential([layers.Input(shape), layers.Flatten(), layers.Dense(n_outputs)])


def centred(bars, lookback):
    """A feature of one's own: the close over its mean so far."""
    return bars.close / (np.cumsum(bars.close, axis=0) / np.arange(1, bars.n_bars + 1)[:, None]) - 1.0


PARTS = {
    ql.SklearnForecaster: {"estimator": LinearRegression()},
    ql.FunctionForecaster: {"function": reversal},
    ql.EnsembleForecaster: {"members": (RIDGE, MLP, ql.EwmaForecaster(horizon=2, lookback=9))},
    ql.TreesForecaster: {"trees": 5, "leaf": 10},
    ql.ArimaForecaster: {"lookback": 9},
    ql.EwmaForecaster: {"lookback": 9},
    ql.GarchForecaster: {"lookback": 9},
    ql.KerasForecaster: {"model": dense, "epochs": 2},
    ql.PerSymbolForecaster: {"member": RIDGE, "at_least": 30},
    ql.HistoricalVolatilityForecaster: {"lookback": 9},
}
"""What a kind of forecaster needs beside a horizon; a new one that needs nothing is tested without a line here."""


def kinds() -> list[type[Forecaster]]:
    """Every forecaster of quantlab that can be made."""
    for module in pkgutil.walk_packages(quantlab.forecasting.__path__, "quantlab.forecasting."):
        if (
            module.name != "quantlab.forecasting.keras_network"
        ):  # it needs Keras, with its backend chosen before
            importlib.import_module(module.name)
    found, open_ones = [], [Forecaster]
    while open_ones:
        kind = open_ones.pop()
        open_ones += kind.__subclasses__()
        if not inspect.isabstract(kind) and kind.__module__.startswith("quantlab."):
            found.append(kind)
    if not importlib.util.find_spec("keras"):
        found.remove(ql.KerasForecaster)
    return sorted(found, key=lambda kind: kind.__name__)


def made(kind: type[Forecaster]) -> Forecaster:
    """A small recipe of that kind."""
    if kind in NETWORKS:
        return small(kind, horizon=(1, 3), features=READ)
    given = dict(PARTS.get(kind, {}))
    reads = next(each for each in dataclasses.fields(kind) if each.name == "features")
    if reads.init and reads.default == Forecaster.features:
        given |= {"features": READ, "lookback": 4}
    return kind(**{"horizon": 2, **given})


VARIED = {
    "several losses": ql.EnsembleForecaster(
        members=tuple(dataclasses.replace(MLP, loss=loss) for loss in ("mse", "gaussian", "ic"))
    ),
    "window by window": dataclasses.replace(MLP, normalise="window"),
    "symbols together": dataclasses.replace(MLP, symbols="together"),
    "calendar, symbols together, ranked": dataclasses.replace(
        MLP, symbols="together", ranked=True, known=("weekday", "month_end"), normalise="window"
    ),
    "calendar per symbol": ql.PerSymbolForecaster(
        member=dataclasses.replace(RIDGE, known=("weekday",)), at_least=30
    ),
    "ranked": dataclasses.replace(RIDGE, ranked=True),
    "volatility": dataclasses.replace(MLP, target="volatility"),
    "drawdown": dataclasses.replace(RIDGE, target=ql.targets.Drawdown(depth=0.01)),
    "garch of volatility": ql.GarchForecaster(horizon=2, lookback=9, target="volatility"),
    "several together": ql.EnsembleForecaster(
        members=(dataclasses.replace(MLP, symbols="together"), dataclasses.replace(MLP, loss="mse"))
    ),
    "warm": dataclasses.replace(MLP, warm_start=True),
    "across symbols": dataclasses.replace(RIDGE, features=ACROSS),
    "slow averages": dataclasses.replace(
        RIDGE, features=(feature("rsi", lookback=3), feature("ema", lookback=2, of="volume")), lookback=1
    ),
    "seconds of a recipe": ql.CNN1D(horizon=2, features=READ, lookback=8, channels=(4,), dense=8, epochs=2),
}
RECIPES = {**{kind.__name__: made(kind) for kind in kinds()}, **VARIED}
FOLDINGS = {
    "rolling": FOLDS,
    "expanding": ql.WalkForward(train=90, test=TEST, expanding=True, embargo=3),
    "seldom trained": ql.WalkForward(train=90, test=15, refit_every=3),
    "without validation": ql.WalkForward(train=90, test=TEST, validation=0.0),
}


@pytest.fixture(scope="module")
def bars():
    """Three random walks without gaps."""
    return naive.as_bars(naive.random_walk(N_BARS, 3, seed=4))


@pytest.fixture(scope="module")
def gappy():
    """Three random walks, the last of which is listed late and misses bars, and the first of which misses one."""
    arrays = naive.random_walk(N_BARS, 3, seed=5)
    for name in arrays:
        arrays[name][:140, 2] = np.nan
        arrays[name][[155, 171, 190, 191, 215], 2] = np.nan
        arrays[name][207, 0] = np.nan
    return naive.as_bars(arrays)


def table_of(recipe, bars, folds=FOLDS, store=False, seed=0):
    return walk_forward(recipe, bars, folds, seed=seed, store=store, baselines=False, progress=False)


def assert_row(told, table, row):
    """The forecast is the table's row, within what one batch may differ from another."""
    assert np.isfinite(table.values[row]).any()
    np.testing.assert_allclose(told.quantiles, table.values[row], rtol=0.0, atol=1e-6)
    assert (told.as_of, told.trained_through) == (table.as_of[row], table.trained_through[row])
    assert told.time == table.time[row]


@pytest.mark.parametrize("name", RECIPES)
def test_live_says_what_the_table_says(name, bars, tmp_path):
    recipe = RECIPES[name]
    folds = LONGER if isinstance(recipe, ql.ArimaForecaster | ql.GarchForecaster) else FOLDS
    table = table_of(recipe, bars, folds, store=tmp_path)
    serving = ql.live(recipe, bars, folds, store=tmp_path)
    first = serving.fold.test.start
    for row in (first, (first + N_BARS) // 2, N_BARS - 1):
        assert_row(serving.forecast(bars.rows(0, row + 1)), table, row)
        assert_row(serving.forecast(bars.rows(row + 1 - serving.bars_needed, row + 1)), table, row)


@pytest.mark.parametrize("folding", FOLDINGS)
@pytest.mark.parametrize("name", ["RidgeForecaster", "MLP", "warm", "several losses"])
def test_the_fold_of_the_newest_bar_serves_until_its_block_ends(folding, name, bars):
    recipe, folds = RECIPES[name], FOLDINGS[folding]
    table = table_of(recipe, bars, folds, seed=3)
    serving = ql.live(recipe, bars.rows(0, 200), folds, seed=3, store=False)
    served = serving.fold.test
    assert 199 in served
    assert len(served) == folds.test * folds.refit_every
    for row in sorted({served.start, 199, 200, min(served.stop, N_BARS) - 1}):
        assert not serving.is_due(bars.rows(0, row + 1))
        assert_row(serving.forecast(bars.rows(0, row + 1)), table, row)
    if served.stop < N_BARS:
        late = bars.rows(0, served.stop + 1)
        assert serving.is_due(late)
        with pytest.raises(
            ForecastError, match=r"ended 1 bars before .* ql\.live\(forecaster, bars, folds\)"
        ):
            serving.forecast(late)


def test_live_at_the_end_of_any_bars_is_the_last_row_of_their_table(bars):
    for n_bars in (*range(128, 140), 173, 174, 213, 214):
        cut = bars.rows(0, n_bars)
        told = ql.live(RIDGE, cut, FOLDS, store=False).forecast(cut)
        assert_row(told, table_of(RIDGE, cut), n_bars - 1)


@pytest.mark.parametrize("name", ["RidgeForecaster", "across symbols", "NaiveForecaster"])
def test_with_gaps_any_tail_says_what_the_table_says_or_is_refused(name, gappy):
    recipe = RECIPES[name]
    table, serving = table_of(recipe, gappy), ql.live(recipe, gappy, FOLDS, store=False)
    told = set()

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(row=st.integers(serving.fold.test.start, N_BARS - 1), length=st.integers(1, 60))
    def agrees(row, length):
        tail = gappy.rows(max(0, row + 1 - length), row + 1)
        try:
            answer = serving.forecast(tail)
        except ForecastError as error:
            told.add(str(error).rpartition(":")[2])
        else:
            assert_row(answer, table, row)
            told.add("agreed")

    agrees()
    assert told == ({"agreed"} if name == "NaiveForecaster" else {"agreed", " give at least as many."})


def test_a_symbol_that_comes_later_needs_no_earlier_bars():
    arrays = naive.random_walk(N_BARS, 2, seed=6)
    for name in arrays:
        arrays[name][215:222, 1] = np.nan
        arrays[name][:215, 1] = np.nan
    bars = naive.as_bars(arrays)
    table, serving = table_of(RIDGE, bars), ql.live(RIDGE, bars.rows(0, 216), FOLDS, store=False)
    whole = np.isfinite(table.values).all(axis=(2, 3))[:, 1]
    first = int(whole.argmax())
    assert 222 < first < N_BARS - 5
    for row in (first - 1, first, first + 2):
        told = serving.forecast(bars.rows(205, row + 1))
        assert told.known.tolist() == [True, whole[row]]
        assert_row(told, table, row)


def test_what_lies_in_the_store_is_not_learnt_again(bars, tmp_path, monkeypatch):
    table_of(VARIED["warm"], bars, store=ForecastStore(tmp_path))
    before = {path.name for path in (tmp_path / "weights").iterdir()}
    monkeypatch.setattr(ql.MLP, "train", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(ql.MLP, "train_after", lambda *_, **__: pytest.fail("trained again"))
    ql.live(VARIED["warm"], bars, FOLDS, store=tmp_path)
    assert {path.name for path in (tmp_path / "weights").iterdir()} == before


def test_what_live_has_learnt_is_not_learnt_again_by_a_walk_forward(bars, tmp_path):
    ql.live(MLP, bars, FOLDS, store=tmp_path)
    assert table_of(MLP, bars, store=tmp_path).provenance["folds_trained"] == 3  # of four


def test_a_tuned_recipe_speaks_from_the_last_bar_it_was_chosen_by(bars):
    chosen = dataclasses.replace(RIDGE, choice=Choice(trials=9, through_ns=int(bars.time_ns[220])))
    table, serving = table_of(chosen, bars), ql.live(chosen, bars, FOLDS, store=False)
    for row in (220, 221, N_BARS - 1):
        assert_row(serving.forecast(bars.rows(0, row + 1)), table, row)
    assert serving.trained_through == bars.time_ns[220]
    with pytest.raises(ForecastError, match="speaks of later bars only"):
        serving.forecast(bars.rows(0, 220))


def test_pretrained_weights_speak_after_what_they_have_seen(bars):
    start = ql.pretrain(MLP, bars.rows(0, 90))
    tuned = MLP.fine_tuned(start)
    assert_row(ql.live(tuned, bars, FOLDS, store=False).forecast(bars), table_of(tuned, bars), N_BARS - 1)
    later = ql.live(MLP.fine_tuned(ql.pretrain(MLP, bars.rows(0, 230))), bars, FOLDS, store=False)
    assert later.forecast(bars.rows(0, 231)).trained_through == bars.time_ns[229]
    with pytest.raises(ForecastError, match="speaks of later bars only"):
        later.forecast(bars.rows(0, 229))


def test_an_ensemble_knows_what_its_members_know(bars):
    choice = Choice(trials=4, through_ns=int(bars.time_ns[150]))
    seen = MLP.fine_tuned(ql.pretrain(MLP, bars.rows(0, 90)))
    both = ql.EnsembleForecaster(members=(seen, dataclasses.replace(RIDGE, choice=choice)))
    assert both.known_through == bars.time_ns[89]
    assert both.choice == choice
    twice = ql.EnsembleForecaster(members=(both, dataclasses.replace(RIDGE, choice=Choice(2, 1))))
    assert twice.choice == Choice(trials=6, through_ns=choice.through_ns)
    late = ql.EnsembleForecaster(members=(RIDGE, MLP.fine_tuned(ql.pretrain(MLP, bars.rows(0, 200)))))
    with pytest.raises(ForecastError, match="know the market through"):
        table_of(late, bars)


@pytest.mark.parametrize(
    "read", [feature(centred), feature("obv")], ids=["a function of one's own", "a running total"]
)
def test_what_never_forgets_needs_all_bars(read, bars):
    recipe = dataclasses.replace(RIDGE, features=(*READ, read))
    table, serving = table_of(recipe, bars), ql.live(recipe, bars.rows(0, 220), FOLDS, store=False)
    assert serving.bars_needed is None
    assert_row(serving.forecast(bars.rows(0, 231)), table, 230)
    with pytest.raises(ForecastError, match="may depend on all earlier bars"):
        serving.forecast(bars.rows(1, 231))


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        (lambda bars: bars.rows(215, 221), r"hold 6 of S0; a forecast reads 9"),
        (lambda bars: bars.rows(0, 150), "speaks of later bars only"),
        (lambda bars: bars.select(["S0", "S1"]), r"trained for S0, S1, S2, .*bars\.select"),
        (lambda bars: bars.select(["S1", "S0", "S2"]), "in this sequence"),
        (lambda bars: bars.rows(221, N_BARS), "after the last one it knows"),
        (lambda bars: dataclasses.replace(bars, time_ns=bars.time_ns + 1), "stamped differently"),
        (
            lambda bars: dataclasses.replace(bars.rows(0, 210), time_ns=bars.time_ns[:210] - 1),
            "stamped differently",
        ),
        (lambda bars: dataclasses.replace(bars, periods_per_year=252.0), "come 252 times a year"),
    ],
)
def test_what_cannot_be_served_is_refused_with_advice(asked, advice, bars):
    serving = ql.live(RIDGE, bars.rows(0, 220), FOLDS, store=False)
    with pytest.raises(ForecastError, match=advice):
        serving.forecast(asked(bars))


def test_what_cannot_be_made_is_refused(bars):
    with pytest.raises(ForecastError, match="nobody knows yet"):
        ql.live(RIDGE, bars, ql.PurgedKFold(blocks=4), store=False)
    with pytest.raises(ForecastError, match="at least"):
        ql.live(RIDGE, bars.rows(0, 80), FOLDS, store=False)
    with pytest.raises(ForecastError, match="the fold of the newest bar"):
        ql.live(dataclasses.replace(RIDGE, lookback=200), bars, FOLDS, store=False)


def test_a_forecast_is_read_like_a_table_and_prints_as_one(bars):
    recipe = ql.RidgeForecaster(horizon=(1, 3), features=READ, levels=(0.1, 0.5, 0.9))
    serving = ql.live(recipe, bars, FOLDS, store=False)
    told, table = serving.forecast(bars), table_of(recipe, bars)
    np.testing.assert_array_equal(told.median(3), table.median(3)[-1])
    np.testing.assert_array_equal(told.quantile(0.9, 1), table.quantile(0.9, 1)[-1])
    assert (told.symbols, told.horizons, told.levels) == (table.symbols, table.horizons, table.levels)
    for mistake, advice in (((0.2, 1), "level"), ((0.5, 2), "horizon"), ((0.5, None), "several")):
        with pytest.raises(ForecastError, match=advice):
            told.quantile(*mistake)
    with pytest.raises(ValueError, match="read-only"):
        told.quantiles[0] = 0.0
    lines = repr(told).splitlines()
    assert lines[0].startswith("Forecast at 2015-08-28 by RidgeForecaster(horizon=(1, 3)")
    assert sum(line.split()[:1] == ["S1"] for line in lines) == 2
    assert "trained through 2015-08-" in lines[-1]
    assert "serves 40 bars, reads 6 bars" in repr(serving)


def test_intraday_bars_are_shown_in_their_zone(bars):
    times = np.datetime64("2024-01-01T00:00", "ns") + np.arange(N_BARS) * np.timedelta64(1, "h")
    fields = {name: bars[name] for name in ("open", "high", "low", "close", "volume")}
    hourly = ql.Bars.from_arrays(
        time=times, symbols=bars.symbols, tz="Asia/Tokyo", periods_per_year=8760.0, **fields
    )
    told = ql.live(RIDGE, hourly, FOLDS, store=False).forecast(hourly)
    assert told.time == hourly.time[-1]
    assert str(told.time.tz) == "Asia/Tokyo"
    assert str(hourly.time[-1]) in repr(told)
