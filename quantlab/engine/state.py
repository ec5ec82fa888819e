"""What a run remembers: declared once, fresh for every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast, overload

import numpy as np

from quantlab.errors import StrategyError
from quantlab.typing import FloatArray

T = TypeVar("T")


class State:
    """A declared state; made by `state`."""

    def __init__(self, initial: object, per_symbol: bool, factory: Callable[[], object] | None) -> None:
        self.initial = initial
        self.per_symbol = per_symbol
        self.factory = factory
        self.name = "state"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def fresh(self, n_symbols: int) -> object:
        """Return the value a run begins with."""
        if self.factory is not None:
            return self.factory()
        return np.full(n_symbols, cast(float, self.initial)) if self.per_symbol else self.initial

    def check(self, value: Any, present: object) -> Any:
        """Return `value` as this state keeps it, or say why it cannot be assigned."""
        if self.factory is not None or value is present:
            return value
        if self.per_symbol:
            raise StrategyError(
                f"{self.name} has a number per symbol: write `self.{self.name}[:] = …` to set all of them."
            )
        kind = type(self.initial)
        number = value.item() if isinstance(value, np.generic) else value
        if kind is float and type(number) is int:
            return float(number)
        if type(number) is not kind:
            raise StrategyError(
                f"{self.name} is a state of type {kind.__name__} and cannot become {value!r}: "
                f"declare it as `{self.name} = ql.state({type(number)(self.initial)!r})` to keep such values."
                if type(number) in (int, float, bool)
                else f"{self.name} is a state of type {kind.__name__} and cannot become {value!r}."
            )
        return number


@overload
def state(initial: T) -> T: ...
@overload
def state(initial: float, *, per_symbol: Literal[True]) -> FloatArray: ...
@overload
def state(*, factory: Callable[[], T]) -> T: ...
def state(initial: Any = None, *, per_symbol: bool = False, factory: Callable[[], Any] | None = None) -> Any:
    """Declare something a run remembers: ``count = ql.state(0)``.

    Parameters
    ----------
    initial
        A number (or bool) that ``self.count += 1`` may change; its type stays.
    per_symbol
        Keep an array of `initial`, one number per symbol, changed by ``self.highest[i] = …``.
    factory
        Called at the start of each run to make anything else (a dict, a deque); interpreted engine only.

    Raises
    ------
    StrategyError
        If both or neither of `initial` and `factory` are given, or `initial` is not a number.
    """
    if (factory is None) == (initial is None):
        raise StrategyError("state() needs an initial number or a factory, and not both: ql.state(0.0).")
    if isinstance(initial, np.generic):
        initial = initial.item()
    if factory is None and not isinstance(initial, bool | int | float):
        raise StrategyError(
            f"state({initial!r}): the initial value must be a number; use ql.state(factory=…) for anything else."
        )
    return State(float(initial) if per_symbol else initial, per_symbol, factory)
