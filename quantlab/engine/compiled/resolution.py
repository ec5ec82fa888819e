"""What a name in Numba's intermediate representation stands for, known before types are: modules and functions."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, NamedTuple

from numba.core import ir
from numba.core.ir_utils import (
    build_definitions,
    fixup_var_define_in_scope,
    get_definition,
    guard,
    mk_unique_var,
)
from numba.core.postproc import PostProcessor

UNKNOWN = object()


class Known(NamedTuple):
    """A Python object behind a name, and how the source writes it."""

    value: Any
    text: str


def definition(func_ir: Any, variable: Any) -> Any:
    """Return what a variable is set to, or None if it is set in several places."""
    return guard(get_definition, func_ir, variable) if isinstance(variable, ir.Var) else variable


def known(func_ir: Any, variable: Any) -> Known | None:
    """Return the object that `variable` stands for: a global, a closure's, or an attribute of a module."""
    found = definition(func_ir, variable)
    if isinstance(found, ir.Global | ir.FreeVar):
        return Known(found.value, str(found.name))
    if isinstance(found, ir.Expr) and found.op == "getattr":
        owner = known(func_ir, found.value)
        if owner is not None and isinstance(owner.value, ModuleType):
            value = inspect.getattr_static(owner.value, found.attr, UNKNOWN)
            value = getattr(owner.value, found.attr, value)
            return Known(value, f"{owner.text}.{found.attr}")
    return None


def constant(func_ir: Any, variable: Any) -> Any:
    """Return the value that `variable` has in the source (a literal, a global number, a class), or `UNKNOWN`."""
    found = definition(func_ir, variable)
    if isinstance(found, ir.Const):
        return found.value
    if isinstance(found, ir.Expr) and found.op == "unary" and found.fn.__name__ == "neg":
        inner = constant(func_ir, found.value)
        return -inner if isinstance(inner, int | float) else UNKNOWN
    named = known(func_ir, variable)
    return UNKNOWN if named is None else named.value


class Editor:
    """Writes new statements before the one at hand."""

    def __init__(self, block: Any) -> None:
        self.block = block
        self.body: list[Any] = []

    def put(self, value: Any, loc: Any) -> Any:
        """Assign `value` to a new variable, which is returned."""
        target = ir.Var(self.block.scope, mk_unique_var("$served"), loc)
        self.body.append(ir.Assign(value, target, loc))
        return target

    def put_object(self, value: Any, name: str, loc: Any) -> Any:
        """Name a Python object by a new variable, which is returned."""
        return self.put(ir.Global(name, value, loc), loc)


def settle(func_ir: Any) -> None:
    """Bring what Numba derives from the statements up to date with them."""
    fixup_var_define_in_scope(func_ir.blocks)
    func_ir._definitions = build_definitions(func_ir.blocks)
    PostProcessor(func_ir).run()
