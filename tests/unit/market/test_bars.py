from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.market.read import read_bars
from tests.unit.market.made import one_symbol, panels

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04"]


def bars_of(close, **more):
    close = np.asarray(close, dtype=float)
    symbols = more.pop("symbols", tuple("ABCDEFG"[: close.shape[1]]))
    time = more.pop("time", DAYS[: len(close)])
    return Bars.from_arrays(
        time=time, symbols=symbols, open=close, high=close + 1, low=close - 1, close=close, **more
    )


def test_arrays_leave_read_only_and_the_callers_array_stays_apart():
    close = np.array([[10.0, 20.0], [11.0, 21.0]])
    bars = bars_of(close, extra={"vix": [15.0, 16.0]})
    close[0, 0] = 99.0
    assert bars.close[0, 0] == 10.0
    for array in (bars.time_ns, bars.sessions, bars.close, bars.volume, bars["vix"], bars.present, bars.mark):
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError):
        bars.extra["vix"] = close
    with pytest.raises(AttributeError):
        bars.close = close


def test_a_view_of_a_writeable_array_is_copied():
    base = np.full((3, 1), 10.0)
    view = base.view()
    view.flags.writeable = False
    bars = bars_of(view)
    base[0] = 99.0
    assert bars.close[0, 0] == 10.0


def test_unpickled_bars_are_equal_and_still_read_only():
    bars = bars_of([[10.0], [11.0]], ends={"A": ("2024-01-03", -0.5)})
    again = pickle.loads(pickle.dumps(bars))
    assert again == bars
    assert not again.close.flags.writeable
    assert again.ends["A"].delisting_return == -0.5


def test_session_labels_close_at_24_utc_without_a_calendar():
    bars = bars_of([[10.0], [11.0]])
    assert list(bars.time) == [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-03")]
    assert bars.time.tz is None
    assert bars.time_ns[0] == pd.Timestamp("2024-01-03", tz="UTC").value
    assert bars.sessions[0] == 19_724  # days from 1970-01-01 to 2024-01-02


def test_mark_carries_the_last_close_and_never_looks_forward():
    bars = bars_of([[np.nan, 20.0], [11.0, np.nan], [np.nan, 22.0]])
    np.testing.assert_array_equal(bars.mark, [[np.nan, 20.0], [11.0, 20.0], [11.0, 22.0]])
    np.testing.assert_array_equal(bars.present, [[False, True], [True, False], [False, True]])


@given(
    st.lists(
        st.lists(st.sampled_from([np.nan, 11.0, 12.0, 13.0]), min_size=3, max_size=3), min_size=1, max_size=9
    )
)
def test_mark_is_what_somebody_who_remembers_would_say(closes):
    closes = [[*row, 5.0] for row in closes]
    bars = bars_of(closes, time=pd.bdate_range("2024-01-01", periods=len(closes)))
    known, expected = [np.nan] * 4, []
    for row in closes:
        known = [old if np.isnan(new) else new for old, new in zip(known, row, strict=True)]
        expected.append(known)
    np.testing.assert_array_equal(bars.mark, expected)
    assert bars.gapless == (not np.isnan(closes).any())


def test_a_field_for_all_is_given_to_every_symbol():
    bars = bars_of([[10.0, 20.0], [11.0, 21.0]], extra={"vix": [15.0, 16.0]})
    np.testing.assert_array_equal(bars["vix"], [[15.0, 15.0], [16.0, 16.0]])
    assert bars.fields == ("vix",)


@pytest.mark.parametrize(
    ("ask", "advice"),
    [
        (lambda bars: bars["vixx"], "Did you mean 'vix'"),
        (lambda bars: bars["clos"], "Did you mean 'close'"),
        (lambda bars: bars.index("AAPLE"), "Did you mean 'AAPL'"),
        (lambda bars: bars.select(["MFST"]), "Did you mean 'MSFT'"),
        (lambda bars: bars.select([]), "at least one symbol"),
        (lambda bars: bars.select(["AAPL", "AAPL"]), "each once"),
        (lambda bars: bars.rows(2, 2), "no bar"),
        (lambda bars: bars.rows(0, 9), "beyond the 3 bars"),
        (lambda bars: bars.window("2025", None), "2024-01-02.*2024-01-04"),
        (lambda bars: bars.window("2024-01-04", "2024-01-02"), "no bar from"),
        (lambda bars: bars.window("soon"), "'soon' is not a date"),
        (lambda bars: bars.window("2024-01-02 10:00"), "labelled by session"),
        (lambda bars: bars.with_arrays(close=[[1.0]]), r"close has shape \(1, 1\)"),
        (lambda bars: bars.with_arrays(low=bars.high + 1.0), "low = 12.0: above the open 10.0"),
    ],
)
def test_a_wrong_question_is_answered_with_advice(ask, advice):
    bars = bars_of(
        [[10.0, 20.0], [11.0, 21.0], [12.0, 22.0]], symbols=("AAPL", "MSFT"), extra={"vix": [1.0, 2.0, 3.0]}
    )
    with pytest.raises(DataError, match=advice):
        ask(bars)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"symbols": ("A", "A")}, "each once"),
        ({"symbols": ("A", "")}, "must be names"),
        ({"symbols": ("A",)}, r"shape \(3, 2\); 3 times and 1 symbols"),
        ({"time": DAYS[:2]}, r"need \(2, 2\)"),
        ({"time": [DAYS[0], DAYS[0], DAYS[1]]}, "2024-01-02 time: duplicate"),
        ({"time": DAYS[::-1]}, "earlier than the row before"),
        ({"extra": {"open": np.zeros(3)}}, "name of a field"),
        ({"extra": {"vix": ["a", "b", "c"]}}, "not made of numbers"),
        ({"extra": {"vix": [1.0, np.inf, 2.0]}}, "A 2024-01-03 vix = inf: infinite"),
        ({"volume": [1.0, 2.0, 3.0]}, "volume has shape"),
        ({"periods_per_year": 0.0}, "positive number"),
        ({"ends": {"Z": "2024-01-03"}}, "'Z', which is not among"),
        ({"ends": {"A": "never"}}, "neither a date nor a pair"),
        ({"ends": {"A": ("2024-01-04", -2.0)}}, "at least -1"),
        ({"ends": {"A": "2024-01-04 10:00"}}, "no zone"),
        ({"ends": {"A": "2024-01-03"}}, "ended at 2024-01-03 .* has a bar at 2024-01-04"),
    ],
)
def test_bars_that_cannot_be_are_refused(more, message):
    with pytest.raises(DataError, match=message):
        bars_of(np.array([[10.0, 20.0], [11.0, 21.0], [12.0, 22.0]]), **more)


def test_nothing_but_absent_bars_is_no_data():
    with pytest.raises(DataError, match="every bar is absent"):
        bars_of([[np.nan], [np.nan]])


def test_end_rows_count_the_rows_alive():
    close = [[10.0, 20.0, 30.0], [11.0, np.nan, np.nan], [12.0, np.nan, np.nan]]
    bars = bars_of(close, ends={"B": "2024-01-02", "C": ("2024-01-03", -1.0)})
    assert bars.end_rows.tolist() == [3, 0, 1]
    assert bars.rows(2, 3).end_rows.tolist() == [1, -1, -1]
    assert bars.rows(0, 1).end_rows.tolist() == [1, 0, 0]
    assert list(bars.select(["C", "A"]).ends) == ["C"]


def test_windows_choose_by_label_inclusively():
    bars = read_bars(one_symbol(pd.bdate_range("2023-12-25", "2024-03-08")))
    assert list(bars.window("2024-01-01", "2024-01-03").time.day) == [1, 2, 3]
    assert bars.window("2024-02", "2024-02").n_bars == 21
    assert bars.window("2024").time[0] == pd.Timestamp("2024-01-01")
    assert bars.window(end="2023").time[-1] == pd.Timestamp("2023-12-29")
    assert bars.window("1990", "2090") == bars


def test_windows_of_intraday_bars_take_dates_and_times_in_their_zone():
    time = pd.date_range("2024-01-02 09:35", periods=156, freq="5min", tz="America/New_York")[:78]
    later = time + pd.Timedelta(days=1)
    frame = one_symbol(time.append(later))
    bars = read_bars(frame)
    assert bars.window("2024-01-03", "2024-01-03").n_bars == 78
    assert bars.window("2024-01-02 15:55", "2024-01-03 09:35").n_bars == 3
    assert bars.window("2024-01-02 20:55+00:00", "2024-01-02").n_bars == 2


def test_fingerprint_tells_content_apart():
    base = bars_of([[10.0], [11.0]], extra={"a": [1.0, 2.0], "b": [0.0, np.nan]})
    same = bars_of([[10.0], [11.0]], extra={"b": [-0.0, -np.nan], "a": [1.0, 2.0]})
    assert base == same
    assert hash(base) == hash(same)
    others = [
        bars_of([[10.0], [11.5]], extra={"a": [1.0, 2.0], "b": [0.0, np.nan]}),
        bars_of([[10.0], [11.0]], extra={"a": [1.0, 2.0], "c": [0.0, np.nan]}),
        bars_of([[10.0], [11.0]], extra={"b": [1.0, 2.0], "a": [0.0, np.nan]}),
        base.with_arrays(volume=[[1.0], [1.0]]),
        bars_of([[10.0], [11.0]], extra={"a": [1.0, 2.0], "b": [0.0, np.nan]}, periods_per_year=250),
        bars_of([[10.0], [11.0]], extra={"a": [1.0, 2.0], "b": [0.0, np.nan]}, calendar="XNYS"),
        bars_of([[10.0], [11.0]], extra={"a": [1.0, 2.0], "b": [0.0, np.nan]}, ends={"A": "2024-01-03"}),
        bars_of([[10.0], [11.0]], extra={"a": [1.0, 2.0], "b": [0.0, np.nan]}, symbols=("B",)),
        bars_of([[10.0], [11.0]], extra={"a": [1.0, 2.0], "b": [0.0, np.nan]}, time=DAYS[1:]),
    ]
    assert len({base.fingerprint, *(other.fingerprint for other in others)}) == len(others) + 1
    assert base != "bars"


def test_rows_are_cut_without_copying():
    bars = bars_of(np.arange(30.0).reshape(3, 10)[:, :7] + 5)
    assert np.shares_memory(bars.rows(1, 3).close, bars.close)


def test_replacing_prices_keeps_the_clock_and_checks_the_rows():
    bars = bars_of([[10.0], [11.0]])
    doubled = bars.with_arrays(open=bars.open * 2, high=bars.high * 2, low=bars.low * 2, close=bars.close * 2)
    assert doubled.close[0, 0] == 20.0
    assert doubled.time_ns is bars.time_ns
    assert bars.with_arrays(mood=[1.0, 2.0])["mood"].shape == (2, 1)
    with pytest.raises(DataError, match="allow_negative"):
        bars.with_arrays(open=-bars.high, high=-bars.low, low=-bars.high, close=-bars.high)


def test_prices_below_zero_stay_allowed_where_they_were():
    bars = bars_of([[-3.0], [11.0]], allow_negative=True)
    assert bars.with_arrays(close=bars.open - 0.5).close[0, 0] == -3.5


def test_rounding_of_high_and_low_is_absorbed_so_that_the_bar_holds_its_prices():
    close = np.array([[10.0]])
    bars = Bars.from_arrays(
        time=DAYS[:1], symbols="A", open=close, high=close * (1 - 1e-13), low=close * (1 + 1e-13), close=close
    )
    assert bars.low[0, 0] == bars.high[0, 0] == 10.0


def test_volume_of_an_absent_bar_is_missing():
    bars = bars_of([[10.0], [np.nan], [12.0]], volume=[[5.0], [0.0], [7.0]])
    np.testing.assert_array_equal(bars.volume, [[5.0], [np.nan], [7.0]])


def test_bars_print_what_they_hold():
    bars = bars_of([[10.0, 20.0], [11.0, np.nan]], extra={"vix": [1.0, 2.0]}, ends={"B": "2024-01-02"})
    text = repr(bars)
    for part in (
        "2 bars × 2 symbols",
        "A, B",
        "2024-01-02 to 2024-01-03",
        "1 of 4",
        "252",
        "vix",
        "B 2024-01-02",
    ):
        assert part in text
    hostile = bars_of([[10.0]], symbols=("<script>alert(1)</script>",))
    assert "<script>" not in hostile._repr_html_()
    assert "8 more" in repr(bars_of(np.full((1, 16), 5.0), symbols=[f"S{i}" for i in range(16)]))


def test_one_of_each_prints_as_one():
    assert "1 bar × 1 symbol\n" in repr(bars_of([[10.0]], symbols=("A",)))


@pytest.mark.parametrize(
    ("time", "gap"),
    [
        (
            ["2024-01-02", "2024-01-03", "2024-01-04", "2024-03-04"],
            "between 2024-01-04 and 2024-03-04 (60 days)",
        ),
        (["2024-01-02", "2024-01-03", "2024-01-04", "2024-02-03"], None),
        (["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"], None),
        (
            ["2024-01-31", "2024-02-29", "2024-03-31", "2024-08-31"],
            "between 2024-03-31 and 2024-08-31 (153 days)",
        ),
        (pd.DatetimeIndex(["2024-01-02 10:00", "2024-01-16 10:00"], tz="UTC"), None),
        (
            pd.DatetimeIndex(["2024-01-02 10:00", "2024-01-17 10:00"], tz="UTC"),
            "between 2024-01-02 and 2024-01-17 (15 days)",
        ),
    ],
)
def test_a_gap_out_of_the_ordinary_is_printed(time, gap):
    text = repr(bars_of(np.full((len(time), 1), 5.0), symbols=("A",), time=time))
    assert ("gap" in text) == (gap is not None)
    assert gap is None or gap in text


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2030-01-01", None, "no bar from 2030-01-01 on; the bars run from 2024-01-02 to 2024-01-03"),
        (pd.Timestamp("2030-01-01"), None, "no bar from 2030-01-01 on;"),
        (None, "2011", "no bar up to 2011;"),
        ("2011", "2012-06", "no bar from 2011 to 2012-06;"),
        (2011, None, "2011 is a number; give a date or text such as '2011'"),
        (None, 20110103, "20110103 is a number; give a date or text"),
    ],
)
def test_a_span_without_bars(start, end, message):
    bars = bars_of([[10.0], [11.0]])
    with pytest.raises(DataError, match=message):
        bars.window(start, end)
    with pytest.raises(DataError, match=message.split(" the bars")[0]):
        read_bars(bars.frame, start=start, end=end)


@given(panels())
def test_frame_there_and_back(bars):
    again = read_bars(bars.frame, symbols=bars.symbols, periods_per_year=bars.periods_per_year)
    assert again == bars


@given(panels(), st.randoms(use_true_random=False))
def test_order_of_columns_and_of_symbols_changes_nothing(bars, random):
    frame = bars.frame
    columns = list(frame.columns)
    random.shuffle(columns)
    by_symbol = frame[columns].sort_values("symbol", kind="stable")
    assert read_bars(by_symbol, symbols=bars.symbols, periods_per_year=bars.periods_per_year) == bars


@given(panels(), st.data())
def test_window_select_and_rows_commute(bars, data):
    first = data.draw(st.integers(0, bars.n_bars - 1))
    stop = data.draw(st.integers(first + 1, bars.n_bars))
    names = data.draw(st.permutations(bars.symbols))
    start, end = bars.time[first], bars.time[stop - 1]
    one = bars.window(start, end).select(names)
    assert one == bars.select(names).window(start, end) == bars.rows(first, stop).select(names)
    np.testing.assert_array_equal(one.close, bars.close[first:stop, [bars.index(n) for n in names]])
