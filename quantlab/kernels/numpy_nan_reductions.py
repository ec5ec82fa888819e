"""``np.nansum`` and its kin: NumPy puts 0 where NaN was and adds the copy, in the sequence of memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.kernels.numpy_reductions import add_all, add_rows, flat, lines, only_axis, rows_first


@jit
def _without_nan(a: Any) -> Any:
    """Return a flat float64 copy of `a` with 0 for NaN, and how many numbers it has."""
    values = flat(a) * 1.0
    count = values.size
    for i in range(values.size):
        if np.isnan(values[i]):
            values[i] = 0.0
            count -= 1
    return values, count


@jit
def _rows_without_nan(a: Any) -> Any:
    values = np.empty(a.shape)
    counts = np.zeros(a.shape[0])
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            known = not np.isnan(a[i, j])
            values[i, j] = a[i, j] if known else 0.0
            counts[i] += known
    return values, counts


@jit
def nansum_all(a: Any) -> Any:
    """Return ``np.nansum(a)``."""
    values, _ = _without_nan(a)
    return add_all(values, 0.0)


@jit
def nansum_axis(a: Any, axis: Any) -> Any:
    """Return ``np.nansum(a, axis=axis)``."""
    if a.ndim == 1:
        only_axis(axis)
        return nansum_all(a)
    rows = lines(a, axis)
    values, _ = _rows_without_nan(rows)
    return add_rows(values, rows_first(rows), 0.0)


@jit
def nanmean_all(a: Any) -> Any:
    """Return ``np.nanmean(a)``; NaN when there is no number."""
    values, count = _without_nan(a)
    return add_all(values, 0.0) / np.float64(count)


@jit
def nanmean_axis(a: Any, axis: Any) -> Any:
    """Return ``np.nanmean(a, axis=axis)``; NaN for a row without a number."""
    if a.ndim == 1:
        only_axis(axis)
        return nanmean_all(a)
    rows = lines(a, axis)
    values, counts = _rows_without_nan(rows)
    return add_rows(values, rows_first(rows), 0.0) / counts


@jit
def nanvar_all(a: Any, ddof: Any) -> Any:
    """Return ``np.nanvar(a, ddof=ddof)``; NaN when there are no more than `ddof` numbers."""
    values, count = _without_nan(a)
    mean = add_all(values, 0.0) / np.float64(count)
    given = flat(a)
    for i in range(values.size):
        deviation = values[i] - mean
        values[i] = 0.0 if np.isnan(given[i]) else deviation * deviation
    return add_all(values, 0.0) / np.float64(count - ddof) if count > ddof else np.nan


@jit
def nanvar_axis(a: Any, axis: Any, ddof: Any) -> Any:
    """Return ``np.nanvar(a, axis=axis, ddof=ddof)``; NaN for a row with no more than `ddof` numbers."""
    if a.ndim == 1:
        only_axis(axis)
        return nanvar_all(a, ddof)
    rows = lines(a, axis)
    values, counts = _rows_without_nan(rows)
    means = add_rows(values, rows_first(rows), 0.0) / counts
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            deviation = values[i, j] - means[i]
            values[i, j] = 0.0 if np.isnan(rows[i, j]) else deviation * deviation
    degrees = counts - ddof
    out = add_rows(values, rows_first(rows), 0.0) / degrees
    out[degrees <= 0.0] = np.nan
    return out


@jit
def nanstd_all(a: Any, ddof: Any) -> Any:
    """Return ``np.nanstd(a, ddof=ddof)``."""
    return np.sqrt(nanvar_all(a, ddof))


@jit
def nanstd_axis(a: Any, axis: Any, ddof: Any) -> Any:
    """Return ``np.nanstd(a, axis=axis, ddof=ddof)``."""
    return np.sqrt(nanvar_axis(a, axis, ddof))
