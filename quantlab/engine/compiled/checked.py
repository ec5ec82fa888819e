"""Arithmetic of numbers that raises wherever Python would raise, leave 64 bits, or give another kind of number.

A run that raises here is repeated interpreted, so the checks may be stricter than Python's, never laxer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from quantlab.engine.compiled.libm import DOUBLE, UNARY, call_libm

INT = ir.IntType(64)
LIMIT = 2.0**63  # first float beyond int64
EXACT = 2**53  # integers up to here are floats without rounding
BEYOND = "an integer does not fit into 64 bits"


def raise_if(context: Any, builder: Any, condition: Any, error: type[Exception], message: str) -> None:
    """Emit ``if condition: raise error(message)``."""
    with builder.if_then(condition, likely=False):
        context.call_conv.return_user_exc(builder, error, (message,))


def as_float(context: Any, builder: Any, given: Any, value: Any) -> Any:
    """Emit a conversion to float64."""
    return context.cast(builder, value, given, types.float64)


def _number(given: Any) -> Any:
    plain = types.unliteral(given)
    if plain not in (types.float64, types.int64, types.boolean):
        raise TypingError(f"a number is needed here, not {given}")
    return plain


def _is_nan(builder: Any, x: Any) -> Any:
    return builder.fcmp_unordered("uno", x, x)


def _is_finite(builder: Any, x: Any) -> Any:
    return builder.fcmp_ordered("ord", builder.fsub(x, x), DOUBLE(0.0))  # inf - inf is NaN


def _intrinsic(name: str, typed: Callable[..., Any], arity: int) -> Callable[..., Any]:
    """Make a function for compiled code out of ``typed(*types) -> (signature, codegen)``."""
    if arity == 1:

        def unary(typingctx: Any, x: Any) -> Any:
            return typed(x)

        made: Callable[..., Any] = unary
    else:

        def binary(typingctx: Any, x: Any, y: Any) -> Any:
            return typed(x, y)

        made = binary
    made.__name__ = made.__qualname__ = name
    return intrinsic(made)


# Integers of 64 bits ----------------------------------------------------------------------------------------------


def _overflowing(method: str) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        pair = getattr(builder, method)(*args)
        raise_if(context, builder, builder.extract_value(pair, 1), OverflowError, BEYOND)
        return builder.extract_value(pair, 0)

    return _on_integers(method, codegen)


def _on_integers(name: str, codegen: Callable[..., Any], result: Any = types.int64) -> Callable[..., Any]:
    def typed(x: Any, y: Any) -> Any:
        return result(types.int64, types.int64), codegen

    return _intrinsic(name, typed, 2)


def _shift(name: str) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        value, places = args
        wide = builder.icmp_unsigned(">=", places, INT(64))
        raise_if(context, builder, wide, ValueError, "a shift by less than 0 or more than 63 places")
        if name == "ashr":
            return builder.ashr(value, places)
        shifted = builder.shl(value, places)
        lost = builder.icmp_signed("!=", builder.ashr(shifted, places), value)
        raise_if(context, builder, lost, OverflowError, BEYOND)
        return shifted

    return _on_integers(name, codegen)


def _too_big(context: Any, builder: Any, value: Any) -> None:
    """Raise if an integer is beyond those that float64 holds exactly."""
    shifted = builder.add(value, INT(EXACT))
    message = "an integer beyond 2**53 meets a float"
    raise_if(context, builder, builder.icmp_unsigned(">", shifted, INT(2 * EXACT)), OverflowError, message)


def _true_division(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
    for value in args:
        _too_big(context, builder, value)
    zero = builder.icmp_signed("==", args[1], INT(0))
    raise_if(context, builder, zero, ZeroDivisionError, "division by zero")
    return builder.fdiv(*[builder.sitofp(value, DOUBLE) for value in args])


def _floor_parts(context: Any, builder: Any, args: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Emit the quotient and the remainder towards zero, and whether the floor lies one below."""
    x, y = args
    zero = builder.icmp_signed("==", y, INT(0))
    raise_if(context, builder, zero, ZeroDivisionError, "integer division or modulo by zero")
    lowest = builder.and_(builder.icmp_signed("==", x, INT(-(2**63))), builder.icmp_signed("==", y, INT(-1)))
    raise_if(context, builder, lowest, OverflowError, BEYOND)
    rest = builder.srem(x, y)
    signs = builder.icmp_signed("<", builder.xor(rest, y), INT(0))
    below = builder.and_(builder.icmp_signed("!=", rest, INT(0)), signs)
    return builder.sdiv(x, y), rest, below


def _floor_division(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
    quotient, _, below = _floor_parts(context, builder, args)
    return builder.sub(quotient, builder.zext(below, INT))


def _remainder(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
    _, rest, below = _floor_parts(context, builder, args)
    return builder.select(below, builder.add(rest, args[1]), rest)


def _integer_power(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
    negative = builder.icmp_signed("<", args[1], INT(0))
    raise_if(context, builder, negative, ValueError, "an integer to a negative power is a float")

    def power(base: int, exponent: int) -> int:
        product, factor = 1, base
        while exponent > 0:
            if exponent & 1:
                product = multiply(product, factor)
            exponent >>= 1
            if exponent > 0:
                factor = multiply(factor, factor)
        return product

    return context.compile_internal(builder, power, signature, args)


add = _overflowing("sadd_with_overflow")
subtract = _overflowing("ssub_with_overflow")
multiply = _overflowing("smul_with_overflow")
left_shift = _shift("shl")
right_shift = _shift("ashr")
true_division = _on_integers("true_division", _true_division, types.float64)
floor_division = _on_integers("floor_division", _floor_division)
remainder = _on_integers("remainder", _remainder)
integer_power = _on_integers("integer_power", _integer_power)


@intrinsic
def negative(typingctx: Any, x: Any) -> Any:
    """``-x`` of an int64."""

    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        lowest = builder.icmp_signed("==", args[0], INT(-(2**63)))
        raise_if(context, builder, lowest, OverflowError, BEYOND)
        return builder.neg(args[0])

    return types.int64(types.int64), codegen


def integer_absolute(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
    """Emit ``abs(x)`` of an int64."""
    lowest = builder.icmp_signed("==", args[0], INT(-(2**63)))
    raise_if(context, builder, lowest, OverflowError, BEYOND)
    below = builder.icmp_signed("<", args[0], INT(0))
    return builder.select(below, builder.neg(args[0]), args[0])


# Integers beside floats -------------------------------------------------------------------------------------------


def _comparison(sign: str) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        floats = []
        for given, value in zip(signature.args, args, strict=True):
            if given == types.int64:
                _too_big(context, builder, value)
            floats.append(as_float(context, builder, given, value))
        compare = builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered
        return compare(sign, *floats)

    def typed(x: Any, y: Any) -> Any:
        return types.boolean(types.unliteral(x), types.unliteral(y)), codegen

    return _intrinsic(f"compare{sign}", typed, 2)


COMPARISONS: dict[Any, Callable[..., Any]] = {
    operator.lt: _comparison("<"),
    operator.le: _comparison("<="),
    operator.gt: _comparison(">"),
    operator.ge: _comparison(">="),
    operator.eq: _comparison("=="),
    operator.ne: _comparison("!="),
}


# Floats -----------------------------------------------------------------------------------------------------------


def _float_power(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
    x, y = (as_float(context, builder, g, v) for g, v in zip(signature.args, args, strict=True))
    zero = DOUBLE(0.0)
    infinite = builder.and_(builder.fcmp_ordered("==", x, zero), builder.fcmp_ordered("<", y, zero))
    raise_if(context, builder, infinite, ZeroDivisionError, "0.0 cannot be raised to a negative power")
    result = call_libm(builder, "pow", x, y)
    finite = builder.and_(_is_finite(builder, x), _is_finite(builder, y))
    left = builder.and_(finite, builder.not_(_is_finite(builder, result)))
    raise_if(context, builder, left, OverflowError, "the power is complex or too large")
    return result


def _two_floats(name: str, codegen: Callable[..., Any]) -> Callable[..., Any]:
    def typed(x: Any, y: Any) -> Any:
        return types.float64(_number(x), _number(y)), codegen

    return _intrinsic(name, typed, 2)


float_power = _two_floats("float_power", _float_power)


def _checked_result(context: Any, builder: Any, result: Any, args: Sequence[Any]) -> Any:
    """Raise where ``math`` does: the result is NaN without a NaN given, or infinite though all given is finite."""
    given_nan = ir.IntType(1)(0)
    finite = ir.IntType(1)(1)
    for x in args:
        given_nan = builder.or_(given_nan, _is_nan(builder, x))
        finite = builder.and_(finite, _is_finite(builder, x))
    invalid = builder.and_(_is_nan(builder, result), builder.not_(given_nan))
    raise_if(context, builder, invalid, ValueError, "math domain error")
    overflow = builder.and_(finite, builder.not_(_is_finite(builder, result)))
    raise_if(context, builder, overflow, OverflowError, "math range error")
    return result


def _math(name: str, arity: int) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        floats = [as_float(context, builder, g, v) for g, v in zip(signature.args, args, strict=True)]
        if name == "sqrt":
            result = builder.call(builder.module.declare_intrinsic("llvm.sqrt", [DOUBLE]), floats)
        else:
            result = call_libm(builder, name, *floats)
        return _checked_result(context, builder, result, floats)

    def typed(*args: Any) -> Any:
        return types.float64(*[_number(a) for a in args]), codegen

    return _intrinsic(f"math_{name}", typed, arity)


MATH: dict[str, Callable[..., Any]] = {
    **{name: _math(name, 1) for name in (*UNARY, "sqrt")},
    **{name: _math(name, 2) for name in ("atan2", "fmod", "pow")},
}


@intrinsic
def logarithm(typingctx: Any, x: Any, base: Any) -> Any:
    """``math.log(x, base)``: the quotient of two logarithms."""

    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        logs = []
        for given, value in zip(signature.args, args, strict=True):
            number = as_float(context, builder, given, value)
            logs.append(_checked_result(context, builder, call_libm(builder, "log", number), [number]))
        zero = builder.fcmp_ordered("==", logs[1], DOUBLE(0.0))
        raise_if(context, builder, zero, ZeroDivisionError, "division by zero")
        return builder.fdiv(*logs)

    return types.float64(_number(x), _number(base)), codegen


# Floats to integers -----------------------------------------------------------------------------------------------


def _to_integer(name: str, rounding: str | None) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        (given,), (value,) = signature.args, args
        if given != types.float64:
            return context.cast(builder, value, given, types.int64)
        if rounding is not None:
            value = builder.call(builder.module.declare_intrinsic(rounding, [DOUBLE]), [value])
        inside = builder.and_(
            builder.fcmp_ordered(">=", value, DOUBLE(-LIMIT)), builder.fcmp_ordered("<", value, DOUBLE(LIMIT))
        )
        message = "NaN or a number beyond 64 bits cannot become an integer"
        raise_if(context, builder, builder.not_(inside), ValueError, message)
        return builder.fptosi(value, INT)

    def typed(x: Any) -> Any:
        return types.int64(_number(x)), codegen

    return _intrinsic(name, typed, 1)


to_int = _to_integer("to_int", None)
to_nearest = _to_integer("to_nearest", "llvm.rint")  # halves to the even neighbour
to_floor = _to_integer("to_floor", "llvm.floor")
to_ceil = _to_integer("to_ceil", "llvm.ceil")


@intrinsic
def to_float(typingctx: Any, x: Any) -> Any:
    """``float(x)`` of a number."""

    def codegen(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        return as_float(context, builder, signature.args[0], args[0])

    return types.float64(_number(x)), codegen
