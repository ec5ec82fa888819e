"""A result as people see it: text, notebook, figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.display.draw import draw
from quantlab.display.figures import run_figure
from quantlab.display.html import headline_html
from quantlab.display.moments import moment
from quantlab.display.numbers import interval
from quantlab.display.text import headline
from quantlab.engine.result import Result
from quantlab.metrics.catalogue import METRICS, sections
from quantlab.metrics.drawdown import drawdown_path
from quantlab.metrics.returns import NAN
from quantlab.metrics.unordered import unordered_intervals

if TYPE_CHECKING:
    import plotly.graph_objects as go

FILL_RULES = {
    "next_open": "decided at a close, filled at the next open",
    "same_close": "decided and filled at the same close",
}


def result_text(result: Result) -> str:
    """Return the result as a table for a terminal."""
    return headline(
        result.name, _subtitle(result), sections(result.metrics), result.notes, beside=_doubt(result)
    )


def result_html(result: Result) -> str:
    """Return the result as HTML for a notebook, everything escaped."""
    return headline_html(
        result.name, _subtitle(result), sections(result.metrics), result.notes, beside=_doubt(result)
    )


def result_figure(result: Result) -> go.Figure:
    """Return equity beside the benchmark, above the drawdown."""
    curves = {result.name: result.equity}
    if result.benchmark is not None:
        curves[str(result.benchmark_name)] = result.initial_cash * (1.0 + result.benchmark).cumprod()
    fall = drawdown_path(result.equity.to_numpy(), result.initial_cash)
    figure: go.Figure = draw(run_figure(result.name, curves, pd.Series(fall, result.equity.index)))
    return figure


def _subtitle(result: Result) -> list[str]:
    index, n = result.equity.index, len(result.positions.columns)
    return [
        f"{moment(index[0])} to {moment(index[-1])}, {len(index)} bars, {n} symbol{'s' if n > 1 else ''}, "
        f"N = {result.periods_per_year:g} bars a year",
        f"{FILL_RULES[result.fill]}; {result.provenance['settings']['costs']}; engine: {result.engine}",
    ]


def _doubt(result: Result) -> dict[str, str]:
    """Return the bootstrap interval that stands beside the Sharpe ratio."""
    low, high = unordered_intervals(result.figures).get("sharpe", (NAN, NAN))
    return {} if np.isnan(low) else {METRICS["sharpe"].label: interval(low, high)}
