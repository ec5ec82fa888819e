"""Many backtests of one strategy over a space of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from quantlab.display.progress import progress_bar
from quantlab.engine.arguments import must_be_money
from quantlab.engine.backtest import NO_COSTS, check_kinds, must_be_runnable, span_of
from quantlab.engine.inputs import ForecastSource
from quantlab.engine.strategy import Strategy
from quantlab.errors import StrategyError
from quantlab.market.bars import Bars
from quantlab.metrics.catalogue import find_metric
from quantlab.metrics.ranking import best_first
from quantlab.records import SUMMARY
from quantlab.research.job import Common, Job
from quantlab.research.needs import Needs
from quantlab.research.origin import origin_of
from quantlab.research.rows import Rows
from quantlab.research.space import space_of
from quantlab.research.swept import Sweep, Trial
from quantlab.research.trial_store import TrialStore
from quantlab.research.trials import Trials, Where, drawn, grid
from quantlab.research.workers import Crew
from quantlab.trading.account import SAME_CLOSE, Account, Execution, Rules
from quantlab.trading.costs import Costs
from quantlab.trading.fitting import must_fit

if TYPE_CHECKING:
    from quantlab.engine.result import Result
    from quantlab.forecasting.folds import WalkForward
    from quantlab.forecasting.forecast import Forecasts

__all__ = ["Sweep", "Trial", "sweep"]


def sweep(
    strategy: type[Strategy] | Strategy,
    bars: Bars,
    *,
    over: Mapping[str, Any] | None = None,
    where: Where | None = None,
    trials: int | None = None,
    metrics: Sequence[str] = SUMMARY,
    rank_by: str = "sharpe",
    workers: int | None = None,
    path: str | Path | None = None,
    cash: float = 100_000.0,
    costs: Costs = NO_COSTS,
    account: Account | None = None,
    execution: Execution | None = None,
    forecasts: Forecasts | Mapping[str, Forecasts] | None = None,
    folds: WalkForward | None = None,
    start: Any = None,
    end: Any = None,
    engine: str = "auto",
    benchmark: str | pd.Series | Result | None = None,
    risk_free_annual: float = 0.0,
    seed: int = 0,
    progress: bool | None = None,
) -> Sweep:
    """Run `strategy` with many sets of parameters and keep the metrics of each.

    Every distinct feature and every forecast is computed once. A trial leaves its row of metrics and nothing else. A
    trial that fails is recorded with its error, and the others go on.

    Parameters
    ----------
    strategy
        A class, or an instance whose parameters hold where none are searched.
    bars
        What happened.
    over
        Values to try, by parameter: ``{"fast": range(5, 50, 5), "slow": [50, 100]}``; all combinations are run. Left
        out, every parameter with a declared range or choices is searched, which takes `trials`. A range of one's own,
        for random draws, is ``ql.param(default=…, low=…, high=…)``.
    where
        Which combinations to run: a function of the parameters, ``lambda p: p.fast < p.slow``.
    trials
        Run this many distinct random draws instead of all combinations, each equally likely: of the given values, and
        uniformly between the ends of a range. More trials with the same `seed` begin with the same ones.
    metrics
        Columns, by catalogue name. The default ones come from the equity alone; any other makes each trial slower,
        because its whole result is made. ``sharpe`` and `rank_by` are always there.
    rank_by
        Metric that says which trial is best.
    workers
        Processes or threads; 1 stays in this process. By default as many as there are processors, where that pays.
        In other processes, what a strategy prints goes to stderr.
    path
        A file that keeps finished trials. Run again, the sweep goes on where it stopped, also after a kill; the
        searched values may change. Failed trials are tried again. What would change a number (code, bars, settings,
        versions) must not differ.
    cash, costs, account, execution, forecasts, folds, start, end, engine, benchmark, risk_free_annual, seed, progress
        As `quantlab.backtest` takes them. `seed` is also that of the random draws.

    Raises
    ------
    StrategyError
        An unknown parameter or a value that the strategy refuses, before anything is run; nothing left to run; or all
        trials failed.
    DataError, ForecastError
        As `quantlab.backtest` raises them; an unknown metric.
    ResultError
        A file at `path` that is damaged, foreign, or of a sweep that differs.

    Examples
    --------
    >>> import quantlab as ql
    >>> class Dip(ql.Strategy):
    ...     depth: float = ql.param(default=0.02, low=0.0, high=0.5)
    ...     fall = ql.feature("momentum", lookback=1)
    ...     def on_bar(self, now: ql.Now) -> None:
    ...         now.target_weight(0, 1.0 if now[self.fall, 0] < -self.depth else 0.0)
    >>> close = [10.0, 9.0, 10.0, 9.5, 10.0]
    >>> bars = ql.Bars.from_arrays(time=pd.bdate_range("2024-01-01", periods=5), symbols=["A"], open=close,
    ...     high=close, low=close, close=close)
    >>> swept = ql.sweep(Dip, bars, over={"depth": [0.02, 0.08, 0.3]}, workers=1)
    >>> swept.frame["total_return"].round(3).tolist()
    [-0.05, -0.05, 0.0]
    """
    base = _base(strategy)
    must_be_runnable(base, bars, engine)
    check_kinds(costs, account, execution, forecasts, folds, seed)
    must_be_money("cash", cash, 0.0)
    must_be_money("risk_free_annual", risk_free_annual, -1.0)
    crew = Crew(workers, engine)
    columns = _columns(metrics, rank_by)
    chosen = _search(base, over, where, trials, seed, columns)

    start_row, stop = span_of(bars, start, end)
    cut = bars if stop == bars.n_bars else bars.rows(0, stop)
    account, execution = account or Account(), execution or Execution()
    rules = Rules(costs, account, execution)
    must_fit(rules, cut)
    common = Common(
        cut, range(start_row, stop), float(cash), rules, risk_free_annual,
        _returns_of(benchmark, cut, start_row, stop), columns,
    )  # fmt: skip
    needs = Needs(chosen, cut, ForecastSource(forecasts, folds, seed, progress))
    settings: dict[str, Any] = {
        "cash": float(cash), "costs": costs, "account": account, "execution": execution,
        "risk_free_annual": risk_free_annual,
    }  # fmt: skip
    rows = Rows(chosen, columns)
    with ExitStack() as stack:
        if path is not None:
            origin = origin_of(base, common, needs.forecasts, settings)
            rows.keep_in(stack.enter_context(TrialStore(path, origin)))
        tick = stack.enter_context(progress_bar(_title(chosen), len(chosen), progress))
        for wave in needs.waves(rows.open):
            job = Job(common, chosen.only(wave.numbers), wave.inputs, engine)
            for done in crew.run(job):
                errors = {int(wave.numbers[k]): error for k, error in done.errors.items()}
                rows.put(wave.numbers[done.numbers], done.rows, errors)
                tick(rows.n_done, "")
        rows.fail(needs.failures)
    rows.demand_some()
    return Sweep(
        frame=rows.frame(),
        params=chosen.names,
        metrics=columns,
        rank_by=rank_by,
        n_trials=rows.n_ever,
        engine=crew.engine,
        notes=_notes(rows, needs, execution, trials),
        _trials=chosen,
        _sharpes=rows.ever("sharpe"),
        _bars=bars,
        _settings={
            **settings,
            "forecasts": needs.forecasts or None,
            "start": start,
            "end": end,
            "engine": engine,
            "benchmark": benchmark,
            "seed": seed,
        },
    )


def _base(strategy: type[Strategy] | Strategy) -> Strategy:
    """Return the instance whose parameters hold where none are searched."""
    return strategy() if isinstance(strategy, type) and issubclass(strategy, Strategy) else strategy


def _columns(metrics: Sequence[str], rank_by: str) -> tuple[str, ...]:
    """Columns of metrics: those asked for, the one that ranks, and the Sharpe ratio that deflation needs."""
    best_first(rank_by, [])  # refuses what cannot rank
    given = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    return tuple(find_metric(name).name for name in dict.fromkeys((*given, rank_by, "sharpe")))


def _search(
    base: Strategy,
    over: Mapping[str, Any] | None,
    where: Where | None,
    trials: int | None,
    seed: int,
    columns: tuple[str, ...],
) -> Trials:
    if trials is None and over is None:
        raise StrategyError("Say what to try: over={'name': [values]}, or trials=100 random draws.")
    space = space_of(base, over, drawn=trials is not None)
    for name in space:
        if name in (*columns, "trial", "error"):
            raise StrategyError(
                f"A parameter cannot be called {name!r} in a sweep: a column of its table is."
            )
    return grid(base, space, where) if trials is None else drawn(base, space, where, trials, seed)


def _returns_of(
    benchmark: str | pd.Series | Result | None, bars: Bars, start: int, stop: int
) -> pd.Series | None:
    from quantlab.engine.benchmark import benchmark_returns

    return None if benchmark is None else benchmark_returns(benchmark, bars, start, stop)


def _title(chosen: Trials) -> str:
    return f"{type(chosen.base).__name__} over {', '.join(chosen.names)}"


def _notes(rows: Rows, needs: Needs, execution: Execution, asked: int | None) -> tuple[str, ...]:
    lines = []
    if execution.fill == "same_close":
        lines.append(SAME_CLOSE)
    lines += [f"UNCHECKED: {line}" for line in needs.unchecked]
    if asked is not None and len(rows.trials) < asked:
        lines.append(
            f"{asked} trials were asked for; no more than {len(rows.trials)} different ones were found."
        )
    if rows.errors:
        number, error = min(rows.errors.items())
        share = f"{len(rows.errors)} of {len(rows.trials)} trials failed"
        lines.append(f"{share}; the first, {rows.trials.code(number)}: {error}")
    return tuple(lines)
