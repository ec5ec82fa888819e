"""A refusal is one sentence: file, line, what is refused, and what to write instead."""

from __future__ import annotations

import linecache

import numba
import numpy as np
import pytest

from quantlab.engine.compiled.passes import make_user_compiler
from quantlab.engine.compiled.refusals import Refusal, explained
from quantlab.errors import StrategyError

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="compiles")


def compiled(function):
    return numba.njit(pipeline_class=COMPILER, error_model="python", boundscheck=True)(function)


COMPILER = make_user_compiler(compiled)

A = np.array([3.0, 1.0, 2.0])
FROZEN = np.array([3.0, 1.0, 2.0])
FROZEN.flags.writeable = False

# Body of a function of (a, x): the line that is refused, a word of its construct, a word of the remedy.
REFUSED = {
    "median of another axis": ("y = 1\nreturn np.median(a, axis=0)", 3, "np.median", "python"),
    "unknown function": ("return np.polyfit(a, a, 1)", 2, "np.polyfit(…)", "python"),
    "random": ("return np.random.normal()", 2, "np.random.normal(…)", "computed from the bars"),
    "default argsort": ("x = 2.0\nreturn a.argsort()", 3, "array.argsort(…)", 'kind="stable"'),
    "argument": ("return np.exp(a, out=a)", 2, "np.exp(…)", "alone"),
    "function as value": ("f = np.exp if x > 0 else np.log\nreturn f(x)", 2, "np.exp", "np.exp(…)"),
    "lambda": ("return [f(x) for f in (lambda y: y,)]", 2, "function inside a function", "module"),
    "set": ("return x in {1.0, 2.0}", 2, "a set", "tuple"),
    "narrow": ("return np.zeros(3, dtype=np.float32)", 2, "float32", "float64"),
    "truth values": ("return (x > 1) + (x > 2)", 2, "+", "and"),
    "store a float among integers": (
        "k = np.zeros(2, np.int64)\nk[0] = x\nreturn k",
        3,
        "storing float64",
        "float64",
    ),
    "transpose": ("m = np.zeros((2, 3))\nreturn m.T", 3, "transposed", "a[:, j]"),
    "try": ("try:\n    return a[7]\nexcept IndexError as error:\n    return x", 4, "except", "if"),
    "format": ("print(f'{x:.2f}')\nreturn x", 2, "print", "number"),
    "import": ("import math\nreturn math.exp(x)", 2, "import math", "top"),
    "keyword arguments": ("d = {'axis': 0}\nreturn np.sum(a, **d)", 3, "**d", "out"),
    "with": ("with open('f') as f:\n    return x", 2, "with", "hook"),
    "star": ("u, *v = (x, x, x)\nreturn u", 2, "*v", "out"),
    "attribute": ("return a.colour", 2, "a.colour", "python"),
    "two types": (
        "if x > 1:\n    y = 'one'\nelse:\n    y = 1.0\nreturn y",
        6,
        "two types (text and float64)",
        "one type",
    ),
    "name without a value": ("if x > 1:\n    y = 2.0\nreturn y", 4, "y may have no value", "before"),
    "value of a loop": ("for v in a:\n    pass\nreturn v", 4, "v may have no value", "before"),
    "bare try": ("try:\n    return a[7]\nexcept Exception:\n    return x", 3, "try/except", "if"),
    "unknown name": ("return nothing_of_this_name + x", 2, "nothing_of_this_name", "top"),
    "generator": ("return list(v for v in a)", 2, "function", "module"),
    "list sort": ("v = [x, 1.0]\nv.sort()\nreturn v", 3, "list.sort", "np.sort"),
}


def made(body):
    lines = ["def on_bar(a, x):", *(f"    {line}" for line in body.split("\n"))]
    source = "\n".join(lines) + "\n"
    linecache.cache["sma_cross.py"] = (len(source), None, source.splitlines(True), "sma_cross.py")
    scope = {"np": np}
    exec(compile(source, "sma_cross.py", "exec"), scope)
    return scope["on_bar"]


def refusal(function, *given):
    try:
        compiled(function)(*given)
    except Refusal as refused:
        return refused
    except Exception as error:  # not all that Numba raises is a NumbaError
        return explained(error, function)
    return pytest.fail("was compiled")


@pytest.mark.parametrize("name", REFUSED)
def test_says_where_what_and_what_instead(name):
    body, line, construct, remedy = REFUSED[name]
    refused = refusal(made(body), A, 0.5)
    message = str(refused)
    assert message.startswith(f"sma_cross.py, line {line}: ")
    assert construct in message
    assert remedy in refused.remedy
    assert "\n" not in message
    assert len(message) < 320


def test_writing_to_what_is_served_read_only():
    refused = refusal(made("a[0] = x\nreturn a"), FROZEN, 0.5)
    assert (refused.line, refused.construct) == (2, "`a[0] = x`")
    assert "copy" in refused.remedy


def test_a_refusal_in_a_helper_names_the_helpers_line():
    def helper(v):
        return np.convolve(v, v)

    def caller(v):
        return helper(v)

    refused = refusal(caller, A)
    assert refused.line == helper.__code__.co_firstlineno + 1


def test_is_a_strategy_error_that_numba_lets_through():
    assert issubclass(Refusal, StrategyError)
    assert not issubclass(Refusal, numba.core.errors.NumbaError)
