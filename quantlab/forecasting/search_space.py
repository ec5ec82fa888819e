"""What a tuning tries: lists of values and ranges, read once and given to optuna."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from quantlab.errors import ForecastError, did_you_mean
from quantlab.forecasting.forecaster import Forecaster

if TYPE_CHECKING:
    import optuna

UNTUNED = ("horizon", "target", "levels", "choice")  # they change what is judged, so losses would not compare


@dataclass(frozen=True)
class Span:
    """A range to search: every whole number from `low` to `high` if both are whole, else every number between.

    Parameters
    ----------
    low, high
        Its ends, both included.
    log
        Search evenly in the logarithm, as suits a learning rate; `low` is then above zero.

    Raises
    ------
    ForecastError
        Ends in the wrong sequence, or a logarithm of what is not above zero.

    Examples
    --------
    >>> Span(1e-4, 1e-2, log=True)
    Span(low=0.0001, high=0.01, log=True)
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and not self.low > 0):
            raise ForecastError(f"{self!r}: low is less than high, and above 0 where log=True.")

    def draw(self, trial: optuna.Trial, name: str) -> Any:
        """Let the sampler of `trial` choose a value."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Choices:
    """A few values of any kind; optuna sees them by number, so tuples and features can be searched too."""

    values: tuple[Any, ...]

    def draw(self, trial: optuna.Trial, name: str) -> Any:
        """Let the sampler of `trial` choose a value."""
        return self.values[trial.suggest_categorical(name, list(range(len(self.values))))]


Axis = Span | Choices


def space_of(forecaster: Forecaster, over: Mapping[str, Any]) -> dict[str, Axis]:
    """Read ``over``: a list of values or a `Span` for each searched field of the recipe.

    Raises
    ------
    ForecastError
        A field that does not exist or cannot be tuned, no values, or a value that the recipe refuses.
    """
    known = [each.name for each in fields(forecaster) if each.name not in UNTUNED and each.init]
    if not over:
        raise ForecastError(f"over={{}}: say what to try, one or more of {', '.join(known)}.")
    for name in over:
        if name in UNTUNED:
            raise ForecastError(
                f"{name} is what forecasts are judged by and cannot be tuned: fix it in the recipe."
            )
        if any(each.name == name and not each.init for each in fields(forecaster)):
            raise ForecastError(
                f"{type(forecaster).__name__} works its {name} out from its other fields: tune one of "
                f"{', '.join(known)}."
            )
        if name not in known:
            raise ForecastError(f"{type(forecaster).__name__} has no {name!r}. {did_you_mean(name, known)}")
    space = {name: _axis(name, given) for name, given in over.items()}
    for name, axis in space.items():
        for value in axis.values if isinstance(axis, Choices) else (axis.low, axis.high):
            replace(
                forecaster, **{name: value}
            )  # refuses what the recipe refuses, before anything is trained
    return space


def _axis(name: str, given: object) -> Axis:
    if isinstance(given, Span):
        return given
    if isinstance(given, str) or not isinstance(given, Sequence) or not len(given):
        raise ForecastError(f"over={{{name!r}: {given!r}}}: give a list of values, or Span(low, high).")
    return Choices(tuple(given))


def n_combinations(space: Mapping[str, Axis]) -> int | None:
    """How many combinations a grid has; None where a range has no end of values."""
    count = 1
    for axis in space.values():
        if isinstance(axis, Span):
            return None
        count *= len(axis.values)
    return count
