from __future__ import annotations

from pathlib import Path

import pytest

from quantlab.market import read

TYPOS = [
    ("backtst hold.py two.csv", "Did you mean 'backtest'?"),
    ("backtest hold.py two.csv --comission 0.1", "Did you mean '--commission'?"),
    ("backtest holt.py two.csv", "holt.py does not exist. Did you mean 'hold.py'?"),
    ("backtest Hold two.csv", "Did you mean 'hold.py'?"),
    ("backtest hold.py:Hodl two.csv", "hold.py has no 'Hodl'. Did you mean 'Hold'?"),
    ("backtest holt:Hold two.csv", "no module 'holt' here or installed. Did you mean 'hold'?"),
    ("backtest hold.py two.csv --param shar=0.5", "no parameter 'shar'. Did you mean 'share'?"),
    ("backtest hold.py tow.csv", "tow.csv does not exist. Did you mean 'two.csv'?"),
    ("backtest hold.py sample:us", "no sample 'us'. Did you mean 'us5'?"),
    ("backtest hold.py two.csv --benchmark AAB", "no symbol 'AAB'. Did you mean 'AAA'?"),
    ("backtest hold.py two.csv --symbols AAB", "no symbol 'AAB'. Did you mean 'AAA'?"),
    ("backtest hold.py two.csv --calendar XNYX", "Did you mean 'XNYS'?"),
    ("stress hold.py two.csv --index AAB", "no symbol 'AAB'. Did you mean 'AAA'?"),
    ("forecast rige two.csv", "no forecaster 'rige'. Did you mean 'ridge'?"),
]

WRONG = [
    ("backtest hold.py", "Missing argument 'BARS'"),
    ("backtest hold.py two.csv --param share", "is not NAME=VALUE"),
    ("backtest hold.py two.csv --param share=much", "share is a number"),
    ("backtest hold.py two.csv --param wait=2.5", "wait is a whole number"),
    ("backtest hold.py two.csv --param loud=perhaps", "loud is true or false"),
    ("backtest hold.py two.csv --param word=c", "use one of ('a', 'b')"),
    ("backtest hold.py two.csv --param share=2", "outside its range"),
    ("backtest hold.py two.csv -p share=0 -p share=1", "given twice"),
    ("backtest hold.py two.csv --cash -1", "cash=-1.0"),
    ("backtest hold.py two.csv --cash much", "'--cash'"),
    ("backtest hold.py two.csv --commission 5", "it is a fraction"),
    ("backtest hold.py two.csv --start yesterday", "'yesterday'"),
    ("backtest hold.py:ql two.csv", "is no strategy class"),
    ("backtest two.csv two.csv", "names no Python file"),
    ("backtest json:dumps two.csv", "json:dumps is no strategy class"),
    ("backtest hold.deeper:Hold two.csv", "no module 'hold.deeper'"),
    ("backtest hold.py hold.py", "neither CSV nor Parquet"),
    ("new class", "a word of Python"),
    ("compare nowhere", "nowhere holds no result"),
    ("report nowhere", "'--to'"),
]


@pytest.mark.parametrize(("line", "advice"), TYPOS + WRONG, ids=[line for line, _ in TYPOS + WRONG])
def test_a_callers_mistake_is_one_message_and_exit_code_2(quantlab, line, advice):
    answer = quantlab(*line.split())
    assert answer.code == 2
    assert answer.err.startswith("error: ")
    assert advice in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


def test_a_bad_data_file_is_a_mistake_with_its_place(quantlab):
    Path("bad.csv").write_text("date,open,high,low,close\n2024-01-02,1,2,3,1\n", encoding="utf-8")
    answer = quantlab("backtest", "hold.py", "bad.csv", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert "2024-01-02" in answer.err


UNIMPORTABLE = {
    "syntax": ("class Broken\n", "SyntaxError: expected ':'"),
    "import": ("import nothing_of_that_name\n", "No module named 'nothing_of_that_name'"),
    "name": ("undefined_name\n", "NameError"),
    "declaration": (
        "import quantlab as ql\nclass A(ql.Strategy):\n    a = ql.param(default=1)\n",
        "a parameter has a type",
    ),
    "exit": ("import sys\nsys.exit(0)\n", "SystemExit"),
}


@pytest.mark.parametrize("case", UNIMPORTABLE)
def test_a_file_that_cannot_be_imported_is_shown_where_it_fails(quantlab, case):
    text, reason = UNIMPORTABLE[case]
    Path("broken.py").write_text(text, encoding="utf-8")
    for spec in ("broken.py", "broken:Broken"):
        answer = quantlab("backtest", spec, "two.csv")
        assert answer.code == 2
        assert "cannot be imported" in answer.err
        assert "broken.py" in answer.err
        assert reason in answer.err
        assert "quantlab/cli" not in answer.err


def strategy_that(does: str) -> None:
    Path("mine.py").write_text(
        f"import quantlab as ql\nclass Mine(ql.Strategy):\n    def on_bar(self, now):\n        {does}\n",
        encoding="utf-8",
    )


def test_an_exception_of_the_strategy_shows_its_lines_and_its_bar(quantlab):
    strategy_that("1 / (now.bar - 7)")
    answer = quantlab("backtest", "mine.py", "two.csv", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("Traceback (most recent call last):\n")
    assert 'mine.py", line 4, in on_bar\n    1 / (now.bar - 7)' in answer.err
    assert "ZeroDivisionError" in answer.err
    assert "at bar 7 (2024-01-10" in answer.err
    assert "quantlab/" not in answer.err  # none of our own lines


def test_an_order_without_meaning_shows_the_line_that_gave_it(quantlab):
    strategy_that("now.order(0, float('nan'))")
    answer = quantlab("backtest", "mine.py", "two.csv")
    assert answer.code == 2
    assert "now.order(0, float('nan'))" in answer.err
    assert "error: " in answer.err
    assert "at bar 0" in answer.err
    assert "quantlab/" not in answer.err


def test_a_missing_file_that_the_strategy_opens_is_its_own_exception(quantlab):
    strategy_that("open('nowhere.txt')")
    answer = quantlab("backtest", "mine.py", "two.csv")
    assert (answer.code, "FileNotFoundError" in answer.err) == (1, True)


def test_a_file_that_cannot_be_written_is_a_mistake(quantlab):
    answer = quantlab("backtest", "hold.py", "two.csv", "--save", "two.csv/run")
    assert answer.code == 2
    assert answer.err.startswith("error: ")


def test_a_fault_of_quantlab_itself_is_not_hidden(quantlab, monkeypatch):
    monkeypatch.setattr(read, "read_rows", None)
    with pytest.raises(TypeError, match="not callable"):
        quantlab("backtest", "hold.py", "two.csv")


def test_nothing_asked_is_answered_with_help_alone(quantlab):
    answer = quantlab()
    assert answer.code == 2
    assert "backtest" in answer.out + answer.err
    assert "error:" not in answer.err
    assert "Try:" not in answer.err
