from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.market.read import read_bars
from tests.naive import market as naive
from tests.unit.market.made import one_symbol, panels

FIELDS = ("open", "high", "low", "close", "volume")


@given(panels(), st.sampled_from(["week", "month", "quarter", "year"]))
def test_agrees_with_plain_python(bars, rule):
    merged = bars.resample(rule)
    labels = [stamp.date() for stamp in bars.time]
    for column, symbol in enumerate(bars.symbols):
        rows = [{name: float(bars[name][i, column]) for name in FIELDS} for i in range(bars.n_bars)]
        expected = naive.merge(labels, rows, getattr(naive, rule))
        assert [stamp.date() for stamp in merged.time] == [label for label, _ in expected]
        for name in FIELDS:
            values = [row[name] for _, row in expected]
            np.testing.assert_array_equal(merged[name][:, merged.index(symbol)], values)


@given(panels(), st.sampled_from(["week", "month", "quarter", "year"]))
def test_volume_is_kept_and_prices_hold_together(bars, rule):
    merged = bars.resample(rule)
    assert np.nansum(merged.volume) == pytest.approx(np.nansum(bars.volume), rel=1e-12)
    there = merged.present
    assert np.all(merged.low[there] <= np.minimum(merged.open, merged.close)[there])
    assert np.all(merged.high[there] >= np.maximum(merged.open, merged.close)[there])
    np.testing.assert_array_equal(merged.mark[-1], bars.mark[-1])
    assert set(merged.time_ns) <= set(bars.time_ns)
    assert merged.resample("year") == bars.resample("year")


def test_periods_per_year_follow_the_rule():
    bars = read_bars(one_symbol(pd.bdate_range("2022-01-03", "2024-12-31")))
    found = {
        rule: bars.resample(rule).periods_per_year for rule in ("day", "week", "month", "quarter", "year")
    }
    assert found == {"day": 252.0, "week": 52.0, "month": 12.0, "quarter": 4.0, "year": 1.0}


def test_a_week_is_labelled_with_its_last_session_and_closes_with_it():
    bars = read_bars(one_symbol(pd.to_datetime(["2024-03-25", "2024-03-28", "2024-04-01"])), calendar="XNYS")
    weeks = bars.resample("week")  # Good Friday fell on 2024-03-29
    assert list(weeks.time.strftime("%m-%d")) == ["03-28", "04-01"]
    assert pd.Timestamp(weeks.time_ns[0], tz="UTC") == pd.Timestamp("2024-03-28 16:00", tz="America/New_York")


def test_extra_fields_are_the_last_known():
    bars = read_bars(
        one_symbol(pd.bdate_range("2024-01-01", periods=5)).assign(vix=[1.0, 2.0, 3.0, np.nan, np.nan])
    )
    assert bars.resample("week")["vix"].tolist() == [[3.0]]


def test_volume_is_missing_where_a_bar_lacks_it():
    frame = one_symbol(pd.bdate_range("2024-01-01", periods=10))
    frame.iloc[1, 4] = np.nan
    volume = read_bars(frame).resample("week").volume[:, 0]
    assert np.isnan(volume[0])
    assert volume[1] == frame["volume"].iloc[5:].sum()


def minutes(days: list[str], start: str = "09:31", end: str = "16:00", tz: str = "America/New_York") -> Bars:
    stamps = [pd.date_range(f"{d} {start}", f"{d} {end}", freq="1min", tz=tz) for d in days]
    index = stamps[0]
    for more in stamps[1:]:
        index = index.append(more)
    return read_bars(one_symbol(index), calendar="XNYS")


def test_stretches_of_time_close_at_their_right_edge():
    bars = minutes(["2024-01-02"]).resample("5min")
    assert bars.n_bars == 78
    assert bars.time[0] == pd.Timestamp("2024-01-02 09:35", tz="America/New_York")
    assert bars.periods_per_year == 252 * 78
    assert bars.open[0, 0] == 9.5
    assert bars.close[0, 0] == 14.0


def test_a_stretch_keeps_its_edge_when_its_last_minutes_are_missing():
    """Nobody knows at 09:33 that no trade will come before 09:35."""
    bars = minutes(["2024-01-02"]).rows(0, 3).resample("5min")
    assert bars.time[0] == pd.Timestamp("2024-01-02 09:35", tz="America/New_York")


def test_a_half_day_ends_at_its_early_close():
    bars = minutes(["2024-07-03"], end="13:00").resample("4h")
    assert list(bars.time.strftime("%H:%M")) == ["12:00", "13:00"]


def test_hours_after_the_close_belong_to_the_day_and_are_known_after_it():
    bars = minutes(["2024-01-02", "2024-01-03"], end="18:00")
    days = bars.resample("day")
    assert list(days.time) == [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-03")]
    assert pd.Timestamp(days.time_ns[0], tz="UTC") == pd.Timestamp("2024-01-02 18:00", tz="America/New_York")
    assert days.close[0, 0] == bars.close[bars.n_bars // 2 - 1, 0]


def test_two_sessions_that_meet_inside_a_stretch_stay_apart():
    """Futures on ICE close at 18:00 and open at 20:01 in New York; a stray trade lies between."""
    index = pd.DatetimeIndex(
        ["2024-01-02 19:00", "2024-01-02 20:30", "2024-01-02 21:00"], tz="America/New_York"
    )
    bars = read_bars(one_symbol(index), calendar="IEPA").resample("8h")
    assert list(bars.time) == [index[0], pd.Timestamp("2024-01-03", tz="America/New_York")]
    assert list(np.diff(bars.sessions)) == [1]


@pytest.mark.parametrize(("day", "hours"), [("2024-03-10", 23), ("2024-11-03", 25)])
def test_hours_stay_hours_where_clocks_change(day, hours):
    start = pd.Timestamp(day, tz="America/New_York")
    index = pd.date_range(start, periods=hours * 4, freq="15min") + pd.Timedelta("15min")
    bars = read_bars(one_symbol(index)).resample("1h")
    assert bars.n_bars == hours
    assert set(np.diff(bars.time_ns)) == {3_600_000_000_000}
    assert set(bars.sessions) == {(start.tz_localize(None) - pd.Timestamp(0)).days}


@given(st.integers(2, 400), st.sampled_from(["2min", "5min", "15min", "1h", "4h"]), st.integers(0, 2**32 - 1))
def test_no_stretch_is_stamped_before_its_last_row(n, rule, seed):
    rng = np.random.default_rng(seed)
    stamps = np.cumsum(rng.integers(1, 30, n)) * 60_000_000_000 + 1_704_200_000_000_000_000
    stamps = stamps // 60_000_000_000 * 60_000_000_000
    bars = read_bars(one_symbol(pd.DatetimeIndex(stamps, tz="UTC")), tz="Asia/Kolkata")
    if np.median(np.diff(bars.time_ns)) > pd.Timedelta(rule).value:
        return
    merged = bars.resample(rule)
    assert np.all(np.diff(merged.time_ns) > 0)
    rows = np.searchsorted(merged.time_ns, bars.time_ns)
    assert rows[-1] == merged.n_bars - 1
    np.testing.assert_array_equal(
        merged.close[:, 0], [bars.close[rows == r, 0][-1] for r in range(merged.n_bars)]
    )


def test_an_ending_inside_a_week_lives_to_the_end_of_that_week():
    days = pd.bdate_range("2024-01-01", periods=10)
    bars = read_bars({"A": one_symbol(days), "B": one_symbol(days[:3])}, ends={"B": ("2024-01-03", -1.0)})
    weeks = bars.resample("week")
    assert weeks.end_rows.tolist() == [2, 0]
    assert weeks.ends["B"].time == pd.Timestamp("2024-01-05")
    assert weeks.ends["B"].delisting_return == -1.0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("weak", "Did you mean 'week'"),
        ("7min", "must divide a day"),
        ("2D", "must divide a day"),
        ("1s", "finer than the bars"),
    ],
)
def test_rules_without_meaning_are_refused(rule, message):
    with pytest.raises(DataError, match=message):
        minutes(["2024-01-02"]).resample(rule)


def test_daily_bars_have_no_minutes():
    with pytest.raises(DataError, match="needs intraday bars"):
        read_bars(one_symbol()).resample("5min")
