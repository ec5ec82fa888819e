"""Which parameter values a sweep may try: given values, or a declared range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from quantlab.engine.param import Param
from quantlab.engine.strategy import Strategy
from quantlab.errors import StrategyError, did_you_mean


@dataclass(frozen=True)
class Values:
    """The values that one parameter may take, each once."""

    choices: Sequence[Any]


@dataclass(frozen=True)
class Span:
    """A range of floats, both ends included, that one parameter may take any value of."""

    low: float
    high: float

    def draw(self, random: np.random.Generator) -> float:
        """Return a value of the range, all equally likely."""
        return float(min(self.low + (self.high - self.low) * random.random(), self.high))


Space = Mapping[str, Values | Span]


def space_of(strategy: Strategy, over: object, *, drawn: bool) -> Space:
    """Read `over` as `sweep` takes it, for a grid or for values that are `drawn`; the strategy accepts all of them.

    Raises
    ------
    StrategyError
        An unknown parameter, a value that is refused, nothing to try, or something that could be meant in two ways.
    """
    declared = type(strategy)._params
    where = type(strategy).__name__
    if not declared:
        raise StrategyError(f"{where} has no parameters: declare them as `name: int = ql.param(default=…)`.")
    named = dict(_named(declared, over, where))
    if drawn:
        for name, given in named.items():
            _refuse_pair(name, given)
    space = {name: _read(declared[name], given, where) for name, given in named.items()}
    if not space:
        raise StrategyError(f"over= is empty: name at least one parameter of {where}, {', '.join(declared)}.")
    return space


def _named(declared: Mapping[str, Param], over: object, where: str) -> Iterator[tuple[str, object]]:
    """Pairs of parameter name and what may be tried; None stands for what the parameter itself declares."""
    if over is None:
        pairs: Iterable[tuple[Any, object]] = [
            (name, None) for name, one in declared.items() if _is_bounded(one)
        ]
        if not pairs:
            raise StrategyError(
                f"No parameter of {where} declares a range: give low= and high=, or over={{…}}."
            )
    elif isinstance(over, Mapping):
        pairs = over.items()
    else:
        raise StrategyError(
            f"over={over!r}: give a dict from parameter name to values, over={{'fast': [5, 10]}}."
        )
    for name, given in pairs:
        if name not in declared:
            raise StrategyError(f"{where} has no parameter {name!r}. {did_you_mean(str(name), declared)}")
        yield name, given


def _is_bounded(declared: Param) -> bool:
    ranged = declared.low is not None and declared.high is not None
    return ranged or declared.choices is not None or isinstance(declared.default, bool)


def _read(declared: Param, given: object, where: str) -> Values | Span:
    if given is None:
        return _declared(declared, declared, where)
    if isinstance(given, Param):
        return _declared(declared, given, where)
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise StrategyError(
            f"over={{{declared.name!r}: {given!r}}}: give the values to try in a list, [{given!r}]."
        )
    return _values(declared, given, where)


def _refuse_pair(name: str, given: object) -> None:
    """Refuse a pair of numbers, which is two values to one reader and a range to another."""
    if isinstance(given, tuple) and len(given) == 2 and all(isinstance(v, int | float) for v in given):
        low, high = given
        raise StrategyError(
            f"over={{{name!r}: {given!r}}} could be two values or a range: write [{low!r}, {high!r}] for the two, "
            f"ql.param(default={low!r}, low={low!r}, high={high!r}) for all between."
        )


def _values(declared: Param, given: Iterable[object], where: str) -> Values:
    choices = tuple(dict.fromkeys(declared.check(value, where) for value in given))
    if not choices:
        raise StrategyError(f"over={{{declared.name!r}: …}} holds no value: give at least one.")
    return Values(choices)


def _declared(declared: Param, bounds: Param, where: str) -> Values | Span:
    """Read what `bounds` allows: the parameter's own declaration, or one given in its place."""
    if bounds.choices is not None:
        return _values(declared, bounds.choices, where)
    if isinstance(declared.default, bool):
        return Values((False, True))
    if bounds.low is None or bounds.high is None:
        raise StrategyError(
            f"{where}.{declared.name} declares no range to search: give low= and high= to ql.param, or values, "
            f"over={{{declared.name!r}: […]}}."
        )
    low, high = (cast("Any", declared.check(bound, where)) for bound in (bounds.low, bounds.high))
    if isinstance(declared.default, int):
        return Values(range(low, high + 1))
    return Span(low, high)
