from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import DataError
from quantlab.market.read import read_bars
from tests.unit.market.made import long_of, one_symbol

NEW_YORK = "America/New_York"


def stamps(*texts: str, tz: str | None = None) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(texts, tz=tz)


def utc(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").value


def test_naive_clock_times_need_a_zone():
    frame = one_symbol(stamps("2024-01-02 09:35", "2024-01-02 09:40"))
    with pytest.raises(DataError, match="2024-01-02 09:35:00 is a clock time without a time zone"):
        read_bars(frame)
    bars = read_bars(frame, tz=NEW_YORK)
    assert bars.time_ns[0] == utc("2024-01-02 14:35")
    assert str(bars.time.tz) == NEW_YORK
    assert bars.tz == NEW_YORK


def test_a_zone_that_is_none():
    with pytest.raises(DataError, match=r"unknown time zone.*Did you mean 'America/New_York'"):
        read_bars(one_symbol(), tz="America/New_Yorc")
    with pytest.raises(
        DataError, match=r"^unknown time zone.*available_timezones\(\) lists them\.$"
    ) as refused:
        read_bars(one_symbol(), tz="Foo/Bar")
    assert len(str(refused.value)) < 200


def test_aware_times_keep_their_zone_or_take_the_one_given():
    frame = one_symbol(stamps("2024-01-02 09:35", "2024-01-02 09:40", tz=NEW_YORK))
    assert read_bars(frame).tz == NEW_YORK
    shown = read_bars(frame, tz="Europe/Berlin")
    assert shown.time[0].hour == 15
    assert shown.time_ns[0] == read_bars(frame).time_ns[0]


def test_summer_and_winter_time():
    frame = one_symbol(stamps("2024-03-08 16:00", "2024-03-11 16:00", "2024-11-01 16:00", "2024-11-04 16:00"))
    hours = pd.DatetimeIndex(read_bars(frame, tz=NEW_YORK).time_ns).hour
    assert list(hours) == [21, 20, 20, 21]


@pytest.mark.parametrize("clock", ["2024-03-10 02:30", "2024-11-03 01:30"])
def test_a_clock_time_that_names_no_single_instant(clock):
    with pytest.raises(DataError, match=r"where clocks change.*tz='UTC'"):
        read_bars(one_symbol(stamps("2024-03-01 10:00", clock)[:2].sort_values()), tz=NEW_YORK)


def test_offsets_in_text():
    one = ["2024-01-02T09:35:00-05:00", "2024-01-02T09:40:00-05:00"]
    assert read_bars(one_symbol(range(2)).set_axis(pd.Index(one, name="time"))).time_ns[0] == utc(
        "2024-01-02 14:35"
    )
    two = ["2024-03-08 16:00:00-05:00", "2024-03-11 16:00:00-04:00"]
    frame = one_symbol(range(2)).set_axis(pd.Index(two, name="time"))
    with pytest.raises(DataError, match=r"offsets from UTC differ.*tz='America/New_York'"):
        read_bars(frame)
    assert list(read_bars(frame, tz=NEW_YORK).time.hour) == [16, 16]


def test_zones_here_and_none_there():
    mixed = ["2024-01-02 09:35:00-05:00", "2024-01-02 09:40:00"]
    for given in (None, NEW_YORK):
        with pytest.raises(DataError, match=r"some have a time zone .* and some have none"):
            read_bars(one_symbol(range(2)).set_axis(pd.Index(mixed, name="time")), tz=given)


def test_midnights_of_ones_own_zone_are_labels():
    """Vendors stamp a day with its date; as an instant it would be known before the day began."""
    bars = read_bars(one_symbol(stamps("2024-01-02", "2024-07-02", tz=NEW_YORK)))
    assert bars.tz is None
    assert list(bars.time) == [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-07-02")]
    text = ["2024-01-02 00:00:00-05:00", "2024-07-02 00:00:00-04:00"]
    assert read_bars(one_symbol(range(2)).set_axis(pd.Index(text, name="Date")), tz=NEW_YORK) == bars


def test_date_and_time_in_two_columns():
    frame = one_symbol(range(2)).reset_index(drop=True).assign(Date="2024-01-02", Time=["09:35", "09:40"])
    assert read_bars(frame, tz=NEW_YORK).time_ns[1] == utc("2024-01-02 14:40")


def relabel(values: list) -> pd.DataFrame:
    return one_symbol(range(len(values))).set_axis(pd.Index(values, name="date"))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (relabel(["2024-01-02", "soon", "2024-01-04"]), "'soon' in row 1 is no time"),
        (relabel(["soon", "2024-01-02", "2024-01-04"]), "'soon' in row 0 is no time"),
        (relabel(["2024-01-02", "Date", "2024-01-04"]), "Date"),
        (relabel(["2024-01-02", None, "2024-01-04"]), "1 timestamps are missing, the first in row 1"),
        (one_symbol([pd.NaT, pd.Timestamp("2024-01-02")]), "1 timestamps are missing, the first in row 0"),
        (relabel(["01/02/2024", "02/02/2024", "03/02/2024"]), "day-first or month-first"),
        (
            relabel(["31/01/2024", "01/02/2024", "2024-02-02"]),
            "cannot be read: '2024-02-02' in row 2 is not written like '31/01/2024' in row 0",
        ),
        (relabel(["13/01/2024", "01/13/2024"]), "'13/01/2024' is day-first, but '01/13/2024' is month-first"),
        (relabel([1704153600, 1704240000]), "number without a unit"),
        (relabel([1.5, 2.5]), "is a number, not a time"),
        (relabel([20240102, 20240231]), "no date"),
        (one_symbol(["2024-01-02", "2024-01-02"]), "X 2024-01-02 time: duplicate"),
        (one_symbol(["2024-01-03", "2024-01-02"]), "X 2024-01-02 time: earlier than the row before it"),
    ],
)
def test_timestamps_that_cannot_be(frame, message):
    with pytest.raises(DataError, match=message):
        read_bars(frame)


def test_day_first_dates_that_show_it():
    assert list(read_bars(relabel(["31/01/2024", "01/02/2024"])).time.month) == [1, 2]


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y %H:%M"])
def test_the_only_order_of_day_and_month_that_fits_all_rows(form):
    days = pd.date_range("2020-01-01", periods=13)
    assert list(read_bars(relabel(list(days.strftime(form)))).time) == list(days)


@pytest.mark.parametrize(
    "texts", [["01/02/20", "02/02/20"], ["20-01-02", "20-01-03"], ["13/02/20", "01/02/20"]]
)
def test_years_of_two_digits_are_refused(texts):
    with pytest.raises(DataError, match=r"two digits.*format='%d/%m/%y'"):
        read_bars(relabel(texts))


def test_years_of_two_digits_after_a_day_are_read():
    assert list(read_bars(relabel(["1/31/20", "2/1/20"])).time.strftime("%Y%m%d")) == ["20200131", "20200201"]


def test_a_duplicate_out_of_order_is_called_a_duplicate():
    days = ["2024-01-02", "2024-01-03", "2024-01-02", "2024-01-03", "2024-01-01"]
    with pytest.raises(DataError) as refused:
        read_bars(one_symbol(days))
    assert str(refused.value).splitlines()[1:5] == [
        "  X 2024-01-02 time: duplicate",
        "  X 2024-01-03 time: duplicate",
        "  X 2024-01-01 time: earlier than the row before it",
        "By rule: time duplicate ×2, time earlier than the row before it ×1.",
    ]


def test_a_duplicate_is_found_by_symbol_in_any_order_of_rows():
    frames = {"A": one_symbol(["2024-01-02", "2024-01-03", "2024-01-03"]), "B": one_symbol(["2024-01-03"])}
    for frame in (long_of(frames), long_of(frames).sort_values("date", kind="stable")):
        with pytest.raises(DataError, match="A 2024-01-03 time: duplicate"):
            read_bars(frame)


def test_opens_move_to_closes_by_the_usual_step():
    index = stamps(
        "2024-01-02 09:30", "2024-01-02 09:35", "2024-01-02 09:40", "2024-01-03 09:30", tz=NEW_YORK
    )
    bars = read_bars(one_symbol(index), stamp="open")
    assert list(bars.time) == list(index + pd.Timedelta("5min"))


def test_the_step_is_that_of_each_symbol():
    first = pd.date_range("2024-01-02 09:30", periods=4, freq="1h", tz=NEW_YORK)
    frames = {"A": one_symbol(first), "B": one_symbol(first + pd.Timedelta("3h10min"))}
    overlapping = {"A": one_symbol(first), "B": one_symbol(first + pd.Timedelta("10min"))}
    for frame in (long_of(frames), long_of(overlapping).sort_values("date")):
        assert read_bars(frame, stamp="open").time[0] == first[1]


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["2024-01-02 09:30"], "no symbol has two bars"),
        (
            ["2024-01-02 09:30", "2024-01-02 09:35", "2024-01-02 09:40", "2024-01-02 09:41"],
            "needs one interval",
        ),
    ],
)
def test_an_interval_that_cannot_be_told(times, message):
    with pytest.raises(DataError, match=message):
        read_bars(one_symbol(stamps(*times, tz=NEW_YORK)), stamp="open")


def test_opens_of_days_mean_nothing():
    with pytest.raises(DataError, match="a date names its session"):
        read_bars(one_symbol(), stamp="open")
    with pytest.raises(DataError, match=r"stamp='opened'.*Did you mean 'open'"):
        read_bars(one_symbol(), stamp="opened")


@pytest.mark.parametrize(
    ("days", "calendar", "expected"),
    [
        (["2024-03-18", "2024-03-25", "2024-04-01"], "XNYS", ["2024-03-22", "2024-03-28", "2024-04-05"]),
        (["2024-03-18", "2024-03-25", "2024-04-01"], None, ["2024-03-24", "2024-03-31", "2024-04-07"]),
        (["2024-01-01", "2024-02-01", "2024-03-01"], "XNYS", ["2024-01-31", "2024-02-29", "2024-03-28"]),
        (["2023-07-01", "2023-10-01", "2024-01-01"], None, ["2023-09-30", "2023-12-31", "2024-03-31"]),
        (["2022-01-01", "2023-01-01", "2024-01-01"], None, ["2022-12-31", "2023-12-31", "2024-12-31"]),
    ],
)
def test_labels_that_name_the_first_day_of_a_long_bar(days, calendar, expected):
    """Known at the label, such a bar would tell its week's close on Monday."""
    frame = one_symbol(days)
    with pytest.raises(DataError, match="stamp='open'"):
        read_bars(frame, calendar=calendar)
    assert list(read_bars(frame, stamp="open", calendar=calendar).time.strftime("%Y-%m-%d")) == expected


@pytest.mark.parametrize(
    ("frame", "calendar", "expected"),
    [
        (one_symbol(pd.bdate_range("2024-01-01", periods=20)), None, 252.0),
        (one_symbol(pd.date_range("2024-01-01", periods=20)), None, 365.0),
        (one_symbol(pd.date_range("2024-01-01", periods=60).delete(slice(5, 60, 7))), None, 313.0),
        (one_symbol(pd.date_range("2024-01-01", periods=20)), "24/7", 365.0),
        (one_symbol(pd.bdate_range("2024-01-01", periods=20)), "24/5", 260.0),
        (one_symbol(pd.bdate_range("2024-01-02", periods=5)), "XNYS", 252.0),
        (one_symbol(["2024-01-02"]), None, 252.0),
        (one_symbol(pd.date_range("2024-01-05", periods=10, freq="7D")), None, 52.0),
        (one_symbol(pd.date_range("2024-01-31", periods=10, freq="ME")), None, 12.0),
        (one_symbol(pd.date_range("2024-01-31", periods=10, freq="QE")), None, 4.0),
        (one_symbol(pd.date_range("2014-12-31", periods=10, freq="YE")), None, 1.0),
        (one_symbol(pd.date_range("2024-01-02 10:00", periods=7, freq="1h", tz=NEW_YORK)), "XNYS", 252.0 * 7),
        (
            one_symbol(pd.date_range("2024-01-01 01:00", periods=24 * 7, freq="1h", tz="UTC")),
            None,
            365.0 * 24,
        ),
    ],
)
def test_bars_per_year(frame, calendar, expected):
    assert read_bars(frame, calendar=calendar).periods_per_year == expected
    assert read_bars(frame, calendar=calendar, periods_per_year=7).periods_per_year == 7.0


def test_closes_follow_the_calendar_even_on_half_days():
    bars = read_bars(one_symbol(["2024-07-02", "2024-07-03", "2024-07-05"]), calendar="XNYS")
    closes = pd.DatetimeIndex(bars.time_ns, tz="UTC").tz_convert(NEW_YORK)
    assert list(closes.strftime("%H:%M")) == ["16:00", "13:00", "16:00"]


def test_markets_that_never_close_close_at_24():
    bars = read_bars(one_symbol(["2024-01-06", "2024-01-07"]), calendar="24/7")
    assert bars.time_ns[0] == utc("2024-01-07 00:00")


@pytest.mark.parametrize(
    ("days", "calendar", "message"),
    [
        (
            ["2024-07-03", "2024-07-04"],
            "XNYS",
            "2024-07-04 is not a session of XNYS .*2024-07-03 and 2024-07-05",
        ),
        (["2024-07-03"], "XNYZ", "unknown calendar 'XNYZ'. Did you mean 'XNYS'"),
        (["2024-07-03"], "nyse", "unknown calendar 'nyse'. Did you mean 'NYSE'"),
        (["2024-07-03"], "qqqqqq", r"unknown calendar 'qqqqqq'.*get_calendar_names\(\) lists them\.$"),
        (["1700-07-05"], "XKRX", "XKRX has no timetable for 1700"),
    ],
)
def test_calendars_refuse(days, calendar, message):
    with pytest.raises(DataError, match=message):
        read_bars(one_symbol(days), calendar=calendar)


def test_intraday_sessions_follow_the_exchange():
    """An evening on the futures exchange belongs to the next session; hours outside belong to their date."""
    index = stamps("2024-01-02 16:00", "2024-01-02 18:30", "2024-01-03 10:00", tz="America/Chicago")
    assert list(read_bars(one_symbol(index), calendar="CMES").sessions - 19_724) == [0, 1, 1]
    index = stamps("2024-01-02 08:00", "2024-01-02 16:00", "2024-01-02 19:59", tz=NEW_YORK)
    assert list(read_bars(one_symbol(index), calendar="XNYS").sessions - 19_724) == [0, 0, 0]
    with pytest.raises(DataError, match="2024-01-06 is not a session of XNYS"):
        read_bars(one_symbol(stamps("2024-01-05 10:00", "2024-01-06 10:00", tz=NEW_YORK)), calendar="XNYS")


def test_a_start_takes_in_the_evening_that_its_session_began_with():
    index = stamps("2024-01-02 16:00", "2024-01-02 17:30", "2024-01-03 10:00", tz="America/Chicago")
    bars = read_bars(one_symbol(index), calendar="CMES", start="2024-01-03", end="2024-01-03")
    assert list(bars.time) == list(index[1:])


def test_a_bar_that_closes_at_midnight_belongs_to_the_day_that_ends():
    bars = read_bars(
        one_symbol(stamps("2024-01-02 23:00", "2024-01-03 00:00", "2024-01-03 01:00", tz=NEW_YORK))
    )
    assert list(np.diff(bars.sessions)) == [0, 1]
