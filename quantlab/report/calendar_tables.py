"""An equity curve by calendar: months, years, drawdowns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.metrics.drawdown import drawdown_path, drawdowns, max_drawdown
from quantlab.metrics.returns import volatility
from quantlab.report.charts import day
from quantlab.report.tables import Cell, Table, numeric

MOST_DRAWDOWNS = 10
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def period_returns(equity: pd.Series, initial_cash: float, period: str) -> pd.Series:
    """Return of every calendar month ("M") or year ("Y") of an equity curve; the first from initial cash."""
    last = equity.groupby(_periods(equity, period)).last()
    before = last.shift(fill_value=initial_cash)
    return last / before - 1.0


def monthly_table(equity: pd.Series, initial_cash: float) -> Table:
    """Returns by year and month, shaded, with the year's own at the end."""
    months = period_returns(equity, initial_cash, "M")
    years = period_returns(equity, initial_cash, "Y")
    full = max(float(months.abs().quantile(0.9)), 1e-9)
    by_place = {(m.year, m.month): float(value) for m, value in months.items()}
    rows = []
    for year, total in years.items():
        cells = [
            numeric(by_place[year.year, k], "fraction", full=full) if (year.year, k) in by_place else Cell("")
            for k in range(1, 13)
        ]
        rows.append((Cell(str(year.year)), *cells, numeric(float(total), "fraction")))
    return Table("Monthly returns", ("", *MONTHS, "Year"), tuple(rows))


def yearly_table(
    equity: pd.Series, initial_cash: float, periods_per_year: float, benchmark: pd.Series | None
) -> Table:
    """Return, volatility and drawdown of every calendar year, beside the benchmark's return."""
    years = period_returns(equity, initial_cash, "Y")
    theirs = None if benchmark is None else period_returns((1.0 + benchmark).cumprod(), 1.0, "Y")
    start, rows = initial_cash, []
    for year, path in equity.groupby(_periods(equity, "Y")):
        money = path.to_numpy(dtype=np.float64)
        steps = money / np.concatenate([[start], money[:-1]]) - 1.0
        row = [Cell(str(year)), numeric(float(years[year]), "fraction")]
        if theirs is not None:
            row += [
                numeric(float(theirs[year]), "fraction"),
                numeric(float(years[year] - theirs[year]), "fraction"),
            ]
        row += [
            numeric(volatility(steps, periods_per_year), "fraction"),
            numeric(max_drawdown(drawdown_path(money, start)), "fraction"),
            numeric(len(money), "count"),
        ]
        rows.append(tuple(row))
        start = float(money[-1])
    names = ("benchmark", "difference") if theirs is not None else ()
    return Table("Years", ("", "return", *names, "volatility", "maximum drawdown", "bars"), tuple(rows))


def drawdown_table(equity: pd.Series, initial_cash: float) -> Table:
    """The deepest drawdowns: from which peak, how deep, how long, and whether recovered."""
    found = drawdowns(equity.to_numpy(dtype=np.float64), initial_cash)
    time = equity.index
    rows = tuple(
        (
            Cell("start" if one.peak < 0 else day(time[one.peak])),
            Cell(day(time[one.trough])),
            Cell("not yet" if one.recovery is None else day(time[one.recovery])),
            numeric(one.depth, "fraction"),
            numeric(one.bars, "bars"),
        )
        for one in found[:MOST_DRAWDOWNS]
    )
    note = f"The deepest {MOST_DRAWDOWNS} of {len(found):,}." if len(found) > MOST_DRAWDOWNS else ""
    return Table("Drawdowns", ("peak", "trough", "recovered", "depth", "bars below peak"), rows, note)


def _periods(series: pd.Series, period: str) -> pd.PeriodIndex:
    """Calendar period of every row, by the wall clock of the index."""
    return pd.DatetimeIndex(series.index).tz_localize(None).to_period(period)
