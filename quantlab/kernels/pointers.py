"""Reading and writing memory by address, and arrays over memory that Numba does not own.

Counting references is what makes compiled event loops slow: nothing here is counted. Whoever hands out an address
keeps its array alive for the whole run.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array


def _pointer(context: Any, builder: Any, kind: Any, address: Any, index: Any) -> Any:
    pointer = builder.inttoptr(address, context.get_data_type(kind).as_pointer())
    return builder.gep(pointer, [index])


def _reader(kind: Any) -> Any:
    @intrinsic
    def read(typing_context: Any, address: Any, index: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return context.unpack_value(builder, kind, _pointer(context, builder, kind, *arguments))

        return kind(types.int64, types.int64), emit

    return read


def _writer(kind: Any) -> Any:
    @intrinsic
    def write(typing_context: Any, address: Any, index: Any, value: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            address, index, value = arguments
            context.pack_value(builder, kind, value, _pointer(context, builder, kind, address, index))
            return context.get_dummy_value()

        return types.none(types.int64, types.int64, kind), emit

    return write


read_float: Any = _reader(types.float64)
read_int: Any = _reader(types.int64)
read_bool: Any = _reader(types.boolean)
write_float: Any = _writer(types.float64)
write_int: Any = _writer(types.int64)


def array_value(context: Any, builder: Any, array_type: Any, address: Any, shape: Any) -> Any:
    """Emit a C-contiguous array of `shape` (values) over the memory at `address`."""
    array = context.make_array(array_type)(context, builder)
    size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    strides = [context.get_constant(types.intp, size)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    populate_array(
        array,
        data=builder.inttoptr(address, array.data.type),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=context.get_constant(types.intp, size),
        meminfo=None,
    )
    return array._getvalue()


def viewer(dtype: Any, ndim: int = 1, *, readonly: bool = False) -> Any:
    """Return ``view(address, *shape)`` for compiled code: an array over memory that nobody counts."""
    array_type = types.Array(dtype, ndim, "C", readonly=readonly)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return array_value(context, builder, array_type, arguments[0], list(arguments[1:]))

    if ndim == 1:

        @intrinsic
        def view(typing_context: Any, address: Any, n: Any) -> Any:
            return array_type(types.int64, types.int64), emit

        return view

    @intrinsic
    def panel(typing_context: Any, address: Any, n: Any, m: Any) -> Any:
        return array_type(types.int64, types.int64, types.int64), emit

    return panel


def caller(result: Any, *kinds: Any) -> Any:
    """Return ``call(address, arguments)`` for compiled code: the C function at an address, given a tuple."""

    @intrinsic
    def call(typing_context: Any, address: Any, arguments: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            shape = ir.FunctionType(
                context.get_value_type(result), [context.get_value_type(k) for k in kinds]
            )
            function = builder.inttoptr(values[0], shape.as_pointer())
            return builder.call(function, cgutils.unpack_tuple(builder, values[1], len(kinds)))

        return result(types.int64, types.Tuple(kinds)), emit

    return call
