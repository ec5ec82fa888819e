"""The charts of one run over its time axis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from quantlab.display.figures import Area, Line, Panel
from quantlab.display.numbers import number
from quantlab.engine.result import Result
from quantlab.metrics.catalogue import METRICS
from quantlab.metrics.drawdown import drawdown_path
from quantlab.metrics.rolling import rolling_metrics, rolling_window
from quantlab.report.charts import day
from quantlab.report.exposure_panels import exposure_panels
from quantlab.report.linked import Linked, LinkedPanel
from quantlab.report.part_tables import part_panel
from quantlab.report.price_panel import price_panel
from quantlab.report.trade_data import trade_data
from quantlab.research.exposures import exposure_frame

MOST_WINDOWS = 300  # of a rolling figure
FAR_APART = 4.0  # times the other's end: on an even scale the lower curve would lie flat
ROLLING = ("sharpe", "volatility", "beta")


def run_panels(result: Result) -> Linked:
    """Price with trades, equity beside the benchmark, drawdown, exposure and rolling figures, linked."""
    time = pd.DatetimeIndex(result.equity.index)
    return Linked(time, tuple(_panels(result)), _summary(result), trade_data(result))


def _panels(result: Result) -> Iterator[LinkedPanel]:
    price = price_panel(result)
    if price is not None:
        yield price
    yield _equity(result)
    fall = drawdown_path(result.equity.to_numpy(dtype=np.float64), result.initial_cash)
    yield LinkedPanel(
        Panel("Drawdown", (Area("drawdown", result.equity.index, fall),), "fraction"), colours=(5,)
    )
    yield from exposure_panels(exposure_frame(result))
    if result.parts:
        yield part_panel(result)
    yield from _rolling(result)


def _equity(result: Result) -> LinkedPanel:
    time = result.equity.index
    money = [Line(result.name, time, result.equity.to_numpy(dtype=np.float64))]
    if result.benchmark is not None:
        theirs = result.initial_cash * (1.0 + result.benchmark.to_numpy(dtype=np.float64)).cumprod()
        money.append(Line(str(result.benchmark_name), time, theirs))
    ends = [float(one.y[-1]) for one in money]
    far_apart = min(ends) > 0.0 and max(ends) > FAR_APART * min(ends)
    panel = Panel("Equity", tuple(money), "money")
    return LinkedPanel(panel, height=300, can_log=True, starts_log=far_apart)


def _rolling(result: Result) -> Iterator[LinkedPanel]:
    """Metrics of a moving window at up to `MOST_WINDOWS` bars, each the catalogue's own function."""
    n_bars = len(result.equity)
    window = rolling_window(n_bars, result.periods_per_year)
    if not window:
        return
    rows = np.unique(np.linspace(0, n_bars - 1, min(n_bars, MOST_WINDOWS)).round().astype(np.int64))
    values = rolling_metrics(result.figures, ROLLING, window, rows)
    for name, curve in values.items():
        if np.isfinite(curve).any():
            metric = METRICS[name]
            line = Line(metric.label, result.equity.index[rows], curve)
            title = f"{metric.label} of the last {window:,} bars"
            yield LinkedPanel(Panel(title, (line,), metric.unit), rows, 120, (4,))


def _summary(result: Result) -> str:
    """Say in a sentence what the charts show, for those who cannot see them."""
    time = result.equity.index
    return (
        f"Equity went from {number(result.initial_cash, 'money')} before {day(time[0])} to "
        f"{number(float(result.equity.iloc[-1]), 'money')} on {day(time[-1])}; the deepest drawdown was "
        f"{number(result.metrics['max_drawdown'], 'fraction')}."
    )
