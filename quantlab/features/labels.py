"""The only file of this room that looks forward: labels for forecasters to learn, never a strategy's input.

The label of bar k, with the symbol's own bars counted, is the simple return from the open of bar k + 1 to the
open of bar k + 1 + horizon: what somebody earns who decides at the close of bar k and trades at the opens
that follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import ForecastError
from quantlab.features.catalogue import is_whole
from quantlab.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


def forward_return(bars: Bars, horizon: int) -> FloatArray:
    """Give the simple return from the next open to the open `horizon` own bars later, (n_bars, n_symbols).

    NaN on absent rows and where the bars end, or the symbol ceases, before the label does. (A label that
    would run into a delisting is missing, not zero; a delisting return is not a return between opens.)

    Raises
    ------
    ForecastError
        If the horizon is not a whole number of bars above zero.
    """
    _check(horizon)
    labels = np.full((bars.n_bars, bars.n_symbols), np.nan)
    for symbol in range(bars.n_symbols):
        rows = np.flatnonzero(bars.present[:, symbol])
        opens = bars.open[rows, symbol]
        labels[rows[: -1 - horizon], symbol] = (
            opens[1 + horizon :] / opens[1 : max(opens.size - horizon, 1)] - 1.0
        )
    labels.flags.writeable = False
    return labels


def label_end(bars: Bars, horizon: int) -> IntArray:
    """Last row of the panel that each label touches, (n_bars, n_symbols); `n_bars` where there is no label.

    So ``label_end(bars, horizon) < row`` says which labels are known at the close of the bar before `row`.

    Raises
    ------
    ForecastError
        If the horizon is not a whole number of bars above zero.
    """
    _check(horizon)
    ends = np.full((bars.n_bars, bars.n_symbols), bars.n_bars, dtype=np.int64)
    for symbol in range(bars.n_symbols):
        rows = np.flatnonzero(bars.present[:, symbol])
        ends[rows[: -1 - horizon], symbol] = rows[1 + horizon :]
    ends.flags.writeable = False
    return ends


def _check(horizon: int) -> None:
    if not is_whole(horizon) or horizon < 1:
        raise ForecastError(f"horizon={horizon!r} must be a whole number of bars, 1 or more.")
