"""One run as `check` sees it: every input, and the books, up to a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from quantlab.engine.inputs import ForecastSource, Inputs, compute_inputs
from quantlab.engine.loop import run
from quantlab.engine.setup import Setup
from quantlab.engine.strategy import Strategy
from quantlab.features.features import Feature, compute_input
from quantlab.forecasting.declaration import ForecastInput
from quantlab.forecasting.store import Entry, ForecastStore
from quantlab.market.bars import Bars
from quantlab.trading.account import Rules
from quantlab.trading.ledger import Record
from quantlab.typing import FloatArray


@dataclass(frozen=True)
class Setting:
    """A strategy and what its runs have in common.

    Parameters
    ----------
    strategy
        What is checked.
    cash, rules
        As a backtest has them.
    start
        First row of the run.
    origin
        Where forecasts come from.
    features_only
        Whether to stop before forecasts and orders: a feature that the forecaster reads looks ahead, and a
        walk-forward refuses it.
    """

    strategy: Strategy
    cash: float
    rules: Rules
    start: int
    origin: ForecastSource
    features_only: bool = False


@dataclass(frozen=True, eq=False)
class Watched:
    """A matrix that must not move: name, the code that declares it, values ``(n_rows, n_symbols)``."""

    name: str
    declaration: str
    values: FloatArray
    is_forecast: bool = False


@dataclass(frozen=True)
class Failure:
    """An exception that a run ended with: in which input (or "decisions"), on which row, and itself."""

    name: str
    declaration: str
    bar: int
    error: Exception


@dataclass(frozen=True, eq=False)
class Observation:
    """What one run showed.

    Parameters
    ----------
    watched
        Inputs in the sequence of declaration, forecasts after features, a matrix for every quantile level.
    record
        Orders and fills; None when no order could be given.
    first_decision
        First row with all inputs; `stop` when there is none.
    stop
        Row after the last one lived through.
    failure
        What ended the run early, if anything did.
    """

    watched: tuple[Watched, ...]
    record: Record | None
    first_decision: int
    stop: int
    failure: Failure | None = None


@dataclass(frozen=True)
class ScratchStore(ForecastStore):
    """Reads what lies in a folder, keeps what is new in memory: other futures are of no use to later runs."""

    reads: bool = True
    kept: dict[tuple[str, str], Entry] = field(default_factory=dict)

    def get(self, kind: str, key: str) -> Entry | None:
        """Give the entry of this check, or that of the folder."""
        if (kind, key) in self.kept:
            return self.kept[kind, key]
        return super().get(kind, key) if self.reads else None

    def put(self, kind: str, key: str, entry: Entry) -> None:
        """Keep an entry until the check ends; whole tables are never asked for again."""
        if kind != "tables":
            self.kept[kind, key] = entry


def observe(setting: Setting, bars: Bars, stop: int) -> Observation:
    """Compute the inputs over all of `bars`, and run the strategy on rows up to `stop` − 1.

    An exception of the strategy's code ends the run and is the observation's `failure`.
    """
    strategy = setting.strategy
    try:
        hidden = tuple(_computed(name, each, bars) for name, each in hidden_features(strategy))
        if setting.features_only:
            return _of_features(strategy, hidden, bars, stop)
        inputs = compute_inputs(strategy, bars, setting.origin, tested=False)
    except Exception as error:
        return Observation((), None, stop, stop, _input_failure(strategy, bars, stop, error))
    rows, failure = range(setting.start, stop), None
    live, now, broker, plan = Setup(strategy, bars, inputs, rows, setting.cash, setting.rules).opened()
    live.__dict__["on_end"] = lambda now: None  # gives no orders, and may well print or write
    try:
        stop = run(live, now, broker, plan, lambda row: None).stop
    except Exception as error:
        failure = Failure("decisions", "", max(now.bar, 0), error)
    watched = (*_features(strategy, inputs), *hidden, *_forecasts(strategy, inputs))
    return Observation(watched, broker.record(stop), plan.first_decision, stop, failure)


def hidden_features(strategy: Strategy) -> Iterator[tuple[str, Feature]]:
    """Give the functions that declared forecasters read, each with a name; built-ins need no check."""
    for name, declared in strategy.declared_inputs().items():
        if isinstance(declared, ForecastInput):
            for each in declared.forecaster.inputs:
                if callable(each.source):
                    yield f"{name}.{each.name}", each


def _features(strategy: Strategy, inputs: Inputs) -> Iterator[Watched]:
    for name, declared in strategy.declared_inputs().items():
        if isinstance(declared, Feature):
            yield Watched(name, repr(declared), inputs.sources[name]._values)


def _forecasts(strategy: Strategy, inputs: Inputs) -> Iterator[Watched]:
    for name, declared in strategy.declared_inputs().items():
        for level, source in inputs.sources[name]._levels.items():
            yield Watched(name, f"{declared!r} at level {level:g}", source._values, True)


def _of_features(strategy: Strategy, hidden: tuple[Watched, ...], bars: Bars, stop: int) -> Observation:
    declared = strategy.declared_inputs().items()
    shown = tuple(_computed(name, each, bars) for name, each in declared if isinstance(each, Feature))
    watched = (*shown, *hidden)
    ready = np.flatnonzero(np.any([np.isfinite(each.values).any(axis=1) for each in watched], axis=0))
    return Observation(watched, None, int(ready[0]) if len(ready) else stop, stop)


def _computed(name: str, feature: Feature, bars: Bars) -> Watched:
    return Watched(name, repr(feature), compute_input(feature, bars, tested=False).values)


def _input_failure(strategy: Strategy, bars: Bars, stop: int, error: Exception) -> Failure:
    """Find the input that raised: the first that raises again, else the first forecast."""
    declared = strategy.declared_inputs()
    features = [(name, each) for name, each in declared.items() if isinstance(each, Feature)]
    for name, feature in (*features, *hidden_features(strategy)):
        try:
            compute_input(feature, bars, tested=False)
        except Exception as again:
            return Failure(name, repr(feature), stop - 1, again)
    name = next(name for name, each in declared.items() if isinstance(each, ForecastInput))
    return Failure(name, repr(declared[name]), stop - 1, error)
