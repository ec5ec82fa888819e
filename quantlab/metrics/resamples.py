"""Many resamples of a run at once: what all metrics on them share is computed once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from quantlab.metrics.inference import resampled_rows
from quantlab.metrics.returns import NO_DEVIATION, per_bar_rate
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray, IntArray

MOST_CELLS = (
    2_000_000  # of one array: resamples are made in batches, so that memory does not grow with their number
)


@dataclass(frozen=True, eq=False)
class Resamples:
    """A batch of resamples of one run, one a row.

    Parameters
    ----------
    figures
        The run itself.
    rows
        Which bars were drawn, (n_resamples, n_bars).
    exit_rows
        Row of the bar in which each closed trade ended, (n_closed_trades,); a trade is drawn with that bar.
    """

    figures: RunFigures
    rows: IntArray
    exit_rows: IntArray

    @cached_property
    def returns(self) -> FloatArray:
        """Returns of the drawn bars, (n_resamples, n_bars)."""
        return self.figures.returns[self.rows]

    @cached_property
    def benchmark(self) -> FloatArray:
        """The benchmark's returns of the same bars, (n_resamples, n_bars); NaN without one."""
        if self.figures.benchmark is None:
            return np.full(self.rows.shape, np.nan)
        return self.figures.benchmark[self.rows]

    @property
    def n_bars(self) -> int:
        """Bars of each resample."""
        return int(self.rows.shape[1])

    @cached_property
    def excess(self) -> FloatArray:
        """Returns above the riskless rate, (n_resamples, n_bars)."""
        return self.returns - self.rate

    @cached_property
    def rate(self) -> float:
        """Riskless return a bar."""
        return per_bar_rate(self.figures.risk_free_annual, self.figures.periods_per_year)

    @cached_property
    def deviation(self) -> FloatArray:
        """Sample deviation of returns, (n_resamples,); NaN where nothing moves."""
        return moving(self.returns.std(axis=1, ddof=1))

    @cached_property
    def growth(self) -> FloatArray:
        """Growth of 1 at each bar, (n_resamples, n_bars)."""
        return np.asarray(np.cumprod(1.0 + self.returns, axis=1))

    @cached_property
    def drawdown(self) -> FloatArray:
        """Growth against its highest so far, 1 at the beginning included, − 1."""
        return np.asarray(self.growth / np.maximum(np.maximum.accumulate(self.growth, axis=1), 1.0) - 1.0)

    @cached_property
    def sorted(self) -> FloatArray:
        """Returns in rising order, (n_resamples, n_bars)."""
        return np.sort(self.returns, axis=1)

    @cached_property
    def trade_counts(self) -> FloatArray:
        """How often each closed trade was drawn, (n_resamples, n_closed_trades)."""
        counts = np.array([np.bincount(one, minlength=self.n_bars) for one in self.rows], dtype=np.float64)
        return counts[:, self.exit_rows]

    def quantile(self, fraction: float) -> FloatArray:
        """Quantile of the returns, interpolated linearly as NumPy does, (n_resamples,)."""
        place = fraction * (self.n_bars - 1)
        low = int(place)
        high = min(low + 1, self.n_bars - 1)
        below, above = self.sorted[:, low], self.sorted[:, high]
        return np.asarray(below + (place - low) * (above - below))

    def annual(self, per_bar: FloatArray) -> FloatArray:
        """Take a ratio or deviation per bar to a year: · √N."""
        return np.asarray(per_bar * np.sqrt(self.figures.periods_per_year))


def batches(
    figures: RunFigures, exit_rows: IntArray, n_resamples: int, block_bars: float, seed: int
) -> Iterator[Resamples]:
    """Draw all resamples in batches that fit into memory; the rows are those of `resampled_rows`."""
    n_bars = figures.n_bars
    rows = (one.copy() for one in resampled_rows(n_bars, n_resamples, block_bars, seed))
    while batch := list(islice(rows, max(1, MOST_CELLS // n_bars))):
        yield Resamples(figures, np.array(batch), exit_rows)


def moving(deviations: FloatArray) -> FloatArray:
    """Deviations by which something may be divided: NaN for what does not move."""
    return np.where(deviations >= NO_DEVIATION, deviations, np.nan)
