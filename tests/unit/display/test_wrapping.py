from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.display.text import headline, table, terminal_width
from quantlab.display.wrapping import broken, column_widths

NAME = "MomentumRank(lookback=120, keep=1)"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        (NAME, 40, [NAME]),
        (NAME, 26, ["MomentumRank(lookback=120,", "keep=1)"]),
        (NAME, 25, ["MomentumRank(", "lookback=120, keep=1)"]),
        (NAME, 3, ["MomentumRank(", "lookback=120,", "keep=1)"]),
        ("0.71 [-0.10, 2.00]", 8, ["0.71", "[-0.10, 2.00]"]),
        ("Sharpe difference [low, high]", 18, ["Sharpe difference", "[low, high]"]),
        ("five stocks, daily", 12, ["five stocks,", "daily"]),
        ("fewer (than ten)", 9, ["fewer", "(than", "ten)"]),
        ("Weights([0.1, 0.2, 0.7])", 15, ["Weights([0.1,", "0.2, 0.7])"]),
        ("", 5, [""]),
    ],
)
def test_cells_break_after_commas_and_numbers_stay_whole(text: str, width: int, lines: list[str]) -> None:
    assert broken(text, width).split("\n") == lines


@given(st.text("ab1.,( )[]=", max_size=60), st.integers(1, 40))
def test_breaking_loses_nothing_but_space(text: str, width: int) -> None:
    assert broken(text, width).replace("\n", "").replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.integers(-9999, 9999), min_size=1, max_size=6), st.integers(1, 60))
def test_no_number_is_ever_cut(values: list[int], width: int) -> None:
    text = broken(f"Strategy({', '.join(f'p{k}={v}' for k, v in enumerate(values))})", width)
    assert re.findall(r"=(-?\d+)(?=[,)])", text) == list(map(str, values))


def test_columns_of_text_share_what_numbers_leave() -> None:
    lines = [["run", "what", "cagr of it"], ["a" * 10, "word " * 20, "12.5%"]]
    assert column_widths(lines, [False, False, True], 200) == [10, 100, 10]
    assert column_widths(lines, [False, False, True], 40) == [10, 14, 5]


def test_a_table_of_runs_fits_a_page_with_whole_names_and_numbers() -> None:
    columns = [
        "run",
        "CAGR",
        "Sharpe [low, high]",
        "Maximum drawdown",
        "Sortino",
        "Volatility",
        "Closed trades",
    ]
    row = [NAME, "14.4%", "0.55 [-0.01, 1.08]", "-73.4%", "0.79", "37.5%", "41"]
    text = table("", columns, [row], units=dict.fromkeys(columns[1:], "text"), width=100)
    assert max(map(len, text.splitlines())) <= 100
    assert "MomentumRank(lookback=120," in text
    assert " keep=1)" in text
    assert all(cell in text for cell in row[1:])


def test_the_width_is_the_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "61")
    assert terminal_width() == 61
    words = "several words " * 20
    assert 55 <= max(map(len, table("", ["c"], [[words]], notes=[words]).splitlines())) <= 61
    monkeypatch.setenv("COLUMNS", "200")
    assert max(map(len, table("", ["c"], [[words]]).splitlines())) > 150
    assert max(map(len, table("", ["c"], [["x"]], notes=[words]).splitlines())) <= 100  # prose stays readable


def test_a_narrow_headline_stands_in_one_column_and_is_never_cropped() -> None:
    sections = {name: [(f"Label of {name}", 0.5, "fraction")] for name in ("Returns", "Risk")}
    wide, narrow = (headline("x", [], sections, width=width) for width in (100, 40))
    assert "Returns" in wide.splitlines()[2]
    assert "Risk" in wide.splitlines()[2]
    assert "Risk" not in narrow.splitlines()[2]
    assert narrow.count("50.0%") == 2
    assert max(map(len, narrow.splitlines())) <= 40
