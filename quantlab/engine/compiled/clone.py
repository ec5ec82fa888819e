"""The user's functions made ready for Numba: copies whose plain helper functions are compiled too.

A copy shares its code object with the original, so that lines in messages are the user's. Its globals are frozen
where it reads them, and everything it reads is described, so that compiled code is found again by content.
"""

from __future__ import annotations

import builtins
import hashlib
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.dispatcher import Dispatcher

from quantlab.engine.code import PLAIN as PLAIN_VALUES
from quantlab.engine.code import names_in

PLAIN = (*PLAIN_VALUES, type(Ellipsis))
# Libraries that are known by their versions, which compiled code on disk is kept under.
LIBRARIES = frozenset({"builtins", "math", "numpy", "numba", "operator", "quantlab"})


class Clones:
    """The clones of one strategy's functions, and a description of all they read.

    Parameters
    ----------
    compiler
        Makes Numba's pipeline class out of a function that turns plain functions into dispatchers.
    """

    def __init__(self, compiler: Callable[[Callable[[FunctionType], Any]], Any]) -> None:
        self._dispatchers: dict[FunctionType, Any] = {}
        self._lines: list[str] = []
        self._seen: set[FunctionType] = set()
        self._modules: set[ModuleType] = set()
        self._described_names: set[tuple[ModuleType, str]] = set()
        self._compiler = compiler(self.dispatcher_of)
        self.names: set[str] = set()
        """Every attribute and global name that the code mentions."""
        self.texts: set[str] = set()
        """Every text constant of the code."""
        self.storable = True
        """Whether the description is complete, so that compiled code may be kept."""

    @property
    def content(self) -> str:
        """Digest of all that the functions cloned so far read."""
        self._describe_modules()
        return hashlib.sha256("\n".join(self._lines).encode()).hexdigest()

    def dispatcher_of(self, function: FunctionType) -> Any:
        """Return the compiled form of a plain function (compiled when first called)."""
        if function not in self._dispatchers:
            clone = _empty_clone(function)
            options = {"nogil": True, "error_model": "python", "boundscheck": True}
            made = numba.njit(clone, pipeline_class=self._compiler, **options)
            self._dispatchers[function] = made
            self._describe_code(function.__code__)
            self._fill(clone, function)
        return self._dispatchers[function]

    def sign(self, key: str) -> None:
        """Put `key` into the name of every clone that is not compiled yet.

        Numba names machine code by module and name, with a number that begins anew in each process: code loaded from
        disk and code made here must not meet under one name.
        """
        for dispatcher in self._dispatchers.values():
            dispatcher.py_func.__qualname__ = signed(dispatcher.py_func.__qualname__, key)

    def describe(self, name: str, value: Any) -> None:
        """Add a value that the code reads to the description."""
        self._lines.append(f"{name}={''.join(self._described(value))}")

    def _fill(self, clone: FunctionType, function: FunctionType) -> None:
        """Give a clone the globals and closure of its original, functions turned into dispatchers."""
        for name in sorted(names_in(function.__code__)):
            if name in function.__globals__:
                value = function.__globals__[name]
                self.describe(name, value)
                clone.__globals__[name] = self.served(value)
        cells = zip(
            function.__code__.co_freevars, function.__closure__ or (), clone.__closure__ or (), strict=True
        )
        for name, old, new in cells:
            self.describe(name, old.cell_contents)
            new.cell_contents = self.served(old.cell_contents)
        for value in (function.__defaults__, function.__kwdefaults__):
            self.describe("default", value)

    def served(self, value: Any) -> Any:
        """Return what compiled code sees for a value: plain functions become dispatchers."""
        return self.dispatcher_of(value) if isinstance(value, FunctionType) else value

    def _described(self, value: Any) -> Iterator[str]:
        if isinstance(value, PLAIN):
            yield f"{type(value).__name__} {value!r}"
        elif isinstance(value, FunctionType):
            self.dispatcher_of(value)
            yield f"function {value.__qualname__}"
        elif isinstance(value, Dispatcher):
            self._describe_function(value.py_func)
            yield f"dispatcher {value.targetoptions!r}"
        elif isinstance(value, ModuleType):
            if value.__name__.partition(".")[0] not in LIBRARIES:
                self._modules.add(value)
            yield f"module {value.__name__}"
        elif isinstance(value, type) or type(value) is type(builtins.len):
            yield f"name {getattr(value, '__module__', '')}.{value.__name__}"
        elif isinstance(value, np.ufunc):
            yield f"ufunc {value.__name__}"
        elif isinstance(value, np.ndarray) and value.dtype != object:
            yield f"array {value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
        elif isinstance(value, np.generic):
            yield f"{type(value).__name__} {value!r}"
        elif isinstance(value, tuple | frozenset):
            yield type(value).__name__
            for item in value:
                yield from self._described(item)
        elif isinstance(value, dict) and not value:
            yield "nothing"
        else:
            self.storable = False

    def _describe_modules(self) -> None:
        """Describe what the code may read of the user's modules that it names."""
        waiting = True
        while waiting:
            read = {(m, name) for m in self._modules for name in self.names & vars(m).keys()}
            waiting = bool(read - self._described_names)
            for module, name in sorted(
                read - self._described_names, key=lambda pair: (pair[0].__name__, pair[1])
            ):
                self._described_names.add((module, name))
                self.describe(f"{module.__name__}.{name}", vars(module)[name])

    def _describe_function(self, function: FunctionType) -> None:
        """Describe a function that is compiled already: its code, and the values that it froze."""
        if function in self._seen:
            return
        self._seen.add(function)
        self._describe_code(function.__code__)
        for name in sorted(names_in(function.__code__)):
            if name in function.__globals__:
                self.describe(name, function.__globals__[name])

    def _describe_code(self, code: CodeType) -> None:
        self.names.update(code.co_names)
        self._lines += [
            code.co_code.hex(),
            repr(code.co_names),
            repr(code.co_varnames),
            repr(code.co_freevars),
        ]
        self._lines.append(getattr(code, "co_exceptiontable", b"").hex())
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._describe_code(constant)
            else:
                self._lines.append(f"{type(constant).__name__} {constant!r}")
                self.texts.update(_texts(constant))


def signed(name: str, key: str) -> str:
    """Return a name of machine code that only equal content shares."""
    return f"{name}_{key[:16]}"


def _empty_clone(function: FunctionType) -> FunctionType:
    """Copy a function without what it reads: its globals name a module that every process can import."""
    names: dict[str, Any] = {"__builtins__": builtins, "__name__": __name__}
    cells = tuple(CellType() for _ in function.__closure__ or ())
    clone = FunctionType(function.__code__, names, function.__name__, function.__defaults__, cells)
    clone.__kwdefaults__ = function.__kwdefaults__
    clone.__qualname__ = function.__qualname__
    return clone


def _texts(constant: Any) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, tuple):
        for item in constant:
            yield from _texts(item)
