"""Operators, once all types are known: what could leave 64 bits, round or change its kind is checked or refused."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from numba.core import ir, types
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.errors import NumbaError
from numba.core.ir_utils import build_definitions

from quantlab.engine.compiled import checked
from quantlab.engine.compiled.arrays import check_mask, dot
from quantlab.engine.compiled.loop_calls import SERVED, power_of_array
from quantlab.engine.compiled.refusals import PYTHON, Refusal
from quantlab.engine.compiled.resolution import UNKNOWN, Editor, constant

INTEGERS: dict[Any, Callable[..., Any]] = {
    operator.add: checked.add,
    operator.sub: checked.subtract,
    operator.mul: checked.multiply,
    operator.floordiv: checked.floor_division,
    operator.mod: checked.remainder,
    operator.lshift: checked.left_shift,
    operator.rshift: checked.right_shift,
    operator.truediv: checked.true_division,
    operator.pow: checked.integer_power,
}
ARITHMETIC = {*INTEGERS}
Served = tuple[Callable[..., Any], list[Any]]
"""What takes the place of an operator, and the variables it is called with."""
OVER_ARRAYS: dict[Any, Callable[..., Any]] = {
    operator.floordiv: SERVED["floor_divide"],
    operator.mod: SERVED["remainder"],
}
SYMBOLS = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.neg: "-",
    operator.pos: "+",
    operator.invert: "~",
    operator.matmul: "@",
}


def _element(given: Any) -> Any:
    """Return the type of a number, or of an array's elements."""
    return given.dtype if isinstance(given, types.Array) else types.unliteral(given)


def _refuse(what: str, reason: str, remedy: str, loc: Any) -> Refusal:
    return Refusal(what, reason, remedy, loc.filename, loc.line)


@register_pass(mutates_CFG=False, analysis_only=False)
class Arithmetic(FunctionPass):  # type: ignore[misc]
    """Put checked functions in the place of operators, and refuse types that are not served."""

    _name = "quantlab_arithmetic"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Rewrite the statements of ``state.func_ir``; the types of variables stay."""
        _refuse_types(state)
        for block in state.func_ir.blocks.values():
            editor = Editor(block)
            for statement in block.body:
                _check_store(state, statement)
                _check_mask(state, editor, statement)
                if isinstance(statement, ir.Assign) and isinstance(statement.value, ir.Expr):
                    _serve_operator(state, editor, statement)
                editor.body.append(statement)
            block.body = editor.body
        state.func_ir._definitions = build_definitions(state.func_ir.blocks)
        return True


def _refuse_types(state: Any) -> None:
    """Refuse numbers that are neither float64, int64 nor bool, at the line that makes them."""
    for block in state.func_ir.blocks.values():
        for statement in block.body:
            if isinstance(statement, ir.Assign):
                _refuse_columns_first(state, statement)
                element = _element(state.typemap.get(statement.target.name))
                if isinstance(element, types.Number) and element not in (types.float64, types.int64):
                    what = f"a number of type {element}"
                    raise _refuse(what, "is not compiled", "use float64 and int64", statement.loc)


def _refuse_columns_first(state: Any, statement: Any) -> None:
    """Refuse matrices whose columns lie together in memory: NumPy's sums go by memory, and Numba loses the layout."""
    value = statement.value
    result = state.typemap.get(statement.target.name)
    if not (isinstance(result, types.Array) and result.ndim > 1):
        return
    if result.ndim > 2:
        raise _refuse("an array with three axes", "is not compiled", "use one or two axes", statement.loc)
    if result.layout == "F" or (isinstance(value, ir.Expr) and value.op == "getattr" and value.attr == "T"):
        raise _refuse(
            "a transposed array", "is added in another sequence", "write a[:, j] for a column", statement.loc
        )
    if isinstance(value, ir.Expr) and value.op in ("getitem", "static_getitem"):
        index = state.typemap.get(value.index_var.name if value.op == "static_getitem" else value.index.name)
        if isinstance(index, types.BaseTuple) and any(isinstance(part, types.Array) for part in index.types):
            remedy = "loop over the columns, or write zeros into the others with np.where"
            raise _refuse("a choice of columns", "is added in another sequence", remedy, statement.loc)


def _check_store(state: Any, statement: Any) -> None:
    """Refuse to store into an array what it would cut off."""
    if not isinstance(statement, ir.SetItem | ir.StaticSetItem):
        return
    target, value = state.typemap[statement.target.name], state.typemap[statement.value.name]
    if isinstance(target, types.Array):
        kept, given = target.dtype, _element(value)
        if kept != given and kept in (types.int64, types.boolean) and isinstance(given, types.Number):
            remedy = "make the array of float64, or convert with int(…)"
            raise _refuse(f"storing {given} in an array of {kept}", "cuts it off", remedy, statement.loc)


def _check_mask(state: Any, editor: Editor, statement: Any) -> None:
    """Put a comparison of lengths before an array is read or written by truth values."""
    read = statement.value if isinstance(statement, ir.Assign) else None
    if isinstance(read, ir.Expr) and read.op == "getitem":
        array, index = read.value, read.index
    elif isinstance(statement, ir.SetItem):
        array, index = statement.target, statement.index
    else:
        return
    kind, given = state.typemap[array.name], state.typemap[index.name]
    if not isinstance(kind, types.Array):
        return
    parts = given.types if isinstance(given, types.BaseTuple) else ()
    if any(isinstance(part, types.Array) and part.dtype == types.boolean for part in parts):
        raise _refuse(
            "truth values for one of two axes", "is not compiled", "loop over the axis", statement.loc
        )
    if isinstance(given, types.Array) and given.dtype == types.boolean:
        call = _call(state, editor, (check_mask, [array, index]), statement.loc)
        checked_variable = editor.put(call, statement.loc)
        state.typemap[checked_variable.name] = types.boolean


def _serve_operator(state: Any, editor: Editor, statement: Any) -> None:
    expression = statement.value
    if expression.op in ("binop", "inplace_binop"):
        served = _binary(state, expression, statement.loc)
    elif expression.op == "unary":
        served = _unary(state.typemap[expression.value.name], expression, statement.loc)
    else:
        return
    if served is not None:
        statement.value = _call(state, editor, served, statement.loc)


def _call(state: Any, editor: Editor, served: Served, loc: Any) -> Any:
    """Return a typed call."""
    function, operands = served
    variable = editor.put_object(function, function.__name__, loc)
    callee = state.typingctx.resolve_value_type(function)
    state.typemap[variable.name] = callee
    args = tuple(types.unliteral(state.typemap[v.name]) for v in operands)
    call = ir.Expr.call(variable, operands, (), loc)
    try:
        state.calltypes[call] = callee.get_call_type(state.typingctx, args, {})
    except NumbaError:
        what = f"an operator between {' and '.join(str(a) for a in args)}"
        remedy = "use float64 numbers and arrays with the same one or two axes"
        raise _refuse(what, "is not compiled", remedy, loc) from None
    return call


def _unary(given: Any, expression: Any, loc: Any) -> Served | None:
    fn = expression.fn
    if _element(given) == types.boolean and fn in (operator.neg, operator.pos, operator.invert):
        if isinstance(given, types.Array) and fn is operator.invert:
            return None
        raise _refuse(f"{SYMBOLS[fn]} of a truth value", "is a number in Python only", "write `not x`", loc)
    whole = fn is operator.neg and types.unliteral(given) == types.int64
    return (checked.negative, [expression.value]) if whole else None


def _binary(state: Any, expression: Any, loc: Any) -> Served | None:
    fn = expression.immutable_fn if expression.op == "inplace_binop" else expression.fn
    left, right = (state.typemap[v.name] for v in (expression.lhs, expression.rhs))
    elements = [_element(left), _element(right)]
    if not all(isinstance(e, types.Number | types.Boolean) for e in elements):
        return None
    if fn in ARITHMETIC and all(e == types.boolean for e in elements):
        what = f"{SYMBOLS[fn]} of two truth values"
        raise _refuse(what, "differs between Python and NumPy", "write `and`, `or`, or int(x)", loc)
    if isinstance(left, types.Array) or isinstance(right, types.Array):
        return _over_arrays(state, expression, fn, loc)
    function = _of_numbers(state, expression, fn, elements)
    return None if function is None else (function, [expression.lhs, expression.rhs])


def _of_numbers(state: Any, expression: Any, fn: Any, elements: list[Any]) -> Callable[..., Any] | None:
    if fn in checked.COMPARISONS:
        mixed = sorted(str(e) for e in elements) == ["float64", "int64"]
        return checked.COMPARISONS[fn] if mixed and not _small(state, expression) else None
    if fn not in ARITHMETIC:
        return None
    if types.float64 not in elements:
        return INTEGERS[fn]
    return checked.float_power if fn is operator.pow else None


def _small(state: Any, expression: Any) -> bool:
    """Tell a comparison with an integer of the source that float64 holds exactly."""
    for operand in (expression.lhs, expression.rhs):
        if types.unliteral(state.typemap[operand.name]) == types.int64:
            value = constant(state.func_ir, operand)
            return isinstance(value, int) and abs(value) <= checked.EXACT
    return False


def _over_arrays(state: Any, expression: Any, fn: Any, loc: Any) -> Served | None:
    left, right = (state.typemap[v.name] for v in (expression.lhs, expression.rhs))
    operands = [expression.lhs, expression.rhs]
    if expression.op == "inplace_binop":
        _check_inplace(left, right, fn, loc)
    if fn in (operator.lshift, operator.rshift):
        raise _refuse(f"{SYMBOLS[fn]} of arrays", "is not compiled", PYTHON, loc)
    if fn is operator.pow:
        return _array_power(state, left, right, operands, loc)
    function = dot if fn is operator.matmul else OVER_ARRAYS.get(fn)
    return None if function is None else (function, operands)


def _check_inplace(left: Any, right: Any, fn: Any, loc: Any) -> None:
    """Refuse what would cut off numbers, or has no version that works in place."""
    if not isinstance(left, types.Array) or fn not in {*ARITHMETIC, operator.matmul}:
        return
    symbol = SYMBOLS[fn]
    if fn in (operator.pow, operator.floordiv, operator.mod, operator.matmul):
        raise _refuse(f"{symbol}= of an array", "is not compiled", f"write a = a {symbol} b", loc)
    into_floats = left.dtype == types.float64
    stays_whole = (
        left.dtype == types.int64 and _element(right) != types.float64 and fn is not operator.truediv
    )
    if not (into_floats or stays_whole):
        what = f"{symbol}= of an array of {left.dtype}"
        raise _refuse(what, "would cut off", "make the array of float64", loc)


def _array_power(state: Any, left: Any, right: Any, operands: list[Any], loc: Any) -> Served:
    """Serve ``array ** exponent`` as NumPy does: a square, a root and a reciprocal have loops of their own."""
    if types.float64 not in (_element(left), _element(right)):
        raise _refuse("** of integers in an array", "is not compiled", "use array.astype(np.float64)", loc)
    if not isinstance(left, types.Array) or isinstance(right, types.Array):
        return SERVED["power"], operands
    exponent = constant(state.func_ir, operands[1])
    if exponent is UNKNOWN:
        return power_of_array, operands
    # NumPy looks at the kind of number too: 2 and 0.5, but neither 2.0 nor np.float64(0.5).
    own = {(int, 2): "square", (int, -1): "reciprocal", (float, 0.5): "sqrt"}.get((type(exponent), exponent))
    return (SERVED["power"], operands) if own is None else (SERVED[own], operands[:1])
