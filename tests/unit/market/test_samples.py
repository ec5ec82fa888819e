from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import DataError
from quantlab.market.calendar import session_closes
from quantlab.market.read import read_bars
from quantlab.market.samples import FOLDER, load_sample, samples


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_a_sample_is_what_its_description_says(sample):
    bars = read_bars(f"sample:{sample.name}")
    assert bars.symbols == sample.symbols
    assert bars.n_bars == sample.n_bars
    assert bars.time[0] == pd.Timestamp(sample.first)
    assert bars.time[-1] == pd.Timestamp(sample.last)
    assert bars.calendar == sample.calendar
    assert bars.periods_per_year == 252.0
    assert sample.name in (FOLDER / "SOURCES.md").read_text()
    assert (FOLDER / f"{sample.name}.parquet").stat().st_size < 400_000


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_stored_closes_are_those_of_the_exchange(sample):
    rows = load_sample(sample.name)
    np.testing.assert_array_equal(rows.closes, session_closes(sample.calendar, rows.stamps.values))


def test_listings_come_late():
    bars = read_bars("sample:us5")
    first = {symbol: bars.time[bars.present[:, i].argmax()] for i, symbol in enumerate(bars.symbols)}
    assert first["GOOG"] == pd.Timestamp("2004-08-19")
    assert first["FB"] == pd.Timestamp("2012-05-18")
    assert bars.present.sum() == 12_154


def test_a_split_is_gone_once_adjusted():
    """Apple split 2:1 on 2005-02-28; the close of the session before was 88.99, that of the day 44.86."""
    raw = read_bars("sample:us5", adjusted=False, symbols="AAPL", start="2005-02-25", end="2005-02-28")
    assert raw.close[:, 0].tolist() == [88.99, 44.86]
    adjusted = read_bars("sample:us5", symbols="AAPL", start="2005-02-25", end="2005-02-28")
    assert adjusted.close[1, 0] / adjusted.close[0, 0] == pytest.approx(2 * 44.86 / 88.99, rel=1e-9)
    np.testing.assert_allclose(adjusted.close * adjusted.volume, raw.close * raw.volume, rtol=1e-12)


def test_a_sample_takes_the_arguments_of_any_source():
    bars = read_bars(
        "sample:us5", symbols=["IBM"], start="2008", end="2008", ends={"IBM": ("2008-12-31", -1.0)}
    )
    assert bars.n_bars == 253
    assert bars.end_rows.tolist() == [252]
    plain = read_bars("sample:us5", calendar="24/7", periods_per_year=250)
    assert plain.time_ns[0] == pd.Timestamp("2000-03-02", tz="UTC").value
    assert plain.periods_per_year == 250


def test_a_sample_survives_its_own_frame():
    bars = read_bars("sample:us5", start="2012")
    assert read_bars(bars.frame, symbols=bars.symbols, calendar="XNYS") == bars


def test_an_unknown_sample():
    with pytest.raises(DataError, match="Did you mean 'indices'"):
        read_bars("sample:indexes")


def test_a_sample_is_read_fast_and_without_a_timetable():
    read_bars("sample:us5")
    began = time.perf_counter()
    read_bars("sample:us5")
    assert time.perf_counter() - began < 0.3  # about 0.02 s
    heavy = [
        "exchange_calendars",
        "numba",
        "torch",
        "scipy",
        "sklearn",
        "plotly",
        "rich",
        "vectorbt",
        "jinja2",
    ]
    code = (
        "import sys; from quantlab.market.read import read_bars\n"
        "read_bars('sample:us5').resample('week').fingerprint\n"
        f"found = [name for name in {heavy} if name in sys.modules]; assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
