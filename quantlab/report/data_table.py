"""What the prices behind a run look like, and what looks odd about them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.report.charts import day
from quantlab.report.tables import Cell, Table, numeric
from quantlab.typing import FloatArray

MOST_SYMBOLS = 20  # those with the largest moves
SUSPICIOUS = 0.4  # a move within a bar that a split would explain as well
MOST_NAMED = 5


def data_table(marks: pd.DataFrame) -> Table:
    """Lay out the prices of each symbol ``(n_bars, n_symbols)``, those with the largest moves first."""
    values = marks.to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.vstack([np.full(values.shape[1], np.nan), values[1:] / values[:-1] - 1.0])
    moves[~np.isfinite(moves)] = np.nan
    largest = np.nan_to_num(np.abs(moves)).max(axis=0)
    order = np.argsort(-largest, kind="stable")
    rows = tuple(
        _row(marks, moves[:, k], int(k)) for k in order[:MOST_SYMBOLS] if np.isfinite(values[:, k]).any()
    )
    columns = ("symbol", "first bar", "last price", "unchanged", "largest rise", "on", "largest fall", "on ")
    left = len(order) - MOST_SYMBOLS
    notes = [
        _suspicions(marks, moves),
        f"{left:,} symbols with smaller moves are not shown." if left > 0 else "",
    ]
    return Table("Prices", columns, rows, " ".join(note for note in notes if note), wide=True)


def _row(marks: pd.DataFrame, moves: FloatArray, symbol: int) -> tuple[Cell, ...]:
    prices = marks.iloc[:, symbol]
    known = np.isfinite(moves)
    unchanged = float((moves[known] == 0.0).mean()) if known.any() else np.nan
    rise, fall = (_extreme(marks, moves, sign) for sign in (1.0, -1.0))
    return (
        Cell(str(marks.columns[symbol])),
        Cell(day(marks.index[int(np.flatnonzero(prices.notna())[0])])),
        Cell(f"{prices.iloc[-1]:,.6g}", True),
        numeric(unchanged, "fraction"),
        *rise,
        *fall,
    )


def _extreme(marks: pd.DataFrame, moves: FloatArray, sign: float) -> tuple[Cell, Cell]:
    signed = np.where(np.isfinite(moves), sign * moves, -np.inf)
    row = int(signed.argmax())
    if not signed[row] > 0.0:
        return numeric(np.nan, "fraction"), Cell("")
    return numeric(float(moves[row]), "fraction"), Cell(day(marks.index[row]))


def _suspicions(marks: pd.DataFrame, moves: FloatArray) -> str:
    """Name the moves that a split would explain as well."""
    with np.errstate(invalid="ignore"):
        rows, symbols = np.nonzero(np.abs(moves) >= SUSPICIOUS)
    if not len(rows):
        return f"No price moved by {SUSPICIOUS:.0%} or more within a bar."
    cells = zip(rows.tolist(), symbols.tolist(), strict=True)
    places = [f"{marks.columns[symbol]} {day(marks.index[row])}" for row, symbol in cells]
    more = f" and {len(places) - MOST_NAMED:,} more" if len(places) > MOST_NAMED else ""
    return (
        f"Moved by {SUSPICIOUS:.0%} or more within a bar, as a split does that prices do not know of: "
        f"{', '.join(places[:MOST_NAMED])}{more}."
    )
