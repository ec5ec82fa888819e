"""Functions of NumPy that Numba serves with the same bits, compiled once and kept: compiling them takes long."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantlab.kernels._jit import jit


@jit
def any_(a: Any) -> Any:
    """Return ``np.any(a)``."""
    return np.any(a)


@jit
def all_(a: Any) -> Any:
    """Return ``np.all(a)``."""
    return np.all(a)


@jit
def argmax(a: Any) -> Any:
    """Return ``np.argmax(a)``; the first NaN if there is one."""
    return np.argmax(a)


@jit
def argmin(a: Any) -> Any:
    """Return ``np.argmin(a)``; the first NaN if there is one."""
    return np.argmin(a)


@jit
def flatnonzero(a: Any) -> Any:
    """Return ``np.flatnonzero(a)``."""
    return np.flatnonzero(a)


@jit
def count_nonzero(a: Any) -> Any:
    """Return ``np.count_nonzero(a)``."""
    return np.count_nonzero(a)


@jit
def cumsum(a: Any) -> Any:
    """Return ``np.cumsum(a)``."""
    return np.cumsum(a)


@jit
def cumprod(a: Any) -> Any:
    """Return ``np.cumprod(a)``."""
    return np.cumprod(a)


@jit
def prod(a: Any) -> Any:
    """Return ``np.prod(a)``."""
    return np.prod(a)


@jit
def where_arrays(condition: Any, x: Any, y: Any) -> Any:
    """Return ``np.where(condition, x, y)`` for three arrays of one shape, numbers not truth values."""
    if condition.shape != x.shape or condition.shape != y.shape:
        raise ValueError("operands could not be broadcast together")
    out = np.full(condition.shape, x.dtype.type(0) + y.dtype.type(0))
    flat, tests, ones, twos = out.ravel(), condition.ravel(), x.ravel(), y.ravel()
    for i in range(flat.size):
        flat[i] = ones[i] if tests[i] else twos[i]
    return out


@jit
def where_array_number(condition: Any, x: Any, y: Any) -> Any:
    """Return ``np.where(condition, x, y)``, x an array and y a number."""
    return where_arrays(condition, x, np.full(condition.shape, y))


@jit
def where_number_array(condition: Any, x: Any, y: Any) -> Any:
    """Return ``np.where(condition, x, y)``, x a number and y an array."""
    return where_arrays(condition, np.full(condition.shape, x), y)


@jit
def where_numbers(condition: Any, x: Any, y: Any) -> Any:
    """Return ``np.where(condition, x, y)`` for two numbers."""
    return where_arrays(condition, np.full(condition.shape, x), np.full(condition.shape, y))
