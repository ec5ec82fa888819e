"""Bars as they might have been: a sudden fall, wider swings, or the days of a crisis among their own."""

from __future__ import annotations

import numpy as np

from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.typing import BoolArray, FloatArray

PRICES = ("open", "high", "low", "close")


def price_shock(bars: Bars, row: int, size: float) -> Bars:
    """Move every price from the open of row `row` on by the fraction `size`: −0.2 is a fall of a fifth overnight."""
    factor = np.where(np.arange(bars.n_bars) >= row, 1.0 + size, 1.0)[:, None]
    return bars.with_arrays(**{name: bars[name] * factor for name in PRICES})


def volatility_shock(bars: Bars, times: float) -> Bars:
    """Let every symbol swing `times` as widely about its own mean log return; gaps and ranges widen alike.

    The log of each price is counted from the close before: d becomes times·d + (1 − times)·mean of the closes' d. The
    first bar of a symbol stays where it is, up to its range.

    Raises
    ------
    DataError
        Prices of zero or below, which have no log.
    """
    _must_be_positive(bars, "the volatility shock")
    before = _before(bars)
    moves = {name: np.log(bars[name]) - np.log(before) for name in PRICES}
    steps = np.where(_first_bars(bars), np.nan, moves["close"])
    counts = np.maximum(np.isfinite(steps).sum(axis=0), 1)
    mean = np.where(np.isfinite(steps), steps, 0.0).sum(axis=0) / counts
    drift = np.where(_first_bars(bars), 0.0, (1.0 - times) * mean)
    # Absent bars do not move; so the level before a symbol's first bar is where it starts.
    climbed = np.cumsum(np.where(bars.present, times * moves["close"] + drift, 0.0), axis=0)
    start = np.log(_starts(bars))
    from_there = start + np.vstack([np.zeros((1, bars.n_symbols)), climbed[:-1]])
    panels = {name: np.exp(from_there + times * moves[name] + drift) for name in PRICES}
    panels["high"] = np.fmax.reduce([panels[name] for name in PRICES])
    panels["low"] = np.fmin.reduce([panels[name] for name in PRICES])
    return bars.with_arrays(**panels)


def spliced(bars: Bars, first: int, returns: FloatArray) -> Bars:
    """Let closes move by other returns from row `first` on, and then go on as they did.

    Every bar is scaled as a whole, so that its range and its move from open to close stay what they were; so does
    volume. A symbol without a bar on a row makes the move up with its next one; one that begins on the way begins at
    its own price.

    Parameters
    ----------
    bars
        The bars.
    first
        First row that moves otherwise, 1 or later.
    returns
        Simple returns of the closes, above −1, (n, n_symbols) with n rows that the bars have.

    Raises
    ------
    DataError
        Prices of zero or below.
    """
    _must_be_positive(bars, "replayed crises")
    growth = np.ones((bars.n_bars, bars.n_symbols))
    last = first + len(returns) - 1
    growth[first : last + 1] = np.cumprod(1.0 + returns, axis=0)
    # Scaled by (growth since the start) / (own growth since the start), and after the last row as on it.
    ratio = growth / bars.mark
    start = np.maximum(first - 1, bars.present.argmax(axis=0))[None]
    at = np.clip(np.arange(bars.n_bars)[:, None], start, np.maximum(start, last))
    factor = np.take_along_axis(ratio, at, axis=0) / np.take_along_axis(ratio, start, axis=0)
    return bars.with_arrays(**{name: bars[name] * factor for name in PRICES})


def _must_be_positive(bars: Bars, what: str) -> None:
    if (bars.low <= 0.0).any():
        raise DataError(f"Some prices are zero or below and have no returns to change; leave {what} out.")


def _before(bars: Bars) -> FloatArray:
    """Last close before each row; for a symbol's first bar its own open."""
    before = np.vstack([np.full((1, bars.n_symbols), np.nan), bars.mark[:-1]])
    return np.where(np.isnan(before), bars.open, before)


def _first_bars(bars: Bars) -> BoolArray:
    """Whether a cell is the first bar of its symbol."""
    first: BoolArray = bars.present & (np.cumsum(bars.present, axis=0) == 1)
    return first


def _starts(bars: Bars) -> FloatArray:
    """Open of each symbol's first bar, (1, n_symbols); 1 for a symbol without bars."""
    first = bars.present.argmax(axis=0)
    start = bars.open[first, np.arange(bars.n_symbols)]
    return np.where(np.isnan(start), 1.0, start)[None]
