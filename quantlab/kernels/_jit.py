"""The only place that knows Numba's flags.

No fast-math: a compiled kernel and its plain-Python oracle must give the same bits. Kernels are cached on
disk; Numba does not notice an edit in a function of another file, so kernels that call each other share one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` without the GIL, with Python's arithmetic and a cache on disk."""
    compiled: Callable[P, R] = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled
