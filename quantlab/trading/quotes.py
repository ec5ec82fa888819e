"""Bid and ask of bars that come from quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import DataError
from quantlab.market.quotes import PRICES
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


def bid_ask(bars: Bars, name: str) -> tuple[FloatArray, FloatArray]:
    """Return bid and ask of one of the four prices, ``(n_bars, n_symbols)`` each; their mean where they cross."""
    bid, ask = bars[f"bid_{name}"], bars[f"ask_{name}"]
    crossed = bid > ask
    mean = 0.5 * (bid + ask)
    return np.where(crossed, mean, bid), np.where(crossed, mean, ask)


def spread_of(bars: Bars, name: str) -> FloatArray:
    """Return ask less bid of one of the four prices, ``(n_bars, n_symbols)``; 0 where they cross."""
    bid, ask = bid_ask(bars, name)
    return ask - bid


def must_have_quotes(bars: Bars) -> None:
    """Refuse bars that do not come from quotes, or lack one side where there is a bar.

    Raises
    ------
    DataError
        Naming the field, the symbol and the time.
    """
    for field in (f"{side}_{name}" for side in ("bid", "ask") for name in PRICES):
        if field not in bars.fields:
            raise DataError(
                f"Execution(quotes=True): the bars have no field {field!r}; make them with Bars.from_quotes(bid, ask)."
            )
        missing = np.argwhere(bars.present & np.isnan(bars[field]))
        if len(missing):
            t, i = missing[0]
            raise DataError(f"{field} of {bars.symbols[i]} is missing at {bars.time[t]}, where it has a bar.")


def n_crossed(bars: Bars) -> int:
    """Count the bars whose bid is above their ask in some of the four prices."""
    crossed = [bars[f"bid_{name}"] > bars[f"ask_{name}"] for name in PRICES]
    return int(np.any(crossed, axis=0).sum())
