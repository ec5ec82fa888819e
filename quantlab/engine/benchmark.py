"""What a run is measured against: the returns of a symbol, a series, or another result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.display.moments import moment
from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.engine.result import Result


def benchmark_returns(benchmark: str | pd.Series | Result, bars: Bars, start: int, stop: int) -> pd.Series:
    """Return a benchmark's simple returns on rows `start` … `stop` − 1 of `bars`, named after it.

    A symbol counts as held from its first bar on; before it, and over gaps, its return is 0.

    Raises
    ------
    DataError
        If the symbol is unknown or has a price of zero or less, or the series lacks a bar of the run, is NaN there, or
        holds prices.
    """
    time = bars.time[start:stop]
    if isinstance(benchmark, str):
        return pd.Series(_symbol_returns(benchmark, bars)[start:stop], time, name=benchmark)
    if isinstance(benchmark, pd.Series):
        return _on(time, benchmark, str(benchmark.name or "benchmark"))
    if not hasattr(benchmark, "returns"):
        raise DataError(
            f"benchmark={benchmark!r}: give a symbol of the bars, a Series of returns, or a result."
        )
    if benchmark.ruined:
        raise DataError(
            f"The benchmark {benchmark.name} was ruined and has no returns after it: take another."
        )
    return _on(time, benchmark.returns, benchmark.name)


def _symbol_returns(symbol: str, bars: Bars) -> FloatArray:
    mark = bars.mark[:, bars.index(symbol)]
    if (mark <= 0.0).any():
        raise DataError(f"The benchmark {symbol} has prices of zero or less, so that it has no returns.")
    previous = np.concatenate([[np.nan], mark[:-1]])
    return np.where(np.isnan(previous), 0.0, mark / previous - 1.0)


def _on(time: pd.DatetimeIndex, returns: pd.Series, name: str) -> pd.Series:
    if not returns.index.is_unique:
        raise DataError("The benchmark has two returns at one time: give a Series with unique times.")
    found = returns.reindex(time).rename(name)
    if found.abs().median() > 1.0:
        raise DataError("The benchmark looks like prices, not returns: give prices.pct_change().fillna(0.0).")
    if found.isna().any():
        missing = found.index[found.isna()]
        raise DataError(
            f"The benchmark has no return at {moment(missing[0])} ({len(missing)} of {len(time)} bars): "
            "give one return for every bar of the run (.fillna(0.0) after pct_change())."
        )
    return found.astype(float)
