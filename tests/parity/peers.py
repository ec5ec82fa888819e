"""What the comparisons with other programs share: bars of real markets, and small examples written as scenarios."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from tests.scenarios.scenario import START, Scenario
from tests.scenarios.tabled import Tabled, bars_of

FOLDER = Path(os.environ.get("QUANTLAB_TEST_DATA", "/nowhere"))
MARKETS = {
    # Unadjusted prices: splits are gaps through every stop.
    "sample": ("AAPL", "MSFT", "IBM"),
    # Twelve years of stocks and a fund, with the crash of 2008.
    "stocks": ("AAPL", "AIG", "BAC", "IBM", "SPY"),
}


@cache
def market(name):
    """Bars without gaps; skips the test where the data of `name` are absent."""
    if name == "sample":
        return ql.read_bars("sample:us5").select(MARKETS[name])
    if not FOLDER.is_dir():
        pytest.skip("QUANTLAB_TEST_DATA names no folder")
    return ql.read_bars(FOLDER / "daily_us_raw_lean.parquet", symbols=list(MARKETS[name])).window(
        "2008", "2019"
    )


def columns(bars, i=slice(None)):
    """Frames (or for one symbol Series) of open, high, low and close."""
    frames = {name: pd.DataFrame(bars[name], bars.time) for name in ("open", "high", "low", "close")}
    return {name: frame.iloc[:, i] for name, frame in frames.items()}


def as_columns(rows):
    """Series of open, high, low and close of (open, high, low, close) rows, which follow `START`."""
    frame = pd.DataFrame([START, *rows], columns=["open", "high", "low", "close"], dtype=float)
    frame.index = pd.date_range("2024-01-01", periods=len(frame))
    return dict(frame.items())


def fills_in(rows, calls, *, costs=None, **terms):
    """(bar, quantity, price) of each fill of `calls`, made at the close of `START`, in the `rows` that follow."""
    scenario = Scenario("", [START, *rows], calls, [], [])
    result = ql.backtest(
        Tabled(), bars_of(scenario), engine="python", costs=costs or ql.Costs(), **{"cash": 10_000.0, **terms}
    )
    return list(result.fills[["bar", "quantity", "price"]].itertuples(index=False, name=None))


def later(values):
    """What was decided at a close, in the row of the next bar; the first row has nothing."""
    shifted = np.roll(values, 1, axis=0)
    shifted[0] = 0
    return shifted


def frame_of(prices, **fields):
    """A frame with the names that backtesting.py wants."""
    return pd.DataFrame({name.title(): values for name, values in prices.items()} | {"Volume": 1.0} | fields)
