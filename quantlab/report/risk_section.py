"""What the page says about risk: whether a simple forecast of it held, crises, and what the benchmark explains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from quantlab.display.figures import Line, Panel
from quantlab.engine.result import Result
from quantlab.report.charts import Chart, marked, time_chart
from quantlab.report.section import Section
from quantlab.report.sheet_tables import sheet_tables
from quantlab.report.tables import Table
from quantlab.research.attribution import Attribution
from quantlab.research.exceedances import Exceedances, exceedances, historical_value_at_risk

N_BARS = 250  # returns before a bar that its value at risk is made from
LEAST_TESTED = 100  # bars with one; fewer cannot tell a wrong one from bad luck
FEWEST_BARS = 20  # of a regression
TITLE = f"Returns below the value at risk of 5% that the {N_BARS} bars before told"
HOW = f"The value at risk of each bar is the 5% quantile of the {N_BARS} returns before it."


def risk_section(attribution: Attribution, crises: tuple[Table, ...]) -> Section:
    """Exceedances of a value at risk, the regression on the benchmark, and crises that the run saw."""
    returns = _since_first_move(attribution.result.returns)
    told = historical_value_at_risk(returns, n_bars=N_BARS)
    regression = _regression(attribution)
    if told.notna().sum() < LEAST_TESTED or not _varies(returns):
        return Section("Risk", (*regression, *crises))
    found = exceedances(returns, told)
    return Section("Risk", (*regression, _test_table(found), *crises), (_chart(returns, told, found),))


def _since_first_move(returns: pd.Series) -> pd.Series:
    """Leave out bars before anything was held: a forecast of no risk cannot fail there."""
    moved = np.flatnonzero(returns)
    return returns.iloc[moved[0] :] if len(moved) else returns.iloc[:0]


def _test_table(found: Exceedances) -> Table:
    table = sheet_tables(found)[0]
    return replace(table, title="Tests of the value at risk", note=f"{HOW} {table.note}")


def _chart(returns: pd.Series, told: pd.Series, found: Exceedances) -> Chart:
    """Draw returns and their value at risk from the first bar that has one, exceedances as diamonds."""
    seen = returns.loc[found.exceeded.index]
    values = seen.to_numpy(dtype=np.float64)
    risk = Line("value at risk", seen.index, told.loc[seen.index].to_numpy(dtype=np.float64))
    panel = Panel(TITLE, (risk, Line("return", seen.index, values)), "fraction")
    rows = np.flatnonzero(found.exceeded.to_numpy(dtype=np.bool_))
    return marked(time_chart(panel, 220, (2, 1)), panel, "exceedance", rows, values[rows], 5)


def _regression(attribution: Attribution) -> tuple[Table, ...]:
    """Lay out alpha and beta with their t-values; for a run and a benchmark that both moved."""
    result = attribution.result
    if not _can_be_regressed(result):
        return ()
    table = sheet_tables(attribution.factors())[0]
    return (replace(table, title=f"Regression on {result.benchmark_name}"),)


def _can_be_regressed(result: Result) -> bool:
    known = len(result.returns) >= FEWEST_BARS and result.benchmark is not None
    return known and _varies(result.returns) and _varies(result.benchmark)


def _varies(returns: pd.Series | None) -> bool:
    return returns is not None and bool(np.isfinite(returns).all() and np.ptp(returns.to_numpy()) > 0.0)
