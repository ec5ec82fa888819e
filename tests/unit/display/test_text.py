from __future__ import annotations

import subprocess
import sys

import pytest

from quantlab.display.text import headline, table, two_columns

NAN = float("nan")
SECTIONS = {
    "Returns": [("Total return", 0.5, "fraction"), ("CAGR", 0.1, "fraction")],
    "Ratios": [("Sharpe", 0.87, "ratio")],
    "Benchmark": [("Beta", NAN, "ratio")],
    "Trades": [("Closed trades", 45, "count"), ("Profit factor", NAN, "ratio")],
}


def test_a_table_prints_numbers_by_unit_and_to_the_right() -> None:
    text = table(
        "Runs", ["name", "cagr", "n"], [["first", 0.125, 3], ["b", NAN, 1000]], units={"cagr": "fraction"}
    )
    assert text.splitlines() == [
        "Runs",
        "",
        " name     cagr      n",
        "──────────────────────",
        " first   12.5%      3",
        " b         n/a   1000",
    ]


def test_a_headline_has_its_lines_sections_and_notes() -> None:
    text = headline(
        "SmaCross(fast=20)", ["5 symbols"], SECTIONS, ["ruined"], beside={"Sharpe": "[0.21, 1.60]"}
    )
    lines = text.splitlines()
    assert lines[:2] == ["SmaCross(fast=20)", "5 symbols"]
    assert lines[-1] == "! ruined"
    assert "0.87  [0.21, 1.60]" in text
    assert "Profit factor" in text
    assert "Beta" not in text  # nothing defined in its section


def test_only_the_section_about_a_benchmark_vanishes_when_undefined() -> None:
    text = headline(
        "Idle()", [], {"Ratios": [("Sharpe", NAN, "ratio")], "Benchmark": [("Beta", NAN, "ratio")]}
    )
    assert "Ratios" in text
    assert "Sharpe  n/a" in text
    assert "Benchmark" not in text


def test_every_line_fits_a_pipe_and_carries_no_colour() -> None:
    long = "a strategy with a very long name " * 8
    text = headline("x", ["y"], SECTIONS, [long]) + table("t", ["c", "d"], [[long, 1.0]], notes=[long])
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("name", ["[red]loud[/red]", "[/]", ":smile:", "<script>"])
def test_a_name_is_never_markup(name: str) -> None:
    assert name in table("", ["name"], [[name]])
    assert name in headline(name, [], SECTIONS, [name])


def test_in_a_crowded_table_headings_and_names_wrap_but_numbers_stay_whole() -> None:
    columns = ["run", *(f"a long heading {k}" for k in range(6))]
    name = "Strategy(fast=10, slow=200, exit=0.05)"
    text = table(
        "", columns, [[name, *["0.71 [0.1, 2.0]"] * 6]], units=dict.fromkeys(columns[1:], "text"), width=140
    )
    assert max(map(len, text.splitlines())) <= 140
    assert text.count("0.71 [0.1, 2.0]") == 6


def test_an_empty_table_still_names_its_columns() -> None:
    assert "symbol" in table("No trades", ["symbol"], [])


def test_columns_are_balanced_and_keep_their_order() -> None:
    left, right = two_columns({name: [("x", 1.0, "ratio")] * n for name, n in [("a", 5), ("b", 3), ("c", 3)]})
    assert (list(left), list(right)) == (["a"], ["b", "c"])
    assert two_columns({}) == ({}, {})


def test_the_room_imports_nothing_heavy() -> None:
    rooms = ", ".join(f"quantlab.display.{name}" for name in ("text", "html", "figures", "draw"))
    code = f"import sys, {rooms}; print({{'rich', 'plotly', 'numba'}} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
