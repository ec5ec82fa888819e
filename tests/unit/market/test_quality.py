from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import DataError
from quantlab.market.quality import check_bars, check_order
from quantlab.market.read import read_bars
from tests.unit.market.made import long_of, one_symbol

# column, value on 2024-01-03 (where open 10.5, high 12, low 10, close 11), how the complaint reads
BROKEN = [
    ("open", np.nan, "open = nan: missing beside other prices"),
    ("close", np.nan, "close = nan: missing beside other prices"),
    ("high", np.inf, "high = inf: infinite"),
    ("low", -np.inf, "low = -inf: infinite"),
    ("volume", np.inf, "volume = inf: infinite"),
    ("low", 0.0, "low = 0.0: not positive"),
    ("close", -11.0, "close = -11.0: not positive"),
    ("high", 10.75, "high = 10.75: below the close 11.0"),
    ("high", 10.25, "high = 10.25: below the open 10.5"),
    ("high", 9.0, "high = 9.0: below the low 10.0"),
    ("low", 10.75, "low = 10.75: above the open 10.5"),
    ("low", 11.5, "low = 11.5: above the close 11.0"),
    ("open", 12.5, "high = 12.0: below the open 12.5"),
    ("close", 9.5, "low = 10.0: above the close 9.5"),
    ("volume", -1.0, "volume = -1.0: negative"),
]


@pytest.mark.parametrize(("column", "value", "complaint"), BROKEN)
def test_rules(column, value, complaint):
    frame = one_symbol()
    frame.loc["2024-01-03", column] = value
    with pytest.raises(DataError) as caught:
        read_bars({"SPY": frame, "QQQ": one_symbol()})
    lines = str(caught.value).splitlines()
    assert f"  SPY 2024-01-03 {complaint}" in lines
    assert len(lines) >= 4  # head, offenders, counts, advice


@pytest.mark.parametrize(
    ("column", "text"), [("close", "n.v."), ("open", "1,234.5"), ("volume", "12k"), ("high", "high")]
)
def test_text_among_numbers_is_shown(column, text):
    frame = one_symbol().astype({column: object})
    frame.loc["2024-01-03", column] = text
    with pytest.raises(DataError, match=f"SPY 2024-01-03 {column}: '{text}'"):
        read_bars({"SPY": frame})


def test_a_column_of_times_is_no_field():
    with pytest.raises(DataError, match="'known_date' holds times"):
        read_bars(one_symbol().assign(known_date=pd.Timestamp("2024-01-01")))


def test_many_offenders_are_counted_and_the_first_are_shown():
    frame = one_symbol(pd.bdate_range("2020-01-01", periods=500))
    frame["high"] = 1.0
    frame["volume"] = -1.0
    with pytest.raises(DataError) as caught:
        read_bars(frame)
    text = str(caught.value)
    assert sum(line.startswith("  X ") for line in text.splitlines()) == 5
    assert "  X 2020-01-01 high" in text
    assert "volume negative ×500" in text
    assert "high below the close ×500" in text


def test_a_bar_without_any_price_is_absent_and_fine():
    frame = one_symbol()
    frame.loc["2024-01-03", ["open", "high", "low", "close"]] = np.nan
    bars = read_bars({"A": frame, "B": one_symbol()})
    assert bars.present[:, 0].tolist() == [True, False, True]
    assert np.isnan(bars.volume[1, 0])


def test_volume_may_be_missing_altogether_or_here_and_there():
    assert np.isnan(read_bars(one_symbol().drop(columns="volume")).volume).all()
    frame = one_symbol()
    frame.iloc[1, 4] = np.nan
    assert np.isnan(read_bars(frame).volume[:, 0]).tolist() == [False, True, False]


def test_prices_below_zero_pass_when_allowed():
    frame = one_symbol()
    frame[["open", "high", "low", "close"]] -= 11.5
    with pytest.raises(DataError, match="allow_negative=True"):
        read_bars(frame)
    assert read_bars(frame, allow_negative=True).low.min() == -2.5


def test_extreme_but_finite_numbers_pass():
    for scale in (1e-300, 1e300, 5e-324 / 0.5):
        frame = one_symbol()
        frame[["open", "high", "low", "close"]] = scale
        assert read_bars(frame).close[0, 0] == scale


def test_slack_is_for_rounding_only():
    fields = {name: np.array([100.0]) for name in ("open", "high", "low", "close", "volume")}
    check_bars({**fields, "high": np.array([100.0 * (1 - 1e-10)])}, lambda row: ("A", ""))
    with pytest.raises(DataError):
        check_bars({**fields, "high": np.array([100.0 * (1 - 1e-8)])}, lambda row: ("A", ""))


@pytest.mark.parametrize(
    ("stamps", "message"),
    [([1, 1, 1, 2], "A 1 time: duplicate"), ([2, 1, 1, 2], "A 1 time: earlier than the row before it")],
)
def test_order_is_that_of_each_symbol_however_symbols_alternate(stamps, message):
    codes = np.array([0, 1, 0, 1])
    check_order(codes, np.array([1, 1, 2, 2]), lambda row: ("AB"[codes[row]], str(stamps[row])))
    with pytest.raises(DataError, match=message):
        check_order(codes, np.array(stamps), lambda row: ("AB"[codes[row]], str(stamps[row])))


def test_a_million_rows_are_checked_in_no_time():
    rng = np.random.default_rng(0)
    low = rng.uniform(1, 2, 1_000_000)
    fields = {"low": low, "open": low + 0.1, "close": low + 0.2, "high": low + 0.3, "volume": low}
    codes, stamps = np.repeat(np.arange(1000), 1000), np.tile(np.arange(1000), 1000)
    began = time.perf_counter()
    check_bars(fields, lambda row: ("A", ""))
    check_order(codes, stamps, lambda row: ("A", ""))
    check_order(stamps, codes, lambda row: ("A", ""))
    assert time.perf_counter() - began < 2.0  # about 0.1 s


def test_a_defect_in_a_million_rows_is_found():
    days = pd.date_range("2000-01-01", periods=1000)
    frame = long_of({f"S{i}": one_symbol(days) for i in range(20)})
    frame.loc[13_777, "low"] = 1e6
    with pytest.raises(DataError, match=r"S13 2002-02-16 low = 1000000\.0"):
        read_bars(frame)
