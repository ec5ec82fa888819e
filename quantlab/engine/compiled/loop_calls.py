"""Calls of NumPy's inner loops from compiled code, for numbers and for arrays with one or two axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic
from numba.np.arrayobj import _empty_nd_impl, make_array

from quantlab.engine.compiled.checked import integer_absolute
from quantlab.engine.compiled.numpy_loops import (
    FLOAT,
    INTEGER,
    LOOPS,
    OF_NUMBERS,
    ONLY_FLOATS,
    Loop,
)

BYTE = ir.IntType(8)
INTP = ir.IntType(64)


def _element(given: Any) -> Any:
    return given.dtype if isinstance(given, types.Array) else types.unliteral(given)


def _char(name: str, elements: Sequence[Any]) -> str:
    """Return the type of the loop that NumPy takes for arguments of these types."""
    if any(e not in (types.float64, types.int64) for e in elements):
        raise TypingError(f"np.{name} is served for float64 and int64 only")
    if name in OF_NUMBERS and types.float64 not in elements:
        return INTEGER
    if name in ONLY_FLOATS and types.float64 not in elements:
        raise TypingError(f"np.{name} is served for float64 only")
    return FLOAT


def _result(name: str, args: Sequence[Any], number: Any) -> Any:
    dims = {a.ndim for a in args if isinstance(a, types.Array)}
    if not dims:
        return number
    if len(dims) > 1 or max(dims) > 2 or min(dims) < 1:
        raise TypingError(f"np.{name} is served for numbers, and for arrays with the same one or two axes")
    return types.Array(number, dims.pop(), "C")


class _Operand:
    """One argument as a loop sees it: where it begins, and the bytes from one element to the next on each axis."""

    def __init__(self, context: Any, builder: Any, given: Any, value: Any, number: Any) -> None:
        self.array = None
        if not isinstance(given, types.Array):
            held = cgutils.alloca_once_value(builder, context.cast(builder, value, given, number))
            self.data = builder.bitcast(held, BYTE.as_pointer())
            self.strides = [INTP(0)] * 2
            self.flat_stride = INTP(0)
            return
        self.array = make_array(given)(context, builder, value)
        self.data = builder.bitcast(self.array.data, BYTE.as_pointer())
        self.shape = cgutils.unpack_tuple(builder, self.array.shape, given.ndim)
        self.strides = cgutils.unpack_tuple(builder, self.array.strides, given.ndim)
        self.flat_stride = INTP(8)

    def at(self, builder: Any, row: Any) -> Any:
        return builder.gep(self.data, [builder.mul(row, self.strides[0])])


def _data_of(builder: Any, loop: Loop) -> Any:
    if loop.data_symbol is None:
        return ir.Constant(BYTE.as_pointer(), None)
    known = builder.module.globals
    if loop.data_symbol in known:
        return known[loop.data_symbol]
    return cgutils.add_global_variable(builder.module, BYTE, loop.data_symbol)


def _packed(builder: Any, values: Sequence[Any]) -> Any:
    """Return a pointer to `values` laid out one after the other."""
    held = cgutils.alloca_once_value(builder, cgutils.pack_array(builder, values))
    return builder.gep(held, [ir.IntType(32)(0)] * 2)


def call_loop(
    builder: Any, loop: Loop, data: Sequence[Any], counts: Sequence[Any], strides: Sequence[Any]
) -> None:
    """Emit one call of the C loop: `data` are pointers, `strides` are bytes."""
    pointer = BYTE.as_pointer()
    types_ = [pointer.as_pointer(), INTP.as_pointer(), INTP.as_pointer(), pointer]
    callee = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), types_), loop.symbol
    )
    packed = [_packed(builder, values) for values in (data, counts, strides)]
    builder.call(callee, [*packed, _data_of(builder, loop)])


def _same_shapes(context: Any, builder: Any, arrays: Sequence[_Operand]) -> None:
    for other in arrays[1:]:
        for one, two in zip(arrays[0].shape, other.shape, strict=True):
            with builder.if_then(builder.icmp_signed("!=", one, two), likely=False):
                message = "operands could not be broadcast together"
                context.call_conv.return_user_exc(builder, ValueError, (message,))


def _over_arrays(context: Any, builder: Any, loop: Loop, operands: list[_Operand], result: Any) -> Any:
    """Emit the loop over arrays of one shape and numbers; return the new array."""
    arrays = [o for o in operands if o.array is not None]
    _same_shapes(context, builder, arrays)
    shape = arrays[0].shape
    made = _empty_nd_impl(context, builder, result, shape)
    every = [*operands, _Operand(context, builder, result, made._getvalue(), None)]
    data = [o.data for o in every]
    if len(shape) == 1:
        call_loop(builder, loop, data, shape, [o.strides[0] for o in every])
    else:
        _over_matrices(context, builder, loop, every, shape)
    return made._getvalue()


def _over_matrices(
    context: Any, builder: Any, loop: Loop, every: Sequence[_Operand], shape: Sequence[Any]
) -> None:
    """Emit the call that NumPy makes for matrices: over all elements, those with gaps copied to a buffer before.

    The bits of a SIMD loop can depend on the stride, so that it must be NumPy's.
    """
    size = builder.mul(*shape)
    flat = [_flattened(context, builder, operand, shape, size) for operand in every]
    data = [builder.load(place) for place, _, _ in flat]
    call_loop(builder, loop, data, [size], [builder.load(step) for _, step, _ in flat])
    for _, _, spare in flat:
        context.nrt.free(builder, builder.load(spare))


def _flattened(
    context: Any, builder: Any, operand: _Operand, shape: Sequence[Any], size: Any
) -> tuple[Any, Any, Any]:
    """Emit where a matrix begins as a flat array, its stride, and the memory to free afterwards."""
    n_rows, n_columns = shape
    single_row = builder.icmp_signed("<=", n_rows, INTP(1))
    single_column = builder.icmp_signed("<=", n_columns, INTP(1))
    joined = builder.icmp_signed("==", operand.strides[0], builder.mul(n_columns, operand.strides[1]))
    even = builder.or_(joined, builder.or_(single_row, single_column))
    along = builder.select(single_column, operand.strides[0], operand.strides[1])
    along = builder.select(builder.and_(single_row, single_column), operand.flat_stride, along)
    place = cgutils.alloca_once_value(builder, operand.data)
    step = cgutils.alloca_once_value(builder, along)
    spare = cgutils.alloca_once_value(builder, ir.Constant(BYTE.as_pointer(), None))
    with builder.if_then(builder.not_(even)):
        copy = context.nrt.allocate(builder, builder.mul(size, INTP(8)))
        with cgutils.for_range(builder, n_rows) as rows, cgutils.for_range(builder, n_columns) as columns:
            source = builder.gep(
                operand.at(builder, rows.index), [builder.mul(columns.index, operand.strides[1])]
            )
            number = builder.add(builder.mul(rows.index, n_columns), columns.index)
            target = builder.gep(copy, [builder.mul(number, INTP(8))])
            eight = ir.IntType(64).as_pointer()
            builder.store(builder.load(builder.bitcast(source, eight)), builder.bitcast(target, eight))
        builder.store(copy, place)
        builder.store(INTP(8), step)
        builder.store(copy, spare)
    return place, step, spare


def _over_numbers(builder: Any, loop: Loop, operands: list[_Operand], result: Any) -> Any:
    out = cgutils.alloca_once(builder, result)
    data = [*(o.data for o in operands), builder.bitcast(out, BYTE.as_pointer())]
    call_loop(builder, loop, data, [INTP(1)], [*(o.strides[0] for o in operands), INTP(8)])
    return builder.load(out)


def _emit(name: str, args: Sequence[Any]) -> tuple[Any, Callable[..., Any]]:
    """Return Numba's signature of ``np.name(*args)``, and what writes its machine code."""
    char = _char(name, [_element(a) for a in args])
    number = types.float64 if char == FLOAT else types.int64
    for given in args:
        if isinstance(given, types.Array) and given.dtype != number:
            raise TypingError(f"np.{name} is served for arrays of float64: write array.astype(np.float64)")
    result = _result(name, args, number)
    loop = LOOPS[name][char]

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        operands = [
            _Operand(context, builder, g, v, number) for g, v in zip(signature.args, values, strict=True)
        ]
        if result is number:
            return _over_numbers(builder, loop, operands, context.get_value_type(number))
        return _over_arrays(context, builder, loop, operands, result)

    return result(*[types.unliteral(a) for a in args]), codegen


def _serve(name: str) -> Callable[..., Any]:
    """Return a function for compiled code that gives the bits of ``np.name``."""
    nin = next(iter(LOOPS[name].values())).nin
    if nin == 1:

        def unary(typingctx: Any, x: Any) -> Any:
            return _emit(name, [x])

        served: Callable[..., Any] = unary
    elif nin == 2:

        def binary(typingctx: Any, x: Any, y: Any) -> Any:
            return _emit(name, [x, y])

        served = binary
    else:

        def ternary(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
            return _emit(name, [x, y, z])

        served = ternary
    served.__name__ = served.__qualname__ = f"numpy_{name}"
    return intrinsic(served)


SERVED: dict[str, Callable[..., Any]] = {
    name: _serve(name) for name in LOOPS if LOOPS[name] and name not in ("vecdot", "absolute")
}


@intrinsic
def power_of_array(typingctx: Any, x: Any, y: Any) -> Any:
    """``array ** number``, the exponent a variable.

    NumPy takes a square root for a Python float 0.5 and a reciprocal for a Python int -1, and its general loop for
    NumPy's own numbers of the same value: compiled code cannot tell them apart and raises ValueError.
    """
    signature, power = _emit("power", [x, y])
    special = -1 if types.unliteral(y) == types.int64 else 0.5

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        if isinstance(y, types.Array):
            return power(context, builder, signature, values)
        exponent = context.cast(builder, values[1], signature.args[1], types.float64)
        ambiguous = builder.fcmp_ordered("==", exponent, ir.DoubleType()(special))
        with builder.if_then(ambiguous, likely=False):
            context.call_conv.return_user_exc(builder, ValueError, ("write np.sqrt(x) or 1.0 / x",))
        return power(context, builder, signature, values)

    return signature, codegen


@intrinsic
def absolute(typingctx: Any, x: Any) -> Any:
    """``abs(x)`` and ``np.abs(x)``; OverflowError for the int64 whose absolute value is none."""
    if types.unliteral(x) == types.int64:
        return types.int64(types.int64), integer_absolute
    return _emit("absolute", [x])
