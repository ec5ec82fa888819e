"""The metrics of a run with the interval that each may lie in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quantlab.display.numbers import NOT_AVAILABLE, interval, number
from quantlab.display.sheets import Sheet, Shown
from quantlab.engine.result import Result
from quantlab.errors import DataError
from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.inference import Blocks, blocks_of_run
from quantlab.metrics.intervals import metric_intervals


@dataclass(frozen=True, eq=False, repr=False)
class Intervals(Shown):
    """Metrics of a run and the bounds that a bootstrap gives them.

    Parameters
    ----------
    frame
        Rows by metric name, columns ``value, low, high``; NaN where undefined.
    name
        The run.
    level, n_resamples, blocks, seed
        Share of the resamples between the bounds, how many there were, their mean block lengths in bars (for what hangs
        on the mean of returns, and on their size), their seed.
    """

    frame: pd.DataFrame
    name: str
    level: float
    n_resamples: int
    blocks: Blocks
    seed: int

    def sheets(self) -> list[Sheet]:
        """One row a metric."""
        rows = [
            [METRICS[name].label, *_told(value, low, high, METRICS[name].unit)]
            for name, value, low, high in self.frame.itertuples(name=None)
        ]
        note = (
            f"{self.level:.0%} stationary bootstrap, {self.n_resamples:,} resamples of blocks of "
            f"{self.blocks.mean:.1f} bars on average, of {self.blocks.size:.1f} where the metric hangs on the size of "
            "returns, which clusters; it does not know that the run was chosen."
        )
        columns = ["metric", "value", "[low, high]"]
        return [Sheet(self.name, columns, rows, dict.fromkeys(columns[1:], "text"), [note])]


def intervals(result: Result, *, level: float = 0.95, n_resamples: int = 1000, seed: int = 0) -> Intervals:
    """Bootstrap every metric of a run that comes from its bars or its closed trades.

    The stationary bootstrap (Politis and Romano 1994) with the automatic block length of Politis and White (2004): that
    of the returns, or of their squares too where a metric hangs on the size of returns (volatility, value at risk,
    drawdown, beta, …). A bar is drawn with the benchmark's return and with the trades that ended in it. Above 10,000
    bars total return, CAGR, volatility, Sharpe, Sortino and Omega are drawn in groups of bars, as on a page.

    Parameters
    ----------
    result
        The run.
    level
        Share of the resamples between the bounds.
    n_resamples, seed
        How many resamples; same seed, same bounds.

    Raises
    ------
    DataError
        No result, a level outside (0, 1), or no resample.
    """
    if not isinstance(result, Result):
        raise DataError(f"intervals() takes what ql.backtest returned, not {result!r:.80}.")
    if not 0.0 < level < 1.0 or n_resamples < 1:
        raise DataError(
            f"level={level}, n_resamples={n_resamples}: give a share between 0 and 1, as 0.95, and at least 1 resample."
        )
    closed = result.trades[~result.trades["open"]]
    exit_rows = result.equity.index.get_indexer(pd.DatetimeIndex(closed["exit_time"])).astype(np.int64)
    off = result.figures.returns - result.figures.returns.mean()
    blocks = blocks_of_run(off, off * off)
    frame = metric_intervals(result.figures, exit_rows, level=level, n_resamples=n_resamples, seed=seed)
    return Intervals(frame, result.name, level, n_resamples, blocks, seed)


def _told(value: float, low: float, high: float, unit: str) -> tuple[str, str]:
    """Tell a value and its bounds as text; what is undefined is said once."""
    return number(value, unit), "" if interval(low, high) == NOT_AVAILABLE else interval(low, high, unit)
