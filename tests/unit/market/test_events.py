"""Announced events: known from their announcement on, moved and called off, and over when they are over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.errors import DataError, StrategyError
from quantlab.features.features import feature
from tests.unit.market.test_joined import NEW_YORK, bars_at

# Easter 2024: Monday to Thursday, then Monday to Friday; Good Friday is no session.
DAYS = ["2024-03-25", "2024-03-26", "2024-03-27", "2024-03-28", "2024-04-01", "2024-04-02", "2024-04-03"]


def bars(**told):
    """Nine symbols' worth of nothing but time."""
    return bars_at(DAYS, calendar="XNYS", **told)


def away(frame, symbol=0, cap=63, **told):
    """Sessions until the next known event, and its value, at each bar."""
    found = bars().with_events("talk", pd.DataFrame(frame), cap=cap, **told)
    return found["talk"][:, symbol].tolist(), found["talk_value"][:, symbol].tolist()


def test_sessions_are_counted_over_a_holiday_from_the_announcement_on():
    count, value = away({"announced": ["2024-03-26"], "at": ["2024-04-02"], "value": [0.25]}, cap=9)
    assert count == [9, 4, 3, 2, 1, 9, 9]
    np.testing.assert_array_equal(value, [np.nan, 0.25, 0.25, 0.25, 0.25, np.nan, np.nan])


def test_an_event_on_a_holiday_takes_place_in_the_next_session():
    assert away({"announced": ["2024-03-01"], "at": ["2024-03-29"]}, cap=9)[0] == [4, 3, 2, 1, 9, 9, 9]


def test_clock_times_decide_which_close_knows_and_which_session_it_is():
    told = {"announced": ["2024-03-26 16:30"], "at": ["2024-04-01 16:30"]}  # after the close, both
    assert away(told, tz=NEW_YORK, cap=9)[0] == [9, 9, 3, 2, 1, 9, 9]
    told = {"announced": ["2024-03-26 15:30"], "at": ["2024-04-01 15:30"]}
    assert away(told, tz=NEW_YORK, cap=9)[0] == [9, 3, 2, 1, 9, 9, 9]


def test_the_nearest_of_several_counts_and_far_ones_do_not():
    told = {
        "announced": ["2024-03-25", "2024-03-26"],
        "at": ["2024-04-03", "2024-03-28"],
        "value": [1.0, 2.0],
    }
    count, value = away(told, cap=5)
    assert count == [5, 2, 1, 3, 2, 1, 5]
    np.testing.assert_array_equal(value, [np.nan, 2, 2, 1, 1, 1, np.nan])


def test_a_moved_event_counts_as_last_announced():
    told = {
        "event": ["Q1", "Q1", "Q1"],
        "announced": ["2024-03-01", "2024-03-26", "2024-04-01"],
        "at": ["2024-03-28", "2024-04-02", "2024-04-03"],
    }
    assert away(told, cap=9)[0] == [3, 4, 3, 2, 2, 1, 9]
    called_off = {**told, "at": ["2024-03-28", "2024-04-02", None]}
    assert away(called_off, cap=9)[0] == [3, 4, 3, 2, 9, 9, 9]
    valued = {**called_off, "value": [1.0, 2.0, np.nan]}  # what is called off needs no number
    np.testing.assert_array_equal(away(valued, cap=9)[1], [1, 2, 2, 2, np.nan, np.nan, np.nan])
    both = {name: values for name, values in told.items() if name != "event"}
    assert away(both, cap=9)[0] == [3, 2, 1, 2, 1, 1, 9]  # three events without a name


def test_symbols_have_events_of_their_own():
    told = {"symbol": ["B", "A"], "announced": ["2024-03-01"] * 2, "at": ["2024-03-26", "2024-03-27"]}
    assert away(told, 0, cap=9)[0] == [2, 1, 9, 9, 9, 9, 9]
    assert away(told, 1, cap=9)[0] == [1, 9, 9, 9, 9, 9, 9]


def test_an_unforeseen_closure_is_counted_as_the_session_it_was_to_be():
    sandy = bars_at(["2012-10-25", "2012-10-26", "2012-10-31", "2012-11-01"], calendar="XNYS")
    vote = pd.DataFrame({"announced": ["2012-01-01"], "at": ["2012-11-06"]})
    assert sandy.with_events("vote", vote)["vote"][:, 0].tolist() == [8, 7, 4, 3]


def test_intraday_bars_have_it_ahead_until_it_is_over():
    stamps = [f"{day} {time}" for day in DAYS[:2] for time in ("12:00", "14:00", "16:00")]
    minutes = bars_at(stamps, tz=NEW_YORK, calendar="XNYS")
    told = pd.DataFrame({"announced": ["2024-03-25 13:00"], "at": ["2024-03-26 14:00"]})
    assert minutes.with_events("talk", told, tz=NEW_YORK, cap=9)["talk"][:, 0].tolist() == [9, 1, 1, 0, 9, 9]
    told = pd.DataFrame({"announced": ["2024-03-20"], "at": ["2024-03-26"]})
    assert minutes.with_events("talk", told, cap=9)["talk"][:, 0].tolist() == [1, 1, 1, 0, 0, 0]


def test_the_feature_reads_the_next_event_of_a_coming_session():
    told = pd.DataFrame({"announced": ["2024-03-26"], "at": ["2024-04-02"], "value": [0.25]})
    known = bars().with_events("talk", told, cap=3)
    read = {
        (output, ahead): feature("event", of="talk", output=output, ahead=ahead).compute(known)[:, 0].tolist()
        for output in ("flag", "value")
        for ahead in (1, 2, 3)
    }
    assert read["flag", 1] == [0, 0, 0, 0, 1, 0, 0]
    assert read["value", 2] == [0, 0, 0, 0.25, 0, 0, 0]
    assert read["flag", 3] == [0] * 7  # the cap is no count
    assert feature("value", of="talk").compute(known)[:, 0].tolist() == [3, 3, 3, 2, 1, 3, 3]


@given(data=st.data())
def test_each_bar_knows_what_was_announced_by_its_close(data):
    """Against the definition, one cell at a time, and whatever is cut off later."""
    n, n_rows = data.draw(st.integers(2, 10)), data.draw(st.integers(1, 8))
    day = st.integers(0, n + 4)
    rows = [
        (min(pair), max(pair), data.draw(st.sampled_from(["x", "y"])))
        for pair in data.draw(st.lists(st.tuples(day, day), min_size=n_rows, max_size=n_rows))
    ]
    rows = list({(announced, name): (announced, at, name) for announced, at, name in rows}.values())
    start = pd.Timestamp("2024-03-25")
    frame = pd.DataFrame(
        {
            "announced": [start + pd.Timedelta(days=each[0]) for each in rows],
            "at": [start + pd.Timedelta(days=each[1]) for each in rows],
            "event": [each[2] for each in rows],
        }
    )
    found = bars_at(pd.date_range(start, periods=n), calendar="24/7")
    values = found.with_events("talk", frame, cap=6)["talk"]
    for row in range(n):
        last = {name: (a, at) for a, at, name in sorted(rows) if a <= row}
        coming = [at - row for _, at in last.values() if at > row]
        np.testing.assert_array_equal(values[row], min([*coming, 6]))
    stop = data.draw(st.integers(1, n))
    np.testing.assert_array_equal(
        found.rows(0, stop).with_events("talk", frame, cap=6)["talk"], values[:stop]
    )


GOOD = {"announced": ["2024-03-26"], "at": ["2024-04-02"]}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"at": ["2024-03-25"]},
            r"row 0 was announced at 2024-03-26, after it took place at 2024-03-25\..*join\(",
        ),
        ({"announced": ["2024-03-26 09:30"]}, "column 'announced': .* without a time zone"),
        ({"at": [None]}, "row 0 says no time 'at'.*column 'event'"),
        ({"symbol": ["C"]}, "row 0 is about 'C', which is not among the bars"),
        ({"value": [np.nan]}, "row 0: value = nan is no number"),
        ({"value": ["up"]}, "column 'value' is not made of numbers"),
        (
            {"announced": ["2024-03-26"] * 2, "at": ["2024-04-02"] * 2, "event": ["q"] * 2},
            "rows 0 and 1 announce",
        ),
    ],
)
def test_what_cannot_be_true_is_refused(changed, why):
    with pytest.raises(DataError, match=why):
        bars().with_events("talk", pd.DataFrame({**GOOD, **changed}))


def test_other_misuse_is_refused():
    with pytest.raises(DataError, match="no column 'announced'"):
        bars().with_events("talk", pd.DataFrame({"at": ["2024-04-02"]}))
    with pytest.raises(DataError, match="no column 'at'"):
        bars().with_events("talk", pd.DataFrame({"announced": ["2024-04-02"]}))
    with pytest.raises(DataError, match="cap is a whole number of sessions"):
        bars().with_events("talk", pd.DataFrame(GOOD), cap=0)
    with pytest.raises(DataError, match="'close' is a field of every bar"):
        bars().with_events("close", pd.DataFrame(GOOD))
    with pytest.raises(StrategyError, match=r"say which events, of= the name"):
        feature("event")
    with pytest.raises(StrategyError, match="Did you mean 'talk'"):
        feature("event", of="talc").compute(bars().with_events("talk", pd.DataFrame(GOOD)))
