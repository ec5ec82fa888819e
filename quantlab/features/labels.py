"""The only file of this room that looks forward: labels for forecasters to learn, never a strategy's input.

The span of bar k, with the symbol's own bars counted, is from the open of bar k + 1 to the open of bar
k + 1 + horizon: what somebody meets who decides at the close of bar k and trades at the opens that follow. Labels are
``(n_bars, n_symbols)``, read-only, NaN on absent rows and where the bars end, or the symbol ceases, before the span
does. (A span that would run into a delisting is missing, not zero; a delisting return is not a return between opens.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import ForecastError
from quantlab.features.catalogue import is_whole
from quantlab.features.features import feature
from quantlab.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

Own = Callable[[IntArray, int], FloatArray]  # rows of a symbol's bars, and the symbol, to its labels


def forward_return(bars: Bars, horizon: int) -> FloatArray:
    """Give the simple return over the span, open to open.

    Raises
    ------
    ForecastError
        If the horizon is not a whole number of bars above zero.
    """

    def own(rows: IntArray, symbol: int) -> FloatArray:
        opens = bars.open[rows, symbol]
        returns: FloatArray = opens[1 + horizon :] / opens[1:-horizon] - 1.0
        return returns

    return _labelled(bars, horizon, own)


def forward_volatility(bars: Bars, horizon: int) -> FloatArray:
    """Give the realised volatility of the span, per bar: the root mean square of its one-bar log returns, open to open.

    Andersen, Bollerslev, Diebold and Labys (2003), without the mean, which one span cannot tell from zero. With a
    horizon of one bar it is the absolute return. NaN where a price of the span is not positive.

    Raises
    ------
    ForecastError
        As `forward_return`.
    """

    def own(rows: IntArray, symbol: int) -> FloatArray:
        opens = bars.open[rows, symbol]
        with np.errstate(invalid="ignore", divide="ignore"):
            squares = np.diff(np.log(np.where(opens > 0.0, opens, np.nan)))[1:] ** 2
        volatility: FloatArray = np.sqrt(_spans(squares, horizon).mean(axis=1))
        return volatility

    return _labelled(bars, horizon, own)


def forward_drawdown(bars: Bars, horizon: int) -> FloatArray:
    """Give the deepest fall from a peak within the span, a fraction from -1 to 0.

    The path is the first open, the closes in between, and the last open; what happens inside bars is not looked at.

    Raises
    ------
    ForecastError
        As `forward_return`.
    """

    def own(rows: IntArray, symbol: int) -> FloatArray:
        opens, closes = bars.open[rows, symbol], bars.close[rows, symbol]
        first, last = opens[1:-horizon, None], opens[1 + horizon :, None]
        path = np.concatenate([first, _spans(closes[1:-1], horizon), last], axis=1)
        deepest: FloatArray = (path / np.maximum.accumulate(path, axis=1) - 1.0).min(axis=1)
        return deepest

    return _labelled(bars, horizon, own)


def first_barrier(bars: Bars, horizon: int, up: float, down: float, lookback: int) -> FloatArray:
    """Tell which barrier the price meets first: 1 the upper, -1 the lower, 0 none within the span.

    From the first open of the span the barriers lie `up` and `down` times σ·√horizon away, as fractions, σ being the
    volatility of the `lookback` bars up to now. A bar that touches both counts as the lower, against the buyer. NaN
    also where σ is not known, or zero: barriers that lie on the price are always met.

    López de Prado (2018), "Advances in financial machine learning", section 3.4.

    Raises
    ------
    ForecastError
        As `forward_return`.
    """
    volatility = feature("volatility", lookback=lookback).compute(bars) * np.sqrt(horizon)

    def own(rows: IntArray, symbol: int) -> FloatArray:
        opens, n_labels = bars.open[rows, symbol], len(rows) - 1 - horizon
        entry, spread = opens[1:-horizon], volatility[rows[:n_labels], symbol]
        above = _spans(bars.high[rows, symbol][1:-1], horizon) >= (entry * (1.0 + up * spread))[:, None]
        below = _spans(bars.low[rows, symbol][1:-1], horizon) <= (entry * (1.0 - down * spread))[:, None]
        rose, fell = (_first(touched) for touched in (above, below))
        return np.where(spread > 0.0, np.sign(fell - rose) - ((fell == rose) & (fell < horizon)), np.nan)

    return _labelled(bars, horizon, own)


def label_end(bars: Bars, horizon: int) -> IntArray:
    """Last row of the panel that each span touches, (n_bars, n_symbols); `n_bars` where there is none.

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


def _labelled(bars: Bars, horizon: int, own: Own) -> FloatArray:
    """Lay the labels that `own` gives for the bars of each symbol on the panel."""
    _check(horizon)
    labels = np.full((bars.n_bars, bars.n_symbols), np.nan)
    for symbol in range(bars.n_symbols):
        rows = np.flatnonzero(bars.present[:, symbol])
        if len(rows) > 1 + horizon:
            labels[rows[: -1 - horizon], symbol] = own(rows, symbol)
    labels.flags.writeable = False
    return labels


def _spans(values: FloatArray, horizon: int) -> FloatArray:
    """View `horizon` numbers in sequence from each place ``(n - horizon + 1, horizon)``."""
    return np.lib.stride_tricks.sliding_window_view(values, horizon)


def _first(touched: BoolArray) -> IntArray:
    """Give the place of the first True of each row; the width of the row where there is none."""
    places: IntArray = np.where(touched.any(axis=1), touched.argmax(axis=1), touched.shape[1])
    return places


def _check(horizon: int) -> None:
    if not is_whole(horizon) or horizon < 1:
        raise ForecastError(f"horizon={horizon!r} must be a whole number of bars, 1 or more.")
