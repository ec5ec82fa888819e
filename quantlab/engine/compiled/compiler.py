"""Numba's pipeline for strategies: the operations of `passes`, and the rules of states."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar

from numba.core import ir, types
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonTypeInference
from numba.core.untyped_passes import FixupArgs

from quantlab.engine.compiled.passes import make_user_compiler
from quantlab.engine.compiled.refusals import Refusal
from quantlab.engine.compiled.types import NowType, SelfType
from quantlab.engine.now import Now
from quantlab.engine.strategy import Strategy
from quantlab.errors import did_you_mean


def strategy_compiler(kind: type[Strategy]) -> Callable[[Callable[[FunctionType], Any]], Any]:
    """Return what makes the pipeline class for a strategy's functions, given what makes dispatchers of plain ones."""

    def compiler(dispatcher_of: Callable[[FunctionType], Any]) -> Any:
        base: Any = make_user_compiler(dispatcher_of)

        class StrategyCompiler(base):  # type: ignore[misc]
            strategy: ClassVar = kind

            def define_pipelines(self) -> Any:
                pipelines = super().define_pipelines()
                for pipeline in pipelines:
                    pipeline.add_pass_after(_Reads, FixupArgs)
                    pipeline.add_pass_after(_Assignments, NopythonTypeInference)
                    pipeline.finalize()
                return pipelines

        return StrategyCompiler

    return compiler


@register_pass(mutates_CFG=False, analysis_only=True)
class _Reads(FunctionPass):  # type: ignore[misc]
    """Refuse what compiled code cannot read of `self` and `now`, before Numba says it in its own words."""

    _name = "quantlab_reads"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        kind, receiver = state.pipeline.strategy, next(iter(state.func_ir.arg_names), "")
        for block in state.func_ir.blocks.values():
            for read in block.find_exprs("getattr"):
                name = read.value.name
                answer = _unread_of_now(read.attr) if name == "now" else None
                if name == receiver == "self":
                    answer = _unread_of_self(kind, read.attr)
                if answer is not None:
                    raise Refusal(f"{name}.{read.attr}", *answer, *_place(read))
        return False


def _unread_of_now(name: str) -> tuple[str, str] | None:
    """Return why `now` has no such attribute in compiled code, and what to write instead."""
    if name == "symbols":
        return "is text", 'compare numbers, which now.index("NAME") gives'
    known = [each for each in dir(Now) if not each.startswith("_")]
    return None if name in known else ("is not known", did_you_mean(name, known).rstrip(".?"))


def _unread_of_self(kind: type[Strategy], name: str) -> tuple[str, str] | None:
    """Return why compiled code cannot read an attribute of a strategy, and what to write instead."""
    state = kind._states.get(name)
    if state is not None and state.factory is not None:
        remedy = "use ql.state(0.0) or ql.state(0.0, per_symbol=True)"
        return "is a state made by ql.state(factory=…), an object of Python", remedy
    value = inspect.getattr_static(kind, name, None)
    if isinstance(value, property):
        return "is a property", f"make it a method and write self.{name}()"
    if isinstance(value, list | dict | set):
        return f"is a {type(value).__name__}", "use a tuple of numbers or a NumPy array"
    return None


@register_pass(mutates_CFG=False, analysis_only=True)
class _Assignments(FunctionPass):  # type: ignore[misc]
    """Refuse assignments to `self` that the interpreted engine refuses: Numba would convert the value in silence."""

    _name = "quantlab_assignments"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        for block in state.func_ir.blocks.values():
            for statement in block.find_insts(ir.SetAttr):
                target = state.typemap[statement.target.name]
                if isinstance(target, NowType):
                    remedy = "give an order, or keep your own value in ql.state()"
                    raise Refusal(f"now.{statement.attr} = …", "is read-only", remedy, *_place(statement))
                if isinstance(target, SelfType):
                    _check(target, statement, state.typemap[statement.value.name])
        return False


def _check(target: SelfType, statement: Any, value: Any) -> None:
    name, scalars = statement.attr, dict(target.layout.scalars)
    if name in target.layout.arrays:
        if isinstance(value, types.Array):
            return
        reason, remedy = "has a number per symbol", f"write `self.{name}[:] = …` to set all of them"
    elif name in scalars:
        if _fits(scalars[name], value):
            return
        reason, remedy = (
            f"is a state of type {scalars[name]} and cannot become {value}",
            "keep one type in a state",
        )
    else:
        reason, remedy = "is no state", f"declare `{name} = ql.state(…)` in the class to remember it"
    raise Refusal(f"self.{name} = …", reason, remedy, *_place(statement))


def _place(statement: Any) -> tuple[str, int]:
    return statement.loc.filename, statement.loc.line


def _fits(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, types.Boolean)
    if kind == "int":
        return isinstance(value, types.Integer)
    return isinstance(value, types.Float | types.Integer)
