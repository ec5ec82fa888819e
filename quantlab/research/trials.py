"""Which trials a sweep runs: every combination of a grid, or distinct random draws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NoReturn, overload

import numpy as np

from quantlab.engine.strategy import Strategy
from quantlab.errors import StrategyError, did_you_mean
from quantlab.research.space import Space, Values
from quantlab.typing import IntArray

Where = Callable[[Any], Any]
Codes = tuple[int, ...]

# Below this many combinations all are listed and shuffled; above it, and over ranges of floats, draws are repeated
# until enough distinct ones are found. Which way is taken depends on the space alone, so that more trials with the
# same seed begin with the same ones.
LISTED = 1_000_000
LARGEST_GRID = 10_000_000
MISSES = 10_000  # draws in a row that find nothing new before the space counts as exhausted


@dataclass(frozen=True, eq=False)
class Trials(Sequence[Strategy]):
    """The trials of a sweep in their sequence; each is made when it is asked for.

    Parameters
    ----------
    base
        The strategy whose other parameters stay as they are.
    names
        Searched parameters.
    choices
        For each of them the values that occur.
    codes
        ``(n_trials, n_names)``: the place of each trial's value in `choices`.
    """

    base: Strategy
    names: tuple[str, ...]
    choices: tuple[Sequence[Any], ...]
    codes: IntArray

    def __len__(self) -> int:
        return len(self.codes)

    def searched(self, number: int) -> dict[str, Any]:
        """Values of the searched parameters of one trial."""
        row = self.codes[number].tolist()
        return {name: values[code] for name, values, code in zip(self.names, self.choices, row, strict=True)}

    def params(self, number: int) -> dict[str, Any]:
        """Values of all parameters of one trial, in the sequence of declaration."""
        return {**self.base.params, **self.searched(number)}

    def code(self, number: int) -> str:
        """One trial as the code that makes it; also where its making fails."""
        values = ", ".join(f"{name}={value!r}" for name, value in self.params(number).items())
        return f"{type(self.base).__name__}({values})"

    def column(self, place: int) -> Any:
        """Values of one searched parameter over all trials, an array of its type (of objects for text)."""
        kind = type(getattr(self.base, self.names[place]))
        codes, choices = self.codes[:, place], self.choices[place]
        if isinstance(choices, range):
            return choices.start + codes
        return np.array(choices, dtype=object if kind is str else kind)[codes]

    def only(self, numbers: Sequence[int] | IntArray) -> Trials:
        """Return some of the trials, numbered anew."""
        return Trials(self.base, self.names, self.choices, self.codes[np.asarray(numbers, np.int64)])

    @overload
    def __getitem__(self, number: int) -> Strategy: ...
    @overload
    def __getitem__(self, number: slice) -> Trials: ...
    def __getitem__(self, number: int | slice) -> Strategy | Trials:
        if isinstance(number, slice):
            return Trials(self.base, self.names, self.choices, self.codes[number])
        return self._made(self.searched(number))

    def __iter__(self) -> Iterator[Strategy]:
        columns = [self.column(place).tolist() for place in range(len(self.names))]
        for values in zip(*columns, strict=True):
            yield self._made(dict(zip(self.names, values, strict=True)))

    def _made(self, searched: dict[str, Any]) -> Strategy:
        kind = type(self.base)
        if kind.__init__ is not Strategy.__init__:
            return kind(**{**self.base.params, **searched})
        # Every value was checked when the space was read.
        made = kind.__new__(kind)
        made.__dict__.update(self.base.__dict__, **searched)
        return made


def grid(base: Strategy, space: Space, where: Where | None) -> Trials:
    """Every combination of the values in `space` that `where` allows; the last parameter moves fastest.

    Raises
    ------
    StrategyError
        If a parameter has a range instead of values, or `where` allows nothing.
    """
    choices = []
    for name, one in space.items():
        if not isinstance(one, Values):
            raise StrategyError(
                f"{name} has a range, not values: a grid needs over={{{name!r}: […]}}; or give trials=."
            )
        choices.append(one.choices)
    shape = tuple(len(values) for values in choices)
    if math.prod(shape) > LARGEST_GRID:
        raise StrategyError(
            f"The grid has {math.prod(shape):,} combinations: try fewer values, or trials=1000 of them."
        )
    codes = np.indices(shape).reshape(len(shape), -1).T
    if where is not None:
        every = itertools.product(*(range(size) for size in shape))
        allowed = _allowed(base, tuple(space), choices, where)
        codes = codes[np.fromiter(map(allowed, every), np.bool_, math.prod(shape))]
    return _trials(base, space, choices, codes)


def drawn(base: Strategy, space: Space, where: Where | None, n_trials: int, seed: int) -> Trials:
    """Distinct random draws from `space` that `where` allows, each equally likely: fewer when there are no more.

    More trials with the same seed begin with the same ones.

    Raises
    ------
    StrategyError
        If `n_trials` is no positive number, or `where` allows nothing.
    """
    if isinstance(n_trials, bool) or not isinstance(n_trials, int) or n_trials < 1:
        raise StrategyError(f"trials={n_trials!r}: give how many random draws to try, as 200.")
    random = np.random.default_rng(seed)
    choices = [one.choices if isinstance(one, Values) else _Drawn() for one in space.values()]
    allowed = _allowed(base, tuple(space), choices, where)
    sizes = [len(one.choices) if isinstance(one, Values) else math.inf for one in space.values()]
    listed = math.prod(sizes) <= LISTED
    draws = _shuffled(sizes, random) if listed else _repeated(space, choices, allowed, random)
    found = filter(allowed, draws) if listed else draws
    codes = np.array(list(itertools.islice(found, n_trials)), np.int64)
    return _trials(base, space, choices, codes)


class _Drawn(list[Any]):
    """Values of a range in the sequence they were drawn."""


def _shuffled(sizes: Sequence[float], random: np.random.Generator) -> Iterator[Codes]:
    shape = tuple(int(size) for size in sizes)
    for flat in random.permutation(math.prod(shape)):
        yield tuple(int(code) for code in np.unravel_index(flat, shape))


def _repeated(
    space: Space, choices: list[Sequence[Any]], allowed: Callable[[Codes], bool], random: np.random.Generator
) -> Iterator[Codes]:
    seen: set[Codes] = set()
    misses = 0
    while misses < MISSES:
        codes = tuple(_draw(one, values, random) for one, values in zip(space.values(), choices, strict=True))
        if codes in seen or not allowed(codes):
            misses += 1
            continue
        misses = 0
        seen.add(codes)
        yield codes


def _draw(one: Any, values: Sequence[Any], random: np.random.Generator) -> int:
    if isinstance(values, _Drawn):
        values.append(one.draw(random))
        return len(values) - 1
    return int(random.integers(len(values)))


def _trials(base: Strategy, space: Space, choices: Sequence[Sequence[Any]], codes: IntArray) -> Trials:
    if not len(codes):
        raise StrategyError("where= allows no combination of the given values: nothing is left to run.")
    return Trials(base, tuple(space), tuple(choices), codes)


class _Params(SimpleNamespace):
    """The parameters of one trial, as `where` reads them."""

    def __getattr__(self, name: str) -> NoReturn:
        raise StrategyError(f"where= reads p.{name}, which is no parameter. {did_you_mean(name, vars(self))}")


def _allowed(
    base: Strategy, names: tuple[str, ...], choices: Sequence[Sequence[Any]], where: Where | None
) -> Callable[[Codes], bool]:
    """Turn `where` into a test of a combination's codes."""
    if where is None:
        return lambda codes: True
    if not callable(where):
        raise StrategyError(
            f"where={where!r}: give a function of the parameters, where=lambda p: p.fast < p.slow."
        )
    params = _Params(**base.params)  # one object for all: making it takes longer than asking

    def allowed(codes: Codes) -> bool:
        vars(params).update(
            {name: values[code] for name, values, code in zip(names, choices, codes, strict=True)}
        )
        try:
            answer = where(params)
        except Exception as error:
            error.add_note(f"in where= at {', '.join(f'{k}={v!r}' for k, v in vars(params).items())}")
            raise
        if not isinstance(answer, bool | np.bool_):
            raise StrategyError(f"where= answered {answer!r}: let it return True or False.")
        return bool(answer)

    return allowed
