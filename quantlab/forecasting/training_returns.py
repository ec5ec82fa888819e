"""The one-bar log returns of a training block, symbol by symbol, for models of a single series."""

from __future__ import annotations

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.forecaster import Forecaster
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray

ENOUGH_RETURNS = 100  # of a symbol, below which parameters of its own would be mostly noise


def training_returns(window: TrainingWindow) -> list[FloatArray]:
    """Recover the return series of each symbol, oldest first, NaN where a return may not be learnt.

    A return belongs to it where a window of the learning or validation part ends. Rows that are only looked back
    at do not: behind the test block of a cross-fold they would be the test block itself. The two parts are laid
    end to end with `lookback` NaN between them, and NaN at the ends is cut off.
    """
    n_symbols, lookback = window.learn.features.shape[0], window.learn.lookback
    apart = np.full(lookback, np.nan)
    series = []
    for symbol in range(n_symbols):
        learn, validation = (_returns_at(part, symbol) for part in (window.learn, window.validation))
        series.append(_trimmed(np.concatenate([learn, apart, validation])))
    return series


def known(series: FloatArray) -> FloatArray:
    """Leave the NaN of a series out."""
    return series[np.isfinite(series)]


def must_have_moved(forecaster: Forecaster, each: list[FloatArray]) -> None:
    """Refuse a training block without any symbol that has enough returns for parameters of its own."""
    longest = max((len(own) for own in map(known, each)), default=0)
    if not any(is_enough(series) for series in each):
        raise ForecastError(
            f"{forecaster!r} has no symbol with {ENOUGH_RETURNS} returns that move in a training block (the most "
            f"are {longest}); give WalkForward(train=) more bars, or bars that move."
        )


def is_enough(series: FloatArray) -> bool:
    """Tell whether parameters can be fitted to these returns alone."""
    own = known(series)
    return len(own) >= ENOUGH_RETURNS and bool(own.std() > 0.0)


def _returns_at(part: Windows, symbol: int) -> FloatArray:
    """Lay the newest returns of one symbol's windows at their rows ``(n_rows,)``."""
    laid = np.full(part.features.shape[1], np.nan)
    rows = part.rows[part.symbols == symbol]
    laid[rows] = part.features[symbol, rows, 0]
    return laid


def _trimmed(series: FloatArray) -> FloatArray:
    told = np.flatnonzero(np.isfinite(series))
    return series[told[0] : told[-1] + 1] if len(told) else series[:0]
