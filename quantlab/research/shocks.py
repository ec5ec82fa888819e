"""Bars as they might have been: a sudden fall, or wider swings."""

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
    if (bars.low <= 0.0).any():
        raise DataError(
            "Some prices are zero or below and have no log return; leave the volatility shock out."
        )
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
