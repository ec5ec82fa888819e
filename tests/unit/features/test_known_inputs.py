"""Inputs whose future is known: the calendar by hand, no price in the room, no later row in a value."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.errors import DataError, StrategyError
from quantlab.features import compute
from quantlab.features.catalogue import BUILT_INS
from quantlab.features.features import feature
from quantlab.features.static import static
from quantlab.market.bars import Bars
from quantlab.market.outline import Outline
from tests.examples import examples

PRICES = ("open", "high", "low", "close")
CALENDAR = [
    (name, output)
    for name, row in BUILT_INS.items()
    if row.reads == "outline" and row.is_ahead
    for output in row.outputs or (None,)
]


def bars_at(time, symbols=("A",), seed=0, **told):
    """Bars of random prices at the given times."""
    price = np.random.default_rng(seed).uniform(1.0, 9.0, (len(time), len(symbols)))
    return Bars.from_arrays(time=time, symbols=symbols, **dict.fromkeys(PRICES, price), **told)


def told(bars, name, **params):
    """One column of values, as a list."""
    return feature(name, **params).compute(bars)[:, 0].tolist()


def new_york(first, last):
    """Days of XNYS between two dates, by plain knowledge of its holidays in 2012 and 2024."""
    shut = ["2012-07-04", "2012-10-29", "2012-10-30", "2012-11-22", "2024-03-29", "2024-12-25", "2025-01-01"]
    days = pd.bdate_range(first, last)
    return days[~days.isin(pd.to_datetime(shut))]


# Good Friday of 2024 is the last weekday of its quarter: Thursday 28 March is the last session.
EASTER = bars_at(new_york("2024-03-25", "2024-04-05"), calendar="XNYS")
# Independence Day of 2012, a Wednesday; the day before it closes early.
JULY = bars_at(new_york("2012-06-28", "2012-07-06"), calendar="XNYS")


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("weekday", {"ahead": 0}, [0, 1, 2, 3, 0, 1, 2, 3, 4]),
        ("weekday", {}, [1, 2, 3, 0, 1, 2, 3, 4, 0]),
        ("weekday", {"ahead": 3}, [3, 0, 1, 2, 3, 4, 0, 1, 2]),
        ("weekday", {"output": "monday"}, [0, 0, 0, 1, 0, 0, 0, 0, 1]),
        ("month", {}, [3, 3, 3, 4, 4, 4, 4, 4, 4]),
        ("month_end", {"ahead": 0}, [3, 2, 1, 0, 21, 20, 19, 18, 17]),
        ("month_end", {"ahead": 2}, [1, 0, 21, 20, 19, 18, 17, 16, 15]),
        ("quarter_end", {"ahead": 0}, [3, 2, 1, 0, 62, 61, 60, 59, 58]),
        ("turn_of_month", {"ahead": 0}, [0, 0, 0, 1, 1, 1, 1, 0, 0]),
        ("turn_of_month", {}, [0, 0, 1, 1, 1, 1, 0, 0, 0]),
        ("gap", {}, [1, 1, 1, 4, 1, 1, 1, 1, 3]),
        ("gap", {"ahead": 2}, [1, 1, 4, 1, 1, 1, 1, 3, 1]),
        ("early_close", {}, [0] * 9),
    ],
)
def test_easter_week_by_hand(name, params, expected):
    assert told(EASTER, name, **params) == expected


def test_a_half_day_and_a_holiday_in_the_middle_of_a_week():
    assert told(JULY, "early_close") == [0, 0, 1, 0, 0, 0]
    assert told(JULY, "gap") == [1, 3, 1, 2, 1, 3]
    assert told(JULY, "weekday") == [4, 0, 1, 3, 4, 0]


def test_what_nobody_could_plan_with_is_not_known_beforehand():
    """Before Hurricane Sandy shut New York on 29 and 30 October 2012, the calendar had sessions there."""
    sandy = bars_at(new_york("2012-10-25", "2012-11-01"), calendar="XNYS")
    assert told(sandy, "weekday") == [4, 0, 3, 4]
    assert told(sandy, "gap") == [1, 3, 1, 1]
    assert told(sandy, "month_end", ahead=0) == [4, 3, 0, 20]


def test_waves_close_over_the_year():
    december = bars_at(new_york("2024-11-29", "2024-12-03"), calendar="XNYS")
    assert told(december, "month") == [12, 12, 12]
    np.testing.assert_allclose(told(december, "month", output="cosine"), np.cos(-np.pi / 6))
    np.testing.assert_allclose(told(december, "month", output="sine"), np.sin(-np.pi / 6))


def test_without_a_calendar_the_rule_is_weekdays_or_every_date():
    friday = bars_at(["2024-01-04", "2024-01-05"])
    assert told(friday, "weekday") == [4, 0]
    never_shut = bars_at(["2024-01-04", "2024-01-05"], periods_per_year=365)
    assert told(never_shut, "weekday") == [4, 5]
    listed = bars_at(["2024-01-04", "2024-01-05"], calendar="24/7")
    assert told(listed, "weekday") == [4, 5]
    saturday = bars_at(["2024-01-05", "2024-01-06"], periods_per_year=260)
    assert told(saturday, "weekday", ahead=0) == [4, 5]
    assert told(saturday, "weekday") == [0, 0]
    assert told(saturday, "gap") == [3, 2]


HOURLY = ["10:30", "11:30", "12:30", "13:30", "14:30", "15:30", "16:00"]


def intraday(days, clock=tuple(HOURLY), **told):
    """Bars that close at the given times of New York."""
    stamps = [f"{day} {time}" for day in days for time in clock]
    return bars_at(stamps, tz="America/New_York", **{"calendar": "XNYS", **told})


def test_hours_of_a_session_by_hand():
    """The 3rd of July closes at one o'clock, the 4th is a holiday; the last bar of a session is half as long."""
    bars = bars_at(
        [f"2012-07-02 {time}" for time in HOURLY]
        + [f"2012-07-03 {time}" for time in ("10:30", "11:30", "12:30")],
        tz="America/New_York",
        calendar="XNYS",
    )
    hours = told(bars, "hour")
    # The first row is taken to be as long as its session: the next bar is what is left of it.
    assert hours == [6.5, 3, 4, 5, 6, 6.5, 1, 2, 3, 3.5]
    assert told(bars, "hour", ahead=0) == [1, 2, 3, 4, 5, 6, 6.5, 1, 2, 3]
    assert told(bars, "hour", ahead=3)[1:] == [5, 6, 6.5, 1, 2, 3, 3.5, 1, 2]
    assert told(bars, "weekday", ahead=3)[1:] == [0, 0, 0, 1, 1, 1, 1, 3, 3]
    assert told(bars, "gap")[1:] == [0, 0, 0, 0, 0, 1, 0, 0, 0]
    assert told(bars, "gap", ahead=2)[-1] == 2
    assert told(bars, "early_close")[1:] == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    shares = np.array(told(bars, "hour", output="cosine"))
    np.testing.assert_allclose(shares[[1, 5]], [np.cos(2 * np.pi * 3 / 6.5), 1.0])


def test_many_bars_ahead_walk_over_sessions():
    bars = intraday(["2024-03-25", "2024-03-26", "2024-03-27"])
    assert told(bars, "weekday", ahead=14)[1:7] == [2] * 6
    # 7 bars a session: 14 bars on is the same bar two sessions later, over Good Friday from Wednesday on.
    assert told(bars, "weekday", ahead=14)[14:] == [0] * 7
    assert told(bars, "hour", ahead=14)[1:] == told(bars, "hour", ahead=0)[1:]


def test_round_the_clock_bars():
    hours = pd.date_range("2024-01-05 22:00", periods=5, freq="h", tz="UTC")
    bars = bars_at(hours, calendar="24/7")
    assert told(bars, "hour")[1:] == [24, 1, 2, 3]
    assert told(bars, "weekday")[1:] == [4, 5, 5, 5]


@st.composite
def outlined(draw):
    """Bars with absent rows and holes, of one of the kinds that have coming sessions."""
    kind = draw(st.sampled_from(["XNYS", "rule", "24/7", "hourly"]))
    n, seed = draw(st.integers(12, 60)), draw(st.integers(0, 10_000))
    start = pd.Timestamp("2012-01-02") + pd.Timedelta(days=draw(st.integers(0, 360)))
    rng = np.random.default_rng(seed)
    if kind == "24/7":
        return bars_at(pd.date_range(start, periods=n), ("A", "B"), seed, calendar="24/7")
    days = new_york(start, start + pd.Timedelta(days=150))
    days = days[
        ~days.isin(pd.to_datetime(["2012-01-16", "2012-02-20", "2012-04-06", "2012-05-28", "2012-09-03"]))
    ]
    days = days[
        ~days.isin(pd.to_datetime(["2012-12-25", "2013-01-01", "2013-01-21", "2013-02-18", "2013-03-29"]))
    ]
    days = days[~days.isin(pd.to_datetime(["2012-01-02", "2013-05-27"]))]
    if kind == "hourly":
        n_days = n // 4
        coarse = [f"{day.date()} {time}" for day in days[: n_days // 2] for time in HOURLY[:5]]
        finer = pd.date_range("10:00", "16:00", freq="30min").strftime("%H:%M")
        stamps = coarse + [f"{day.date()} {time}" for day in days[n_days // 2 : n_days] for time in finer]
        keep = np.sort(rng.choice(len(stamps), len(stamps) * 3 // 4, replace=False))
        return bars_at(np.array(stamps)[keep], ("A", "B"), seed, tz="America/New_York", calendar="XNYS")
    keep = np.sort(rng.choice(len(days), min(n, len(days)), replace=False))
    return bars_at(
        days[keep], ("A", "B"), seed, calendar="XNYS" if kind == "XNYS" else None, periods_per_year=252
    )


@given(bars=outlined(), data=st.data())
@settings(max_examples=examples(60))
def test_the_future_does_not_show(bars, data):
    """Nothing changes when later bars are taken away, nor when all prices are others."""
    stop = data.draw(st.integers(1, bars.n_bars))
    ahead = data.draw(st.integers(1, 25))
    other = bars.with_arrays(**{name: bars[name] * 7.0 for name in PRICES})
    for name, output in CALENDAR:
        if (name == "hour" and not bars.intraday) or (name == "early_close" and bars.calendar is None):
            continue
        declared = feature(name, output=output, ahead=ahead)
        values = declared.compute(bars)
        assert np.isfinite(values).all()
        assert np.array_equal(declared.compute(bars.rows(0, stop)), values[:stop])
        assert np.array_equal(declared.compute(other), values)


@given(bars=outlined(), ahead=st.integers(1, 12))
@settings(max_examples=examples(30))
def test_daily_values_ahead_are_those_that_come_true(bars, ahead):
    """Where no session is missing between, the value `ahead` bars on is the one of now there."""
    if bars.intraday or bars.calendar is None:
        return
    plan = Outline.of(bars).plan(0)
    place = plan.place(bars.sessions)
    true = np.flatnonzero(place[ahead:] - place[:-ahead] == ahead)
    for name in ("weekday", "month", "month_end", "quarter_end", "turn_of_month", "early_close"):
        now, then = (feature(name, ahead=k).compute(bars) for k in (0, ahead))
        assert np.array_equal(then[true], now[true + ahead])


def arrays_in(value):
    """Every array that can be reached from a value."""
    if isinstance(value, np.ndarray):
        yield value
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from arrays_in(getattr(value, each.name))
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from arrays_in(each)
    assert not isinstance(value, Bars)


@pytest.mark.parametrize("name", [name for name, row in BUILT_INS.items() if row.reads != "bars"])
def test_no_price_is_in_the_room(monkeypatch, name):
    """What the functions are given holds no panel of prices or volume, and no way back to the bars."""
    seen = []
    real = compute.function_of(BUILT_INS[name])

    def spy(*given, **told):
        seen.extend([*given, told])
        return real(*given, **told)

    monkeypatch.setattr(compute, "function_of", lambda row: spy)
    bars = intraday(["2024-03-25", "2024-03-26"], symbols=("A", "B"))
    when = pd.DataFrame({"announced": ["2024-03-01"], "at": ["2024-03-26"]})
    bars = bars.with_events("talk", when)
    declared = {
        "event": feature("event", of="talk"),
        "static": static({"A": 1.0, "B": 2.0})[0],
    }.get(name) or feature(name)
    assert np.isfinite(declared.compute(bars)).all()
    assert seen
    for array in arrays_in(seen):
        assert name == "event" or array.dtype == np.int64
        for field in (*PRICES, "volume"):
            assert not np.shares_memory(array, bars[field])
            assert not np.array_equal(array, bars[field])


def test_absent_bars_have_no_value():
    price = np.array([[1.0, 1.0], [1.0, np.nan], [1.0, 1.0]])
    bars = Bars.from_arrays(
        time=["2024-01-02", "2024-01-03", "2024-01-04"], symbols=["A", "B"], **dict.fromkeys(PRICES, price)
    )
    assert np.array_equal(np.isnan(feature("weekday").compute(bars)), ~bars.present)
    assert np.array_equal(np.isnan(static({"A": 1, "B": 2})[0].compute(bars)), ~bars.present)


def test_what_has_no_coming_sessions_is_refused():
    weekly = bars_at(pd.date_range("2024-01-05", periods=9, freq="W-FRI"))
    with pytest.raises(DataError, match="52 times a year, but coming sessions are counted in days"):
        feature("weekday").compute(weekly)
    minutes = intraday(["2024-03-25"], calendar=None)
    with pytest.raises(DataError, match=r"do not say when the coming sessions are.*calendar='XNYS'"):
        feature("weekday").compute(minutes)
    with pytest.raises(StrategyError, match="these bars are whole sessions"):
        feature("hour").compute(EASTER)
    with pytest.raises(StrategyError, match="is known to a calendar; read the bars with"):
        feature("early_close").compute(bars_at(["2024-01-04", "2024-01-05"]))
    for params, why in (
        ({"ahead": -1}, "a whole number of bars, 0 or more"),
        ({"of": "volume"}, "weekday reads no field"),
        ({"output": "mondy"}, "Did you mean 'monday'"),
        ({"lookback": 3}, "takes no lookback; it takes ahead"),
    ):
        with pytest.raises(StrategyError, match=why):
            feature("weekday", **params)
    with pytest.raises(StrategyError, match=r"1 or more"):
        feature("gap", ahead=0)


def test_static_inputs():
    assert told(EASTER, "static", values=(("A", 2.5), ("Z", 1.0))) == [2.5] * 9
    energy, tech = static({"A": "tech", "B": "energy", "C": "tech"})
    bars = bars_at(["2024-01-04", "2024-01-05"], ("C", "B", "A"))
    assert tech.compute(bars).tolist() == [[1.0, 0.0, 1.0]] * 2
    assert energy.compute(bars).tolist() == [[0.0, 1.0, 0.0]] * 2
    assert eval(repr(tech), {"feature": feature}) == tech
    assert hash(tech) != hash(energy)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "give a value for each symbol"),
        (
            {"A": "tech", "B": 1.0},
            "'A' has 'tech'; give every symbol a finite number, or every symbol a text",
        ),
        ({"A": np.nan}, "'A' has nan"),
        ({"A": None}, "'A' has None"),
    ],
)
def test_static_inputs_that_say_nothing_are_refused(values, why):
    with pytest.raises(StrategyError, match=why):
        static(values)


def test_a_symbol_without_a_static_value_is_named():
    bars = bars_at(["2024-01-04", "2024-01-05"], ("AAPL", "GOOG", "XOM"))
    with pytest.raises(
        StrategyError, match=r"nothing about 'GOOG' \(1 of 3 symbols\)\. Did you mean 'GOOGL'"
    ):
        static({"AAPL": 1, "GOOGL": 2, "XOM": 3})[0].compute(bars)


class OnFridays(ql.Strategy):
    """Hold what is tech from the open of a Friday to the next session's, and before an announced event."""

    day: int = ql.param(default=1, low=0, high=5)
    friday = ql.feature("weekday", output="friday", ahead=day)
    tech = static({"A": "tech", "B": "energy"})[1]
    soon = ql.feature("event", of="talk", ahead=1)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            wanted = now[self.friday, i] * now[self.tech, i] + 0.5 * now[self.soon, i]
            now.target_weight(i, 0.5 * wanted)


def test_strategies_read_them_in_both_engines():
    bars = bars_at(new_york("2024-03-25", "2024-04-19"), ("A", "B"), calendar="XNYS")
    when = pd.DataFrame({"announced": ["2024-03-28"], "at": ["2024-04-10"]})
    bars = bars.with_events("talk", when)
    runs = [ql.backtest(OnFridays(), bars, engine=engine) for engine in ("python", "compiled")]
    python, compiled = (run.fills for run in runs)
    pd.testing.assert_frame_equal(python, compiled)
    assert np.array_equal(runs[0].equity, runs[1].equity)
    bought = python[(python["symbol"] == "A") & (python["quantity"] > 0.0)]["time"]
    # Good Friday is no session; the event is on Wednesday the 10th.
    assert [str(each.date()) for each in bought] == ["2024-04-05", "2024-04-10", "2024-04-12", "2024-04-19"]
    only = python[(python["symbol"] == "B") & (python["quantity"] > 0.0)]["time"]
    assert [str(each.date()) for each in only] == ["2024-04-10"]


def test_check_finds_them_causal():
    bars = bars_at(new_york("2012-01-03", "2012-01-13"), ("A", "B"), calendar="XNYS")
    bars = bars.with_events("talk", pd.DataFrame({"announced": ["2012-01-04"], "at": ["2012-01-11"]}))
    report = ql.check(OnFridays(), bars, progress=False)
    assert report
    assert report.proven
