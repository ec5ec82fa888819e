"""NumPy's own inner loops, called from compiled code.

The last bits of ``np.exp`` and its like depend on which SIMD code NumPy chose for this processor. Writing them
again would give other bits, so compiled code calls the very loops that NumPy calls: a universal function holds
a table of C functions ``loop(char **args, intp *dimensions, intp *strides, void *data)``, one for each
signature of types (NumPy's C-API, "PyUFuncObject"). Their addresses are published to LLVM under fixed names in
every process, so that code cached on disk finds them again.

The layout is believed only where the counts and the name it shows are those of the ufunc; a ufunc whose table
cannot be read is not served.
"""

from __future__ import annotations

import ctypes
from importlib import import_module
from typing import NamedTuple

import llvmlite.binding as llvm
import numpy as np

FLOAT = "d"
INTEGER = np.dtype(np.int64).char

# Integers are computed in float64, as NumPy does: these ufuncs have no loop of integers (or none of ours).
OF_FLOATS = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt", "sqrt"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    *("arctan2", "hypot", "logaddexp", "copysign", "fabs"),
)
OF_NUMBERS = (
    *("absolute", "sign", "square", "maximum", "minimum", "fmax", "fmin"),
    *("floor_divide", "remainder", "fmod"),
)
ONLY_FLOATS = ("reciprocal", "power", "rint", "floor", "ceil", "trunc", "clip", "vecdot")


class _UfuncHead(ctypes.Structure):
    """First fields of a PyUFuncObject, behind the head that every Python object has."""

    _fields_ = (
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
        ("reserved1", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("types", ctypes.POINTER(ctypes.c_char)),
    )


class Loop(NamedTuple):
    """One C loop of a ufunc: the names under which LLVM finds it and its data, and its number of inputs."""

    symbol: str
    data_symbol: str | None
    nin: int


def _head(ufunc: np.ufunc) -> _UfuncHead | None:
    """Return the C fields of `ufunc`, or None if memory does not look like them."""
    head = _UfuncHead.from_address(id(ufunc) + object.__basicsize__)
    counts = (head.nin, head.nout, head.nargs, head.ntypes)
    if counts != (ufunc.nin, ufunc.nout, ufunc.nargs, ufunc.ntypes):
        return None
    return head if head.name == ufunc.__name__.encode() else None


def _type_numbers(signature: str) -> list[int]:
    return [np.dtype(char).num for char in signature.replace("->", "")]


def find_loop(ufunc: np.ufunc, char: str) -> Loop | None:
    """Publish the loop of `ufunc` whose arguments are all of type `char` to LLVM, or return None if there is none."""
    signature = f"{char * ufunc.nin}->{char}"
    head = _head(ufunc)
    if head is None or signature not in ufunc.types:
        return None
    row = ufunc.types.index(signature)
    numbers = [ord(head.types[row * ufunc.nargs + k]) for k in range(ufunc.nargs)]
    if numbers != _type_numbers(signature) or not head.functions[row]:
        return None
    symbol = f"quantlab_numpy_{ufunc.__name__}_{char}"
    llvm.add_symbol(symbol, head.functions[row])
    data = head.data[row] if head.data else None
    if data is None:
        return Loop(symbol, None, ufunc.nin)
    llvm.add_symbol(f"{symbol}_data", data)
    return Loop(symbol, f"{symbol}_data", ufunc.nin)


def _found(name: str) -> dict[str, Loop]:
    """Return the loops of one ufunc by type; empty when its table cannot be read."""
    # np.clip is a Python function around a ufunc of the same name.
    ufunc = import_module("numpy._core.umath").clip if name == "clip" else getattr(np, name)
    chars = (FLOAT, INTEGER) if name in OF_NUMBERS else (FLOAT,)
    loops = {char: find_loop(ufunc, char) for char in chars}
    return {char: loop for char, loop in loops.items() if loop is not None}


LOOPS: dict[str, dict[str, Loop]] = {name: _found(name) for name in (*OF_FLOATS, *OF_NUMBERS, *ONLY_FLOATS)}
