"""What was traded: trades, symbols, orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from quantlab.report.charts import day
from quantlab.report.tables import Cell, Table, numeric

MOST_TRADES = 100  # that stand in the page without its script


def trade_table(trades: pd.DataFrame, title: str) -> Table:
    """Lay out the first trades, in order of entry; an open one at its mark."""
    prices = ("quantity", "entry price", "exit price")
    columns = ("symbol", "side", "entry", "exit", "bars", *prices, "profit", "return", "worst", "best")
    full = float(trades["return"].abs().quantile(0.9)) if len(trades) else 0.0
    rows = tuple(_trade(one, full) for one in trades.head(MOST_TRADES).to_dict("records"))
    hidden = len(trades) - len(rows)
    note = f"The first {len(rows):,} of {len(trades):,}: {hidden:,} not shown; result.trades has all."
    return Table(title, columns, rows, note if hidden else "", wide=True, role="trades")


def _trade(one: Mapping[Any, Any], full: float) -> tuple[Cell, ...]:
    return (
        Cell(str(one["symbol"])),
        Cell(str(one["side"])),
        Cell(day(one["entry_time"])),
        Cell("open, at mark" if one["open"] else day(one["exit_time"])),
        numeric(one["bars_held"], "bars"),
        *(Cell(f"{one[name]:,.6g}", True) for name in ("quantity", "entry_price", "exit_price")),
        numeric(one["profit"], "money"),
        numeric(one["return"], "fraction", full=full),
        numeric(one["worst"], "fraction"),
        numeric(one["best"], "fraction"),
    )


def symbol_table(trades: pd.DataFrame) -> Table:
    """Lay out closed trades by symbol, the most profitable first."""
    by_symbol = trades.groupby("symbol", observed=True)
    sums = pd.DataFrame(
        {
            "trades": by_symbol.size(),
            "wins": by_symbol["profit"].agg(lambda profit: float((profit > 0.0).mean())),
            "return": by_symbol["return"].mean(),
            "profit": by_symbol["profit"].sum(),
        }
    ).sort_values("profit", ascending=False, kind="stable")
    rows = tuple(
        (
            Cell(str(symbol)),
            numeric(one["trades"], "count"),
            numeric(one["wins"], "fraction"),
            numeric(one["return"], "fraction"),
            numeric(one["profit"], "money"),
        )
        for symbol, one in zip(sums.index, sums.to_dict("records"), strict=True)
    )
    columns = ("symbol", "trades", "win rate", "average return", "profit")
    return Table("Closed trades by symbol", columns, rows, sortable=True)


def order_table(orders: pd.DataFrame) -> Table:
    """Lay out orders counted by what became of them and why, the most frequent first."""
    named = orders["status"].astype(str) + "\n" + orders["reason"].astype(str)
    rows = []
    for name, n in named.value_counts().to_dict().items():
        status, reason = str(name).split("\n")
        rows.append((Cell(status), Cell(reason or "–"), numeric(n, "count")))
    return Table("Orders by outcome", ("status", "reason", "orders"), tuple(rows))
