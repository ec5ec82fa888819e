"""A choice among named ways of doing something, each with the few numbers that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from quantlab.errors import ForecastError, did_you_mean
from quantlab.forecasting.checks import between


@dataclass(frozen=True, repr=False)
class Choice:
    """A name, and numbers that only some names have; prints as the code that makes it.

    A subclass declares the numbers as fields that are None until given, and says in `options` which name has
    which, with its default, and in `ranges` between what they lie. A number that its name does not have is
    refused, so that nothing given is silently ignored.

    Parameters
    ----------
    name
        One of the names in `options`.

    Raises
    ------
    ForecastError
        An unknown name, a number that this name does not have, or one outside its range.
    """

    name: str

    options: ClassVar[Mapping[str, Mapping[str, float]]] = {}
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {}

    def __post_init__(self) -> None:
        owner, known = type(self).__name__, self.options
        if not isinstance(self.name, str) or self.name not in known:
            raise ForecastError(f"{owner}({self.name!r}): {did_you_mean(str(self.name), known)}")
        for each in self._numbers():
            given = getattr(self, each)
            if given is not None and each not in known[self.name]:
                has = ", ".join(known[self.name]) or "no numbers"
                raise ForecastError(f"{owner}({self.name!r}, {each}={given!r}): {self.name} has {has}.")
        for each, default in known[self.name].items():
            value = getattr(self, each)
            object.__setattr__(self, each, default if value is None else value)
            between(f"{owner}({self.name!r})", each, getattr(self, each), *self.ranges[each])

    @classmethod
    def of(cls, given: Self | str) -> Self:
        """Make the choice that `given` names, or is."""
        return given if isinstance(given, cls) else cls(given)  # type: ignore[arg-type]

    def number(self, each: str) -> float:
        """Return one of the numbers that this name has."""
        return float(getattr(self, each))

    def numbers(self) -> dict[str, float]:
        """Return all numbers that this name has."""
        return {each: self.number(each) for each in self.options[self.name]}

    def __repr__(self) -> str:
        usual = self.options[self.name]
        told = (f", {each}={value:g}" for each, value in self.numbers().items() if value != usual[each])
        return f"{type(self).__name__}({self.name!r}{''.join(told)})"

    def _numbers(self) -> tuple[str, ...]:
        return tuple(each.name for each in fields(self) if each.name != "name")
