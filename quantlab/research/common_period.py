"""Runs of different spans on the bars that all of them have, so that their numbers mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from quantlab.engine.provenance import trials_behind
from quantlab.engine.result import Result
from quantlab.errors import DataError
from quantlab.metrics.run_figures import RunFigures, trading_figures
from quantlab.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Stretch:
    """One run on the common bars: the money it came with, and its equity at each of them (n_bars,)."""

    result: Result
    time: pd.DatetimeIndex
    initial_cash: float
    equity: FloatArray

    @property
    def returns(self) -> FloatArray:
        """Simple returns from one common bar to the next (n_bars,); 0 after ruin."""
        before = np.concatenate([[self.initial_cash], self.equity[:-1]])
        growth = np.divide(self.equity, before, out=np.ones_like(before), where=before != 0.0)
        return np.asarray(growth - 1.0, dtype=np.float64)

    @property
    def ruined(self) -> bool:
        """Whether the run was ruined on these bars."""
        return self.result.ruined and bool(self.result.equity.index[-1] <= self.time[-1])

    def figures(self, benchmark: FloatArray | None = None) -> RunFigures:
        """Figures of the run on these bars: trades that began and ended within, fills and costs within.

        `n_fills` also counts fills before the stretch: a position bought earlier is a reason to be judged.
        """
        result = self.result
        fills = result.fills[_within(result.fills["time"], self.time)]
        orders = result.orders[_within(result.orders["time"], self.time)]
        trades = result.trades[result.trades["entry_time"] <= self.time[-1]]
        still_open = trades["open"] | (trades["exit_time"] > self.time[-1])
        closed = trades[(trades["entry_time"] >= self.time[0]) & ~still_open]
        weights = result.weights.reindex(self.time).fillna(0.0).to_numpy()
        return RunFigures(
            returns=self.returns,
            equity=self.equity,
            initial_cash=self.initial_cash,
            periods_per_year=result.periods_per_year,
            risk_free_annual=result.risk_free_annual,
            benchmark=benchmark,
            **trading_figures(closed, fills, orders, weights),
            n_fills=int((result.fills["time"] <= self.time[-1]).sum()),
            n_open_trades=int(still_open.sum()),
            ruined=self.ruined,
            **trials_behind(result.provenance),
        )


def common_stretches(results: Mapping[str, Result]) -> dict[str, Stretch]:
    """Cut every run to the bars that all have.

    Returns are measured from one common bar to the next, so a bar that only some have is compounded, not
    lost. A ruined run stays in with the equity it was left with, and does not shorten the others.

    Raises
    ------
    DataError
        When bars a year, riskless rates or time zones differ, fewer than two bars are common, or a run was
        ruined before the first of them.
    """
    _require_same_terms(results)
    paths = {name: _path(result, results) for name, result in results.items()}
    time = reduce(pd.Index.intersection, (path.index for path in paths.values()))
    if len(time) < 2:
        raise DataError(_no_overlap(results, len(time)))
    return {name: _cut(name, results[name], path, pd.DatetimeIndex(time)) for name, path in paths.items()}


def _path(result: Result, results: Mapping[str, Result]) -> pd.Series:
    equity = result.equity
    if not result.ruined:
        return equity
    later = [other.equity.index[other.equity.index > equity.index[-1]] for other in results.values()]
    return equity.reindex(reduce(pd.Index.union, later, equity.index), method="ffill")


def _cut(name: str, result: Result, path: pd.Series, time: pd.DatetimeIndex) -> Stretch:
    first = int(path.index.searchsorted(time[0]))
    cash = result.initial_cash if first == 0 else float(path.iloc[first - 1])
    if not cash > 0.0:
        raise DataError(f"{name} was ruined before the common period, which begins {time[0]}; leave it out.")
    return Stretch(result, time, cash, path.loc[time].to_numpy(dtype=np.float64))


def _within(times: pd.Series, time: pd.DatetimeIndex) -> pd.Series:
    return (times >= time[0]) & (times <= time[-1])


def _require_same_terms(results: Mapping[str, Result]) -> None:
    for what, remedy in (
        ("periods_per_year", "read the bars with one periods_per_year, or resample them to one interval"),
        ("risk_free_annual", "run them with one risk_free_annual"),
    ):
        values = {name: getattr(result, what) for name, result in results.items()}
        if len(set(values.values())) > 1:
            raise DataError(f"{what} differs: {values}; their ratios mean different things: {remedy}.")
    zones = {name: str(pd.DatetimeIndex(result.equity.index).tz) for name, result in results.items()}
    if len(set(zones.values())) > 1:
        raise DataError(f"Time zones differ: {zones}; read the bars in one time zone.")


def _no_overlap(results: Mapping[str, Result], n_common: int) -> str:
    late = max(results, key=lambda name: results[name].equity.index[0])
    early = min(results, key=lambda name: results[name].equity.index[-1])
    spans = " and ".join(f"{name} spans {_span(results[name])}" for name in dict.fromkeys((early, late)))
    return f"{n_common} bars are common to all runs, at least 2 are needed: {spans}. Run them over one span."


def _span(result: Result) -> str:
    return f"{result.equity.index[0]} to {result.equity.index[-1]}"
