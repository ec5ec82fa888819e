"""`check` finds what looks ahead, names it, and tells the place; it stays quiet otherwise."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import CausalityError, DataError, StrategyError
from quantlab.forecasting.folds import WalkForward
from tests.causality import leaks


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path))


@pytest.fixture(scope="module")
def bars():
    return leaks.walk()


def known(bars, monkeypatch):
    """Put the closes of `bars` where the leaks look them up."""
    frame = pd.DataFrame(bars.close, bars.time, columns=list(bars.symbols))
    monkeypatch.setattr(leaks, "FUTURE", frame)
    monkeypatch.setattr(leaks, "CLOSES", bars.close)
    monkeypatch.setattr(leaks, "PANEL", bars)
    monkeypatch.setattr(leaks, "LOOKUP", {name: frame[name] for name in frame})


def check(strategy, bars, **settings):
    return ql.check(strategy, bars, progress=False, **settings)


@pytest.mark.parametrize("function", [leaks.shifted, leaks.scaled, leaks.centred, leaks.backfilled])
def test_a_leaking_feature_is_named_with_its_place(bars, function):
    strategy = leaks.following(function)
    with pytest.raises(CausalityError):
        ql.backtest(strategy, bars)
    report = check(strategy, bars)
    assert not report
    first = report.findings[0]
    assert [each.name for each in report.findings] == ["peek"]
    values = np.asarray(function(bars, 5))
    assert first.value == values[first.bar, bars.index(first.symbol)]
    assert first.time == str(bars.time[first.bar].date())  # a session has no time of day
    assert "00:00" not in str(report)
    assert first.bar <= first.cut
    assert f"peek = feature({function.__name__}, lookback=5)" in str(report)


def test_the_other_value_is_that_of_the_changed_bars(bars):
    first = check(leaks.following(leaks.shifted), bars).findings[0]
    assert (first.change, first.bar) == ("removed", first.cut)
    assert np.isnan(first.changed_value)  # nothing comes after the last bar
    assert first.n_changed >= 20


def test_a_leak_that_the_test_of_functions_misses(bars):
    strategy = leaks.following(leaks.sly)
    assert not any("UNCHECKED" in note for note in ql.backtest(strategy, bars).notes)
    assert [each.name for each in check(strategy, bars).findings] == ["peek"]


def test_the_first_input_comes_first(bars):
    class Two(leaks.Follow):
        b = ql.feature(leaks.centred, lookback=5)
        fine = ql.feature("ema", lookback=5)
        a = ql.feature(leaks.shifted)

        def on_bar(self, now):
            self.act(now, now[self.a])

    assert [each.name for each in check(Two(), bars).findings] == ["b", "a"]


@pytest.mark.parametrize(
    "kind",
    [
        leaks.ReadsGlobalFrame,
        leaks.ReadsGlobalArray,
        leaks.ReadsGlobalBars,
        leaks.ReadsGlobalSeries,
        leaks.ReadsPrivateBars,
    ],
)
def test_decisions_that_look_ahead_without_inputs(kind, monkeypatch):
    bars = leaks.walk(150)
    known(bars, monkeypatch)
    report = check(kind(), bars)
    assert not report
    assert [each.name for each in report.findings] == ["decisions"]
    assert report.inputs == ()
    assert "its decisions depend on later bars" in str(report)


def test_an_order_is_told_as_it_was_and_as_it_became(bars, monkeypatch):
    known(bars, monkeypatch)
    strategy = leaks.ReadsPrivateBars()
    first = check(strategy, bars).findings[0]
    orders = ql.backtest(strategy, bars).orders
    there = orders[(orders["bar"] == first.bar) & (orders["symbol"] == first.symbol)]
    told = [f"{kind} {amount}" for kind, amount in zip(there["kind"], there["amount"], strict=True)]
    assert first.value == (told or ["nothing"])[0]
    assert first.value != first.changed_value


def test_globals_are_put_back_and_may_be_read_up_to_now(bars, monkeypatch):
    known(bars, monkeypatch)
    before = leaks.FUTURE
    report = check(leaks.ReadsGlobalPast(), bars)
    assert report
    assert report.n_orders > 50
    assert leaks.FUTURE is before
    assert not report.proven
    assert [each.name for each in report.unproven] == ["FUTURE"]


def test_series_in_classes_and_closures():
    bars = leaks.walk(150)
    closes = pd.DataFrame(bars.close, bars.time)

    class InClass(leaks.Follow):
        table = closes

        def on_bar(self, now):
            self.act(now, self.table.iloc[min(now.bar + 1, len(self.table) - 1)].to_numpy())

    class InClosure(leaks.Follow):
        def on_bar(self, now):
            self.act(now, closes.iloc[min(now.bar + 1, len(closes) - 1)].to_numpy())

    assert not check(InClass(), bars)
    assert not check(InClosure(), bars)
    assert InClass.table is closes


def test_a_feature_that_answers_from_a_global_frame(bars, monkeypatch):
    known(bars, monkeypatch)
    strategy = leaks.following(leaks.remembered)
    assert not any("UNCHECKED" in note for note in ql.backtest(strategy, bars).notes)
    assert [each.name for each in check(strategy, bars).findings] == ["peek"]


def test_a_feature_that_fails_without_later_bars(bars):
    report = check(leaks.following(leaks.late), bars)
    assert [each.name for each in report.findings] == ["peek"]
    assert report.findings[0].changed_value.startswith("IndexError")


def test_a_forecaster_with_a_leaking_feature(bars):
    class Ranks(leaks.Follow):
        outlook = ql.forecast(ql.RidgeForecaster(features=(ql.feature(leaks.scaled),)))

        def on_bar(self, now):
            self.act(now, now[self.outlook])

    report = check(Ranks(), bars, folds=WalkForward(train=120, test=40))
    assert [each.name for each in report.findings] == ["outlook.scaled"]
    assert any("forecasts and orders were not compared" in each.detail for each in report.unproven)


class Peeking(ql.RidgeForecaster):
    """A recipe whose trained forecaster looks at all windows of its block before it speaks of one."""

    def train(self, window, *, seed=0):
        return Averaged(super().train(window, seed=seed))


class Averaged:
    def __init__(self, trained):
        self.trained = trained
        self.state = trained.state

    def predict(self, windows):
        values = self.trained.predict(windows)
        return values - values[:, :, 3].mean()


def test_a_forecaster_that_reads_its_whole_test_block(bars):
    class Ranks(leaks.Follow):
        outlook = ql.forecast(Peeking())

        def on_bar(self, now):
            self.act(now, now.close * (1.0 + now[self.outlook]))

    report = check(Ranks(), bars, folds=WalkForward(train=120, test=40))
    assert [each.name for each in report.findings] == ["outlook"]
    assert "at level" in report.findings[0].declaration


class Counting(ql.RidgeForecaster):
    """Ridge that counts how often it learns."""

    learnt = []

    def train(self, window, *, seed=0):
        self.learnt.append(len(window.learn))
        return super().train(window, seed=seed)


def test_what_stands_before_a_cut_is_not_learnt_again(tmp_path):
    bars = leaks.walk(holes=0.0)

    class Ranks(leaks.Follow):
        outlook = ql.forecast(Counting())

        def on_bar(self, now):
            self.act(now, now.close * (1.0 + now[self.outlook]))

    folds = WalkForward(train=120, test=40)
    Counting.learnt.clear()
    report = check(Ranks(), bars, folds=folds)
    assert report
    assert "outlook" in report.inputs
    n_folds = len(list(folds.split(bars.n_bars, 1)))
    # Another future of 50 bars reaches into the training of at most two further folds.
    assert n_folds <= len(Counting.learnt) <= n_folds + 2 * report.n_replaced
    kept = sorted(path.name for path in tmp_path.rglob("*.npz"))
    ql.walk_forward(Counting(), bars, folds, baselines=False)
    assert sorted(path.name for path in tmp_path.rglob("*.npz")) == kept  # and nothing else was kept
    assert len(kept) == 2 * n_folds + 1


def test_given_forecasts_are_said_to_be_unchecked(bars):
    frame = pd.DataFrame(0.01, bars.time, columns=list(bars.symbols))
    table = ql.Forecasts.from_frame(frame, trained_through="2019-12-31")

    class Ranks(leaks.Follow):
        outlook = ql.forecast(ql.NaiveForecaster())

        def on_bar(self, now):
            self.act(now, now.close * (1.0 + now[self.outlook]))

    report = check(Ranks(), bars, forecasts=table)
    assert report
    assert report.n_orders > 0
    assert not report.proven
    assert "NOT PROVEN: outlook was given as a table." in report.verdict


def test_weights_made_elsewhere(bars):
    weights = pd.DataFrame(1.0 / 3.0, bars.time[::20], columns=list(bars.symbols)).where(bars.present[::20])
    report = check(ql.FollowWeights(weights), bars)
    assert report
    assert not report.proven
    assert "NOT PROVEN: its weights were made elsewhere." in report.verdict
    assert len(report.unproven) == 1


class Averages(leaks.Follow):
    fast = ql.feature("sma", lookback=5)
    slow = ql.feature("sma", lookback=20)

    def on_bar(self, now):
        self.act(now, np.where(now[self.fast] > now[self.slow], np.inf, -np.inf))


def test_a_causal_strategy(bars):
    report = check(Averages(), bars, costs=ql.Costs(commission=0.001), start="2020-03-02", end="2021-03-01")
    assert report
    assert report.proven
    assert report.findings == report.unproven == ()
    assert report.warnings == ()
    assert len(report.cuts) == 20
    assert report.n_removed >= 10
    assert report.n_replaced >= 10
    assert report.inputs == ("fast", "slow")
    assert "is causal" in str(report)
    first, last = bars.window("2020-03-02").time[0], bars.window(end="2021-03-01").time[-1]
    assert all(first <= bars.time[cut] < last for cut in report.cuts)


def test_half_of_the_cuts_lie_where_orders_were_given(bars):
    class Rare(ql.Strategy):
        def on_bar(self, now):
            if now.bar in (40, 80, 120, 160, 200):
                now.order(0, 1.0)

    cuts = set(check(Rare(), bars).cuts)
    assert len(cuts) == 20
    assert {39, 40, 79, 80, 119, 120, 159, 160, 199, 200} <= cuts


def test_the_same_seed_gives_the_same_report(bars):
    strategy = leaks.following(leaks.centred)
    assert check(strategy, bars, seed=3).to_dict() == check(strategy, bars, seed=3).to_dict()
    assert check(strategy, bars, seed=3).cuts != check(strategy, bars, seed=4).cuts


def test_orders_in_same_close_mode(bars):
    assert check(Averages(), bars, execution=ql.Execution(fill="same_close"))


def test_random_decisions_are_told_from_looking_ahead(bars):
    report = check(leaks.Dice(), bars)
    assert not report
    assert any("between two runs on the same bars" in line for line in report.warnings)


def test_recursive_features_and_short_memories_are_warnings(bars):
    class Slow(leaks.Follow):
        average = ql.feature("ema", lookback=20)
        total = ql.feature("obv")

        def on_bar(self, now):
            self.act(now, now[self.average])

    report = check(Slow(), leaks.walk(holes=0.0))
    assert report
    told = [line for line in report.warnings if "remembers more than its warm-up" in line]
    assert [line.split(" = ")[0] for line in told] == ["average", "total"]
    assert "settles after" in told[0]
    assert "does not settle" in told[1]


def test_orders_that_hang_on_the_number_of_a_bar_are_a_warning(bars):
    class Counts(ql.Strategy):
        def on_bar(self, now):
            if now.bar % 7 == 0:
                now.order(0, 1.0)

    report = check(Counts(), bars)
    assert report
    assert any("where the bars begin" in line for line in report.warnings)


def test_a_strategy_without_orders_says_so(bars):
    class Idle(ql.Strategy):
        def on_bar(self, now):
            pass

    report = check(Idle(), bars)
    assert report
    assert any("no order" in line for line in report.warnings)


def test_on_end_does_not_run(bars):
    told = []

    class Tells(Averages):
        def on_end(self, now):
            told.append(now.bar)

    assert check(Tells(), bars)
    assert told == []


def test_a_report_as_json_and_html(bars):
    leaky = check(leaks.following(leaks.shifted), bars)
    plain = json.loads(json.dumps(leaky.to_dict(), allow_nan=False))
    assert (plain["causal"], plain["proven"]) == (False, False)
    assert plain["findings"][0]["name"] == "peek"
    assert plain["findings"][0]["changed_value"] is None
    assert len(plain["cuts"]) == 20
    assert "LOOKS AHEAD" in leaky._repr_html_()
    assert "<script" not in leaky._repr_html_()
    assert "is causal" in check(Averages(), bars)._repr_html_()
    with pytest.raises(AttributeError):
        leaky.name = "another"


def test_delistings_and_few_bars():
    few = leaks.walk(30)
    report = check(Averages(), few)
    assert len(report.cuts) == 10  # rows 19 … 28
    ended = leaks.walk(120).with_arrays()
    dead = ql.Bars.from_arrays(
        time=ended.time,
        symbols=ended.symbols,
        **{
            n: np.where(np.arange(120)[:, None] > [200, 70, 200], np.nan, ended[n])
            for n in ("open", "high", "low", "close")
        },
        ends={"B": (str(ended.time[70].date()), -0.5)},
    )
    assert check(Averages(), dead)


def test_what_cannot_be_checked_is_refused(bars):
    with pytest.raises(DataError, match="nothing to check"):
        check(Averages(), bars.rows(0, 20))
    with pytest.raises(DataError, match="cuts=0"):
        check(Averages(), bars, cuts=0)
    with pytest.raises(StrategyError, match="is a class"):
        check(Averages, bars)


def test_a_strategy_that_is_broken_anyway_raises(bars):
    class Broken(ql.Strategy):
        def on_bar(self, now):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        check(Broken(), bars)
