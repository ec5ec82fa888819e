"""Extremes, sorting, ranks and quantiles with NumPy's bits.

Where 0.0 and -0.0 both stand at the place that is asked for, NumPy's answer depends on the processor: the
kernels raise then, and the run is repeated interpreted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.kernels.numpy_reductions import lines, only_axis


@jit
def _refuse_mixed_zeros(a: Any) -> Any:
    """Raise ValueError if the 1-D array holds zeros of both signs."""
    positive, negative = False, False
    for i in range(a.size):
        if a[i] == 0.0:
            if math.copysign(1.0, a[i]) > 0.0:
                positive = True
            else:
                negative = True
    if positive and negative:
        raise ValueError("0.0 and -0.0 are equal: NumPy may give either")


@jit
def _extreme(a: Any, largest: Any, skip: Any) -> Any:
    """Return the largest or smallest of a 1-D array: NaN if it holds one, or of its numbers if NaN is skipped."""
    if a.size == 0:
        raise ValueError("zero-size array to reduction operation which has no identity")
    best = a[0]
    for i in range(1, a.size):
        if skip and np.isnan(best):
            best = a[i]
        elif np.isnan(best):
            return best
        elif np.isnan(a[i]):
            if not skip:
                return a[i]
        elif (a[i] > best) if largest else (a[i] < best):
            best = a[i]
    if best == 0:
        _refuse_mixed_zeros(a)
    return best


@jit
def _extreme_axis(a: Any, axis: Any, largest: Any, skip: Any) -> Any:
    rows = lines(a, axis)
    out = np.empty(rows.shape[0], a.dtype)
    for i in range(rows.shape[0]):
        out[i] = _extreme(rows[i], largest, skip)
    return out


@jit
def max_all(a: Any) -> Any:
    """Return ``np.max(a)``; NaN if there is one."""
    return _extreme(a.ravel(), True, False)


@jit
def min_all(a: Any) -> Any:
    """Return ``np.min(a)``; NaN if there is one."""
    return _extreme(a.ravel(), False, False)


@jit
def nanmax_all(a: Any) -> Any:
    """Return ``np.nanmax(a)``; NaN if there is no number."""
    return _extreme(a.ravel(), True, True)


@jit
def nanmin_all(a: Any) -> Any:
    """Return ``np.nanmin(a)``; NaN if there is no number."""
    return _extreme(a.ravel(), False, True)


@jit
def max_axis(a: Any, axis: Any) -> Any:
    """Return ``np.max(a, axis=axis)``."""
    if a.ndim == 1:
        only_axis(axis)
        return max_all(a)
    return _extreme_axis(a, axis, True, False)


@jit
def min_axis(a: Any, axis: Any) -> Any:
    """Return ``np.min(a, axis=axis)``."""
    if a.ndim == 1:
        only_axis(axis)
        return min_all(a)
    return _extreme_axis(a, axis, False, False)


@jit
def nanmax_axis(a: Any, axis: Any) -> Any:
    """Return ``np.nanmax(a, axis=axis)``."""
    if a.ndim == 1:
        only_axis(axis)
        return nanmax_all(a)
    return _extreme_axis(a, axis, True, True)


@jit
def nanmin_axis(a: Any, axis: Any) -> Any:
    """Return ``np.nanmin(a, axis=axis)``."""
    if a.ndim == 1:
        only_axis(axis)
        return nanmin_all(a)
    return _extreme_axis(a, axis, False, True)


@jit
def _nanarg(a: Any, largest: Any) -> Any:
    """Return the place of the first extreme number of a 1-D array."""
    place = -1
    for i in range(a.size):
        if np.isnan(a[i]):
            continue
        if place < 0 or ((a[i] > a[place]) if largest else (a[i] < a[place])):
            place = i
    if place < 0:
        raise ValueError("All-NaN slice encountered")
    return place


@jit
def nanargmax(a: Any) -> Any:
    """Return ``np.nanargmax(a)`` of an array read row by row."""
    return _nanarg(a.ravel(), True)


@jit
def nanargmin(a: Any) -> Any:
    """Return ``np.nanargmin(a)`` of an array read row by row."""
    return _nanarg(a.ravel(), False)


@jit
def ptp_all(a: Any) -> Any:
    """Return ``np.ptp(a)``: the largest less the smallest."""
    return max_all(a) - min_all(a)


@jit
def sort(a: Any) -> Any:
    """Return ``np.sort(a)`` of a 1-D array; NaN goes last."""
    _refuse_mixed_zeros(a)
    return np.sort(a)


@jit
def sort_in_place(a: Any) -> Any:
    """Do ``a.sort()`` for a 1-D array; NaN goes last."""
    _refuse_mixed_zeros(a)
    a[:] = np.sort(a)


@jit
def _before(one: Any, two: Any) -> Any:
    """Tell whether `one` sorts before `two`; NaN sorts last."""
    return one < two or (two != two and one == one)


@jit
def _merge(a: Any, ranks: Any, out: Any, first: Any, middle: Any, last: Any) -> Any:
    left, right = first, middle
    for k in range(first, last):
        if left < middle and (right >= last or not _before(a[ranks[right]], a[ranks[left]])):
            out[k] = ranks[left]
            left += 1
        else:
            out[k] = ranks[right]
            right += 1


@jit
def argsort(a: Any) -> Any:
    """Return ``np.argsort(a, kind="stable")`` of a 1-D array: equals keep their sequence, NaN goes last."""
    ranks = np.arange(a.size)
    out = np.empty_like(ranks)
    width = 1
    while width < a.size:
        for first in range(0, a.size, 2 * width):
            middle = min(first + width, a.size)
            _merge(a, ranks, out, first, middle, min(first + 2 * width, a.size))
        ranks, out = out, ranks
        width *= 2
    return ranks


@jit
def unique(a: Any) -> Any:
    """Return ``np.unique(a)`` of a 1-D array: sorted, NaN at most once."""
    ordered = sort(a)
    out = np.empty_like(ordered)
    count = 0
    for i in range(ordered.size):
        if i == 0 or (ordered[i] != ordered[i - 1] and not np.isnan(ordered[i - 1])):
            out[count] = ordered[i]
            count += 1
    return out[:count]


@jit
def _goes_behind(one: Any, key: Any, right: Any) -> Any:
    return not _before(key, one) if right else _before(one, key)


@jit
def _searchsorted(a: Any, keys: Any, right: Any) -> Any:
    """Search as NumPy does: what the key before told is used for the next one."""
    out = np.empty(keys.size, np.int64)
    low, high = 0, a.size
    for k in range(keys.size):
        if k > 0:
            if _goes_behind(keys[k - 1], keys[k], right):
                high = a.size
            else:
                low = 0
                high = high + 1 if high < a.size else a.size
        while low < high:
            middle = low + (high - low) // 2
            if _goes_behind(a[middle], keys[k], right):
                low = middle + 1
            else:
                high = middle
        out[k] = low
    return out


@jit
def searchsorted_left(a: Any, keys: Any) -> Any:
    """Return ``np.searchsorted(a, keys)`` for a 1-D array of keys."""
    return _searchsorted(a, keys, False)


@jit
def searchsorted_right(a: Any, keys: Any) -> Any:
    """Return ``np.searchsorted(a, keys, side="right")`` for a 1-D array of keys."""
    return _searchsorted(a, keys, True)


@jit
def search_left(a: Any, key: Any) -> Any:
    """Return ``np.searchsorted(a, key)`` for one key."""
    return searchsorted_left(a, np.full(1, key))[0]


@jit
def search_right(a: Any, key: Any) -> Any:
    """Return ``np.searchsorted(a, key, side="right")`` for one key."""
    return searchsorted_right(a, np.full(1, key))[0]


@jit
def median(a: Any) -> Any:
    """Return ``np.median(a)``; NaN if `a` holds NaN or nothing."""
    if a.size == 0:
        return np.nan
    ordered = np.sort(a.ravel())
    middle = a.size // 2
    if np.isnan(ordered[a.size - 1]):
        return np.nan
    if a.size % 2 == 1:
        return 0.0 + ordered[middle]
    return (0.0 + ordered[middle - 1] + ordered[middle]) / 2.0


@jit
def nanmedian(a: Any) -> Any:
    """Return ``np.nanmedian(a)``; NaN if there is no number."""
    values = a.ravel()
    return median(values[~np.isnan(values)])


@jit
def quantile(a: Any, q: Any) -> Any:
    """Return ``np.quantile(a, q)`` for one level `q`, interpolated linearly; NaN if `a` holds NaN.

    The rule is number 7 of Hyndman and Fan 1996, "Sample quantiles in statistical packages".
    """
    if not 0.0 <= q <= 1.0:
        raise ValueError("quantiles must be in the range [0, 1]")
    if a.size == 0:
        raise ValueError("the quantile of no numbers")
    ordered = np.sort(a.ravel())
    last = a.size - 1
    if np.isnan(ordered[last]):
        return np.nan
    place = last * q
    below = min(math.floor(place), last)
    one, two = ordered[below], ordered[min(below + 1, last)]
    weight = place - below
    step = two - one
    value = two - step * (1.0 - weight) if weight >= 0.5 else one + step * weight
    if value == 0.0 and math.copysign(1.0, one) + math.copysign(1.0, two) < 2.0:
        raise ValueError("0.0 and -0.0 are equal: NumPy may give either")
    return value


@jit
def percentile(a: Any, q: Any) -> Any:
    """Return ``np.percentile(a, q)`` for one level `q` in percent."""
    return quantile(a, q / 100.0)
