"""Whether forecasts hold what they claim: quantiles their share of labels, probabilities their frequency."""

from __future__ import annotations

import numpy as np

from quantlab.typing import FloatArray

TENTHS = 10


def share_below(values: FloatArray, label: FloatArray) -> FloatArray:
    """Share of labels at or below each quantile ``(n_levels,)``; a calibrated one has its own level.

    `values` is ``(n_bars, n_symbols, n_levels)``, `label` ``(n_bars, n_symbols)``; cells with NaN in either are
    left out, NaN without any. Kupiec (1995) calls 1 − it the failure rate.
    """
    known = np.isfinite(label)[..., None] & np.isfinite(values)
    count = known.sum(axis=(0, 1))
    with np.errstate(invalid="ignore"):
        below = (known & (label[..., None] <= values)).sum(axis=(0, 1))
        return np.asarray(below / np.where(count > 0, count, np.nan), dtype=np.float64)


def coverage(values: FloatArray, label: FloatArray) -> float:
    """Share of labels strictly above the lowest quantile and not above the highest; NaN without a cell.

    Its claim is the difference of the two levels: 0.90 for levels from 0.05 to 0.95. NaN for a single level.
    """
    if values.shape[-1] < 2:
        return np.nan
    below = share_below(values, label)
    return float(below[-1] - below[0])


def calibration_error(below: FloatArray, levels: tuple[float, ...]) -> float:
    """Mean distance of `below` ``(n_levels,)`` from the levels, a fraction: mean |share below − level|.

    Kuleshov, Fenner and Ermon (2018), eq. 9, with absolute in place of squared distance, so that it reads as a
    share of returns. NaN where a share is.
    """
    return float(np.mean(np.abs(below - np.asarray(levels))))


def reliability(forecast: FloatArray, label: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean forecast and mean label ``(10,)`` of each tenth of the cells, from the lowest forecasts to the highest.

    Tenths of equal number, ties kept in the sequence of bars; cells with NaN in either are left out. NaN where there
    are fewer than ten. Murphy and Winkler (1977) draw one over the other.
    """
    both = np.isfinite(forecast) & np.isfinite(label)
    told, came = forecast[both], label[both]
    if len(told) < TENTHS:
        return np.full(TENTHS, np.nan), np.full(TENTHS, np.nan)
    parts = np.array_split(np.argsort(told, kind="stable"), TENTHS)
    means = [[values[part].mean() for part in parts] for values in (told, came)]
    return np.array(means[0]), np.array(means[1])


def reliability_error(forecast: FloatArray, label: FloatArray) -> float:
    """Mean distance of mean forecast and mean label over the tenths of `reliability`; NaN where that is.

    The expected calibration error of Naeini, Cooper and Hauskrecht (2015), with parts of equal number.
    """
    told, came = reliability(forecast, label)
    return float(np.mean(np.abs(told - came)))
