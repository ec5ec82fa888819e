"""What the page of one result shows, in the order it shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quantlab.display.figures import Area, Line, Panel
from quantlab.display.numbers import interval, number
from quantlab.engine.result import Result
from quantlab.forecasting.score_tables import score_tables
from quantlab.metrics.catalogue import METRICS, evaluate
from quantlab.metrics.drawdown import drawdown_path
from quantlab.metrics.inference import span
from quantlab.metrics.run_figures import RunFigures
from quantlab.report import calendar_tables, part_tables, trading_tables
from quantlab.report.axes import round_edges
from quantlab.report.charts import Chart, day, histogram_chart, time_chart
from quantlab.report.tables import Cell, Table, metric_table, origin_table
from quantlab.research.doubt import resampled
from quantlab.typing import FloatArray

HEADLINE = ("total_return", "cagr", "sharpe", "max_drawdown", "volatility", "n_trades")
BESIDE = ("Returns", "Ratios", "Risk")  # groups that a benchmark has too
LEVEL, N_RESAMPLES = 0.95, 1000  # of the intervals below the figures
FILL_RULES = {
    "next_open": "decided at a close, filled at the next open",
    "same_close": "decided and filled at the same close",
}


class Headline(NamedTuple):
    """A figure in large type: label, value, lines below, definition on hover."""

    label: str
    value: str
    below: tuple[str, ...]
    hint: str


def result_page(result: Result) -> dict[str, Any]:
    """Everything the template of a result needs, as plain texts and geometry."""
    theirs = _benchmark_metrics(result)
    time = pd.DatetimeIndex(result.equity.index)
    return {
        "title": result.name,
        "subtitle": [
            f"{day(time[0])} to {day(time[-1])}, {len(time):,} bars, symbols: {result.positions.shape[1]:,}, "
            f"N = {result.periods_per_year:g} bars a year",
            f"{FILL_RULES[result.fill]}; {result.provenance['settings']['costs']}; engine: {result.engine}",
        ],
        "notes": list(result.notes),
        "headlines": _headlines(result, theirs),
        "charts": _charts(result),
        "metric_tables": _metric_tables(result, theirs),
        "definitions": [METRICS[name] for name in result.metrics],
        "tables": _tables(result),
        "origin": origin_table(result.provenance),
    }


def _benchmark_metrics(result: Result) -> dict[str, float]:
    """Compute the benchmark's own metrics on the same bars; none without one."""
    if result.benchmark is None:
        return {}
    figures = RunFigures.of_returns(
        result.benchmark.to_numpy(),
        periods_per_year=result.periods_per_year,
        risk_free_annual=result.risk_free_annual,
        initial_cash=result.initial_cash,
    )
    return evaluate(figures, [metric.name for metric in METRICS.values() if metric.group in BESIDE])


def _headlines(result: Result, theirs: Mapping[str, float]) -> list[Headline]:
    drawn = resampled({result.name: result.figures}, N_RESAMPLES, seed=0)
    below = {
        name: (f"benchmark {number(theirs[name], METRICS[name].unit)}",)
        for name in HEADLINE
        if name in theirs
    }
    for name, draws in drawn.items():
        low, high = span(result.metrics[name], draws[result.name].to_numpy(), LEVEL)
        if np.isfinite(low):
            bounds = interval(low, high, METRICS[name].unit)
            below[name] = (f"{LEVEL:.0%}: {bounds}", *below.get(name, ()))
    below["n_trades"] = (f"win rate {number(result.metrics['win_rate'], 'fraction')}",)
    return [_headline(name, result.metrics[name], below.get(name, ())) for name in HEADLINE]


def _headline(name: str, value: float, below: tuple[str, ...]) -> Headline:
    metric = METRICS[name]
    return Headline(metric.label, number(value, metric.unit), below, f"{metric.formula} ({metric.reference})")


def _charts(result: Result) -> list[Chart]:
    time = result.equity.index
    money = [Line(result.name, time, result.equity.to_numpy(dtype=np.float64))]
    if result.benchmark is not None:
        theirs = result.initial_cash * (1.0 + result.benchmark.to_numpy(dtype=np.float64)).cumprod()
        money.append(Line(str(result.benchmark_name), time, theirs))
    fall = drawdown_path(result.equity.to_numpy(dtype=np.float64), result.initial_cash)
    held = result.figures.gross_exposure
    charts = [
        time_chart(Panel("Equity", tuple(money), "money"), 300),
        time_chart(Panel("Drawdown", (Area("drawdown", time, fall),), "fraction"), 160),
        time_chart(Panel("Gross exposure", (Area("gross exposure", time, held),), "fraction"), 130),
    ]
    if result.parts:
        charts.append(part_tables.part_chart(result))
    closed = result.trades[~result.trades["open"]]
    if len(closed) >= 10:
        charts.append(_trade_chart(closed["return"].to_numpy(dtype=np.float64)))
    return charts


def _trade_chart(returns: FloatArray) -> Chart:
    """How many closed trades ended with which return."""
    edges = round_edges(float(returns.min()), float(returns.max()), min(60, max(10, returns.size // 4)))
    counts, _ = np.histogram(np.clip(returns, edges[0], edges[-1]), edges)
    return histogram_chart("Closed trades by return", edges, counts.astype(np.float64), "fraction")


def _metric_tables(result: Result, theirs: Mapping[str, float]) -> list[Table]:
    groups = dict.fromkeys(metric.group for metric in METRICS.values())
    tables = [metric_table(g, result.metrics, theirs if g in BESIDE else {}) for g in groups]
    return [table for table in tables if table.rows]


def _score_tables(scores: pd.DataFrame) -> list[Table]:
    note = "Beside the forecaster stand naive and linear ones; ic is the median's information coefficient."
    return [
        Table(
            f"Forecast {each.title}" if k else "Forecast scores",
            tuple(each.headings),
            tuple((Cell(name), *(Cell(text, True) for text in rest)) for name, *rest in each.rows),
            "" if k else note,
            wide=True,
        )
        for k, each in enumerate(score_tables(scores))
    ]


def _tables(result: Result) -> list[Table]:
    equity, cash = result.equity, result.initial_cash
    closed, open_trades = result.trades[~result.trades["open"]], result.trades[result.trades["open"]]
    tables = [
        calendar_tables.monthly_table(equity, cash),
        calendar_tables.yearly_table(equity, cash, result.periods_per_year, result.benchmark),
        calendar_tables.drawdown_table(equity, cash),
        trading_tables.cost_table(result.costs_paid, cash, result.figures.traded_value),
        trading_tables.order_table(result.orders),
        trading_tables.symbol_table(closed),
        trading_tables.trade_table(open_trades, "Open trades"),
        trading_tables.trade_table(closed, "Closed trades"),
    ]
    if result.forecast_scores is not None:
        tables[3:3] = _score_tables(result.forecast_scores)
    if result.parts:
        tables[:0] = [part_tables.part_table(result), part_tables.correlation_table(result)]
    return [table for table in tables if table.rows]
