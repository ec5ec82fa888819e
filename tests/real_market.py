"""Files that real vendors made, where the environment says that there are some."""

import os
from pathlib import Path

import pandas as pd

import quantlab as ql

FOLDER = Path(os.environ.get("QUANTLAB_TEST_DATA", "/nowhere"))


def without_survivorship(every):
    """Bars of one symbol in `every` of a survivorship-free market; who left early lost 30% on leaving."""
    universe = pd.read_csv(FOLDER / "universe_us_pit.csv", keep_default_na=False)[::every]
    left = universe[universe["last"] < universe["last"].max()]
    return ql.read_bars(
        FOLDER / "daily_us_pit.parquet",
        symbols=list(universe["symbol"]),
        calendar="XNYS",
        ends={symbol: (last, -0.3) for symbol, last in zip(left["symbol"], left["last"], strict=True)},
    )
