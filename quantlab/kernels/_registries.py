"""Numba's registries, without the linear algebra of SciPy.

To know whether ``np.dot`` could be compiled, Numba imports ``scipy.linalg`` before it compiles anything: a quarter
of a second that nobody who writes no ``np.dot`` should wait for. Here it finds empty modules in that place; what
does compile or run a dot product imports the real ones then.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

ASKED_FOR = ("scipy.linalg", "scipy.linalg.cython_blas")


@contextlib.contextmanager
def no_linear_algebra() -> Iterator[None]:
    """Let whoever only asks whether ``scipy.linalg`` is there find it, unless it is imported already."""
    names = () if "scipy.linalg" in sys.modules else ASKED_FOR
    sys.modules.update({name: ModuleType(name) for name in names})
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def load_registries() -> None:
    """Import the part of Numba that asks for ``scipy.linalg``."""
    with no_linear_algebra():
        import_module("numba.np.arraymath")
