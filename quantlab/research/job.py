"""One trial: a run of which only a row of metrics is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from quantlab.engine.engines import SECONDS_A_BAR, SECONDS_A_CELL, run
from quantlab.engine.setup import Setup
from quantlab.engine.shared_inputs import SharedInputs
from quantlab.engine.strategy import Strategy
from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.metrics.catalogue import evaluate
from quantlab.metrics.returns import per_bar_rate
from quantlab.records import SUMMARY
from quantlab.research.failures import told
from quantlab.trading.account import Rules
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.engine.engines import Run
    from quantlab.engine.result import Result


@dataclass(frozen=True, eq=False)
class Common:
    """What all trials of a sweep have in common.

    Parameters
    ----------
    bars, rows
        What they run over, and which rows are the run's; earlier ones serve as warm-up.
    cash, rules
        Money, and the costs, the account and the execution.
    risk_free_annual, benchmark
        As `quantlab.engine.backtest.backtest` takes and reads them.
    metrics
        Catalogue names, the columns of a row.
    """

    bars: Bars
    rows: range
    cash: float
    rules: Rules
    risk_free_annual: float
    benchmark: pd.Series | None
    metrics: tuple[str, ...]

    @property
    def rate_per_bar(self) -> float:
        """Riskless return a bar."""
        return per_bar_rate(self.risk_free_annual, self.bars.periods_per_year)


@dataclass(frozen=True, eq=False)
class Job:
    """Trials that are run together.

    Parameters
    ----------
    common
        What they have in common.
    strategies, inputs
        The trials, and their inputs in the same sequence.
    engine
        As `quantlab.engine.backtest.backtest` takes it.
    """

    common: Common
    strategies: Sequence[Strategy]
    inputs: SharedInputs
    engine: str

    def __len__(self) -> int:
        return len(self.strategies)

    @property
    def is_summary(self) -> bool:
        """Whether all metrics come from the equity alone."""
        return set(self.common.metrics) <= set(SUMMARY)

    @property
    def seconds_interpreted(self) -> float:
        """What the whole job takes the interpreted engine, roughly."""
        cells = len(self) * len(self.common.rows)
        return cells * (SECONDS_A_BAR + SECONDS_A_CELL * self.common.bars.n_symbols)

    def run(self, number: int) -> FloatArray:
        """Run one trial; return its metrics.

        What the strategy raises comes out as it is; metrics of an equity that is not finite are a DataError.
        """
        own, strategy = self.common, self.strategies[number]
        setting = Setup(strategy, own.bars, self.inputs.of(number), own.rows, own.cash, own.rules)
        done = run(setting, self.engine, lambda row: None)
        if self.is_summary:
            summary = dict(zip(SUMMARY, _summary(own, done), strict=True))
            return np.array([summary[name] for name in own.metrics])
        return np.array(list(evaluate(_result(setting, own, done).figures, own.metrics).values()))


class Done(NamedTuple):
    """Finished trials.

    Attributes
    ----------
    numbers
        Which of the job they are.
    rows
        ``(n, n_metrics)``: their metrics, in the same sequence.
    errors
        Number of each failed one → what went wrong.
    """

    numbers: range
    rows: FloatArray
    errors: Mapping[int, str]


def attempt(job: Job, number: int) -> Done:
    """Run one trial; what it raises is its answer. Only what ends the process, such as Ctrl-C, passes through."""
    only = range(number, number + 1)
    try:
        return Done(only, job.run(number)[None], {})
    except Exception as error:
        return Done(only, np.full((1, len(job.common.metrics)), np.nan), {number: told(error)})


def _summary(own: Common, done: Run) -> Sequence[float]:
    from quantlab.kernels.summaries import SCRATCH_ROWS, summarise

    equity = done.record.equity[own.rows.start : done.outcome.stop]
    scratch, out = np.empty((SCRATCH_ROWS, len(equity))), np.empty(len(SUMMARY))
    n_fills, ruined = len(done.record.fills), done.outcome.ruined
    rate, a_year = own.rate_per_bar, own.bars.periods_per_year
    bad = summarise(equity, own.cash, n_fills, ruined, a_year, rate, scratch, out)
    if bad >= 0:
        raise DataError(f"returns of bar {bad} are not finite: equity there is {equity[bad]}.")
    values: list[float] = out.tolist()
    return values


def _result(setting: Setup, own: Common, done: Run) -> Result:
    """Make a result, for metrics that need more than the equity: trades, exposure, costs, a benchmark."""
    from quantlab.engine.result import Result
    from quantlab.engine.tables import run_tables

    rows = slice(done.plan.start, done.outcome.stop)
    time = own.bars.time[rows]
    return Result(
        name=repr(setting.strategy),
        equity=pd.Series(done.record.equity[rows], time),
        initial_cash=own.cash,
        periods_per_year=own.bars.periods_per_year,
        risk_free_annual=own.risk_free_annual,
        fill=own.rules.execution.fill,
        engine=done.engine,
        notes=(),
        ruined=done.outcome.ruined,
        benchmark_name=None,
        benchmark=None if own.benchmark is None else own.benchmark.iloc[: len(time)],
        provenance={},
        _tables=run_tables(own.bars, done.record, done.plan, done.outcome, own.rules),
    )
