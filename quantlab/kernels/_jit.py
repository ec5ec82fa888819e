"""The only place that knows Numba's flags.

No fast-math: a compiled kernel and its plain-Python oracle must give the same bits. What is compiled is kept on
disk under a digest of all sources of this floor: an edit in any of them compiles the kernels anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property, lru_cache, update_wrapper
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature

from quantlab.kernels._cache import ContentCache

P = ParamSpec("P")
R = TypeVar("R")

HERE = Path(__file__).parent
FLAGS = {"nogil": True, "error_model": "numpy"}
# Nothing is counted by reference, and calls are merged into their callers: with a dozen arrays in each call, both cost
# more than what a kernel does for one order.
LEAN = {**FLAGS, "_nrt": False, "forceinline": True}


@lru_cache(maxsize=1)
def kernels_digest() -> str:
    """Digest of the sources that every compiled kernel may depend on: this floor, and the record layouts."""
    digest = hashlib.sha256()
    for path in (*sorted(HERE.glob("*.py")), HERE.parent / "records.py"):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` without the GIL, with Python's arithmetic and a cache on disk."""
    compiled: Any = numba.njit(no_cfunc_wrapper=True, **FLAGS)(function)
    if compiled is not function:  # NUMBA_DISABLE_JIT leaves plain Python
        compiled._cache = _cache_of(function)
    return cast("Callable[P, R]", compiled)


def lean(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel that allocates nothing, like `jit`; compiled callers have it merged into them."""
    compiled: Any = numba.njit(no_cfunc_wrapper=True, **LEAN)(function)
    if compiled is not function:
        compiled._cache = _cache_of(function)
    return cast("Callable[P, R]", compiled)


def step(function: Callable[P, R]) -> Callable[P, R]:
    """Make a part of kernels: merged into each caller, without a form of its own; Python gets a TypeError.

    It may not allocate.
    """
    merged: Any = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **LEAN)(function)
    if merged is not function:
        # There is no code to enter at: the dispatcher must not learn of one, and must not look for one.
        merged._insert = _nothing
        merged._compile_for_args = _refused(function.__name__)
    return cast("Callable[P, R]", merged)


def _nothing(*arguments: Any) -> None:
    pass


def _refused(name: str) -> Callable[..., None]:
    def refuse(*arguments: Any, **named: Any) -> None:
        raise TypeError(f"{name} is a part of kernels: only they can call it.")

    return refuse


class Native:
    """A function that compiled callers reach by its address alone; made by `native`."""

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        update_wrapper(self, function)
        self._function = function
        self._signature = signature

    @property
    def address(self) -> int:
        """Where its machine code lies while this object lives; compiled, or read from disk, when first asked."""
        return int(self.compiled.address)

    @cached_property
    def compiled(self) -> Any:
        """Numba's ``CFunc``."""
        options = {"nopython": True, "_nrt": False, **FLAGS}
        compiled: Any = CFunc(
            self._function, normalize_signature(self._signature), locals={}, options=options
        )
        compiled._cache = _cache_of(self._function)
        compiled.compile()
        return compiled

    def __call__(self, *arguments: Any) -> Any:
        """Run it as Python."""
        return self._function(*arguments)


def native(signature: Any) -> Callable[[Callable[..., Any]], Native]:
    """Make a function with a C address out of the one below, by a Numba `signature` (text or object).

    Nothing is compiled before `Native.address` is read. An exception inside is printed and lost, so such a
    function answers with codes.
    """
    return lambda function: Native(function, signature)


def _cache_of(function: Callable[..., Any]) -> ContentCache:
    name = f"{function.__module__}.{function.__qualname__}"
    return ContentCache(name, lambda: f"{kernels_digest()} {name}")
