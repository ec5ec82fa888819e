"""The C library's mathematics, called by address as Python's ``math`` calls it.

LLVM knows ``pow``, ``exp`` and their like by name and rewrites them (``pow(x, 2.0)`` becomes a product, a call
of a constant is worked out in advance). Under names of our own they stay what they are.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils

UNARY = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt", "erf", "erfc"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)
BINARY = ("pow", "atan2", "fmod")
DOUBLE = ir.DoubleType()


def _publish() -> None:
    library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
    for name in (*UNARY, *BINARY):
        address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
        llvm.add_symbol(f"quantlab_libm_{name}", address)


_publish()


def call_libm(builder: Any, name: str, *args: Any) -> Any:
    """Emit a call of a function of the C library; `args` are float64."""
    kind = ir.FunctionType(DOUBLE, [DOUBLE] * len(args))
    callee = cgutils.get_or_insert_function(builder.module, kind, f"quantlab_libm_{name}")
    return builder.call(callee, list(args))
