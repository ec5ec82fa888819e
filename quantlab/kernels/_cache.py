"""Compiled code on disk, found by the content that it was compiled from.

Numba's own cache goes by the date of one source file: it does not see an edit in another file, a truncated
file of it is fatal, and functions without a file have none. Here an entry is named by the hash of everything
that decides what the compiler makes, so that a stale entry cannot be found, and it begins with a checksum: what
does not match is thrown away and compiled again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import config, sigutils
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from quantlab.cache_folder import cache_folder
from quantlab.kernels._registries import load_registries, no_linear_algebra

MOST_ENTRIES = 2_000
MOST_BYTES = 256 * 2**20
# When there are too many, the oldest go until this share of the limits is left.
KEPT_SHARE = 0.75
# An entry in use is marked as young again after this long, so that hits cost no write.
TOUCH_AFTER_S = 86_400.0
# Settings of Numba's that change the machine code it makes.
SETTINGS = (
    "OPT",
    "BOUNDSCHECK",
    "DEBUGINFO_DEFAULT",
    "LOOP_VECTORIZE",
    "SLP_VECTORIZE",
    "USING_SVML",
    "LLVM_REFPRUNE_PASS",
    "LLVM_REFPRUNE_FLAGS",
    "USE_LLVMLITE_MEMORY_MANAGER",
    "ENABLE_PROFILING",
)
CHECKSUM_BYTES = 32


class ContentCache(_Cache):  # type: ignore[misc]
    """One function's compiled forms on disk; what Numba's ``Dispatcher`` and ``CFunc`` ask for as ``_cache``.

    A folder that cannot be written to, and a file that is damaged, mean a compilation, never an error.

    Parameters
    ----------
    name
        Begins the file names, for people.
    key
        Digest of all content that decides the compiled code beside the signature, the processor and the
        versions of Python, Numba, llvmlite and NumPy; or a function that gives it when it is first needed.

    Notes
    -----
    Machine code carries the names of its functions, and Numba tells two functions of one module and qualified name
    apart by a number that begins anew in each process. Where functions of equal names can meet, as a class that is
    defined again, the qualified name must hold the key; otherwise a caller may be linked to the wrong one.
    """

    def __init__(self, name: str, key: str | Callable[[], str]) -> None:
        self._name = "".join(letter if letter.isalnum() or letter in "._" else "-" for letter in name)[:60]
        self._given = key
        self._enabled = True

    @cached_property
    def _key(self) -> str:
        return self._given if isinstance(self._given, str) else self._given()

    @property
    def cache_path(self) -> str:
        """Folder of all entries."""
        return str(cache_folder("compiled"))

    def enable(self) -> None:
        """Read and write entries."""
        self._enabled = True

    def disable(self) -> None:
        """Neither read nor write."""
        self._enabled = False

    def flush(self) -> None:
        """Throw away every stored form of this function, of whatever signature."""
        with _no_disk_no_error():
            for path in cache_folder("compiled").glob(f"{self._name}-*"):
                _remove(path)

    def has(self, sig: Any, target_context: Any) -> bool:
        """Whether a compiled form for a signature lies on disk."""
        found = False
        with _no_disk_no_error():
            found = self._enabled and self._path(sig, target_context).exists()
        return found

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Compiled form for a signature, or None."""
        compiled = None
        if self._enabled:
            _make_linkable(target_context)
            with _no_disk_no_error(), no_linear_algebra():
                compiled = _read(self._path(sig, target_context), target_context)
        if compiled is None:
            load_registries()
        return compiled

    def save_overload(self, sig: Any, cres: Any) -> None:
        """Keep a compiled form; one that holds addresses of this process is not kept."""
        if not self._enabled or cres.lifted or cres.library.has_dynamic_globals:
            return
        with _no_disk_no_error():
            path = self._path(sig, cres.target_context)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, dumps(cres._reduce()))
            _make_room(path.parent)

    def _path(self, sig: Any, target_context: Any) -> Path:
        parts = (
            self._key,
            sigutils.normalize_signature(sig),
            target_context.codegen().magic_tuple(),
            _versions(),
            [getattr(config, name, None) for name in SETTINGS],
        )
        digest = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
        return cache_folder("compiled") / f"{self._name}-{digest[:40]}"


@lru_cache(maxsize=1)
def _versions() -> tuple[str, ...]:
    return (
        sys.version,
        str(sys.implementation.cache_tag),
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
    )


def _make_linkable(target_context: Any) -> None:
    """Bring what loaded code links against: Numba's allocator and its secret of hashing.

    Numba refreshes the whole context instead, which takes a third of a second; but types and functions by the
    thousand serve compilation alone, and a compilation refreshes for itself.
    """
    rtsys.initialize(target_context)
    import_module("numba.cpython.hashing")


@contextlib.contextmanager
def _no_disk_no_error() -> Iterator[None]:
    # RuntimeError: a user without a home folder.
    with contextlib.suppress(OSError, RuntimeError):
        yield


def _read(path: Path, target_context: Any) -> Any:
    """Read an entry; None where there is none, or a damaged one, which is removed."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    content = raw[CHECKSUM_BYTES:]
    try:
        if hashlib.sha256(content).digest() != raw[:CHECKSUM_BYTES]:
            raise ValueError("the content does not match its checksum")
        compiled = CompileResult._rebuild(target_context, *pickle.loads(content))
    except Exception:  # whatever a foreign entry raises: compiling again is the remedy
        _remove(path)
        return None
    _keep_young(path)
    return compiled


def _write(path: Path, content: bytes) -> None:
    """Write an entry whole or not at all."""
    handle, spare = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(spare, path)
    except BaseException:
        _remove(Path(spare))
        raise


def _keep_young(path: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > TOUCH_AFTER_S:
            os.utime(path)


def _make_room(folder: Path) -> None:
    """Remove the entries longest unused where there are too many; another process may do the same."""
    entries = sorted(_entries(folder), reverse=True)
    total = sum(size for _, size, _ in entries)
    if len(entries) <= MOST_ENTRIES and total <= MOST_BYTES:
        return
    while entries and (len(entries) > KEPT_SHARE * MOST_ENTRIES or total > KEPT_SHARE * MOST_BYTES):
        _, size, path = entries.pop()
        total -= size
        _remove(Path(path))


def _entries(folder: Path) -> Iterator[tuple[float, int, str]]:
    """Time of last use, bytes and path of every file."""
    with os.scandir(folder) as files:
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                about = file.stat()
                yield about.st_mtime, about.st_size, file.path


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
