"""Bars from two sides of quotes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quantlab.errors import DataError
from quantlab.market.bars import Bars

PRICES = ("open", "high", "low", "close")


def from_quotes(bid: Bars, ask: Bars, volume: npt.ArrayLike | None) -> Bars:
    """Return bars of the mean of both sides, with both as extra fields; see `Bars.from_quotes`."""
    _must_match(bid, ask)
    sides = {f"{side}_{name}": bars[name] for side, bars in (("bid", bid), ("ask", ask)) for name in PRICES}
    mean = {name: 0.5 * (bid[name] + ask[name]) for name in PRICES}
    units = np.full(bid.close.shape, np.nan) if volume is None else volume
    return bid.with_arrays(**mean, **sides, volume=units)


def _must_match(bid: Bars, ask: Bars) -> None:
    if bid.symbols != ask.symbols:
        raise DataError(f"from_quotes: bid has the symbols {bid.symbols}, ask has {ask.symbols}.")
    if not np.array_equal(bid.time_ns, ask.time_ns) or bid.tz != ask.tz:
        raise DataError(
            f"from_quotes: bid has {bid.n_bars} rows from {bid.time[0]} to {bid.time[-1]}, ask has {ask.n_bars} from "
            f"{ask.time[0]} to {ask.time[-1]}; give both on one clock."
        )
    differs = np.argwhere(bid.present != ask.present)
    if len(differs):
        t, i = differs[0]
        there, missing = ("bid", "ask") if bid.present[t, i] else ("ask", "bid")
        raise DataError(
            f"from_quotes: {bid.symbols[i]} has a {there} at {bid.time[t]} and no {missing}; leave such rows out."
        )
