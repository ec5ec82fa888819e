"""Sums, means and deviations that add in NumPy's order, so that compiled code gives NumPy's bits.

NumPy adds a stretch of memory *pairwise* (``sums``). It walks an array along its smallest stride: sums along that axis
are pairwise, sums across it add one row after the other, and an array with gaps goes through a buffer, as many
whole rows at a time as it holds. Arrays with one or two axes are served. The kernels run as plain Python too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.kernels.sums import pairwise

BUFFER = 8192  # np.getbufsize(): what NumPy copies at a time where memory has gaps


@jit
def rows_first(a: Any) -> Any:
    """Tell whether the second axis is the one with neighbours in memory (axes of one element have no say)."""
    return a.shape[0] < 2 or a.shape[1] < 2 or abs(a.strides[0]) >= abs(a.strides[1])


@jit
def _add_matrix(a: Any, zero: Any) -> Any:
    """Add all of a 2-D array whose second axis has the neighbours in memory."""
    n_rows, n_columns = a.shape
    if n_rows == 0 or n_columns == 0:
        return zero
    if n_rows == 1 or n_columns == 1 or a.strides[0] == n_columns * a.strides[1]:
        return zero + pairwise(a.ravel(), 0, a.size, zero)
    rows = max(BUFFER // n_columns, 1)
    total = zero
    for i in range(0, n_rows, rows):
        part = a[i : i + rows].ravel()
        total += pairwise(part, 0, part.size, zero)
    return total


@jit
def add_all(a: Any, zero: Any) -> Any:
    """Add all of `a`, beginning with `zero`."""
    if a.ndim == 1:
        return zero + pairwise(a, 0, a.size, zero)
    return _add_matrix(a, zero) if rows_first(a) else _add_matrix(a.T, zero)


@jit
def add_rows(a: Any, along: Any, zero: Any) -> Any:
    """Add each row of a matrix: pairwise when `along` its neighbours in memory, else column by column."""
    n_rows, n_columns = a.shape
    out = np.full(n_rows, zero)
    if along:
        for i in range(n_rows):
            out[i] += pairwise(a[i], 0, n_columns, zero)
    else:
        for j in range(n_columns):
            for i in range(n_rows):
                out[i] += a[i, j]
    return out


@jit
def lines(a: Any, axis: Any) -> Any:
    """Return a 2-D array whose rows run along `axis` of `a`."""
    if axis == 1 or axis == -1:
        return a
    if axis == 0 or axis == -2:
        return a.T
    raise ValueError("axis is out of bounds for an array with two axes")


@jit
def only_axis(axis: Any) -> Any:
    """Raise ValueError unless `axis` is one of an array with one axis."""
    if axis != 0 and axis != -1:
        raise ValueError("axis is out of bounds for an array with one axis")


@jit
def flat(a: Any) -> Any:
    """Return a copy of `a` with one axis, in the sequence of memory."""
    if a.ndim == 1 or rows_first(a):
        return a.copy().ravel()
    return a.T.copy().ravel()


@jit
def _zero(a: Any) -> Any:
    """Return the 0 that a sum of `a` begins with: an int64 for booleans, else of the type of `a`."""
    return a.dtype.type(0) + 0


@jit
def sum_all(a: Any) -> Any:
    """Return ``np.sum(a)``."""
    return add_all(a, _zero(a))


@jit
def sum_axis(a: Any, axis: Any) -> Any:
    """Return ``np.sum(a, axis=axis)``."""
    if a.ndim == 1:
        only_axis(axis)
        return sum_all(a)
    rows = lines(a, axis)
    return add_rows(rows, rows_first(rows), _zero(a))


@jit
def mean_all(a: Any) -> Any:
    """Return ``np.mean(a)``; NaN when it is empty."""
    return add_all(a, 0.0) / np.float64(a.size)


@jit
def mean_axis(a: Any, axis: Any) -> Any:
    """Return ``np.mean(a, axis=axis)``."""
    if a.ndim == 1:
        only_axis(axis)
        return mean_all(a)
    rows = lines(a, axis)
    return add_rows(rows, rows_first(rows), 0.0) / np.float64(rows.shape[1])


@jit
def var_all(a: Any, ddof: Any) -> Any:
    """Return ``np.var(a, ddof=ddof)``; NaN when it is empty."""
    deviations = flat(a) - mean_all(a)
    squares = deviations * deviations
    return add_all(squares, 0.0) / np.float64(max(a.size - ddof, 0))


@jit
def var_axis(a: Any, axis: Any, ddof: Any) -> Any:
    """Return ``np.var(a, axis=axis, ddof=ddof)``."""
    if a.ndim == 1:
        only_axis(axis)
        return var_all(a, ddof)
    rows = lines(a, axis)
    squares = np.empty(rows.shape)
    means = mean_axis(rows, 1)
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            deviation = rows[i, j] - means[i]
            squares[i, j] = deviation * deviation
    return add_rows(squares, rows_first(rows), 0.0) / np.float64(max(rows.shape[1] - ddof, 0))


@jit
def std_all(a: Any, ddof: Any) -> Any:
    """Return ``np.std(a, ddof=ddof)``."""
    return np.sqrt(var_all(a, ddof))


@jit
def std_axis(a: Any, axis: Any, ddof: Any) -> Any:
    """Return ``np.std(a, axis=axis, ddof=ddof)``."""
    return np.sqrt(var_axis(a, axis, ddof))
