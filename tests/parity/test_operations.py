"""Every operation that user code may call gives the interpreter's bits when compiled, or raises, or is refused."""

from __future__ import annotations

import itertools
import math
import re
import struct
import types
import warnings

import numba
import numpy as np
import pytest

from quantlab.engine.compiled.operations import BUILTINS, MATH, METHODS, NUMPY, Refused, Same, Shared
from quantlab.engine.compiled.passes import make_user_compiler
from quantlab.engine.compiled.refusals import Refusal, explained
from tests.parity import operation_cases as cases

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="compiles")

ARGUMENTS = "a b m n k q p x y i j"


@pytest.fixture(scope="module", autouse=True)
def kept_cache():
    """Compiled kernels are found by content: take those of earlier sessions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("QUANTLAB_CACHE", raising=False)
        yield


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compiled(function):
    return numba.njit(pipeline_class=COMPILER, error_model="python", boundscheck=True, nogil=True)(function)


COMPILER = make_user_compiler(compiled)


def function_of(expressions):
    """A function of all arguments that its expressions name, which returns a tuple of their values."""
    names = [a for a in ARGUMENTS.split() if re.search(rf"\b{a}\b", " ".join(expressions))]
    source = f"def case({', '.join(names)}):\n    return ({', '.join(expressions)},)"
    scope = {"np": np, "math": math}
    exec(compile(source, "case.py", "exec"), scope)
    return names, scope["case"]


def same(one, two):
    """Same type of number, same shape, same bits; all NaN are one."""
    if isinstance(two, tuple | list):
        return len(one) == len(two) and all(same(u, v) for u, v in zip(one, two, strict=True))
    one, two = np.asarray(one), np.asarray(two)
    if one.dtype.kind != two.dtype.kind or one.shape != two.shape:
        return False
    if one.ndim == 2 and min(one.shape) > 1 and not np.all(np.diff(np.abs([one.strides, two.strides])) <= 0):
        return False  # sums go by memory: rows lie together in both
    if one.dtype.kind == "f":
        return bool(np.all((one.view(np.int64) == two.view(np.int64)) | (np.isnan(one) & np.isnan(two))))
    return bool(np.all(one == two))


SPECIAL = [
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    5e-324,
    -1e-310,
    1e308,
    -1e308,
    1.0,
    -1.0,
    2.0,
    0.5,
    2.5,
    -3.5,
    1e16,
    710.0,
]
RANDOM = np.random.default_rng(11)


def drawn(n, special=True):
    values = RANDOM.normal(size=n) * 10.0 ** RANDOM.integers(-3, 4, size=n)
    if special and n:
        places = RANDOM.random(n) < 0.2
        values[places] = RANDOM.choice(SPECIAL, size=places.sum())
    return values


def strided(values):
    wide = np.zeros(3 * values.size)
    wide[::3] = values
    return wide[::3]


SIZES = [0, 1, 2, 3, 7, 8, 9, 15, 17, 33, 60, 127, 128, 129, 130, 200, 257, 300, 1000, 9001]


def pairs(sizes, special=True):
    for n in sizes:
        a, b = drawn(n, special), drawn(n, special)
        yield a, b
        yield strided(a), strided(b)


def split(text):
    """Split at blanks outside of brackets."""
    parts, depth, word = [], 0, ""
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == " " and depth == 0:
            parts.append(word)
            word = ""
        else:
            word += letter
    return [*parts, word]


def check(text, argument_sets):
    """Run all expressions of a group in one compiled function; compare each."""
    expressions = split(text)
    names, case = function_of(expressions)
    fast = compiled(case)
    wrong = []
    for arguments in argument_sets:
        given = [arguments[name] for name in names]
        for expression, one, two in zip(expressions, fast(*given), case(*given), strict=True):
            if not same(one, two):
                wrong.append((expression, [np.shape(v) for v in given], one, two))
    assert not wrong, wrong[:5]


@pytest.mark.slow
@pytest.mark.parametrize("group", cases.ELEMENTWISE)
def test_arrays(group):
    sets = [{"a": a, "b": b, "x": 0.75, "i": 5} for a, b in pairs(SIZES)]
    check(cases.ELEMENTWISE[group], sets)


@pytest.mark.slow
@pytest.mark.parametrize("group", cases.NOT_EMPTY)
def test_arrays_with_numbers(group):
    sets = [{"a": a, "b": b} for a, b in pairs(SIZES[1:], special=False)]
    for n in (9, 200):
        some_nan = drawn(n, special=False)
        some_nan[::4] = np.nan
        some_nan[1] = np.inf
        sets.append({"a": some_nan, "b": some_nan})
    check(cases.NOT_EMPTY[group], sets)


SHAPES = [
    (1, 1),
    (1, 50),
    (50, 1),
    (2, 9),
    (9, 2),
    (20, 20),
    (3, 300),
    (300, 3),
    (9, 1000),
    (1000, 9),
    (100, 200),
]


@pytest.mark.slow
@pytest.mark.parametrize("group", cases.MATRICES)
def test_matrices(group):
    sets = []
    for (rows, columns), special in itertools.product(SHAPES, (False, True)):
        wide = drawn(4 * rows * columns, special).reshape(2 * rows, 2 * columns)
        other = drawn(rows * columns, special).reshape(rows, columns)
        sets.append({"m": wide[:rows, :columns].copy(), "n": other})
        views = (wide[:rows, :columns], wide[::2, ::2], wide[:rows, ::-2])
        sets.extend({"m": m[:, :], "n": other[::-1][::-1]} for m in views)
    check(cases.MATRICES[group], sets)


@pytest.mark.slow
@pytest.mark.parametrize("group", cases.WHOLE)
def test_integers_and_truth_values(group):
    sets = []
    for n in (1, 2, 9, 130, 1000):
        k = RANDOM.integers(-40, 40, size=n)
        sets.append({"k": k, "q": k > 3, "p": k % 2 == 0, "i": 3, "j": 4})
    check(cases.WHOLE[group], sets)


FLOATS = [*SPECIAL, -0.0, 2.0**53, -(2.0**63), 2.0**63, 3.0, -7.25, 0.1, 1e-5, 0.75]
INTEGERS = [0, 1, -1, 2, -2, 3, 7, -7, 62, 63, 64, 2**31, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)]


def outcome(function, *given):
    """Value and, as None, any refusal to give one."""
    try:
        return function(*given)[0]
    except (ArithmeticError, ValueError, TypeError):
        return None


def check_numbers(expression, grid):
    """Compiled code gives Python's number or raises; it may be stricter only beyond what floats hold exactly."""
    names, case = function_of([expression])
    fast = compiled(case)
    wrong, served, all_given = [], 0, 0
    for given in {
        repr(chosen): chosen for chosen in ([every[name] for name in names] for every in grid)
    }.values():
        one = outcome(fast, *given)
        wanted = outcome(case, *given)
        by_numpy = outcome(case, *[np.float64(v) if isinstance(v, float) else v for v in given])
        served, all_given = served + (one is not None), all_given + (wanted is not None)
        agrees = same_number(one, wanted) and same_number(one, by_numpy)
        if one is not None and not agrees:
            wrong.append((given, one, wanted, by_numpy))
    assert not wrong, wrong[:5]
    assert served > 0.3 * all_given


def same_number(one, two):
    if two is None or isinstance(two, complex):
        return False
    if isinstance(one, float | np.floating):
        return (one != one and two != two) or struct.pack("d", one) == struct.pack("d", two)
    return one == two and isinstance(two, int | bool | np.integer | np.bool_)


@pytest.mark.slow
@pytest.mark.parametrize("expression", cases.OF_TWO_FLOATS)
def test_floats(expression):
    check_numbers(expression, [{"x": x, "y": y} for x, y in itertools.product(FLOATS, FLOATS)])


@pytest.mark.slow
@pytest.mark.parametrize("expression", cases.OF_TWO_INTEGERS)
def test_integers(expression):
    # Python would not come to an end with 3 ** 2**53.
    second = [j for j in INTEGERS if abs(j) <= 64] if expression in ("i**j", "i<<j") else INTEGERS
    check_numbers(expression, [{"i": i, "j": j} for i, j in itertools.product(INTEGERS, second)])


@pytest.mark.slow
@pytest.mark.parametrize("expression", cases.OF_BOTH)
def test_integers_beside_floats(expression):
    check_numbers(expression, [{"i": i, "x": x} for i, x in itertools.product(INTEGERS, FLOATS)])


ARRAY = np.array([3.0, 1.0, 2.0])


@pytest.mark.parametrize("expression", cases.REFUSED)
def test_refused(expression):
    names, case = function_of([expression])
    values = {"a": ARRAY, "b": ARRAY.copy(), "x": 0.5, "y": 0.25, "i": 3, "j": 4}
    try:
        compiled(case)(*[values[name] for name in names])
        pytest.fail("was compiled")
    except Refusal as error:
        refused = error
    except Exception as error:  # not all that Numba raises is a NumbaError
        refused = explained(error, case)
    assert str(refused).startswith("case.py, line 2: ")
    assert cases.REFUSED[expression] in refused.remedy


def test_statements():
    for body in cases.STATEMENTS:
        scope = {"np": np}
        exec(f"def case(a, x):\n    {body}", scope)
        one, two = (f(np.array([3.0, np.nan, 1.0]), 2.5) for f in (compiled(scope["case"]), scope["case"]))
        assert same(np.array(0.0 if one is None else one), np.array(0.0 if two is None else two))


def all_cases():
    groups = (cases.ELEMENTWISE, cases.NOT_EMPTY, cases.MATRICES, cases.WHOLE)
    texts = [text for group in groups for text in group.values()]
    return " ".join([*texts, *cases.OF_TWO_FLOATS, *cases.OF_TWO_INTEGERS, *cases.REFUSED, *cases.STATEMENTS])


@pytest.mark.parametrize(
    ("prefix", "table"),
    [("np.", NUMPY), ("math.", MATH), ("", BUILTINS), (".", METHODS)],
    ids=["np", "math", "python", "a"],
)
def test_every_operation_has_a_case(prefix, table):
    text = all_cases()
    missing = [
        name
        for name in table
        if not re.search(rf"(?<![\w.]){re.escape(prefix)}{name}\b" if prefix != "." else rf"\.{name}\(", text)
    ]
    assert not missing
    assert all(isinstance(operation, Same | Shared | Refused) for operation in table.values())
    assert all(operation.remedy for operation in table.values() if isinstance(operation, Refused))


def test_mixed_zeros_raise_where_numpy_may_give_either():
    mixed = np.array([0.0, -0.0])
    for expression in ("np.max(a)", "np.min(a)", "np.sort(a)", "np.unique(a)"):
        with pytest.raises(ValueError, match="are equal"):
            compiled(function_of([expression])[1])(mixed)


def test_truth_values_of_another_length_raise():
    for expression in ("a[q]", "a[q].sum()"):
        with pytest.raises(IndexError):
            compiled(function_of([expression])[1])(ARRAY, np.array([True, False]))


def test_helpers_of_other_modules_and_closures_are_compiled_too():
    cube = function_of(["x**3"])[1]
    helpers = types.ModuleType("helpers")
    helpers.cube = cube
    helpers.cube.__module__ = "helpers"
    helpers.RATE = 0.25

    def case(x):
        return helpers.cube(x)[0] + cube(x)[0] + helpers.RATE

    values = drawn(200, special=False)
    fast = compiled(case)
    assert all(fast(x) == case(float(x)) for x in values)


DIFFERENCES = {
    "1: a power of a whole number is no product": "a**7 np.power(a,3) [v**7 for v in a] [v**3 for v in b]",
    "2: NumPy adds pairwise": "a.sum() a.mean() np.std(a,ddof=1) np.nansum(a) np.sum(np.vstack((a,b)),axis=1)",
    "3: NumPy has its own exp": "np.exp(a) np.log(a) np.log1p(a) np.expm1(a) np.tanh(a) np.cbrt(a) np.exp(a[0])",
    "4: quantiles, and medians with NaN": "np.percentile(a,30.0) np.median(b) np.unique(a) np.hypot(a,b)",
    "7: the sign of zero": "np.sign(a*-0.0) round(a[0])",
}
REFUSED_DIFFERENCES = {
    "4: correlations": "np.corrcoef(a,b)",
    "4: gamma": "math.gamma(x)",
    "5: float32": "np.float32(x)",
    "7: rounding to digits": "round(x,2)",
    "10: sum() of Python": "sum(a)",
}
RAISING_DIFFERENCES = {
    "6: division by zero": ("x/y", 1.0, 0.0),
    "6: remainder by zero": ("i%j", 1, 0),
    "6: logarithm of a negative number": ("math.log(x)", -1.0),
    "6: overflow of exp": ("math.exp(x)", 1000.0),
    "6: NaN to an integer": ("int(x)", math.nan),
    "6: NaN rounded": ("round(x)", math.nan),
    "8: beyond 64 bits": ("i*j", 2**62, 4),
    "8: negative power of an integer": ("i**j", 7, -2),
    "8: shift by 64": ("i<<j", 1, 64),
    "8: division of great integers": ("i/j", 2**53 + 1, 3),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_known_difference_is_gone(name):
    a, b = np.abs(drawn(777, special=False)), drawn(777, special=False)
    b[3] = np.nan
    check(DIFFERENCES[name], [{"a": a, "b": b}])


@pytest.mark.parametrize("name", REFUSED_DIFFERENCES)
def test_known_difference_is_refused(name):
    test_refused(REFUSED_DIFFERENCES[name])


@pytest.mark.parametrize("name", RAISING_DIFFERENCES)
def test_known_difference_raises(name):
    expression, *given = RAISING_DIFFERENCES[name]
    with pytest.raises((ArithmeticError, ValueError)):
        compiled(function_of([expression])[1])(*given)
