"""What the page of a portfolio says about its strategies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quantlab.display.figures import Line, Panel
from quantlab.engine.result import Result
from quantlab.metrics.catalogue import METRICS
from quantlab.report.linked import LinkedPanel
from quantlab.report.tables import Cell, Table, numeric

SHOWN = ("total_return", "cagr", "volatility", "sharpe", "max_drawdown", "n_trades")
COLOURS = (0, 2, 3, 4, 5, 6, 7)  # grey is the benchmark's
OWN_BOOKS = "Each in books of its own, as if it ran alone with its share of the cash."


def part_panel(result: Result) -> LinkedPanel:
    """Draw the equity of each strategy as a fraction of that of all strategies and of the idle cash."""
    money = _equity(result)
    together = money.sum(axis="columns") + result.initial_cash - _initial(result.parts)
    shares = money.div(together.where(together > 0.0), axis="index")
    lines = tuple(Line(str(name), money.index, shares[name].to_numpy(dtype=np.float64)) for name in money)
    return LinkedPanel(Panel("Strategies: fraction of the equity", lines, "fraction"), None, 200, COLOURS)


def part_table(result: Result) -> Table:
    """Lay out the strategies with their first and last money, and what came of each."""
    rows = tuple(
        (
            Cell(name),
            numeric(part.initial_cash, "money"),
            numeric(float(part.equity.iloc[-1]), "money"),
            *(numeric(part.metrics[metric], METRICS[metric].unit) for metric in SHOWN),
        )
        for name, part in result.parts.items()
    )
    columns = ("", "first cash", "last equity", *(METRICS[metric].label for metric in SHOWN))
    return Table("Strategies", columns, rows, OWN_BOOKS, wide=True)


def correlation_table(result: Result) -> Table:
    """Lay out how the strategies' returns go together; a strategy that never moved has no correlation."""
    if len(result.parts) < 2:
        return Table("Correlation of the strategies' returns", (), ())
    returns = pd.DataFrame({name: part.returns for name, part in result.parts.items()}).fillna(0.0)
    table = returns.corr().to_numpy(dtype=np.float64)
    rows = tuple(
        (Cell(name), *(numeric(float(value), "ratio", full=1.0) for value in values))
        for name, values in zip(result.parts, table, strict=True)
    )
    return Table("Correlation of the strategies' returns", ("", *result.parts), rows)


def _equity(result: Result) -> pd.DataFrame:
    """Equity of each strategy on the bars of the whole; that of a ruined one stays where it ended."""
    curves = {name: part.equity for name, part in result.parts.items()}
    return pd.DataFrame(curves).reindex(result.equity.index).ffill()


def _initial(parts: Mapping[str, Result]) -> float:
    return sum(part.initial_cash for part in parts.values())
