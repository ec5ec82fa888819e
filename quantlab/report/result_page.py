"""What the page of one result shows, in the order it shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from quantlab.display.numbers import interval, number
from quantlab.engine.result import Result
from quantlab.metrics.catalogue import METRICS, evaluate
from quantlab.metrics.run_figures import RunFigures
from quantlab.metrics.unordered import unordered_intervals
from quantlab.report import calendar_tables, part_tables, trading_tables
from quantlab.report.charts import day
from quantlab.report.data_table import data_table
from quantlab.report.distribution import distribution
from quantlab.report.forecast_section import forecast_section
from quantlab.report.hints import with_hints
from quantlab.report.parameters import parameter_table
from quantlab.report.risk_section import risk_section
from quantlab.report.run_panels import run_panels
from quantlab.report.season_charts import season_charts
from quantlab.report.section import Section, filled
from quantlab.report.sheet_tables import sheet_tables
from quantlab.report.tables import Cell, Table, definition, metric_table, numeric, origin_table
from quantlab.research.attribution import Attribution, attribute
from quantlab.research.redrawn_trades import redraw_trades
from quantlab.research.verdict import verdict

if TYPE_CHECKING:
    from quantlab.research.stress import Stress

HEADLINE = ("total_return", "cagr", "sharpe", "max_drawdown", "volatility", "n_trades")
BESIDE = ("Returns", "Ratios", "Risk")  # groups that a benchmark has too
LEVEL = 0.95  # of the intervals below the figures
FEWEST_TRADES = 20  # closed, that are worth drawing again
CHAIN = {
    "ic": ("information coefficient", "ratio"),
    "rank_ic": ("rank information coefficient", "ratio"),
    "turnover": ("turnover a year", "ratio"),
    "gross": ("CAGR before costs", "fraction"),
    "costs": ("taken by costs", "fraction"),
    "net": ("CAGR", "fraction"),
}
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


def result_page(result: Result, stress: Stress | None = None) -> dict[str, Any]:
    """Everything the template of a result needs, as plain texts and geometry; `stress` has a section of its own."""
    theirs, bounds = _benchmark_metrics(result), _bounds(result)
    time = pd.DatetimeIndex(result.equity.index)
    return {
        "title": result.name,
        "subtitle": [
            f"{day(time[0])} to {day(time[-1])}, {len(time):,} bars, symbols: {result.positions.shape[1]:,}, "
            f"N = {result.periods_per_year:g} bars a year",
            f"{FILL_RULES[result.fill]}; {result.provenance['settings']['costs']}; engine: {result.engine}",
        ],
        "notes": list(result.notes),
        "verdict": verdict(result),
        "headlines": _headlines(result, theirs, bounds),
        "sections": filled(_sections(result, theirs, bounds, stress)),
        "definitions": [METRICS[name] for name in result.metrics],
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


def _bounds(result: Result) -> dict[str, str]:
    """Intervals as text, by metric; none where they are undefined."""
    found = unordered_intervals(result.figures, level=LEVEL)
    return {
        name: interval(low, high, METRICS[name].unit)
        for name, (low, high) in found.items()
        if math.isfinite(low)
    }


def _headlines(result: Result, theirs: Mapping[str, float], bounds: Mapping[str, str]) -> list[Headline]:
    below = {
        name: (f"benchmark {number(theirs[name], METRICS[name].unit)}",)
        for name in HEADLINE
        if name in theirs
    }
    for name in HEADLINE:
        if name in bounds:
            below[name] = (f"{LEVEL:.0%}: {bounds[name]}", *below.get(name, ()))
    below["n_trades"] = (f"win rate {number(result.metrics['win_rate'], 'fraction')}",)
    return [
        _headline(name, result.metrics[name], below.get(name, ()), result.periods_per_year)
        for name in HEADLINE
    ]


def _headline(name: str, value: float, below: tuple[str, ...], periods_per_year: float) -> Headline:
    metric = METRICS[name]
    return Headline(metric.label, number(value, metric.unit), below, definition(metric, periods_per_year))


def _sections(
    result: Result, theirs: Mapping[str, float], bounds: Mapping[str, str], stress: Stress | None
) -> tuple[Section, ...]:
    """All that may stand on the page, in the order it stands there; further tables join here."""
    taken = attribute(result)
    sources = {table.title: with_hints(table) for table in sheet_tables(taken)}
    crises = tuple(sources.pop(title) for title in ("Crises",) if title in sources)
    return (
        Section("Charts", linked=run_panels(result)),
        Section("Metrics", groups=_metric_tables(result, theirs, bounds)),
        _strategies(result),
        _calendar(result),
        risk_section(taken, crises),
        Section("Stress", () if stress is None else tuple(map(with_hints, sheet_tables(stress)))),
        forecast_section(result),
        Section("Where it came from", (*sources.values(), _chain_table(taken)), season_charts(taken.profits)),
        Section("Orders", (trading_tables.order_table(result.orders),)),
        _trades(result, drawn_again=stress is None),
        Section("Data", (data_table(result.marks),)),
        Section("Parameters", (parameter_table(result.name),)),
    )


def _metric_tables(
    result: Result, theirs: Mapping[str, float], bounds: Mapping[str, str]
) -> tuple[Table, ...]:
    groups = dict.fromkeys(metric.group for metric in METRICS.values())
    beside = {group: theirs if group in BESIDE else {} for group in groups}
    return tuple(
        metric_table(group, result.metrics, beside[group], result.periods_per_year, bounds)
        for group in groups
    )


def _strategies(result: Result) -> Section:
    if not result.parts:
        return Section("Strategies")
    return Section("Strategies", (part_tables.part_table(result), part_tables.correlation_table(result)))


def _calendar(result: Result) -> Section:
    equity, cash = result.equity, result.initial_cash
    tables = (
        calendar_tables.monthly_table(equity, cash),
        calendar_tables.yearly_table(equity, cash, result.periods_per_year, result.benchmark),
        calendar_tables.drawdown_table(equity, cash),
    )
    return Section("Returns and drawdowns", tables, distribution("Bars by return", result.returns.to_numpy()))


def _chain_table(taken: Attribution) -> Table:
    """Lay out the way from the forecast to the money; for a run with forecasts."""
    if taken.result.forecast_scores is None:
        return Table("", (), ())
    told = taken.forecast_chain.dropna()
    rows = tuple(
        (Cell(CHAIN[str(name)][0]), numeric(value, CHAIN[str(name)][1])) for name, value in told.items()
    )
    return Table("From forecast to profit", ("", ""), rows)


def _trades(result: Result, *, drawn_again: bool) -> Section:
    closed, open_trades = result.trades[~result.trades["open"]], result.trades[result.trades["open"]]
    tables = (
        trading_tables.symbol_table(closed),
        trading_tables.trade_table(open_trades, "Open trades"),
        trading_tables.trade_table(closed, "Closed trades"),
        *(sheet_tables(redraw_trades(result)) if drawn_again and len(closed) >= FEWEST_TRADES else ()),
    )
    return Section("Trades", tables, distribution("Closed trades by return", closed["return"].to_numpy()))
