"""Numba's pipeline for strategies: the operations of `passes`, and the rules of states."""

from __future__ import annotations

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
from quantlab.engine.strategy import Strategy


def strategy_compiler(kind: type[Strategy]) -> Callable[[Callable[[FunctionType], Any]], Any]:
    """Return what makes the pipeline class for a strategy's functions, given what makes dispatchers of plain ones."""
    objects = frozenset(name for name, state in kind._states.items() if state.factory is not None)

    def compiler(dispatcher_of: Callable[[FunctionType], Any]) -> Any:
        base: Any = make_user_compiler(dispatcher_of)

        class StrategyCompiler(base):  # type: ignore[misc]
            unserved: ClassVar = objects

            def define_pipelines(self) -> Any:
                pipelines = super().define_pipelines()
                for pipeline in pipelines:
                    pipeline.add_pass_after(_Objects, FixupArgs)
                    pipeline.add_pass_after(_Assignments, NopythonTypeInference)
                    pipeline.finalize()
                return pipelines

        return StrategyCompiler

    return compiler


@register_pass(mutates_CFG=False, analysis_only=True)
class _Objects(FunctionPass):  # type: ignore[misc]
    """Refuse states that hold an object: compiled code knows numbers."""

    _name = "quantlab_objects"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        unserved = state.pipeline.unserved
        for block in state.func_ir.blocks.values():
            for read in block.find_exprs("getattr"):
                if read.attr in unserved and read.value.name == state.func_ir.arg_names[0]:
                    raise Refusal(
                        f"self.{read.attr}",
                        "is a state made by ql.state(factory=…), an object of Python",
                        "use ql.state(0.0) or ql.state(0.0, per_symbol=True)",
                        *_place(read),
                    )
        return False


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
