"""One strategy run under given terms, and the result that tells of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from quantlab.display.progress import progress_bar
from quantlab.engine.inputs import ForecastSource, compute_inputs
from quantlab.engine.notes import notes_of
from quantlab.engine.provenance import provenance
from quantlab.engine.result import JUDGED, Result
from quantlab.engine.setup import Setup
from quantlab.engine.tables import run_tables, score_frame
from quantlab.market.bars import Bars
from quantlab.trading.account import Rules

if TYPE_CHECKING:
    from quantlab.engine.engines import Run
    from quantlab.engine.inputs import Inputs
    from quantlab.engine.strategy import Strategy
    from quantlab.forecasting.scores import Scores


@dataclass(frozen=True, eq=False)
class Terms:
    """All of a backtest but its strategy.

    Parameters
    ----------
    bars, rows
        What happened, cut after the last bar of the run; the rows that are lived through.
    rules
        Costs, account and execution.
    forecasts
        Where forecasts come from.
    engine, progress
        Which engine is asked for; whether to show progress on stderr.
    benchmark
        Returns on `rows` that the run is measured against.
    settings
        What the caller asked for, as plain values; ``settings["cash"]`` is the initial cash.
    """

    bars: Bars
    rows: range
    rules: Rules
    forecasts: ForecastSource
    engine: str
    progress: bool | None
    benchmark: pd.Series | None
    settings: dict[str, Any]

    def with_cash(self, cash: float, forecasts: ForecastSource) -> Terms:
        """Return the same terms for another sum of money and other forecasts."""
        return replace(self, forecasts=forecasts, settings={**self.settings, "cash": cash})


def run_one(strategy: Strategy, terms: Terms) -> tuple[Run, Result]:
    """Run one strategy; return what the engine left, and the result made of it."""
    from quantlab.engine.engines import run

    inputs = compute_inputs(strategy, terms.bars, terms.forecasts)
    setup = Setup(strategy, terms.bars, inputs, terms.rows, terms.settings["cash"], terms.rules)
    first = terms.rows.start
    with progress_bar(repr(strategy), len(terms.rows), terms.progress) as tick:
        done = run(setup, terms.engine, lambda row: tick(row - first, ""))
    return done, _result(setup, done, terms)


def _result(setup: Setup, done: Run, terms: Terms) -> Result:
    strategy, bars, inputs = setup.strategy, setup.bars, setup.inputs
    plan, outcome, record, measure = done.plan, done.outcome, done.record, terms.benchmark
    rows = slice(plan.start, outcome.stop)
    return Result(
        name=repr(strategy),
        equity=pd.Series(record.equity[rows], bars.time[rows], name="equity", copy=False),
        initial_cash=terms.settings["cash"],
        periods_per_year=bars.periods_per_year,
        risk_free_annual=terms.settings["risk_free_annual"],
        fill=terms.rules.execution.fill,
        engine=done.engine,
        notes=notes_of(bars, inputs, terms.rules, plan, outcome, record),
        ruined=outcome.ruined,
        benchmark_name=None if measure is None else str(measure.name),
        benchmark=None if measure is None else measure.iloc[: outcome.stop - plan.start],
        provenance=provenance(strategy, bars, inputs, terms.settings, measure),
        _tables={**run_tables(bars, record, plan, outcome, setup.rules), **_scores(inputs, bars)},
    )


def _scores(inputs: Inputs, bars: Bars) -> dict[str, Callable[[], pd.DataFrame]]:
    """How the forecasts behind a run are judged, when somebody asks."""
    if not inputs.forecasts:
        return {}

    @cache
    def judged() -> Mapping[str, Scores]:
        return {name: each.scores(bars) for name, each in inputs.forecasts.items()}

    def table(part: str) -> pd.DataFrame:
        return score_frame({name: getattr(scores, part) for name, scores in judged().items()})

    return {name: partial(table, part) for name, part in JUDGED.items()}
