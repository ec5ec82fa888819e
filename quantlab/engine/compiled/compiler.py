"""Numba's pipeline for strategies: the operations of `passes`, and the rules of states."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from numba.core import ir, types
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typed_passes import NopythonTypeInference

from quantlab.engine.compiled.passes import make_user_compiler
from quantlab.engine.compiled.refusals import Refusal
from quantlab.engine.compiled.types import SelfType


def strategy_compiler(dispatcher_of: Callable[[FunctionType], Any]) -> Any:
    """Return the pipeline class for one strategy's functions."""
    base: Any = make_user_compiler(dispatcher_of)

    class StrategyCompiler(base):  # type: ignore[misc]
        def define_pipelines(self) -> Any:
            pipelines = super().define_pipelines()
            for pipeline in pipelines:
                pipeline.add_pass_after(_Assignments, NopythonTypeInference)
                pipeline.finalize()
            return pipelines

    return StrategyCompiler


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
    raise Refusal(f"self.{name} = …", reason, remedy, statement.loc.filename, statement.loc.line)


def _fits(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, types.Boolean)
    if kind == "int":
        return isinstance(value, types.Integer)
    return isinstance(value, types.Float | types.Integer)
