"""Parameters of a strategy: declared numbers with a range, and arithmetic on them before they are known."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from quantlab.errors import StrategyError

T = TypeVar("T", int, float, bool, str)


class Deferred:
    """A number that is known once a strategy has its parameters: ``slow``, ``2 * fast``.

    Declarations accept it where they accept the number itself.
    """

    def resolve(self, values: Mapping[str, object]) -> Any:
        """Return the number for given parameter values."""
        raise NotImplementedError

    def __add__(self, other: object) -> Expression:
        return Expression(operator.add, "+", self, other)

    def __radd__(self, other: object) -> Expression:
        return Expression(operator.add, "+", other, self)

    def __sub__(self, other: object) -> Expression:
        return Expression(operator.sub, "-", self, other)

    def __rsub__(self, other: object) -> Expression:
        return Expression(operator.sub, "-", other, self)

    def __mul__(self, other: object) -> Expression:
        return Expression(operator.mul, "*", self, other)

    def __rmul__(self, other: object) -> Expression:
        return Expression(operator.mul, "*", other, self)

    def __floordiv__(self, other: object) -> Expression:
        return Expression(operator.floordiv, "//", self, other)

    def __rfloordiv__(self, other: object) -> Expression:
        return Expression(operator.floordiv, "//", other, self)

    def __truediv__(self, other: object) -> Expression:
        return Expression(operator.truediv, "/", self, other)

    def __rtruediv__(self, other: object) -> Expression:
        return Expression(operator.truediv, "/", other, self)


class Expression(Deferred):
    """Two operands, at least one of them deferred, and what joins them."""

    def __init__(self, join: Callable[[Any, Any], Any], sign: str, left: object, right: object) -> None:
        self._join = join
        self._sign = sign
        self._left = left
        self._right = right

    def resolve(self, values: Mapping[str, object]) -> Any:
        """Return the joined value of both sides."""
        return self._join(_value(self._left, values), _value(self._right, values))

    def __repr__(self) -> str:
        return f"({self._left!r} {self._sign} {self._right!r})"


def _value(side: object, values: Mapping[str, object]) -> Any:
    return side.resolve(values) if isinstance(side, Deferred) else side


class Param(Deferred):
    """A declared parameter; made by `param`."""

    def __init__(
        self,
        default: object,
        low: object = None,
        high: object = None,
        choices: Sequence[object] | None = None,
    ) -> None:
        self.default = default
        self.low = low
        self.high = high
        self.choices = None if choices is None else tuple(choices)
        self.name = "default"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def resolve(self, values: Mapping[str, object]) -> Any:
        """Return this parameter's value."""
        return values[self.name]

    def check(self, value: object, where: str) -> object:
        """Return `value` as this parameter holds it, or say what is wrong with it."""
        kind = type(self.default)
        if isinstance(value, np.generic):
            value = value.item()
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise StrategyError(
                f"{where}({self.name}={value!r}): give {kind.__name__}, as the default {self.default!r} is."
            )
        if self.choices is not None and value not in self.choices:
            raise StrategyError(f"{where}({self.name}={value!r}) is not a choice: use one of {self.choices}.")
        number = cast(float, value)
        if (self.low is not None and not number >= cast(float, self.low)) or (
            self.high is not None and not number <= cast(float, self.high)
        ):
            raise StrategyError(f"{where}({self.name}={value!r}) is outside its range: give {self._range()}.")
        return value

    def typed(self, annotation: object, where: str) -> None:
        """Hold values as the class says: a float parameter may have a whole default.

        Raises
        ------
        StrategyError
            If the default contradicts the annotation.
        """
        name = getattr(annotation, "__name__", str(annotation))
        if name == "float" and type(self.default) is int:
            self.default = float(self.default)
        if name in ("int", "float", "bool", "str") and type(self.default).__name__ != name:
            raise StrategyError(
                f"{where}.{self.name} is annotated {name}, but its default {self.default!r} is "
                f"{type(self.default).__name__}: make them agree."
            )

    def _range(self) -> str:
        if self.low is None or self.high is None:
            return f"at least {self.low}" if self.high is None else f"at most {self.high}"
        return f"a value from {self.low} to {self.high}"

    def __repr__(self) -> str:
        return self.name


def param(
    *, default: T, low: T | None = None, high: T | None = None, choices: Sequence[T] | None = None
) -> T:
    """Declare a parameter of a strategy: ``fast: int = ql.param(default=10, low=2, high=100)``.

    Parameters
    ----------
    default
        Its value unless given; its type is the parameter's type.
    low, high
        Smallest and largest value allowed, both included; sweeps search between them.
    choices
        The only values allowed, for parameters that are not a range.

    Raises
    ------
    StrategyError
        If the default breaks its own range.
    """
    declared = Param(default, low, high, choices)
    declared.check(default, "param")
    return cast(T, declared)
