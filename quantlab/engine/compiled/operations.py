"""Which functions of NumPy, ``math`` and Python compiled code may call, and what it calls instead.

A whitelist: what is not here is refused, because nobody has shown that it gives the same bits. The parity tests
hold every line of it against the interpreter.
"""

from __future__ import annotations

import builtins
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import Signature, signature
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from quantlab.engine.compiled import arrays, checked
from quantlab.engine.compiled.loop_calls import SERVED, absolute
from quantlab.engine.compiled.numpy_loops import LOOPS
from quantlab.engine.compiled.refusals import PYTHON
from quantlab.kernels import numpy_construction as construction
from quantlab.kernels import numpy_nan_reductions as nan_reductions
from quantlab.kernels import numpy_ordering as ordering
from quantlab.kernels import numpy_reductions as reductions
from quantlab.kernels import numpy_wrapped as wrapped


@dataclass(frozen=True)
class Same:
    """Numba's own version gives the same bits."""


@dataclass(frozen=True)
class Refused:
    """Cannot give the same bits: what is wrong with it, and what to write instead."""

    reason: str
    remedy: str


@dataclass(frozen=True)
class Shared:
    """Served by a function of ours.

    Parameters
    ----------
    function
        What is called with the arguments in the sequence of `parameters`.
    parameters
        Those of NumPy's that are served, as in a ``def`` line.
    choice, variants
        A parameter whose value must stand in the source, and the function for each value; it is called without
        that argument. Other values go to `function`, if there is one.
    remedy
        What to write instead where the arguments are not served.
    """

    function: Callable[..., Any] | None = None
    parameters: str = "x"
    choice: str = ""
    variants: Mapping[Any, Callable[..., Any]] = field(default_factory=lambda: MappingProxyType({}))
    remedy: str = ""

    @cached_property
    def signature(self) -> Signature:
        """The parameters, ready to bind arguments to."""
        return signature(eval(f"lambda {self.parameters}: None"))


Operation = Same | Refused | Shared


def _reduction(whole: Callable[..., Any], along: Callable[..., Any], rest: str = "") -> Shared:
    remedy = "give axis and ddof only, and the axis as a number in the source"
    return Shared(along, f"a, axis=None{rest}", "axis", {None: whole}, remedy)


def _one_of(choice: str, variants: Mapping[Any, Callable[..., Any]], parameters: str, remedy: str) -> Shared:
    return Shared(None, parameters, choice, variants, remedy)


SAME_NUMPY = (
    *(
        "zeros",
        "ones",
        "full",
        "empty",
        "array",
        "asarray",
        "zeros_like",
        "ones_like",
        "full_like",
        "empty_like",
    ),
    *("copy", "isnan", "isfinite", "isinf", "signbit"),
    *("add", "subtract", "multiply", "divide", "true_divide", "outer"),
    *("nonzero", "concatenate", "stack", "vstack", "hstack", "column_stack"),
    *("roll", "flip", "repeat", "reshape", "ravel", "append", "logical_and", "logical_or"),
    *("logical_not", "logical_xor", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal"),
    *("float64", "bool_", "shape", "size"),
)
SAME_MATH = ("isnan", "isinf", "isfinite", "copysign", "fabs")
SAME_BUILTINS = (
    *(
        "range",
        "len",
        "enumerate",
        "zip",
        "min",
        "max",
        "print",
        "tuple",
        "list",
        "bool",
        "isinstance",
        "slice",
    ),
)


def _by_loop(name: str) -> Operation:
    loops = LOOPS[name]
    if not loops:
        return Refused("cannot be read from this build of NumPy", PYTHON)
    parameters = {1: "x", 2: "x, y", 3: "a, a_min, a_max"}[next(iter(loops.values())).nin]
    return Shared(SERVED[name], parameters, remedy="give the numbers or arrays alone, without out= or where=")


TRANSPOSED = "lets NumPy add in another sequence"
COLUMN = "write a[:, j] for a column"
ORDERING = "NumPy's default order of equal numbers depends on the processor"
ARGSORT = _one_of(
    "kind", {"stable": ordering.argsort, "mergesort": ordering.argsort}, "a, kind=None", 'write kind="stable"'
)
SEARCH = _one_of(
    "side",
    {"left": arrays.searchsorted_left, "right": arrays.searchsorted_right},
    'a, v, side="left"',
    'give side="left" or "right" in the source',
)

WRAPPED: dict[str, Operation] = {
    "any": Shared(wrapped.any_, "a", remedy="give an array alone"),
    "all": Shared(wrapped.all_, "a", remedy="give an array alone"),
    **{
        name: Shared(getattr(wrapped, name), "a", remedy="give an array alone")
        for name in ("argmax", "argmin", "flatnonzero", "count_nonzero", "cumsum", "cumprod", "prod")
    },
}

NUMPY: dict[str, Operation] = {
    **{name: Same() for name in SAME_NUMPY},
    **WRAPPED,
    "where": Shared(arrays.where, "condition, x, y", remedy="give both values; np.flatnonzero finds places"),
    **{name: _by_loop(name) for name in LOOPS if name not in ("vecdot", "absolute")},
    "abs": Shared(absolute),
    "absolute": Shared(absolute),
    "mod": _by_loop("remainder"),
    "sum": _reduction(reductions.sum_all, reductions.sum_axis),
    "mean": _reduction(reductions.mean_all, reductions.mean_axis),
    "var": _reduction(reductions.var_all, reductions.var_axis, ", ddof=0"),
    "std": _reduction(reductions.std_all, reductions.std_axis, ", ddof=0"),
    "nansum": _reduction(nan_reductions.nansum_all, nan_reductions.nansum_axis),
    "nanmean": _reduction(nan_reductions.nanmean_all, nan_reductions.nanmean_axis),
    "nanvar": _reduction(nan_reductions.nanvar_all, nan_reductions.nanvar_axis, ", ddof=0"),
    "nanstd": _reduction(nan_reductions.nanstd_all, nan_reductions.nanstd_axis, ", ddof=0"),
    "max": _reduction(ordering.max_all, ordering.max_axis),
    "min": _reduction(ordering.min_all, ordering.min_axis),
    "amax": _reduction(ordering.max_all, ordering.max_axis),
    "amin": _reduction(ordering.min_all, ordering.min_axis),
    "nanmax": _reduction(ordering.nanmax_all, ordering.nanmax_axis),
    "nanmin": _reduction(ordering.nanmin_all, ordering.nanmin_axis),
    "average": Shared(reductions.mean_all, "a", remedy="write np.sum(w * a) / np.sum(w) for weights w"),
    "ptp": Shared(ordering.ptp_all, "a"),
    "median": Shared(ordering.median, "a"),
    "nanmedian": Shared(ordering.nanmedian, "a"),
    "quantile": Shared(ordering.quantile, "a, q", remedy="give one level and no method"),
    "percentile": Shared(ordering.percentile, "a, q", remedy="give one level and no method"),
    "sort": Shared(ordering.sort, "a", remedy="give a 1-D array alone"),
    "argsort": ARGSORT,
    "unique": Shared(ordering.unique, "a", remedy="give a 1-D array alone"),
    "searchsorted": SEARCH,
    "nanargmax": Shared(ordering.nanargmax, "a"),
    "nanargmin": Shared(ordering.nanargmin, "a"),
    "arange": Shared(arrays.arange, "start, stop=None, step=None", remedy="leave out dtype"),
    "linspace": Shared(construction.linspace, "start, stop, num=50", remedy="give start, stop and num only"),
    "round": _one_of(
        "decimals", {0: SERVED["rint"]}, "a, decimals=0", "round to whole numbers, or scale first"
    ),
    "diff": Shared(arrays.diff, "a", remedy="give a 1-D array alone"),
    "dot": Shared(arrays.dot, "a, b"),
    "int64": Shared(checked.to_int),
    "transpose": Refused(TRANSPOSED, COLUMN),
    "float32": Refused("is narrower in NumPy than when compiled", "use np.float64"),
    "random": Refused("draws differently when compiled", "use numbers computed from the bars"),
    "linalg": Refused("calls another library when compiled", "write out the sums"),
    "corrcoef": Refused("adds in another sequence when compiled", "write it out with np.mean and np.std"),
    "cov": Refused("adds in another sequence when compiled", "write it out with np.mean"),
    "convolve": Refused("adds in another sequence when compiled", "write a loop, or use ql.feature"),
    "correlate": Refused("adds in another sequence when compiled", "write a loop, or use ql.feature"),
    "trapezoid": Refused("adds in another sequence when compiled", "write np.sum(0.5 * (y[1:] + y[:-1]))"),
    "argpartition": Refused(ORDERING, 'use np.argsort(…, kind="stable")'),
    "partition": Refused(ORDERING, "use np.sort"),
    **{
        name: Refused("is narrower in NumPy than when compiled", "use np.int64")
        for name in ("int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64")
    },
}

MATH: dict[str, Operation] = {
    **{name: Same() for name in SAME_MATH},
    **{
        name: Shared(function)
        for name, function in checked.MATH.items()
        if name not in ("atan2", "fmod", "pow")
    },
    **{name: Shared(checked.MATH[name], "x, y") for name in ("atan2", "fmod", "pow")},
    "log": Shared(checked.logarithm, "x, base=None", "base", {None: checked.MATH["log"]}),
    "floor": Shared(checked.to_floor),
    "ceil": Shared(checked.to_ceil),
    "trunc": Shared(checked.to_int),
    "degrees": Same(),
    "radians": Same(),
    "hypot": Refused("differs in the last bit when compiled", "use math.sqrt(x * x + y * y)"),
    "gamma": Refused("differs in the last bit when compiled", PYTHON),
    "lgamma": Refused("differs in the last bit when compiled", PYTHON),
    "fsum": Refused("is not compiled", "use np.sum of an array"),
    "prod": Refused("is not compiled", "use np.prod of an array"),
}

BUILTINS: dict[str, Operation] = {
    **{name: Same() for name in SAME_BUILTINS},
    "abs": Shared(absolute),
    "int": Shared(checked.to_int),
    "float": Shared(checked.to_float, remedy="use math.inf and math.nan for texts"),
    "round": _one_of(
        "ndigits",
        {None: checked.to_nearest},
        "number, ndigits=None",
        "round(x * 100.0) / 100.0 gives the same bits",
    ),
    "sum": Refused("adds differently across versions of Python", "use np.sum of an array, or a loop"),
    "sorted": Refused("leaves the place of NaN to chance", "use np.sort of an array"),
    "divmod": Refused("is not compiled", "write a // b and a % b"),
    "set": Refused("has another order when compiled", "use a tuple or a list"),
    "frozenset": Refused("has another order when compiled", "use a tuple or a list"),
    "hash": Refused("differs when compiled", PYTHON),
    "open": Refused("reaches outside of the run", "read data with ql.read_bars"),
}

# Methods of arrays: the operation of NumPy that they stand for, or what serves them.
METHODS: dict[str, Operation] = {
    **{
        name: NUMPY[name]
        for name in (
            *(
                "sum",
                "mean",
                "var",
                "std",
                "max",
                "min",
                "argsort",
                "searchsorted",
                "round",
                "dot",
                "any",
                "all",
            ),
            *("argmax", "argmin", "cumsum", "cumprod", "prod"),
        )
    },
    "clip": Shared(SERVED["clip"], "a, min, max"),
    "sort": Shared(ordering.sort_in_place, "a", remedy="give no arguments"),
    "astype": _one_of(
        "dtype",
        {
            **dict.fromkeys((float, np.float64, "float64", "f8", "float"), arrays.to_float_array),
            **dict.fromkeys((int, np.int64, "int64", "i8", "int"), arrays.to_int_array),
            **dict.fromkeys((bool, np.bool_, "bool"), arrays.to_bool_array),
        },
        "a, dtype",
        "convert to np.float64, np.int64 or np.bool_",
    ),
    **{
        name: Same()
        for name in (*("copy", "ravel", "flatten", "reshape", "nonzero", "repeat", "fill", "item", "take"),)
    },
    "transpose": Refused(TRANSPOSED, COLUMN),
    **{
        name: Refused("is not served", PYTHON)
        for name in ("view", "partition", "argpartition", "tolist", "trace", "ptp", "byteswap", "conj")
    },
}

MODULES: dict[ModuleType, dict[str, Operation]] = {np: NUMPY, math: MATH, builtins: BUILTINS}
REFUSED_MODULES: dict[ModuleType, Refused] = {
    random: Refused("draws differently when compiled", "use numbers computed from the bars"),
    np.random: Refused("draws differently when compiled", "use numbers computed from the bars"),
    np.linalg: Refused("calls another library when compiled", "write out the sums"),
}


def _by_object() -> dict[int, tuple[str, Operation]]:
    known = {}
    for module, table in MODULES.items():
        prefix = {np: "np.", math: "math."}.get(module, "")
        for name, operation in table.items():
            known[id(getattr(module, name))] = (prefix + name, operation)
    return known


_KNOWN = _by_object()


def operation_of(value: object) -> tuple[str, Operation] | None:
    """Return the name and the operation that a function, class or module stands for; None if it is not in the table."""
    return _KNOWN.get(id(value))
