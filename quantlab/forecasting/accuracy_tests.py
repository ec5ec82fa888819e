"""Whether one forecaster met the returns better than another, by more than chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from quantlab.forecasting.information import bar_means, hac_lags, mean_error, quantile_losses
from quantlab.typing import FloatArray

FEWEST_BARS = 20  # below, the long-run variance of a loss is a guess
NAN = float("nan")

Losses = Callable[[FloatArray, FloatArray, tuple[float, ...]], FloatArray]


class AccuracyTest(NamedTuple):
    """A test statistic, positive where the judged forecaster is the better one, and its p-value."""

    statistic: float
    p_value: float


UNTESTED = AccuracyTest(NAN, NAN)


def diebold_mariano(
    values: FloatArray,
    rival: FloatArray,
    label: FloatArray,
    levels: tuple[float, ...],
    horizon: int,
    loss: Losses = quantile_losses,
) -> AccuracyTest:
    """Test equal accuracy of two forecasts by their quantile losses, or by another `loss`; two-sided.

    d_t = mean loss of `rival` at bar t − mean loss of `values` at bar t, over symbols and levels, and
    DM = mean(d)/√(long-run variance/T): Diebold and Mariano (1995), Newey–West (1987) with `hac_lags`. Times
    √((T + 1 − 2h + h(h − 1)/T)/T) and against Student's t with T − 1 degrees of freedom: the small-sample
    correction of Harvey, Leybourne and Newbold (1997). The arithmetic is statsmodels'.

    Parameters
    ----------
    values, rival
        Quantiles ``(n_bars, n_symbols, n_levels)``; cells with NaN in either are left out of both.
    label
        What came ``(n_bars, n_symbols)``.
    levels, horizon
        Quantile levels, and bars that a label spans.
    loss
        From `values`, `label` and `levels` to losses of the shape of `values`.

    Returns
    -------
    NaN with fewer than 20 bars, or where the losses never differ.
    """
    losses = [loss(each, label, levels) for each in (values, rival)]
    both = np.isfinite(losses[0]) & np.isfinite(losses[1])
    mine, theirs = (bar_means(np.where(both, each, NAN)) for each in losses)
    if len(mine) < max(FEWEST_BARS, 2 * horizon) or not _varies(theirs - mine):
        return UNTESTED
    from statsmodels.tsa.stattools import diebold_mariano_test  # takes seconds to import

    told = diebold_mariano_test(
        np.zeros(len(mine)),
        theirs,
        mine,
        lags=hac_lags(len(mine), horizon),
        criterion=lambda _, each: each,
        harvey_adj=True,
        horizon=horizon,
    )
    return AccuracyTest(float(told.statistic), float(told.pvalue))


def clark_west(forecast: FloatArray, nested: FloatArray, label: FloatArray, horizon: int) -> AccuracyTest:
    """Test whether a forecast beats one nested in it, by squared error of medians; one-sided.

    f_t = (y − nested)² − [(y − forecast)² − (nested − forecast)²], averaged over symbols at each bar, and
    CW = mean(f)/its Newey–West error, against the standard normal (Clark and West 2007, eq. 3.1 and 3.2). The
    last term takes back the noise that the larger model adds when its extra coefficients are truly zero, for
    which Diebold–Mariano would blame it.

    Parameters
    ----------
    forecast, nested, label
        Medians of the larger model, of the one nested in it, and what came ``(n_bars, n_symbols)``; cells with
        NaN in any are left out.
    horizon
        Bars that a label spans.

    Returns
    -------
    NaN with fewer than 20 bars, or where the two forecasts never differ.
    """
    adjusted = (label - nested) ** 2 - ((label - forecast) ** 2 - (nested - forecast) ** 2)
    series = bar_means(adjusted)
    if len(series) < FEWEST_BARS or not _varies(series):
        return UNTESTED
    statistic = float(series.mean()) / mean_error(series, horizon)
    return AccuracyTest(statistic, 0.5 * math.erfc(statistic / math.sqrt(2.0)))


def _varies(series: FloatArray) -> bool:
    return bool(series.std() > 1e-12 * np.abs(series).mean()) if len(series) else False
