"""What a run is measured against: the returns of a symbol, a series, or another result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.errors import DataError
from quantlab.market.bars import Bars

if TYPE_CHECKING:
    from quantlab.engine.result import Result


def benchmark_returns(
    benchmark: str | pd.Series | Result, bars: Bars, start: int, stop: int
) -> tuple[str, pd.Series]:
    """Return a benchmark's name and its simple returns on rows `start` … `stop` − 1 of `bars`.

    A symbol counts as held from its first bar on; before it, and over gaps, its return is 0.

    Raises
    ------
    DataError
        If the symbol is unknown, or the series lacks a bar of the run or is NaN there.
    """
    time = bars.time[start:stop]
    if isinstance(benchmark, str):
        mark = bars.mark[:, bars.index(benchmark)]
        previous = np.concatenate([[np.nan], mark[:-1]])
        returns = np.where(np.isnan(previous), 0.0, mark / previous - 1.0)
        return benchmark, pd.Series(returns[start:stop], time, name=benchmark)
    if isinstance(benchmark, pd.Series):
        return str(benchmark.name or "benchmark"), _on(time, benchmark)
    return benchmark.name, _on(time, benchmark.returns)


def _on(time: pd.DatetimeIndex, returns: pd.Series) -> pd.Series:
    if not returns.index.is_unique:
        raise DataError("The benchmark has two returns at one time: give a Series with unique times.")
    found = returns.reindex(time)
    if found.isna().any():
        missing = found.index[found.isna()]
        raise DataError(
            f"The benchmark has no return at {missing[0]} ({len(missing)} of {len(time)} bars): "
            "give one return for every bar of the run."
        )
    return found.astype(float)
