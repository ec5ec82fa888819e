"""What a forecast is worth as a signal to trade: spread of portfolios sorted by it, and how slowly it turns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.forecasting.information import ENOUGH_SYMBOLS, cross_section, mean_error, pooled
from quantlab.typing import FloatArray

PARTS = 5  # portfolios that symbols are sorted into


def spread(forecast: FloatArray, label: FloatArray, horizon: int) -> tuple[float, float]:
    """Mean return of the top fifth of symbols by forecast less that of the bottom fifth, and its standard error.

    At each bar with at least ten symbols the ⌊n/5⌋ highest and the ⌊n/5⌋ lowest are held in equal parts over the
    label's span (Fama and French 1993 sort likewise); the error is Newey–West's over bars, because spans overlap.
    Ties share their mean rank, so the sequence of symbols does not matter; a bar where they leave either end empty
    is not judged. A return over `horizon` bars, before costs.

    Both arrays are ``(n_bars, n_symbols)``; cells with NaN in either are left out. NaN with fewer than two bars.
    """
    both = np.isfinite(forecast) & np.isfinite(label)
    both &= both.sum(axis=1, keepdims=True) >= ENOUGH_SYMBOLS
    count = both.sum(axis=1, keepdims=True)
    ranks = pd.DataFrame(np.where(both, forecast, np.nan)).rank(axis=1).to_numpy(dtype=np.float64)
    held = count // PARTS
    with np.errstate(invalid="ignore"):
        top, bottom = (ranks > count - held) & both, (ranks <= held) & both
    judged = top.any(axis=1) & bottom.any(axis=1)
    if judged.sum() < 2:
        return np.nan, np.nan
    earned = _mean_of(label, top)[judged] - _mean_of(label, bottom)[judged]
    return float(earned.mean()), mean_error(earned, horizon)


def rank_autocorrelation(forecast: FloatArray) -> float:
    """Rank correlation of forecasts ``(n_bars, n_symbols)`` with those of the bar before: 1 never turns over.

    With at least ten symbols the mean over bars of Spearman's correlation across symbols, with fewer one
    correlation pooled over bars and symbols. NaN cells are left out; NaN for a forecast that never varies.
    """
    before, after = forecast[:-1], forecast[1:]
    across = forecast.shape[1] >= ENOUGH_SYMBOLS
    return (cross_section if across else pooled)(before, after, 1).rank_ic


def _mean_of(label: FloatArray, chosen: FloatArray) -> FloatArray:
    total = np.where(chosen, label, 0.0).sum(axis=1)
    means: FloatArray = total / np.maximum(chosen.sum(axis=1), 1)
    return means
