"""Other futures are true bars, leave the past alone and go against the real one; series beside them too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.engine.futures import Change
from quantlab.engine.outside import Outside, other_futures, outside_of
from tests.causality import leaks

FIELDS = ("open", "high", "low", "close", "volume", "mood")


@pytest.mark.parametrize("cut", [0, 39, 200, 398])
def test_the_past_stays_and_the_future_is_another_one(cut):
    bars = leaks.walk(400)
    other = Change(bars, cut, min(cut + 61, 400)).apply(np.random.default_rng(0))
    for name in FIELDS:
        np.testing.assert_array_equal(other[name][: cut + 1], bars[name][: cut + 1])
        later, real = other[name][cut + 1 :], bars[name][cut + 1 : other.n_bars]
        assert np.isfinite(later).any()
        assert not (later == real).any()
    np.testing.assert_array_equal(other.present, bars.present[: other.n_bars])
    np.testing.assert_array_equal(other.time_ns, bars.time_ns[: other.n_bars])


def test_the_next_close_goes_the_other_way():
    bars, rng = leaks.walk(400), np.random.default_rng(1)
    other_way = []
    for cut in range(100, 300):
        other = Change(bars, cut, cut + 2).apply(rng)
        real, changed = (np.sign(each.close[cut + 1] - bars.mark[cut]) for each in (bars, other))
        other_way.extend((real != changed)[np.isfinite(changed)])
    assert np.mean(other_way) > 0.7


def test_prices_of_either_sign_stay_bars():
    n = 120
    close = 2.0 + np.cumsum(np.random.default_rng(3).normal(size=(n, 2)), axis=0)
    close[:, 1] = np.exp(0.01 * close[:, 1])
    bars = ql.Bars.from_arrays(
        time=pd.bdate_range("2020-01-01", periods=n),
        symbols=["OIL", "GOLD"],
        open=close,
        high=close + 0.1,
        low=close - 0.1,
        close=close,
        allow_negative=True,
    )
    assert (bars.close[:, 0] < 0.0).any()
    other = Change(bars, 60, n).apply(np.random.default_rng(0))  # Bars checks itself
    assert (other.close[:, 1] > 0.0).all()
    assert (other.close[61:] != bars.close[61:]).all()


def test_removed_is_cut():
    bars = leaks.walk(100)
    change = Change(bars, 40, 41)
    assert change.kind == "removed"
    assert change.apply(np.random.default_rng(0)) == bars.rows(0, 41)


def changed(value, bars, cut, stop):
    held = {"it": value}
    place = Outside("it", value, lambda other: held.update(it=other))
    with other_futures((place,), Change(bars, cut, stop), np.random.default_rng(0)):
        other = held["it"]
    assert held["it"] is value
    return other


def test_frames_of_other_clocks_are_cut_by_time():
    bars = leaks.walk(100)
    weekly = pd.DataFrame({"a": range(20), "b": ["x"] * 19 + ["y"], "c": [True] * 20}, bars.time[::5])
    assert len(changed(weekly, bars, 40, 41)) == 9  # the row of bar 40 is the last one known
    other = changed(weekly, bars, 40, 61)
    assert len(other) == 13
    pd.testing.assert_frame_equal(other.iloc[:9], weekly.iloc[:9])
    assert (other["a"].iloc[9:] != weekly["a"].iloc[9:13]).all()
    assert not other["c"].iloc[9:].any()
    assert list(other.dtypes) == list(weekly.dtypes)


def test_aware_frames_meet_bars_by_their_close():
    bars = leaks.walk(100)
    closes = pd.DatetimeIndex(bars.time_ns, tz="UTC").tz_convert("America/New_York")
    series = pd.Series(np.arange(100.0), closes)
    assert len(changed(series, bars, 40, 41)) == 41


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.bool_, object])
def test_arrays_keep_their_type(kind):
    bars = leaks.walk(100)
    values = np.random.default_rng(0).integers(0, 9, (100, 2)).astype(kind)
    other = changed(values, bars, 40, 80)
    assert other.dtype == values.dtype
    assert other.shape == (80, 2)
    np.testing.assert_array_equal(other[:41], values[:41])
    assert (other[41:] != values[41:80]).any()


def test_what_has_no_time_is_left_alone():
    bars = leaks.walk(100)
    for value in ([1, 2, 3], {"a": 1.0}, np.zeros(7), "text", 3.0):
        assert changed(value, bars, 40, 80) is value


def test_nested_series_are_found_and_put_back():
    bars = leaks.walk(100)
    table = {"prices": [bars.close, "text"]}

    class Reads(ql.Strategy):
        def on_bar(self, now):
            helper(table)

    def helper(given):
        return given, leaks.shifted

    places = outside_of(Reads(), bars)
    assert [place.name for place in places] == ["table"]
    with other_futures(places, Change(bars, 40, 41), np.random.default_rng(0)):
        assert len(table["prices"][0]) == 41
    assert table["prices"][0] is bars.close
