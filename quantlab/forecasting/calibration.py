"""Whether quantiles hold the share of returns that they claim to."""

from __future__ import annotations

import numpy as np

from quantlab.typing import FloatArray


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
