"""Fingerprints of code: a rule is its source, and everything of its own that the source reads."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from quantlab.engine.strategy import Strategy

PLAIN = (int, float, complex, bool, str, bytes, type(None))


def class_code(kind: type[Strategy]) -> list[str]:
    """Describe the code of a strategy: its own and its base classes' up to `Strategy`, with what they read."""
    seen: set[int] = set()
    lines: list[str] = []
    for base in kind.__mro__[: kind.__mro__.index(Strategy)]:
        lines.append(f"class {base.__qualname__}")
        for name, value in vars(base).items():
            if name not in ("__module__", "__doc__", "__firstlineno__", "__static_attributes__"):
                lines += [f"{name}:", *_described(value, seen)]
    return lines


def function_code(function: Callable[..., Any]) -> list[str]:
    """Describe the code of a function with what it reads: its closure, its defaults, its module's functions."""
    return list(_described(function, set()))


def _described(value: Any, seen: set[int]) -> Iterator[str]:
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if isinstance(value, functools.partial):
        yield repr((value.args, value.keywords))
        value = value.func
    if inspect.ismethod(value):
        yield repr(value.__self__)
        value = value.__func__
    if isinstance(value, FunctionType):
        yield from _function(value, seen)
    elif isinstance(value, PLAIN) or _is_plain_tuple(value):
        yield repr(value)


def _function(function: FunctionType, seen: set[int]) -> Iterator[str]:
    if id(function) in seen:
        return
    seen.add(id(function))
    yield from _code(function.__code__)
    for value in (function.__defaults__, function.__kwdefaults__):
        yield repr(value)
    for cell in function.__closure__ or ():
        yield from _described(cell.cell_contents, seen)
    for name in sorted(names_in(function.__code__)):
        found = function.__globals__.get(name)
        # The user's own helpers and constants; other modules are covered by their versions.
        if isinstance(found, FunctionType) and found.__module__ != function.__module__:
            continue
        yield from (f"{name}={line}" for line in _described(found, seen))


def _code(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        elif isinstance(constant, frozenset):  # it prints in another sequence in every process
            yield repr(sorted(map(repr, constant)))
        else:
            yield repr(constant)


def names_in(code: CodeType) -> set[str]:
    """Return every global and attribute name that a code object and those inside it mention."""
    inner = [names_in(c) for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*inner)


def _is_plain_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, PLAIN) for v in value)
