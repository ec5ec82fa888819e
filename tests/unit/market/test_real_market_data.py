"""Files that real vendors made; the folder is named by QUANTLAB_TEST_DATA."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import DataError
from quantlab.market.read import read_bars

FOLDER = Path(os.environ.get("QUANTLAB_TEST_DATA", "/nowhere"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="QUANTLAB_TEST_DATA names no folder")


def test_a_whole_market_without_survivorship():
    bars = read_bars(FOLDER / "daily_us_pit.parquet", calendar="XNYS")
    universe = pd.read_csv(FOLDER / "universe_us_pit.csv", keep_default_na=False)
    assert (bars.n_bars, bars.n_symbols) == (513, 3809)
    assert bars.present.sum() == 1_775_098
    assert set(bars.symbols) == set(universe["symbol"])
    last = bars.n_bars - 1 - bars.present[::-1].argmax(axis=0)
    given = universe.set_index("symbol").loc[list(bars.symbols), "last"]
    assert list(bars.time[last].strftime("%Y-%m-%d")) == list(given)


def test_closes_of_zero_are_refused_by_name():
    frame = (
        pd.read_parquet(FOLDER / "daily_us_pit.parquet")
        .query("symbol in ['AAPL', 'MSFT']")
        .reset_index(drop=True)
    )
    frame.loc[100, ["open", "high", "low", "close"]] = 0.0
    symbol, date = frame.loc[100, "symbol"], f"{frame.loc[100, 'date']:%Y-%m-%d}"
    with pytest.raises(DataError, match=rf"{symbol} {date} close = 0.0: not positive"):
        read_bars(frame)


def test_a_delisting_is_told_and_the_name_used_again_is_noticed():
    """Washington Mutual failed on 2008-09-26; the file holds later rows of the same name."""
    path = FOLDER / "daily_us_raw_lean.parquet"
    with pytest.raises(DataError, match=r"WMI ended at 2008-09-26 .* has a bar at"):
        read_bars(path, symbols="WMI", calendar="XNYS", ends={"WMI": "2008-09-26"})
    bars = read_bars(path, symbols=["SPY", "WMI"], end="2008-09-26", ends={"WMI": ("2008-09-26", -1.0)})
    assert bars.end_rows.tolist() == [bars.n_bars, bars.n_bars - 1]


def test_oil_below_zero():
    oil = pd.read_parquet(FOLDER / "daily_macro.parquet").query("symbol == 'WTI_SPOT'")
    with pytest.raises(DataError, match="open = nan: missing beside other prices"):
        read_bars(oil)
    oil = oil.assign(open=oil["close"], high=oil["close"], low=oil["close"])
    with pytest.raises(DataError, match=r"WTI_SPOT 2020-04-20 close = -36\.98: not positive"):
        read_bars(oil)
    assert read_bars(oil, allow_negative=True).low.min() == -36.98


def test_minutes_stamped_at_their_end_and_at_their_start():
    minutes = pd.read_parquet(FOLDER / "minute_us.parquet")
    at_end = read_bars(
        minutes[minutes["source"] == "eqker"],
        calendar="XNYS",
        tz="America/New_York",
        fields=[],
        periods_per_year=98_280,
    )
    assert at_end.n_bars == 5 * 390
    assert at_end.time[0] == pd.Timestamp("2019-02-11 09:31", tz="America/New_York")
    assert at_end.resample("day").n_bars == 5
    at_start = minutes[(minutes["source"] == "pratikdkale") & (minutes["symbol"] == "SPY")]
    month = read_bars(at_start, calendar="XNYS", tz="America/New_York", stamp="open", fields=[])
    assert month.time[0] == pd.Timestamp("2025-07-01 04:01", tz="America/New_York")
    assert len(set(month.sessions)) == 21


def test_minutes_with_a_text_column_say_so():
    with pytest.raises(DataError, match=r"^read with fields=\[\]: column 'source'.*'lean'"):
        read_bars(FOLDER / "minute_us.parquet")


@pytest.mark.parametrize(("name", "n"), [("daily_fx", 252.0), ("daily_crypto", 365.0)])
def test_other_markets(name, n):
    bars = read_bars(FOLDER / f"{name}.parquet")
    assert bars.periods_per_year == n
    weekly = bars.resample("week")
    np.testing.assert_array_equal(weekly.mark[-1], bars.mark[-1])


def test_bid_and_ask_without_a_price_say_what_is_missing():
    with pytest.raises(DataError, match="no column open, high, low, close"):
        read_bars(FOLDER / "minute_fx_bidask.parquet")
