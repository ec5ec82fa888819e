"""Real daily bars that come with the package; SOURCES.md says where from and under which terms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantlab.errors import DataError, did_you_mean
from quantlab.market.calendar import DAY_NS
from quantlab.market.rows import Rows
from quantlab.market.timestamps import Stamps

FOLDER = Path(__file__).parent
FIELDS = ("open", "high", "low", "close", "volume", "adj_close")


@dataclass(frozen=True)
class Sample:
    """What a sample holds.

    Parameters
    ----------
    name
        Read it with ``read_bars("sample:NAME")``.
    first, last
        Labels of the first and last session, YYYY-MM-DD.
    calendar
        Exchange calendar of its sessions.
    """

    name: str
    description: str
    symbols: tuple[str, ...]
    first: str
    last: str
    n_bars: int
    calendar: str
    licence: str


_SAMPLES = (
    Sample(
        name="us5",
        description="five US technology stocks, daily, adjusted for splits and dividends",
        symbols=("AAPL", "MSFT", "IBM", "GOOG", "FB"),
        first="2000-03-01",
        last="2013-03-01",
        n_bars=3270,
        calendar="XNYS",
        licence="public domain",
    ),
    Sample(
        name="indices",
        description="S&P 500 and NASDAQ Composite, daily",
        symbols=("SP500", "NASDAQ"),
        first="1999-01-04",
        last="2018-12-31",
        n_bars=5031,
        calendar="XNYS",
        licence="NCSA",
    ),
)


def samples() -> tuple[Sample, ...]:
    """List the samples that come with the package.

    >>> [sample.name for sample in samples()]
    ['us5', 'indices']
    """
    return _SAMPLES


def load_sample(name: str) -> Rows:
    """Read the rows of a sample, with the closes of their sessions; DataError for an unknown name."""
    import pyarrow.parquet  # slow to import, and only Parquet files need it

    known = {sample.name: sample for sample in _SAMPLES}
    if name not in known:
        raise DataError(f"there is no sample {name!r}. {did_you_mean(name, known)}")
    table = pyarrow.parquet.read_table(FOLDER / f"{name}.parquet", use_threads=False)
    symbols = known[name].symbols
    column = {field: table[field].to_numpy() for field in table.column_names}
    days = column["date"].astype("datetime64[D]").astype(np.int64)
    return Rows(
        symbols,
        np.array([symbols.index(symbol) for symbol in column["symbol"]], dtype=np.int64),
        Stamps(days, None),
        {field: column[field].astype(np.float64) for field in FIELDS},
        calendar=known[name].calendar,
        closes=days * DAY_NS + column["close_second"].astype(np.int64) * 1_000_000_000,
    )
