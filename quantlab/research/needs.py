"""The inputs of all trials: which distinct features there are, computed once and for as many trials as fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from quantlab.engine.inputs import ForecastSource, forecast_source, forecast_tables
from quantlab.engine.shared_inputs import Matrix, SharedInputs
from quantlab.engine.strategy import Input, Strategy
from quantlab.features.features import Feature, compute_input
from quantlab.forecasting.declaration import ForecastInput
from quantlab.forecasting.forecast import Forecasts
from quantlab.market.bars import Bars
from quantlab.research.failures import told
from quantlab.research.trials import Trials
from quantlab.typing import IntArray

ROOM_BYTES = 1 << 30  # for distinct features at a time; what needs more is run in several waves
MISSING = -1


class Wave(NamedTuple):
    """Trials that are run together: their `numbers`, and their inputs in the same sequence."""

    numbers: IntArray
    inputs: SharedInputs


class Needs:
    """What the trials of a sweep read.

    Parameters
    ----------
    trials
        All trials.
    bars
        What they run over.
    origin
        Where forecasts come from; they are made, or aligned, at once, because every trial reads the same.

    Attributes
    ----------
    failures
        Trials whose inputs cannot be computed, and why; it grows while waves are made.
    forecasts
        Attribute name → the table behind each declared forecast.

    Raises
    ------
    ForecastError
        If given forecasts do not fit the declarations.
    """

    def __init__(self, trials: Trials, bars: Bars, origin: ForecastSource) -> None:
        self.failures: dict[int, str] = {}
        self._bars = bars
        self._features: list[Feature] = []
        self._places: dict[object, int] = {}
        self._computed: dict[int, Matrix] = {}
        self._unchecked: dict[int, str] = {}
        declared = _declared(trials.base)
        self._names = tuple(declared)
        outlooks = {name: one for name, one in declared.items() if isinstance(one, ForecastInput)}
        self.forecasts: Mapping[str, Forecasts] = forecast_tables(trials.base, outlooks, bars, origin)
        self._outlooks = {
            name: _matrix_of_forecasts(name, self.forecasts[name], one) for name, one in outlooks.items()
        }
        self._columns = [name for name in self._names if name not in outlooks]
        self._which = self._resolved(trials, declared)

    @property
    def n_features(self) -> int:
        """How many distinct features there are."""
        return len(self._features)

    def waves(self, numbers: Sequence[int]) -> Iterator[Wave]:
        """Compute inputs for the trials `numbers`, as many at a time as there is room for."""
        for part in self._parts(self._runnable(np.asarray(numbers, np.int64))):
            needed = np.unique(self._which[part])
            self._computed = {k: self._computed[k] for k in needed.tolist() if k in self._computed}
            for place in needed.tolist():
                self._compute(place, part)
            ready = self._runnable(part)
            if len(ready):
                yield Wave(ready, self._shared(ready))

    def _runnable(self, numbers: IntArray) -> IntArray:
        return numbers[~np.isin(numbers, list(self.failures))] if self.failures else numbers

    def _resolved(self, trials: Trials, declared: Mapping[str, Input]) -> IntArray:
        """Place of each trial's features among the distinct ones, ``(n_trials, n_columns)``."""
        which = np.full((len(trials), len(self._columns)), MISSING, np.int64)
        if type(trials.base).declared_inputs is not Strategy.declared_inputs:
            # The strategy decides for itself what it reads: ask every trial.
            for number in range(len(trials)):
                which[number] = self._asked(trials, number)
            return which
        for column, name in enumerate(self._columns):
            which[:, column] = self._by_values(trials, declared[name])
        return which

    def _by_values(self, trials: Trials, feature: Any) -> IntArray:
        """Resolve one feature for every distinct combination of the parameters it depends on."""
        reads = _params_read(feature, trials.base)
        places = [place for place, name in enumerate(trials.names) if name in reads]
        if not places:
            first, inverse = np.zeros(1, np.int64), np.zeros(len(trials), np.int64)
        else:
            codes = trials.codes[:, places]
            flat, axis = (codes[:, 0], None) if len(places) == 1 else (codes, 0)  # one column sorts faster
            _, first, inverse = np.unique(flat, axis=axis, return_index=True, return_inverse=True)
        found = np.full(len(first), MISSING, np.int64)
        for k, number in enumerate(first.tolist()):
            try:
                found[k] = self._place(feature.resolve(trials.params(number)))
            except Exception as error:
                self._fail(np.flatnonzero(inverse == k), error)
        return found[inverse.reshape(-1)]

    def _asked(self, trials: Trials, number: int) -> list[int]:
        try:
            declared = trials[number].declared_inputs()
            return [self._place(declared[name]) for name in self._columns]
        except Exception as error:
            self._fail([number], error)
            return [MISSING] * len(self._columns)

    def _place(self, feature: Any) -> int:
        if feature.key not in self._places:
            self._places[feature.key] = len(self._features)
            self._features.append(feature)
        return self._places[feature.key]

    def _fail(self, numbers: Sequence[int] | IntArray, error: Exception) -> None:
        for number in numbers:
            self.failures.setdefault(int(number), told(error))

    def _parts(self, numbers: IntArray) -> Iterator[IntArray]:
        """Cut `numbers` where the distinct features of a part would need more than the room."""
        at_once = max(ROOM_BYTES // max(self._bars.close.nbytes, 1), len(self._columns), 1)
        if len(self._features) <= at_once:
            yield from [numbers] if len(numbers) else []
            return
        first, held = 0, set[int]()
        for k, number in enumerate(numbers.tolist()):
            wanted = set(self._which[number].tolist())
            if len(held | wanted) > at_once:
                yield numbers[first:k]
                first, held = k, set()
            held |= wanted
        yield numbers[first:]

    def _compute(self, place: int, part: IntArray) -> None:
        if place in self._computed:
            return
        try:
            answer = compute_input(self._features[place], self._bars)
        except Exception as error:
            self._fail(part[(self._which[part] == place).any(axis=1)], error)
            return
        self._computed[place] = Matrix(answer.values)
        if answer.unchecked:
            self._unchecked[place] = (
                f"{self._features[place]!r} was not tested for looking ahead: {answer.unchecked}"
            )

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What could not be tested for looking ahead so far, as sentences."""
        return tuple(self._unchecked.values())

    def _shared(self, numbers: IntArray) -> SharedInputs:
        """Lay the computed features, then the forecasts, in a row; say who reads which."""
        matrices = [*self._computed.values(), *self._outlooks.values()]
        row_of = np.zeros(len(self._features), np.int64)
        row_of[list(self._computed)] = np.arange(len(self._computed))
        which = np.empty((len(numbers), len(self._names)), np.int64)
        outlooks = list(self._outlooks)
        for column, name in enumerate(self._names):
            if name in self._outlooks:
                which[:, column] = len(self._computed) + outlooks.index(name)
            else:
                which[:, column] = row_of[self._which[numbers, self._columns.index(name)]]
        return SharedInputs(self._names, tuple(matrices), which, self.unchecked)


def _declared(base: Strategy) -> Mapping[str, Input]:
    """Return the class's declarations, parameters still open, or what the base declares where it decides itself."""
    own = type(base).declared_inputs is not Strategy.declared_inputs
    return base.declared_inputs() if own else type(base)._inputs


def _matrix_of_forecasts(name: str, table: Forecasts, outlook: ForecastInput) -> Matrix:
    source = forecast_source(name, table, outlook.horizon, outlook.level)
    return Matrix(source._values, {level: one._values for level, one in source._levels.items()})


class _Noted(dict[str, Any]):
    """Parameter values that remember which of them were read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)


def _params_read(feature: Any, base: Strategy) -> set[str]:
    """Names of the parameters that a declaration depends on."""
    noted = _Noted(base.params)
    with suppress(Exception):  # the base need not be a trial: its own values may not fit together
        feature.resolve(noted)
        return noted.read
    return set(noted)
