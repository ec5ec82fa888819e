"""Functions whose kernel depends on the types that they are called with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array

from quantlab.engine.compiled.checked import raise_if
from quantlab.engine.compiled.loop_calls import BYTE, INTP, call_loop
from quantlab.engine.compiled.numpy_loops import FLOAT, LOOPS
from quantlab.kernels import numpy_construction as construction
from quantlab.kernels import numpy_ordering as ordering
from quantlab.kernels import numpy_wrapped as wrapped


def _stand_in(name: str) -> Callable[..., Any]:
    """Return a name to hang overloads on; only compiled code calls it."""

    def function(*args: Any) -> Any:
        raise NotImplementedError(f"{name} is for compiled code")

    function.__name__ = function.__qualname__ = name
    return function


arange = _stand_in("arange")
to_float_array = _stand_in("to_float_array")
to_int_array = _stand_in("to_int_array")
to_bool_array = _stand_in("to_bool_array")
diff = _stand_in("diff")
where = _stand_in("where")
searchsorted_left = _stand_in("searchsorted_left")
searchsorted_right = _stand_in("searchsorted_right")


def _is_float(given: Any) -> bool:
    return isinstance(types.unliteral(given), types.Float)


@overload(arange, strict=False)
def _arange(start: Any, stop: Any = None, step: Any = None) -> Any:
    if not any(_is_float(given) for given in (start, stop, step)):
        if stop in (None, types.none) or isinstance(stop, types.Omitted):
            return lambda start, stop=None, step=None: np.arange(start)
        if step in (None, types.none) or isinstance(step, types.Omitted):
            return lambda start, stop=None, step=None: np.arange(start, stop)
        return lambda start, stop=None, step=None: np.arange(start, stop, step)
    kernel = construction.arange
    if stop in (None, types.none) or isinstance(stop, types.Omitted):
        return lambda start, stop=None, step=None: kernel(0.0, start * 1.0, 1.0)
    if step in (None, types.none) or isinstance(step, types.Omitted):
        return lambda start, stop=None, step=None: kernel(start * 1.0, stop * 1.0, 1.0)
    return lambda start, stop=None, step=None: kernel(start * 1.0, stop * 1.0, step * 1.0)


@overload(to_int_array, strict=False)
def _to_int_array(a: Any) -> Any:
    if not isinstance(a, types.Array):
        return None
    if a.dtype == types.float64:
        kernel = construction.astype_int
        return lambda a: kernel(a)
    return lambda a: a.astype(np.int64)


@overload(to_float_array, strict=False)
def _to_float_array(a: Any) -> Any:
    return (lambda a: a.astype(np.float64)) if isinstance(a, types.Array) else None


@overload(to_bool_array, strict=False)
def _to_bool_array(a: Any) -> Any:
    return (lambda a: a != 0) if isinstance(a, types.Array) else None


@overload(diff, strict=False)
def _diff(a: Any) -> Any:
    if isinstance(a, types.Array) and a.ndim == 1 and a.dtype in (types.float64, types.int64):
        return lambda a: a[1:] - a[:-1]
    return None


WHERE = {
    (True, True): wrapped.where_arrays,
    (True, False): wrapped.where_array_number,
    (False, True): wrapped.where_number_array,
    (False, False): wrapped.where_numbers,
}


@overload(where, strict=False)
def _where(condition: Any, x: Any, y: Any) -> Any:
    elements = [given.dtype if isinstance(given, types.Array) else types.unliteral(given) for given in (x, y)]
    if not any(e in (types.float64, types.int64) for e in elements):
        raise TypingError("np.where is served for numbers, not for truth values alone")
    arrays = [given for given in (condition, x, y) if isinstance(given, types.Array)]
    if not isinstance(condition, types.Array):
        return None if arrays else lambda condition, x, y: x if condition else y
    if any(array.ndim != condition.ndim for array in arrays):
        raise TypingError("np.where is served for arrays of one shape, and numbers")
    kernel = WHERE[isinstance(x, types.Array), isinstance(y, types.Array)]
    return lambda condition, x, y: kernel(condition, x, y)


@overload(searchsorted_left, strict=False)
def _searchsorted_left(a: Any, v: Any) -> Any:
    kernel = ordering.searchsorted_left if isinstance(v, types.Array) else ordering.search_left
    return lambda a, v: kernel(a, v)


@overload(searchsorted_right, strict=False)
def _searchsorted_right(a: Any, v: Any) -> Any:
    kernel = ordering.searchsorted_right if isinstance(v, types.Array) else ordering.search_right
    return lambda a, v: kernel(a, v)


@intrinsic
def dot(typingctx: Any, x: Any, y: Any) -> Any:
    """``np.dot`` and ``@`` of two 1-D arrays of float64, by the loop that NumPy calls."""
    for given in (x, y):
        if not (isinstance(given, types.Array) and given.ndim == 1 and given.dtype == types.float64):
            raise TypingError("np.dot and @ are served for two 1-D arrays of float64")

    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        arrays = [make_array(g)(context, builder, v) for g, v in zip(signature.args, args, strict=True)]
        counts = [cgutils.unpack_tuple(builder, a.shape, 1)[0] for a in arrays]
        strides = [cgutils.unpack_tuple(builder, a.strides, 1)[0] for a in arrays]
        differ = builder.icmp_signed("!=", *counts)
        raise_if(context, builder, differ, ValueError, "shapes are not aligned")
        for stride in strides:
            backwards = builder.icmp_signed("<", stride, INTP(0))
            raise_if(context, builder, backwards, ValueError, "an array that runs backwards")
        out = cgutils.alloca_once(builder, ir.DoubleType())
        data = [builder.bitcast(p, BYTE.as_pointer()) for p in (arrays[0].data, arrays[1].data, out)]
        # A generalized ufunc: (one, n), the strides of the outer loop, then those of the inner one.
        call_loop(builder, LOOPS["vecdot"][FLOAT], data, [INTP(1), counts[0]], [INTP(0)] * 3 + strides)
        return builder.load(out)

    return types.float64(x, y), codegen


@intrinsic
def check_mask(typingctx: Any, array: Any, mask: Any) -> Any:
    """Raise IndexError unless an array of truth values is as long as the array that it chooses from."""
    if mask.ndim != 1:
        raise TypingError("arrays are read by truth values along one axis")

    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        lengths = []
        for given, value in zip(signature.args, args, strict=True):
            shape = make_array(given)(context, builder, value).shape
            lengths.append(cgutils.unpack_tuple(builder, shape, given.ndim)[0])
        differ = builder.icmp_signed("!=", *lengths)
        raise_if(context, builder, differ, IndexError, "boolean index did not match indexed array")
        return ir.IntType(1)(1)

    return types.boolean(array, mask), codegen
