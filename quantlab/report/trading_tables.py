"""What was traded: trades, symbols, costs, orders."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from quantlab.report.charts import day
from quantlab.report.tables import Cell, Table, numeric

MOST_TRADES = 200


def trade_table(trades: pd.DataFrame, title: str) -> Table:
    """The first trades, in order of entry."""
    columns = (
        "symbol", "side", "entry", "exit", "bars", "quantity", "entry price", "exit price", "profit", "return",
        "worst", "best",
    )  # fmt: skip
    full = float(trades["return"].abs().quantile(0.9)) if len(trades) else 0.0
    rows = tuple(
        (
            Cell(str(one.symbol)), Cell(str(one.side)), Cell(day(one.entry_time)),
            Cell("open" if one.open else day(one.exit_time)), numeric(one.bars_held, "bars"),
            Cell(f"{one.quantity:,.6g}", True), Cell(f"{one.entry_price:,.6g}", True),
            Cell(f"{one.exit_price:,.6g}", True), numeric(one.profit, "money"),
            numeric(one.gain, "fraction", full=full), numeric(one.worst, "fraction"), numeric(one.best, "fraction"),
        )
        for one in trades.head(MOST_TRADES).rename(columns={"return": "gain"}).itertuples()
    )  # fmt: skip
    hidden = len(trades) - len(rows)
    note = (
        f"The first {len(rows):,} of {len(trades):,}; {hidden:,} are not shown, result.trades has all."
        if hidden
        else ""
    )
    return Table(title, columns, rows, note)


def symbol_table(trades: pd.DataFrame) -> Table:
    """Closed trades by symbol, the most profitable first."""
    rows = []
    for symbol, own in trades.groupby("symbol", observed=True):
        profit = own["profit"]
        rows.append(
            (
                float(profit.sum()),
                str(symbol),
                len(own),
                float((profit > 0.0).mean()),
                float(own["return"].mean()),
            )
        )
    cells = tuple(
        (
            Cell(symbol),
            numeric(n, "count"),
            numeric(wins, "fraction"),
            numeric(mean, "fraction"),
            numeric(total, "money"),
        )
        for total, symbol, n, wins, mean in sorted(rows, reverse=True)
    )
    return Table(
        "Closed trades by symbol", ("symbol", "trades", "win rate", "average return", "profit"), cells
    )


def cost_table(costs_paid: Mapping[str, float], initial_cash: float, traded_value: float) -> Table:
    """Money paid by kind, and in proportion."""
    kinds = {**costs_paid, "together": sum(costs_paid.values())}
    rows = tuple(
        (
            Cell(kind),
            numeric(money, "money"),
            numeric(money / initial_cash, "fraction"),
            numeric(money / traded_value if traded_value > 0.0 else float("nan"), "fraction"),
        )
        for kind, money in kinds.items()
    )
    columns = ("", "money", "of initial cash", "of value traded")
    return Table("Costs by kind", columns, rows, "Slippage is already inside the fill prices.")


def order_table(orders: pd.DataFrame) -> Table:
    """Orders counted by what became of them, and why."""
    counts = orders.groupby(["status", "reason"], observed=True).size().sort_values(ascending=False)
    rows = tuple(
        (Cell(str(status)), Cell(str(reason) or "–"), numeric(int(n), "count"))
        for (status, reason), n in counts.items()
    )
    return Table("Orders by outcome", ("status", "reason", "orders"), rows)
