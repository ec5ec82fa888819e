"""A strategy run again under worse terms, on worse bars and through crises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantlab.display.sheets import Sheet, Shown, frame_sheet
from quantlab.engine.backtest import NO_COSTS, backtest
from quantlab.engine.portfolio import Portfolio
from quantlab.engine.result import Result
from quantlab.engine.strategy import Strategy
from quantlab.errors import QuantlabError
from quantlab.market.bars import Bars
from quantlab.metrics.catalogue import METRICS
from quantlab.research.crises import CRISES, covers, crisis_named, during, passed_through, sessions_of
from quantlab.research.crisis_index import index_returns
from quantlab.research.redrawn_trades import RedrawnTrades, redraw_trades
from quantlab.research.scenarios import Scenario, Terms, dearer, later, moved, through, wilder
from quantlab.trading.account import Execution
from quantlab.trading.costs import Costs

SHOWN = ("total_return", "cagr", "sharpe", "max_drawdown", "n_trades", "costs_fraction")
LABELS = {
    **{name: METRICS[name].label for name in SHOWN},
    "change": "Change",
    "index_return": "Index",
    "return": "Exposure",
}
REPLAYS = ("Lehman autumn 2008", "Pandemic crash 2020")
FREE = "costs are zero, so no multiple of them is shown: give costs=, as ql.Costs(commission=0.001)."
WITHIN = "no crisis is replayed on bars within sessions: resample them to days."


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
        mean net exposure held through it, rebalanced every bar; empty without a position.
    net_exposure
        Mean net exposure of the run over the bars with a position; NaN without one.
    trades
        The run's trades drawn again; None below two closed ones.
    notes
        Where crises were put, what was left out or could not be run, and why.
    name, index_name
        The strategy as the code that makes it, and the index of the crises.
    """

    frame: pd.DataFrame
    crises: pd.DataFrame
    net_exposure: float
    trades: RedrawnTrades | None
    notes: tuple[str, ...]
    name: str
    index_name: str

    def sheets(self) -> list[Sheet]:
        """Scenarios; crises and trades where there are any."""
        units = {**{LABELS[name]: METRICS[name].unit for name in SHOWN}, LABELS["change"]: "fraction"}
        sheets = [frame_sheet("Stress", self.frame.rename(columns=LABELS), units=units, notes=self.notes)]
        if len(self.crises):
            frame = self.crises.rename(columns=LABELS)
            note = f"Exposure: {self.net_exposure:.2f} of equity, the run's mean net exposure, held through each."
            shares = dict.fromkeys(map(str, frame.columns), "fraction")
            sheets.append(frame_sheet(f"Crises of {self.index_name}", frame, units=shares, notes=[note]))
        return sheets + (self.trades.sheets() if self.trades else [])


def stress(
    strategy: Strategy | Portfolio,
    bars: Bars,
    *,
    cost_times: Sequence[float] = (2.0, 5.0),
    delays: Sequence[int] = (1,),
    price_shocks: Sequence[float] = (-0.2,),
    volatility_times: Sequence[float] = (1.5,),
    replays: Sequence[str] = REPLAYS,
    index: str | pd.Series | None = None,
    costs: Costs = NO_COSTS,
    execution: Execution | None = None,
    seed: int = 0,
    **settings: Any,
) -> Stress:
    """Run `strategy` again with dearer and later fills, on shocked bars and through crises.

    Parameters
    ----------
    strategy, bars, costs, execution, seed
        As `quantlab.backtest` takes them; `seed` is also that of the trades drawn again.
    cost_times
        Every cost times these; left out where costs are zero.
    delays
        Bars by which every order reaches the market later.
    price_shocks
        Fractions by which all prices move overnight, for good, before the bar after the one with the largest net
        exposure: where it hurts most, which only hindsight knows.
    volatility_times
        Factors on every symbol's swings about its own mean return.
    replays
        Names of crises (`quantlab.research.crises.CRISES`) that are put among the bars, again where the net exposure
        was largest: closes follow beta × the index's returns, then their own go on; see
        `quantlab.research.replays.replayed`. Not for bars within sessions.
    index
        Whose crises: a symbol of `bars`, or simple returns of an index by time. By default the S&P 500 from 1990 to
        2022 (`quantlab.research.crisis_index.sp500_returns`).
    **settings
        Further settings of `quantlab.backtest`.

    Raises
    ------
    DataError
        An index that is none, an unknown crisis, and what `quantlab.backtest` refuses.

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
    >>> bool(table.loc["Lehman autumn 2008 replayed", "max_drawdown"] < -0.3)
    True
    """
    market = index_returns(index, bars)
    for name in replays:
        crisis_named(name)
    terms = Terms(bars, costs, execution or Execution())

    def run(of: Terms) -> Result:
        return backtest(
            strategy, of.bars, costs=of.costs, execution=of.execution, **{**settings, "seed": seed}
        )

    base = run(terms)
    cost_times, free = ((), [FREE]) if cost_times and costs == NO_COSTS else (cost_times, [])
    replays, within = ((), [WITHIN]) if replays and bars.intraday else (replays, [])
    scenarios: dict[str, Scenario] = {
        **{f"costs × {times:g}": dearer(times) for times in cost_times},
        **{f"fills delayed by {n}": later(n) for n in delays},
        **{f"prices {size:+.0%}": moved(size, base) for size in price_shocks},
        **{f"volatility × {times:g}": wilder(times) for times in volatility_times},
        **{f"{name} replayed": through(name, market, base) for name in replays},
    }
    rows: dict[str, Mapping[str, float]] = {"as it was": base.metrics}
    notes = [*free, *within]
    for name, change in scenarios.items():
        rows[name], note = _outcome(name, change, terms, run)
        notes += [note] if note else []
    exposure = _mean_exposure(base)
    return Stress(
        frame=_frame(rows),
        crises=_crises(market, exposure),
        net_exposure=exposure,
        trades=redraw_trades(base, seed=seed) if (~base.trades["open"]).sum() >= 2 else None,
        notes=(*notes, *_unfilled(rows)),
        name=base.name,
        index_name=str(market.name),
    )


def _outcome(
    name: str, change: Scenario, terms: Terms, run: Callable[[Terms], Result]
) -> tuple[Mapping[str, float], str]:
    """Metrics under a scenario and what is to be said of it; no metrics and the reason where it cannot be run."""
    try:
        changed = change(terms)
        return run(changed).metrics, changed.note
    except QuantlabError as error:
        return {}, f"{name} could not be run: {error}"


def _frame(rows: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    table = {name: [values.get(metric, np.nan) for metric in SHOWN] for name, values in rows.items()}
    frame = pd.DataFrame.from_dict(table, orient="index", columns=list(SHOWN)).rename_axis("scenario")
    return frame.assign(change=frame["total_return"] - frame["total_return"].iloc[0])


def _unfilled(rows: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Say where nothing was traded any more, so that what did not happen is not taken for a safe haven."""
    first, *others = rows.items()
    for name, metrics in others:
        if metrics and metrics["n_fills"] == 0.0 < first[1]["n_fills"]:
            yield f"{name}: no order was filled before the bars ended."


def _mean_exposure(result: Result) -> float:
    held = result.figures.gross_exposure > 0.0
    return float(result.figures.net_exposure[held].mean()) if held.any() else np.nan


def _crises(index: pd.Series, exposure: float) -> pd.DataFrame:
    rows = {}
    days, returns = sessions_of(index), index.to_numpy(dtype=np.float64)
    for crisis in CRISES:
        if np.isfinite(exposure) and covers(days, crisis):
            inside = returns[during(days, crisis)]
            alone = float(np.prod(1.0 + inside)) - 1.0
            rows[crisis.name] = (alone, *passed_through(exposure * inside))
    columns = ["index_return", "return", "max_drawdown"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("crisis")
