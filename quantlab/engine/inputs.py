"""The declared inputs of a strategy, computed once: what `now` will serve row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.engine.source import Source
from quantlab.engine.strategy import Strategy
from quantlab.errors import ForecastError, did_you_mean
from quantlab.features.features import Feature, compute_input
from quantlab.forecasting.declaration import ForecastInput
from quantlab.market.bars import Bars
from quantlab.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from quantlab.forecasting.folds import WalkForward
    from quantlab.forecasting.forecast import Forecasts
    from quantlab.forecasting.store import ForecastStore
    from quantlab.forecasting.targets import Target

# Cells looked at together for the first decision: most warm-ups end in the first of such blocks.
SEARCHED_CELLS = 1 << 14


@dataclass(frozen=True, eq=False)
class Inputs:
    """Every declared input of one strategy over one set of bars.

    Parameters
    ----------
    sources
        Attribute name → what `now` serves.
    forecasts
        Attribute name → the forecasts it came from.
    unchecked
        What could not be tested for looking ahead, as sentences.
    """

    sources: Mapping[str, Source]
    forecasts: Mapping[str, Forecasts]
    unchecked: tuple[str, ...]

    def ready(self, bars: Bars, rows: slice = slice(None)) -> BoolArray:
        """Where a symbol has a bar and all inputs, ``(n_rows, n_symbols)`` of `rows`."""
        ready = bars.present[rows].copy()
        for source in self.sources.values():
            ready &= source._values[rows] == source._values[rows]  # NaN is not
        return ready

    def first_decision(self, bars: Bars, start: int, stop: int) -> int:
        """First of the rows `start` … `stop` − 1 on which some symbol is ready, or `stop`; `start` without inputs."""
        if not self.sources:
            return start
        n_rows = max(1, SEARCHED_CELLS // bars.n_symbols)
        for first in range(start, stop, n_rows):
            rows = slice(first, min(first + n_rows, stop))
            found = np.flatnonzero(self.ready(bars, rows).any(axis=1))
            if len(found):
                return first + int(found[0])
        return stop


@dataclass(frozen=True)
class ForecastSource:
    """Where forecasts come from: tables given, or a walk-forward to be run.

    Parameters
    ----------
    given
        One table for a strategy with one forecast, or tables by attribute name; for a portfolio, such by strategy name.
    folds, seed, progress, store, baselines
        As `walk_forward` takes them, for what is not given.
    """

    given: Forecasts | Mapping[str, Any] | None = None
    folds: WalkForward | None = None
    seed: int = 0
    progress: bool | None = None
    store: ForecastStore | None = None
    baselines: bool = True


def compute_inputs(strategy: Strategy, bars: Bars, origin: ForecastSource, *, tested: bool = True) -> Inputs:
    """Compute each declared feature and forecast of `strategy` once; `tested` as in `compute_input`.

    Raises
    ------
    CausalityError
        If a user's function reads later bars.
    ForecastError
        If given forecasts do not fit the declarations.
    """
    declared = strategy.declared_inputs()
    features = {name: d for name, d in declared.items() if isinstance(d, Feature)}
    outlooks = {name: d for name, d in declared.items() if isinstance(d, ForecastInput)}
    sources: dict[str, Source] = {}
    unchecked: list[str] = []
    computed: dict[object, FloatArray] = {}
    for name, feature in features.items():
        if feature.key not in computed:
            answer = compute_input(feature, bars, tested=tested)
            computed[feature.key] = answer.values
            if answer.unchecked:
                unchecked.append(f"{name} was not tested for looking ahead: {answer.unchecked}")
        sources[name] = Source(name, computed[feature.key])
    tables = forecast_tables(strategy, outlooks, bars, origin)
    for name, table in tables.items():
        sources[name] = forecast_source(name, table, outlooks[name].horizon, outlooks[name].level)
    return Inputs({name: sources[name] for name in declared}, tables, tuple(unchecked))


def forecast_source(name: str, table: Forecasts, horizon: int | None, level: float = 0.5) -> Source:
    """Return what `now` serves of a forecast table: the declared level, by default the median, and each of them."""
    levels = {each: table.quantile(each, horizon) for each in table.levels}
    return Source(name, table.quantile(level, horizon), levels)


def forecast_tables(
    strategy: Strategy, outlooks: Mapping[str, ForecastInput], bars: Bars, origin: ForecastSource
) -> dict[str, Forecasts]:
    """Return the table behind each declared forecast, by attribute name: given, or made by a walk-forward."""
    given = _given_tables(strategy, outlooks, origin.given)
    made: dict[object, Forecasts] = {}
    tables = {}
    for name, outlook in outlooks.items():
        if name in given:
            tables[name] = _aligned(name, given[name], bars, outlook.forecaster.spoken)
            continue
        if outlook.forecaster not in made:
            from quantlab.forecasting.walk_forward import walk_forward  # torch, skfolio

            made[outlook.forecaster] = walk_forward(
                outlook.forecaster,
                bars,
                origin.folds,
                seed=origin.seed,
                store=origin.store,
                baselines=origin.baselines,
                progress=origin.progress,
            )
        tables[name] = made[outlook.forecaster]
    return tables


def _aligned(name: str, table: Forecasts, bars: Bars, target: Target) -> Forecasts:
    from quantlab.forecasting.forecast import Forecasts

    if not isinstance(table, Forecasts):
        raise ForecastError(
            f"forecasts given for {name} are a {type(table).__name__}: a backtest reads Forecasts, which walk_forward "
            "makes over WalkForward folds. What cross-validation gives knows later bars and can only be scored."
        )
    if table.target != target:
        raise ForecastError(
            f"forecasts given for {name} are of {table.target!r}, but {name} is declared as a forecast of {target!r}; "
            "make them with that target=."
        )
    aligned = table.align(bars)
    if not aligned.known.any():
        raise ForecastError(
            f"The forecasts given for {name} say nothing about these bars: they speak of "
            f"{', '.join(table.symbols)} from {table.time[0]} to {table.time[-1]}, the bars are "
            f"{', '.join(bars.symbols)} from {bars.time[0]} to {bars.time[-1]}."
        )
    return aligned


def _given_tables(
    strategy: Strategy, outlooks: Mapping[str, ForecastInput], given: object
) -> dict[str, Forecasts]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        for name in given:
            if name not in outlooks:
                raise ForecastError(
                    f"forecasts={{{name!r}: …}}: {strategy!r} declares no forecast of that name. "
                    f"{did_you_mean(str(name), outlooks) if outlooks else 'It declares none.'}"
                )
        return dict(given)
    if not outlooks:
        raise ForecastError(f"forecasts= is given, but {strategy!r} declares no ql.forecast(…) to use it.")
    if len(outlooks) != 1:
        raise ForecastError(
            f"forecasts= is one table, but {strategy!r} declares {len(outlooks)} forecasts "
            f"({', '.join(outlooks)}): give a dict from attribute name to table."
        )
    return dict.fromkeys(outlooks, given)  # type: ignore[arg-type]
