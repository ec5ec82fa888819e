"""Bars for the tests of features: a random panel with gaps and holes, and a real one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantlab.market.bars import Bars

FIELDS = ("open", "high", "low", "close", "volume")


def random_bars(n_bars=160, symbols=("A", "B", "C", "D"), seed=0, gaps=0.1, holes=0.03, scale=1.0):
    """A random walk for each symbol. `gaps` is the share of absent bars, `holes` that of missing volumes."""
    rng = np.random.default_rng(seed)
    shape = (n_bars, len(symbols))
    close = scale * 100 * np.exp(np.cumsum(rng.normal(0, 0.01, shape), 0))
    open_ = close * np.exp(rng.normal(0, 0.005, shape))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.004, shape)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.004, shape)))
    volume = rng.integers(1, 10_000, shape).astype(float)
    mood = rng.normal(0, 1, shape)
    absent = rng.uniform(size=shape) < gaps
    absent[:, 0] = False
    for prices in (open_, high, low, close):
        prices[absent] = np.nan
    volume[rng.uniform(size=shape) < holes] = np.nan
    mood[rng.uniform(size=shape) < holes] = np.nan
    return Bars.from_arrays(
        time=pd.bdate_range("2020-01-01", periods=n_bars),
        symbols=symbols,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        extra={"mood": mood},
        periods_per_year=252.0,
    )


@pytest.fixture(scope="session")
def gappy():
    return random_bars()


@pytest.fixture(scope="session")
def whole():
    return random_bars(gaps=0.0, holes=0.0)


@pytest.fixture(scope="session")
def real():
    """Six real symbols over 260 sessions, some of which begin late or end early."""
    folder = os.environ.get("QUANTLAB_TEST_DATA")
    if not folder:
        pytest.skip("QUANTLAB_TEST_DATA is not set")
    frame = pd.read_parquet(Path(folder) / "daily_us_pit.parquet")
    days = frame["date"].nunique()
    rows = frame.groupby("symbol").size()
    names = [*rows[rows == days].index[:3], *rows[(rows > 60) & (rows < days)].index[:3]]
    frame = frame[frame["symbol"].isin(names) & (frame[["open", "high", "low", "close"]] > 0).all(axis=1)]
    fields = {name: frame.pivot(index="date", columns="symbol", values=name) for name in FIELDS}
    first = fields["close"]
    bars = Bars.from_arrays(
        time=pd.DatetimeIndex(first.index),
        symbols=tuple(map(str, first.columns)),
        **{name: panel.to_numpy(np.float64) for name, panel in fields.items()},
        periods_per_year=252.0,
    )
    return bars.rows(0, 260)
