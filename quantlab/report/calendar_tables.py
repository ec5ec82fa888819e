"""An equity curve by calendar: months, years, drawdowns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.metrics.drawdown import drawdown_path, drawdowns, max_drawdown
from quantlab.metrics.returns import volatility
from quantlab.report.axes import has_hours
from quantlab.report.charts import day
from quantlab.report.hints import with_hints
from quantlab.report.tables import Cell, Table, numeric
from quantlab.research.exposures import calendar_returns, period_rows

MOST_DRAWDOWNS = 10
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def period_returns(equity: pd.Series, initial_cash: float, period: str) -> dict[str, float]:
    """Return of every calendar month ("M", as "2020-03") or year ("Y"); the first is from initial cash.

    >>> days = pd.to_datetime(["2020-01-31", "2020-02-28", "2021-01-04"])
    >>> period_returns(pd.Series([110.0, 121.0, 60.5], days), 100.0, "Y")
    {'2020': 0.21, '2021': -0.5}
    """
    return calendar_returns(equity, initial_cash, period).round(12).to_dict()  # type: ignore[return-value]


def monthly_table(equity: pd.Series, initial_cash: float) -> Table:
    """Lay out returns by year and month, shaded, with the year's own at the end."""
    months = period_returns(equity, initial_cash, "M")
    full = max(float(np.nanquantile(np.abs(list(months.values())), 0.9)), 1e-9)
    rows = []
    for year, total in period_returns(equity, initial_cash, "Y").items():
        keys = [f"{year}-{month:02}" for month in range(1, 13)]
        cells = [
            numeric(months[key], "fraction", full=full) if key in months else Cell("", True) for key in keys
        ]
        rows.append((Cell(year), *cells, numeric(total, "fraction")))
    return Table("Monthly returns", ("", *MONTHS, "Year"), tuple(rows), wide=True)


def yearly_table(
    equity: pd.Series, initial_cash: float, periods_per_year: float, benchmark: pd.Series | None
) -> Table:
    """Lay out return, volatility and drawdown of every calendar year, beside the benchmark's return."""
    ours = period_returns(equity, initial_cash, "Y")
    theirs = {} if benchmark is None else period_returns((1.0 + benchmark).cumprod(), 1.0, "Y")
    start, rows = initial_cash, []
    values = equity.to_numpy(dtype=np.float64)
    for year, inside in period_rows(pd.DatetimeIndex(equity.index), "Y").items():
        money = values[inside]
        beside = [theirs[year], ours[year] - theirs[year]] if theirs else []
        before = np.concatenate([[start], money[:-1]])
        steps = np.divide(money, before, out=np.ones_like(money), where=before != 0.0) - 1.0
        falls = max_drawdown(drawdown_path(money, start)) if start > 0.0 else float("nan")
        fractions = [ours[year], *beside, volatility(steps, periods_per_year), falls]
        rows.append((Cell(year), *(numeric(v, "fraction") for v in fractions), numeric(money.size, "count")))
        start = float(money[-1])
    names = ("benchmark", "difference") if theirs else ()
    columns = ("year", "return", *names, "volatility", "maximum drawdown", "bars")
    return with_hints(Table("Years", columns, tuple(rows), sortable=True))


def drawdown_table(equity: pd.Series, initial_cash: float) -> Table:
    """Lay out the deepest drawdowns: from which peak, how deep, how long, and whether recovered."""
    found = drawdowns(equity.to_numpy(dtype=np.float64), initial_cash)
    time = pd.DatetimeIndex(equity.index)
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
    columns = ("peak", "trough", "recovered", "depth", "bars below peak")
    return Table("Drawdowns", columns, rows, note, wide=has_hours(time), sortable=True)
