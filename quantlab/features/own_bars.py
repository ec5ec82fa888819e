"""One symbol's own bars: what a built-in indicator reads, and how its values return to the panel.

A window of 20 counts 20 bars of the symbol, never 20 rows of the panel: a symbol's present rows are gathered,
the indicator runs over them, and its values are scattered back. Absent rows are NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from quantlab.kernels.windows import read_only
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


class OwnBars:
    """The bars of one symbol without gaps: one-dimensional, contiguous, oldest first.

    Fields are gathered when first asked for. ``values`` is the field that the feature was declared `of`.
    """

    def __init__(self, gather: Callable[[str], FloatArray], of: str, periods_per_year: float) -> None:
        self._gather = gather
        self._of = of
        self.periods_per_year = periods_per_year

    def field(self, name: str) -> FloatArray:
        """Field or extra field by name, shape (n_own_bars,)."""
        return self._gather(name)

    @property
    def values(self) -> FloatArray:
        """The field that the feature is computed of."""
        return self._gather(self._of)

    @property
    def open(self) -> FloatArray:
        """First price of each bar."""
        return self._gather("open")

    @property
    def high(self) -> FloatArray:
        """Highest price of each bar."""
        return self._gather("high")

    @property
    def low(self) -> FloatArray:
        """Lowest price of each bar."""
        return self._gather("low")

    @property
    def close(self) -> FloatArray:
        """Last price of each bar."""
        return self._gather("close")

    @property
    def volume(self) -> FloatArray:
        """Units traded in each bar; NaN where it is not known."""
        return self._gather("volume")


class _Columns:
    """Fields of the bars turned to (n_symbols, n_bars), so that each symbol's series is contiguous."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._turned: dict[str, FloatArray] = {}

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._turned:
            self._turned[name] = read_only(_turned(self._bars[name]))
        return self._turned[name]


def _turned(panel: FloatArray) -> FloatArray:
    """Transpose to contiguous series (n_symbols, n_bars), some rows at a time to suit the cache."""
    if panel.shape[1] == 1:
        return panel.reshape(1, -1)
    series = np.empty(panel.shape[::-1])
    for first in range(0, panel.shape[0], 512):
        series[:, first : first + 512] = panel[first : first + 512].T
    return series


def by_symbol(
    bars: Bars, of: str, function: Callable[[OwnBars], FloatArray], *, at_once: bool = False
) -> FloatArray:
    """Run `function` on each symbol's own bars; its values in (n_bars, n_symbols), NaN on absent rows.

    A function that may run `at_once` takes whole panels as well as series: where no bar is absent it gets them.
    """
    if bars.gapless and at_once:
        return function(OwnBars(lambda name: bars[name], of, bars.periods_per_year))
    columns = _Columns(bars)
    if bars.gapless and bars.n_symbols == 1:
        own = OwnBars(lambda name: columns[name][0], of, bars.periods_per_year)
        return function(own).reshape(-1, 1)
    present = np.ascontiguousarray(bars.present.T)
    result = np.full((bars.n_symbols, bars.n_bars), np.nan)
    for symbol, rows in enumerate(present):
        whole = bool(rows.all())

        def gather(
            name: str, symbol: int = symbol, rows: FloatArray = rows, whole: bool = whole
        ) -> FloatArray:
            column: FloatArray = columns[name][symbol]
            return column if whole else read_only(column[rows])

        values = function(OwnBars(gather, of, bars.periods_per_year))
        result[symbol, slice(None) if whole else rows] = values
    return np.ascontiguousarray(result.T)


def earlier(values: FloatArray, count: int) -> FloatArray:
    """Shift by `count` bars, 0 or more: the value then; NaN for the first `count` bars."""
    if count == 0:
        return values
    shifted = np.empty(values.shape)
    shifted[:count] = np.nan
    shifted[count:] = values[: max(len(values) - count, 0)]
    return shifted


def change(values: FloatArray) -> FloatArray:
    """Difference to the bar before; NaN for the first bar."""
    return values - earlier(values, 1)


def ratio(numerator: FloatArray, denominator: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """Quotient; NaN where the denominator is zero: a ratio to nothing says nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: FloatArray = np.divide(numerator, denominator, out=out)
    nothing = denominator == 0.0
    if nothing.any():
        quotient[nothing] = np.nan
    return quotient


def growth(values: FloatArray, lookback: int, skip: int = 0) -> FloatArray:
    """Value of `skip` bars ago over the value of `lookback` bars ago, less 1; NaN while one is missing."""
    stop, first = len(values), max(lookback, skip)
    grown = np.empty(values.shape)
    grown[:first] = np.nan
    if first < stop:
        known = grown[first:]
        ratio(values[first - skip : stop - skip], values[first - lookback : stop - lookback], out=known)
        known -= 1.0
    return grown
