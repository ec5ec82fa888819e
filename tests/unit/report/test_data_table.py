"""Prices behind a run: what each symbol did, and what looks like a split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.report.data_table import MOST_SYMBOLS, data_table

DAYS = pd.bdate_range("2020-01-01", periods=5)


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_moves_by_hand():
    marks = pd.DataFrame(
        {"A": [100.0, 110.0, 110.0, 99.0, 99.0], "B": [np.nan, 40.0, 20.0, 21.0, 21.0]}, DAYS
    )
    table = data_table(marks)
    assert texts(table) == [
        ["B", "2020-01-02", "21", "33.3%", "5.00%", "2020-01-06", "-50.0%", "2020-01-03"],
        ["A", "2020-01-01", "99", "50.0%", "10.0%", "2020-01-02", "-10.0%", "2020-01-06"],
    ]
    assert "B 2020-01-03." in table.note


def test_prices_without_a_jump_or_a_move():
    table = data_table(pd.DataFrame({"A": [100.0] * 5}, DAYS))
    assert texts(table) == [["A", "2020-01-01", "100", "100.0%", "n/a", "", "n/a", ""]]
    assert table.note == "No price moved by 40% or more within a bar."


def test_of_many_symbols_those_with_the_largest_moves_are_shown():
    marks = pd.DataFrame(np.ones((5, 30)), DAYS, [f"S{k}" for k in range(30)])
    marks.iloc[3:, 17] = 3.0
    marks["never"] = np.nan
    table = data_table(marks)
    assert len(table.rows) == MOST_SYMBOLS
    assert table.rows[0][0].text == "S17"
    assert table.note.endswith("11 symbols with smaller moves are not shown.")
