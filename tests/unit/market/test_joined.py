"""Numbers published elsewhere: nothing is seen before it became known, revisions included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.errors import DataError
from quantlab.market.bars import Bars

PRICES = ("open", "high", "low", "close")
NEW_YORK = "America/New_York"
WEEK = ["2024-02-12", "2024-02-13", "2024-02-14", "2024-02-15", "2024-02-16"]


def bars_at(time, symbols=("A", "B"), **told):
    """Bars that stand still."""
    price = np.ones((len(time), len(symbols)))
    return Bars.from_arrays(time=time, symbols=symbols, **dict.fromkeys(PRICES, price), **told)


def joined(bars, frame, column="x", **told):
    """One joined column of the first symbol, as a list with None for NaN."""
    values = bars.join(pd.DataFrame(frame), **told)[column][:, 0]
    return [None if np.isnan(value) else value for value in values.tolist()]


def test_a_number_is_known_from_its_publication_on():
    bars = bars_at(WEEK, calendar="XNYS")
    before_open = {"known": ["2024-02-13 08:30", "2024-02-15 08:30"], "x": [3.1, 3.2]}
    assert joined(bars, before_open, tz=NEW_YORK) == [None, 3.1, 3.1, 3.2, 3.2]
    # New York closes at four: what comes a minute later is known on the next day.
    at_close = {"known": ["2024-02-13 16:00", "2024-02-15 16:01"], "x": [3.1, 3.2]}
    assert joined(bars, at_close, tz=NEW_YORK) == [None, 3.1, 3.1, 3.1, 3.2]
    by_date = {"known": ["2024-02-10", "2024-02-14"], "x": [3.1, 3.2]}  # a Saturday is known on Monday
    assert joined(bars, by_date) == [3.1, 3.1, 3.2, 3.2, 3.2]


def test_a_revision_replaces_what_it_revises_once_it_is_made():
    bars = bars_at(WEEK)
    told = {
        "published": ["2024-02-12", "2024-02-13", "2024-02-14", "2024-02-15"],
        "quarter": ["2023Q3", "2023Q4", "2023Q3", "2023Q4"],
        "x": [4.9, 3.3, 5.2, 3.2],
    }
    # The third row revises an earlier quarter than the one that counts by then.
    assert joined(bars, told, known="published", period="quarter") == [4.9, 3.3, 3.3, 3.2, 3.2]
    without = {name: told[name] for name in ("published", "x")}
    assert joined(bars, without, known="published") == [4.9, 3.3, 5.2, 3.2, 3.2]


def test_rows_may_come_in_any_order_and_columns_have_holes():
    bars = bars_at(WEEK)
    told = {
        "known": ["2024-02-15", "2024-02-12", "2024-02-13"],
        "x": [3.0, 1.0, np.nan],
        "y": [np.nan, 5.0, 6.0],
    }
    assert joined(bars, told) == [1.0, 1.0, 1.0, 3.0, 3.0]
    assert joined(bars, told, "y") == [5.0, 6.0, 6.0, 6.0, 6.0]


def test_symbols_have_values_of_their_own():
    told = {"known": ["2024-02-12", "2024-02-14"], "symbol": ["B", "A"], "x": [1.0, 2.0]}
    panel = bars_at(WEEK).join(pd.DataFrame(told))["x"]
    np.testing.assert_array_equal(panel.T, [[np.nan, np.nan, 2, 2, 2], [1, 1, 1, 1, 1]])


def test_intraday_bars_know_a_date_when_its_session_is_over():
    stamps = [f"{day} {time}" for day in ("2024-02-13", "2024-02-14") for time in ("12:00", "16:00")]
    bars = bars_at(stamps, tz=NEW_YORK, calendar="XNYS")
    assert joined(bars, {"known": ["2024-02-13"], "x": [1.0]}) == [None, None, 1.0, 1.0]
    assert joined(bars, {"known": ["2024-02-13 13:00"], "x": [1.0]}, tz=NEW_YORK) == [None, 1.0, 1.0, 1.0]


@given(data=st.data())
def test_each_bar_has_the_latest_that_was_known(data):
    """Against the definition, one cell at a time, and whatever comes later."""
    n, n_rows = data.draw(st.integers(2, 12)), data.draw(st.integers(1, 14))
    hours = st.integers(0, 24 * (n + 2))
    keys = data.draw(
        st.lists(st.tuples(hours, st.integers(0, 3)), min_size=n_rows, max_size=n_rows, unique=True)
    )
    start = pd.Timestamp("2024-02-12", tz="UTC")
    frame = pd.DataFrame(
        {
            "known": [start + pd.Timedelta(hours=hour, minutes=1) for hour, _ in keys],
            "period": [period for _, period in keys],
            "x": np.arange(float(n_rows)),
        }
    )
    bars = bars_at(pd.date_range("2024-02-12", periods=n))
    values = bars.join(frame, period="period")["x"]
    for row in range(n):
        then = [each for each in frame.itertuples() if each.known.value <= bars.time_ns[row]]
        last = max(then, key=lambda each: (each.period, each.known), default=None)
        expected = np.nan if last is None else last.x
        np.testing.assert_array_equal(values[row], expected)
    stop = data.draw(st.integers(1, n))
    cut = bars.rows(0, stop).join(frame, period="period")["x"]
    np.testing.assert_array_equal(cut, values[:stop])


@pytest.mark.parametrize(
    ("frame", "told", "why"),
    [
        ({"x": [1.0]}, {}, r"no column 'known'. Known: x"),
        ({"known": ["2024-02-13 08:30"], "x": [1.0]}, {}, "column 'known': .* without a time zone"),
        ({"known": ["2024-02-13", None], "x": [1.0, 2.0]}, {}, "column 'known': 1 timestamps are missing"),
        ({"known": ["2024-02-13"]}, {}, "no column beside 'known' to join"),
        ({"known": ["2024-02-13"], "x": ["high"]}, {}, "column 'x' is not made of numbers"),
        ({"known": ["2024-02-13"], "close": [1.0]}, {}, "'close' is a field of every bar"),
        (
            {"known": ["2024-02-13"], "symbol": ["Z"], "x": [1.0]},
            {},
            r"row 0 is about 'Z', which is not among",
        ),
        ({"known": ["2024-02-13"] * 2, "x": [1.0, 2.0]}, {}, "rows 0 and 1 both became known at 2024-02-13"),
        ({"known": ["2024-02-13"], "x": [1.0]}, {"period": "month"}, "no column 'month'"),
        ({"known": ["2024-02-13"], "m": [None], "x": [1.0]}, {"period": "m"}, "row 0 says no 'm'"),
        ({"known": ["2024-02-13"], "x": [np.inf]}, {}, "x = inf: infinite"),
    ],
)
def test_what_cannot_be_joined_is_refused(frame, told, why):
    with pytest.raises(DataError, match=why):
        bars_at(WEEK).join(pd.DataFrame(frame), **told)
