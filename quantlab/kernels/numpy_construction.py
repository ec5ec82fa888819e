"""New arrays with NumPy's bits: ranges of floats, and conversions that could lose a number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quantlab.kernels._jit import jit

LIMIT = 2.0**63  # first float beyond int64


@jit
def linspace(start: Any, stop: Any, num: Any) -> Any:
    """Return ``np.linspace(start, stop, num)``."""
    if num < 0:
        raise ValueError("number of samples must not be negative")
    out = np.arange(num) * 1.0
    if num > 1:
        delta = stop * 1.0 - start * 1.0
        step = delta / (num - 1)
        out = out / (num - 1) * delta if step == 0.0 else out * step
    out = out + start
    if num > 1:
        out[-1] = stop
    return out


@jit
def arange(start: Any, stop: Any, step: Any) -> Any:
    """Return ``np.arange(start, stop, step)`` of floats: NumPy takes the step from the first two numbers."""
    if step == 0.0:
        raise ZeroDivisionError("division by zero")
    length = (stop - start) / step
    if not length < LIMIT:
        raise ValueError("Maximum allowed size exceeded")
    out = np.empty(max(math.ceil(length), 0))
    delta = (start + step) - start
    for i in range(out.size):
        out[i] = start + i * delta
    if out.size > 1:
        out[1] = start + step
    return out


@jit
def astype_int(a: Any) -> Any:
    """Return ``a.astype(np.int64)``.

    Raises
    ------
    ValueError
        If a number is NaN or beyond int64: NumPy warns and gives a number that depends on the processor.
    """
    out = np.empty(a.shape, np.int64)
    flat, given = out.ravel(), a.ravel()
    for i in range(given.size):
        if not -LIMIT <= given[i] < LIMIT:
            raise ValueError("cannot convert NaN or a number beyond 64 bits to an integer")
        flat[i] = int(given[i])
    return out
