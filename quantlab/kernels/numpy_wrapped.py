"""Functions of NumPy that Numba serves with the same bits, compiled once and kept: compiling them takes long."""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit


@jit
def any_(a):
    """Return ``np.any(a)``."""
    return np.any(a)


@jit
def all_(a):
    """Return ``np.all(a)``."""
    return np.all(a)


@jit
def argmax(a):
    """Return ``np.argmax(a)``; the first NaN if there is one."""
    return np.argmax(a)


@jit
def argmin(a):
    """Return ``np.argmin(a)``; the first NaN if there is one."""
    return np.argmin(a)


@jit
def flatnonzero(a):
    """Return ``np.flatnonzero(a)``."""
    return np.flatnonzero(a)


@jit
def count_nonzero(a):
    """Return ``np.count_nonzero(a)``."""
    return np.count_nonzero(a)


@jit
def cumsum(a):
    """Return ``np.cumsum(a)``."""
    return np.cumsum(a)


@jit
def cumprod(a):
    """Return ``np.cumprod(a)``."""
    return np.cumprod(a)


@jit
def prod(a):
    """Return ``np.prod(a)``."""
    return np.prod(a)


@jit
def where_arrays(condition, x, y):
    """Return ``np.where(condition, x, y)`` for three arrays of one shape, numbers not truth values."""
    if condition.shape != x.shape or condition.shape != y.shape:
        raise ValueError("operands could not be broadcast together")
    out = np.full(condition.shape, x.dtype.type(0) + y.dtype.type(0))
    flat, tests, ones, twos = out.ravel(), condition.ravel(), x.ravel(), y.ravel()
    for i in range(flat.size):
        flat[i] = ones[i] if tests[i] else twos[i]
    return out


@jit
def where_array_number(condition, x, y):
    """Return ``np.where(condition, x, y)``, x an array and y a number."""
    return where_arrays(condition, x, np.full(condition.shape, y))


@jit
def where_number_array(condition, x, y):
    """Return ``np.where(condition, x, y)``, x a number and y an array."""
    return where_arrays(condition, np.full(condition.shape, x), y)


@jit
def where_numbers(condition, x, y):
    """Return ``np.where(condition, x, y)`` for two numbers."""
    return where_arrays(condition, np.full(condition.shape, x), np.full(condition.shape, y))
