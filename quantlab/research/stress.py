"""A strategy run again under worse terms and on worse bars, and its exposure taken through crises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from quantlab.display.sheets import Sheet, Shown, frame_sheet
from quantlab.engine.backtest import NO_COSTS, backtest
from quantlab.engine.portfolio import Portfolio
from quantlab.engine.result import Result
from quantlab.engine.strategy import Strategy
from quantlab.errors import DataError, QuantlabError
from quantlab.market.bars import Bars
from quantlab.metrics.catalogue import METRICS
from quantlab.research.crises import CRISES, during, passed_through, sessions_of
from quantlab.research.redrawn_trades import RedrawnTrades, redraw_trades
from quantlab.research.shocks import price_shock, volatility_shock
from quantlab.trading.account import Execution
from quantlab.trading.costs import Costs

SHOWN = ("total_return", "cagr", "sharpe", "max_drawdown", "n_trades", "costs_fraction")

Runs = Mapping[str, Callable[[], Result]]


@dataclass(frozen=True, eq=False, repr=False)
class Stress(Shown):
    """What a strategy does under stress.

    Parameters
    ----------
    frame
        One row a scenario, the first ``as it was``: ``total_return, cagr, sharpe, max_drawdown, n_trades,
        costs_fraction``, and ``change`` of the total return; NaN where the scenario could not be run.
    crises
        One row a crisis that the index covers: its ``index_return``, and ``return`` and ``max_drawdown`` of the run's
        mean net exposure held through it, rebalanced every bar; empty without an index.
    net_exposure
        Mean net exposure of the run over the bars with a position; NaN without one.
    trades
        The run's trades drawn again; None below two closed ones.
    notes
        What could not be run, and why.
    """

    frame: pd.DataFrame
    crises: pd.DataFrame
    net_exposure: float
    trades: RedrawnTrades | None
    notes: tuple[str, ...]

    def sheets(self) -> list[Sheet]:
        """Scenarios; crises and trades where there are any."""
        units = {**{name: METRICS[name].unit for name in SHOWN}, "change": "fraction"}
        sheets = [frame_sheet("Stress", self.frame, units=units, notes=self.notes)]
        if len(self.crises):
            shares = dict.fromkeys(("index_return", "return", "max_drawdown"), "fraction")
            note = f"the run's mean net exposure, {self.net_exposure:.2f} of equity, held through each"
            sheets.append(frame_sheet("Crises of the index", self.crises, units=shares, notes=[note]))
        return sheets + (self.trades.sheets() if self.trades else [])


def stress(
    strategy: Strategy | Portfolio,
    bars: Bars,
    *,
    cost_times: Sequence[float] = (2.0, 5.0),
    delays: Sequence[int] = (1,),
    price_shocks: Sequence[float] = (-0.2,),
    volatility_times: Sequence[float] = (1.5,),
    index: str | pd.Series | None = None,
    costs: Costs = NO_COSTS,
    execution: Execution | None = None,
    seed: int = 0,
    **settings: Any,
) -> Stress:
    """Run `strategy` again with dearer and later fills and on shocked bars; take its exposure through crises.

    Parameters
    ----------
    strategy, bars, costs, execution, seed
        As `quantlab.backtest` takes them; `seed` is also that of the trades drawn again.
    cost_times
        Every cost times these.
    delays
        Bars by which every order reaches the market later.
    price_shocks
        Fractions by which all prices move overnight, for good, before the bar after the one with the largest net
        exposure: where it hurts most, which only hindsight knows.
    volatility_times
        Factors on every symbol's swings about its own mean return.
    index
        A symbol of `bars`, or simple returns of an index by time, through whose crises the run's exposure is taken.
    **settings
        Further settings of `quantlab.backtest`.

    Notes
    -----
    Declared features and forecasts are computed anew on shocked bars; forecasts that are given stay what they were.

    Examples
    --------
    >>> import quantlab as ql
    >>> bars = ql.read_bars("sample:us5", start="2012-06-01")
    >>> hold = ql.FollowWeights(pd.DataFrame(0.2, bars.time, list(bars.symbols)))
    >>> table = stress(hold, bars, costs=ql.Costs(commission=0.001)).frame
    >>> bool(table.loc["costs × 5", "total_return"] < table.loc["as it was", "total_return"])
    True
    """
    common = {**settings, "seed": seed}
    when = execution or Execution()

    def run(of: Bars = bars, **changed: Any) -> Result:
        return backtest(strategy, of, **{**common, "costs": costs, "execution": when, **changed})

    base = run()
    worst = _row_after_most(base, bars)

    def dearer(times: float) -> Result:
        return run(costs=_scaled(costs, times))

    def later(n_bars: int) -> Result:
        return run(execution=_delayed(when, n_bars))

    def moved(size: float) -> Result:
        return run(_shockable(price_shock, bars, when, worst, size))

    def wilder(times: float) -> Result:
        return run(_shockable(volatility_shock, bars, when, times))

    runs: dict[str, Callable[[], Result]] = {
        **{f"costs × {times:g}": partial(dearer, times) for times in cost_times},
        **{f"fills delayed by {n}": partial(later, n) for n in delays},
        **{f"prices {size:+.0%}": partial(moved, size) for size in price_shocks},
        **{f"volatility × {times:g}": partial(wilder, times) for times in volatility_times},
    }
    frame, notes = _table(base, runs)
    exposure = _mean_exposure(base)
    return Stress(
        frame=frame,
        crises=_crises(_index_returns(index, bars), exposure),
        net_exposure=exposure,
        trades=redraw_trades(base, seed=seed) if (~base.trades["open"]).sum() >= 2 else None,
        notes=notes,
    )


def _table(base: Result, runs: Runs) -> tuple[pd.DataFrame, tuple[str, ...]]:
    rows, notes = {"as it was": base.metrics}, []
    for name, run in runs.items():
        try:
            rows[name] = run().metrics
        except QuantlabError as error:
            rows[name] = {}
            notes.append(f"{name} could not be run: {error}")
    table = {name: [values.get(metric, np.nan) for metric in SHOWN] for name, values in rows.items()}
    frame = pd.DataFrame.from_dict(table, orient="index", columns=list(SHOWN)).rename_axis("scenario")
    return frame.assign(change=frame["total_return"] - base.metrics["total_return"]), tuple(notes)


def _scaled(costs: Costs, times: float) -> Costs:
    """Every cost times a number."""
    if isinstance(costs.spread, str):
        raise DataError(
            f"the spread is the field {costs.spread!r} of the bars: give it as a number, or bars with a wider one."
        )
    return replace(costs, **{field.name: getattr(costs, field.name) * times for field in fields(costs)})


def _delayed(execution: Execution, n_bars: int) -> Execution:
    """Delay fills by so many bars; the next open is one bar later than the same close."""
    if execution.fill == "same_close":
        return Execution(latency=n_bars - 1)
    return replace(execution, latency=execution.latency + n_bars)


def _shockable(shock: Callable[..., Bars], bars: Bars, execution: Execution, *terms: Any) -> Bars:
    if execution.inside is not None or execution.quotes:
        raise DataError("finer bars and quotes would have to be shocked alike: run it without them.")
    return shock(bars, *terms)


def _row_after_most(result: Result, bars: Bars) -> int:
    """Row of the bars after that in which the run's net exposure was the largest."""
    net = np.abs(result.figures.net_exposure)
    first = bars.time.get_indexer(result.equity.index[:1])[0]
    return min(int(first + net.argmax()) + 1, bars.n_bars - 1)


def _mean_exposure(result: Result) -> float:
    held = result.figures.gross_exposure > 0.0
    return float(result.figures.net_exposure[held].mean()) if held.any() else np.nan


def _index_returns(index: str | pd.Series | None, bars: Bars) -> pd.Series | None:
    if not isinstance(index, str):
        return index
    return pd.Series(bars.mark[:, bars.index(index)], bars.time).pct_change(fill_method=None).fillna(0.0)


def _crises(index: pd.Series | None, exposure: float) -> pd.DataFrame:
    rows = {}
    if index is not None and np.isfinite(exposure):
        returns, days = index.to_numpy(dtype=np.float64), sessions_of(index)
        for crisis in CRISES:
            inside = returns[during(days, crisis)]
            # Only what the index saw from the beginning is a replay of it.
            if inside.size and days[0] <= pd.Timestamp(crisis.start):
                alone = float(np.prod(1.0 + inside)) - 1.0
                rows[crisis.name] = (alone, *passed_through(exposure * inside))
    columns = ["index_return", "return", "max_drawdown"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("crisis")
