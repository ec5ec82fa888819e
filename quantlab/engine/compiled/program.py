"""One strategy made into compiled code."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
from numba import types

from quantlab.engine.compiled import face_orders  # noqa: F401  (gives `now` its methods, with those of `face`)
from quantlab.engine.compiled.clone import PLAIN, Clones
from quantlab.engine.compiled.compiler import strategy_compiler
from quantlab.engine.compiled.layout import Kind, Layout
from quantlab.engine.compiled.loop import compiled_loop
from quantlab.engine.compiled.refusals import PYTHON, Refusal, compile_or_refuse
from quantlab.engine.compiled.types import Method, NowType, SelfType
from quantlab.engine.strategy import HOOKS, Strategy
from quantlab.kernels._jit import kernels_digest

if TYPE_CHECKING:
    from quantlab.engine.setup import Setup
    from quantlab.engine.source import Source

HERE = Path(__file__).parent
SIGNATURE = types.int64(types.int64)
KEPT = 256


@dataclass(frozen=True, eq=False)
class Program:
    """A strategy's compiled loop, and what it will read.

    Parameters
    ----------
    strategy
        The class.
    key
        Digest of everything that decides the compiled code.
    layout
        What it adds to the table of a run.
    names, texts
        Every attribute name and every text constant of its code: what none of it mentions need not be made.
    loop
        ``run(table) -> stop``; `compile` makes it ready.
    """

    strategy: type[Strategy]
    key: str
    layout: Layout
    names: frozenset[str]
    texts: frozenset[str]
    loop: Any

    def compile(self) -> None:
        """Compile the loop, or read it from disk.

        Raises
        ------
        Refusal
            If the strategy does what compiled code cannot.
        """
        compile_or_refuse(self.loop, SIGNATURE, _function(self.strategy, "on_bar"))

    @property
    def is_ready(self) -> bool:
        """Whether running it needs no compilation: it is in memory or on disk."""
        return bool(self.loop.overloads) or self.loop._cache.has((types.int64,), self.loop.targetctx)


_PROGRAMS: dict[str, Program] = {}


def compiled_program(setup: Setup, *, wait: bool = True) -> Program | None:
    """Return the program of a setup, ready to run; None if it would have to be compiled and `wait` is False.

    Raises
    ------
    Refusal
        If the strategy does what compiled code cannot.
    """
    program = program_of(setup.strategy, setup.inputs.sources, setup.bars.fields)
    if not (wait or program.is_ready):
        return None
    program.compile()
    return program


def _must_be_allowed(kind: type[Strategy]) -> None:
    if numba.config.DISABLE_JIT:
        code = _function(kind, "on_bar").__code__
        reason, remedy = "keeps Numba from compiling anything", f"unset it, or {PYTHON}"
        raise Refusal("NUMBA_DISABLE_JIT", reason, remedy, code.co_filename, code.co_firstlineno)


def program_of(strategy: Strategy, sources: Mapping[str, Source], fields: Iterable[str]) -> Program:
    """Return the program of a strategy with its inputs, over bars that have the extra `fields`.

    Nothing is compiled yet. Strategies with equal code, layout and text parameters share one program.
    """
    kind = type(strategy)
    _must_be_allowed(kind)
    clones = Clones(strategy_compiler(kind))
    on_bar = clones.dispatcher_of(_function(kind, "on_bar"))
    hears = kind.on_fill is not Strategy.on_fill
    on_fill = clones.dispatcher_of(_function(kind, "on_fill")) if hears else None
    hears_rejects = kind.on_reject is not Strategy.on_reject
    on_reject = clones.dispatcher_of(_function(kind, "on_reject")) if hears_rejects else None
    methods, constants = _members(kind, clones)
    content = clones.content
    texts = {name: value for name, value in strategy.params.items() if isinstance(value, str)}
    mentioned = clones.texts | set(texts.values())
    layout = _layout(kind, sources, sorted(mentioned.intersection(fields)))
    parts = (content, layout, sorted(texts.items()), hears, hears_rejects, machine_digest())
    key = hashlib.sha256(repr(parts).encode()).hexdigest()
    if key not in _PROGRAMS:
        while len(_PROGRAMS) >= KEPT:
            del _PROGRAMS[next(iter(_PROGRAMS))]
        clones.sign(key)
        self_type = SelfType(key, layout, texts, constants, methods)
        loop = compiled_loop(kind.__qualname__, key, NowType(layout), self_type, on_bar, on_fill, on_reject)
        if not clones.storable:
            loop._cache.disable()
        _PROGRAMS[key] = Program(kind, key, layout, frozenset(clones.names), frozenset(mentioned), loop)
    return _PROGRAMS[key]


@lru_cache(maxsize=1)
def machine_digest() -> str:
    """Digest of the sources that turn a strategy into code."""
    digest = hashlib.sha256(kernels_digest().encode())
    for path in (
        *sorted(HERE.glob("*.py")),
        HERE.parent / "now.py",
        HERE.parents[1] / "trading" / "sizing.py",
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _function(kind: type[Strategy], name: str) -> FunctionType:
    function: FunctionType = inspect.getattr_static(kind, name)
    return function


def _members(kind: type[Strategy], clones: Clones) -> tuple[dict[str, Method], dict[str, Any]]:
    """Find the helper methods and the plain class attributes that the code mentions, and those that they mention."""
    methods: dict[str, Method] = {}
    constants: dict[str, Any] = {}
    seen: set[str] = set(HOOKS)
    while clones.names - seen:
        for name in sorted(clones.names - seen):
            seen.add(name)
            value = inspect.getattr_static(kind, name, inspect.Parameter.empty)
            plain = value.__func__ if isinstance(value, staticmethod) else value
            if isinstance(value, staticmethod) and isinstance(plain, FunctionType):
                methods[name] = Method(clones.dispatcher_of(plain), is_static=True)
            elif isinstance(value, FunctionType) and not hasattr(Strategy, name):
                methods[name] = Method(clones.dispatcher_of(value), is_static=False)
            elif isinstance(value, (*PLAIN, tuple, np.ndarray, np.generic)):
                constants[name] = value
                clones.describe(f"class attribute {name}", value)
    for name in methods:
        clones.describe(f"method {name}", methods[name].is_static)
    return methods, constants


def _layout(kind: type[Strategy], sources: Mapping[str, Source], fields: list[str]) -> Layout:
    states = {name: state for name, state in kind._states.items() if state.factory is None}
    return Layout(
        fields=tuple(fields),
        inputs=tuple((name, tuple(source._levels)) for name, source in sources.items()),
        params=tuple((name, _kind_of(param.default)) for name, param in kind._params.items()),
        scalars=tuple((name, _kind_of(s.initial)) for name, s in states.items() if not s.per_symbol),
        arrays=tuple(name for name, s in states.items() if s.per_symbol),
    )


def _kind_of(value: object) -> Kind:
    return type(value).__name__  # type: ignore[return-value]
