"""How the sample files were made: ``python -m quantlab.market.samples.build``.

Needs ``bokeh_sampledata==2026.1`` and ``arch==8.0.0``. Prices are stored as supplied beside the adjusted
close and are adjusted when read, so that nothing is lost; the close of each session (seconds after 00:00 UTC
of its date) is stored so that reading does not need a timetable.
"""

from __future__ import annotations

import gzip
import importlib.util
import os
from pathlib import Path

import numpy as np
import pandas as pd

from quantlab.market.calendar import DAY_NS, session_closes
from quantlab.market.read import read_bars
from quantlab.market.samples import FOLDER, samples
from quantlab.market.sources.columns import canonical

_FILES = {
    "us5": (("bokeh_sampledata", "_data/stocks.csv.gz", None),),
    "indices": (
        ("arch", "data/sp500/sp500.csv.gz", "SP500"),
        ("arch", "data/nasdaq/nasdaq.csv.gz", "NASDAQ"),
    ),
}


def build(folder: Path = FOLDER) -> None:
    """Write every sample's Parquet file into `folder`, after checking that its rows can be true."""
    for sample in samples():
        parts = [_table(*file) for file in _FILES[sample.name]]
        frame = pd.concat(parts, ignore_index=True)
        frame["symbol"] = pd.Categorical(frame["symbol"], categories=sample.symbols)
        frame = frame.sort_values(["symbol", "date"], ignore_index=True)
        read_bars(frame, calendar=sample.calendar)
        days = frame["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
        frame["close_second"] = ((session_closes(sample.calendar, days) - days * DAY_NS) // 10**9).astype(
            np.int32
        )
        _write(frame.assign(date=frame["date"].dt.date), folder / f"{sample.name}.parquet")


def _table(package: str, path: str, symbol: str | None) -> pd.DataFrame:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed: pip install bokeh_sampledata==2026.1 arch==8.0.0")
    with gzip.open(Path(spec.submodule_search_locations[0]) / path) as file:
        frame = pd.read_csv(file)
    frame = frame.rename(columns=canonical).rename(columns={"ticker": "symbol"})
    columns = ["symbol", "date", "open", "high", "low", "close", "volume", "adj_close"]
    dates = pd.to_datetime(frame["date"], format="ISO8601" if symbol is None else "%m/%d/%Y")
    return frame.assign(date=dates, symbol=frame["symbol"] if symbol is None else symbol)[columns]


def _write(frame: pd.DataFrame, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    frame.to_parquet(temporary, index=False, compression="zstd", compression_level=19)
    os.replace(temporary, path)


if __name__ == "__main__":
    build()
