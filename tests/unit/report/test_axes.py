from __future__ import annotations

import itertools

import pandas as pd
import pytest

from quantlab.report.axes import round_edges, time_ticks, value_ticks


@pytest.mark.parametrize(
    ("low", "high", "unit", "labels"),
    [
        (0.0, 1.0, "fraction", ["0%", "20%", "40%", "60%", "80%", "100%"]),
        (-0.003, 0.001, "fraction", ["-0.3%", "-0.2%", "-0.1%", "0.0%", "0.1%"]),
        (61_000, 640_000, "money", ["200,000", "400,000", "600,000"]),
        (0.0, 24e6, "money", ["0M", "5M", "10M", "15M", "20M"]),
        (0.9, 1.4, "ratio", ["0.9", "1.0", "1.1", "1.2", "1.3", "1.4"]),
        (0.0, 42.0, "count", ["0", "10", "20", "30", "40"]),
    ],
)
def test_values_are_round(low: float, high: float, unit: str, labels: list[str]) -> None:
    assert [tick.label for tick in value_ticks(low, high, unit)] == labels


@pytest.mark.parametrize(
    ("time", "labels"),
    [
        (pd.bdate_range("2010-03-01", "2014-06-30"), ["2011", "2012", "2013", "2014"]),
        (pd.bdate_range("1962-01-02", "2023-06-30"), ["1970", "1980", "1990", "2000", "2010", "2020"]),
        (pd.bdate_range("2020-01-01", "2020-04-30"), ["Feb 2020", "Mar 2020", "Apr 2020"]),
        (pd.date_range("2020-01-01 09:31", periods=120, freq="min"), ["01 Jan 10:00", "11:00"]),
        (pd.date_range("2020-01-01", periods=1), []),
    ],
)
def test_times_are_beginnings(time: pd.DatetimeIndex, labels: list[str]) -> None:
    ticks = time_ticks(time, most=6)
    assert [tick.label for tick in ticks] == labels
    assert all(time[int(tick.at)] > time[int(tick.at) - 1] for tick in ticks)


def test_days_say_the_year_first_and_when_it_changes() -> None:
    time = pd.bdate_range("2019-12-26", "2020-01-03")
    labels = [tick.label for tick in time_ticks(time)]
    assert labels == [
        "27 Dec 2019",
        "30 Dec",
        "31 Dec",
        "01 Jan 2020",
        "02 Jan",
    ]  # one on the last row would leave the page


def test_hours_say_the_day_when_it_changes() -> None:
    time = pd.date_range("2020-01-01 22:00", periods=5, freq="h")
    assert [tick.label for tick in time_ticks(time)] == ["01 Jan 23:00", "02 Jan 00:00", "01:00"]


@pytest.mark.parametrize("room", [20.0, 40.0, 110.0])
def test_labels_never_touch(room: float) -> None:
    hours = pd.date_range("2019-12-30 09:31", periods=2000, freq="min")
    gap = hours.append(pd.date_range("2020-01-06 09:31", periods=30, freq="min"))
    for time in (hours, gap, pd.bdate_range("2019-12-20", periods=12)):
        ticks = time_ticks(time, room=room)
        spans = [(room * t.at / (len(time) - 1), len(t.label)) for t in ticks]
        assert all(b - a >= (n + m) / 2.0 + 1.0 - 1e-9 for (a, n), (b, m) in itertools.pairwise(spans))
        assert all(at + n / 2.0 <= room + 1.0 for at, n in spans)


@pytest.mark.parametrize(
    ("low", "high", "edges"),
    [(-0.275, 0.31, [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4]), (0.0, 0.0, [0.0, 0.0002])],
)
def test_bins_have_round_edges(low: float, high: float, edges: list[float]) -> None:
    assert round_edges(low, high, 6).tolist() == pytest.approx(edges)


def test_counts_are_whole() -> None:
    assert [tick.label for tick in value_ticks(0.0, 2.0, "count")] == ["0", "1", "2"]


def test_ticks_speak_the_wall_clock_of_the_index() -> None:
    time = pd.date_range("2020-06-01 09:30", periods=4, freq="h", tz="America/New_York")
    assert [tick.label for tick in time_ticks(time)] == ["01 Jun 10:30", "11:30"]
