"""One call, rewritten to what serves it: arguments bound to NumPy's parameters, choices taken from the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba.core import ir

from quantlab.engine.compiled.operations import Operation, Refused, Same, Shared
from quantlab.engine.compiled.refusals import PYTHON, Refusal
from quantlab.engine.compiled.resolution import UNKNOWN, Editor, constant

WIDE = {float: np.float64, int: np.int64, bool: np.bool_}


def refuse(text: str, reason: str, remedy: str, loc: Any) -> Refusal:
    """Return the refusal of the call that the source writes ``text(…)``."""
    return Refusal(f"{text}(…)", reason, remedy or PYTHON, loc.filename, loc.line)


class Call:
    """A call in the user's code: how the source names the function, and the variables it is given."""

    def __init__(self, func_ir: Any, editor: Editor, call: Any, text: str, first: Sequence[Any] = ()) -> None:
        self.func_ir = func_ir
        self.editor = editor
        self.call = call
        self.text = text
        self.args = [*first, *call.args]
        self.named = dict(call.kws)

    def served(self, operation: Operation) -> Any:
        """Return the expression that takes the place of this call."""
        loc = self.call.loc
        if isinstance(operation, Refused):
            raise refuse(self.text, operation.reason, operation.remedy, loc)
        if isinstance(operation, Same):
            return self._with_wide_types()
        if self.call.vararg is not None or self.call.varkwarg is not None:
            raise refuse(self.text, "is served with arguments written out", operation.remedy, loc)
        function, args = self._chosen(operation)
        return ir.Expr.call(self.editor.put_object(function, self.text, loc), args, (), loc)

    def _with_wide_types(self) -> Any:
        """Say np.float64 for ``float`` and so on, which Numba does not know as element types."""
        self.call.args = [self._wide(a) for a in self.call.args]
        self.call.kws = [(name, self._wide(a)) for name, a in self.call.kws]
        return self.call

    def _wide(self, variable: Any) -> Any:
        value = constant(self.func_ir, variable)
        wide = WIDE.get(value) if isinstance(value, type) else None
        return variable if wide is None else self.editor.put_object(wide, wide.__name__, self.call.loc)

    def _bound(self, operation: Shared) -> dict[str, Any]:
        """Return each parameter's variable, or its default."""
        try:
            bound = operation.signature.bind(*self.args, **self.named)
        except TypeError as error:
            served = ", ".join(operation.signature.parameters)
            reason = f"is served with the arguments ({served}) only; {error}"
            raise refuse(self.text, reason, operation.remedy, self.call.loc) from None
        bound.apply_defaults()
        return dict(bound.arguments)

    def _chosen(self, operation: Shared) -> tuple[Any, list[Any]]:
        arguments = self._bound(operation)
        function = operation.function
        if operation.choice:
            value = self._value(arguments[operation.choice])
            if value is not UNKNOWN and _has(operation.variants, value):
                function = operation.variants[value]
                del arguments[operation.choice]
        if function is None:
            reason = f"is not served with this {operation.choice}"
            raise refuse(self.text, reason, operation.remedy, self.call.loc)
        return function, [self._variable(value) for value in self._given(list(arguments.values()), operation)]

    def _given(self, values: list[Any], operation: Shared) -> list[Any]:
        """Leave out what was not given at the end; a gap before something that was given is refused."""
        while values and values[-1] is None:
            values.pop()
        if None in values:
            raise refuse(
                self.text, "is served with arguments in their sequence", operation.remedy, self.call.loc
            )
        return values

    def _value(self, argument: Any) -> Any:
        return constant(self.func_ir, argument) if isinstance(argument, ir.Var) else argument

    def _variable(self, argument: Any) -> Any:
        if isinstance(argument, ir.Var):
            return argument
        return self.editor.put(ir.Const(argument, self.call.loc), self.call.loc)


def _has(variants: Any, value: Any) -> bool:
    try:
        return value in variants
    except TypeError:  # a value without a hash is none of them
        return False
