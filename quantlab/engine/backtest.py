"""A strategy, or a portfolio of them, over one set of bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.engine.arguments import must_be, must_be_money
from quantlab.engine.portfolio import Portfolio
from quantlab.engine.strategy import Strategy
from quantlab.errors import DataError, StrategyError, did_you_mean
from quantlab.market.bars import Bars
from quantlab.trading.account import Account, Execution, Rules
from quantlab.trading.costs import Costs
from quantlab.trading.fitting import must_fit

if TYPE_CHECKING:
    from quantlab.engine.result import Result
    from quantlab.forecasting.folds import WalkForward
    from quantlab.forecasting.forecast import Forecasts

    Given = Forecasts | Mapping[str, Forecasts]

ENGINES = ("python", "compiled", "auto")
NO_COSTS = Costs()


def backtest(
    strategy: Strategy | Portfolio,
    bars: Bars,
    *,
    cash: float = 100_000.0,
    costs: Costs = NO_COSTS,
    account: Account | None = None,
    execution: Execution | None = None,
    forecasts: Given | Mapping[str, Given] | None = None,
    folds: WalkForward | None = None,
    start: Any = None,
    end: Any = None,
    engine: str = "auto",
    benchmark: str | pd.Series | Result | None = None,
    risk_free_annual: float = 0.0,
    seed: int = 0,
    progress: bool | None = None,
) -> Result:
    """Run `strategy` over `bars` and return everything it produced.

    Parameters
    ----------
    strategy
        An instance; it is not changed. Or a `Portfolio` of several: the result's ``parts`` are then those of each.
    bars
        What happened.
    cash
        Initial cash, in money.
    costs, account, execution
        What trading costs; what the account allows; when orders are filled (the next open by default).
    forecasts
        Tables made before, for the strategy's declared forecasts: one table, or a dict by attribute name. What is
        not given is made by a walk-forward, and kept for the next run. For a portfolio: a dict by strategy name.
    folds
        Folds of that walk-forward; ``WalkForward()`` by default.
    start, end
        First and last bar of the run, as labels; bars before `start` serve as warm-up.
    engine
        ``"python"`` calls the hooks as Python; ``"compiled"`` makes machine code of them, with the same fills and
        equity to the last bit; ``"auto"`` compiles when it pays and can be done. The choice and its reason are in
        ``result.engine``.
    benchmark
        A symbol of the bars, a Series of returns, or another result.
    risk_free_annual
        Riskless return a year, as a fraction.
    seed
        Seed of whatever is random: the training of forecasters.
    progress
        Show progress on stderr; by default on long work at a terminal.

    Raises
    ------
    StrategyError, DataError, OrderError, ForecastError, CausalityError
        Whatever is wrong, with the place and a remedy. An exception inside a hook comes out as it is, with a note
        that names the bar.

    Examples
    --------
    >>> import quantlab as ql
    >>> class Hold(ql.Strategy):
    ...     def on_bar(self, now: ql.Now) -> None:
    ...         if now.position[0] == 0.0:
    ...             now.target_weight(0, 1.0)
    >>> bars = ql.Bars.from_arrays(time=["2024-01-02", "2024-01-03", "2024-01-04"], symbols=["A"],
    ...     open=[10.0, 20.0, 20.0], high=[20.0, 25.0, 30.0], low=[10.0, 20.0, 20.0], close=[20.0, 20.0, 30.0])
    >>> ql.backtest(Hold(), bars, cash=100.0).equity.tolist()
    [100.0, 100.0, 150.0]
    """
    # Deferred: Numba takes as long to import as pandas, and `import quantlab` must stay light.
    from quantlab.engine.benchmark import benchmark_returns
    from quantlab.engine.inputs import ForecastSource
    from quantlab.engine.recipe import recipe_of
    from quantlab.engine.single_run import Terms, run_one

    check_kinds(costs, account, execution, forecasts, folds, seed)
    must_be_money("cash", cash, 0.0)
    must_be_money("risk_free_annual", risk_free_annual, -1.0)
    account, execution = account or Account(), execution or Execution()
    for each in strategy.strategies.values() if isinstance(strategy, Portfolio) else [strategy]:
        must_be_runnable(each, bars, engine)
    start_row, stop = span_of(bars, start, end)
    asked = {
        "cash": cash, "costs": costs, "account": account, "execution": execution, "folds": folds, "start": start,
        "end": end, "engine": engine, "benchmark": benchmark, "risk_free_annual": risk_free_annual, "seed": seed,
    }  # fmt: skip
    recipe = recipe_of(strategy, bars, forecasts, asked)
    bars = bars if stop == bars.n_bars else bars.rows(0, stop)
    rules = Rules(costs, account, execution)
    must_fit(rules, bars)
    measure = None if benchmark is None else benchmark_returns(benchmark, bars, start_row, stop)
    settings = {
        "cash": float(cash), "costs": repr(costs), "account": repr(account), "execution": repr(execution),
        "start": _label(start), "end": _label(end), "seed": seed, "risk_free_annual": risk_free_annual,
    }  # fmt: skip
    terms = Terms(
        bars, range(start_row, stop), rules,
        ForecastSource(forecasts, folds, seed, progress), engine, progress, measure, settings,
    )  # fmt: skip
    if isinstance(strategy, Portfolio):
        from quantlab.engine.portfolio_run import run_portfolio

        return replace(run_portfolio(strategy, terms), recipe=recipe)
    return replace(run_one(strategy, terms)[1], recipe=recipe)


def must_be_runnable(strategy: object, bars: object, engine: str) -> None:
    """Refuse what cannot be run, with what to give instead."""
    if isinstance(strategy, type) and issubclass(strategy, Strategy):
        raise StrategyError(f"{strategy.__name__} is a class: give an instance, {strategy.__name__}().")
    if isinstance(strategy, Bars):
        raise StrategyError("backtest(bars, …): the strategy comes first, ql.backtest(strategy, bars).")
    if isinstance(strategy, Portfolio):
        name = next(iter(strategy.strategies))
        raise StrategyError(
            f"{strategy!r} is a portfolio, which only backtest() runs: give one of its strategies, as "
            f"portfolio.strategies[{name!r}]."
        )
    if not isinstance(strategy, Strategy):
        raise StrategyError(f"{strategy!r} is no strategy: subclass ql.Strategy and give an instance.")
    if type(strategy).on_bar is Strategy.on_bar:
        raise StrategyError(f"{type(strategy).__name__} has no on_bar: write `def on_bar(self, now)`.")
    if not isinstance(bars, Bars):
        raise DataError(f"bars is a {type(bars).__name__}: read it with ql.read_bars(…) first.")
    if engine not in ENGINES:
        raise StrategyError(f"engine={engine!r} is not known. {did_you_mean(engine, ENGINES)}")


def check_kinds(
    costs: object, account: object, execution: object, forecasts: object, folds: object, seed: object
) -> None:
    """Refuse arguments of the wrong kind, with how to write what was meant; None passes."""
    from quantlab.forecasting.folds import WalkForward
    from quantlab.forecasting.forecast import Forecasts

    must_be("costs", costs, Costs, "costs=ql.Costs(commission=0.001)")
    must_be("account", account, Account, "account=ql.Account(leverage=2.0)")
    must_be("execution", execution, Execution, 'execution=ql.Execution(fill="same_close")')
    must_be("forecasts", forecasts, (Forecasts, Mapping), "forecasts=ql.walk_forward(forecaster, bars)")
    must_be("folds", folds, WalkForward, "folds=ql.WalkForward(train=1008, test=252)")
    must_be("seed", seed, int, "seed=0")


def span_of(bars: Bars, start: Any, end: Any) -> tuple[int, int]:
    """First row, and the row after the last, of the labels `start` … `end`."""
    run = bars.window(start, end)
    first = int(np.searchsorted(bars.time_ns, run.time_ns[0]))
    return first, first + run.n_bars


def _label(label: Any) -> str | None:
    return None if label is None else str(label)
