from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import quantlab as ql


@pytest.mark.parametrize("name", ["GoldenFox", "golden_fox", "golden-fox", "Golden Fox"])
def test_any_style_gives_the_same_two_files(quantlab, here, name):
    answer = quantlab("new", name)
    assert answer.code == 0
    assert sorted(str(path.relative_to(here)) for path in here.rglob("*fox*")) == [
        "backtests/golden_fox_backtest.py",
        "strategies/golden_fox.py",
    ]
    assert "class GoldenFox(ql.Strategy):" in (here / "strategies/golden_fox.py").read_text(encoding="utf-8")


def test_the_script_runs_as_it_is_from_any_folder(quantlab, here):
    quantlab("new", "GoldenFox", "--folder", "work")
    root = str(Path(ql.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-W", "error", here / "work/backtests/golden_fox_backtest.py"],
        cwd=here.parent,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("GoldenFox(lookback=120, threshold=0.0)\n2000-03-01 to 2013-03-01")


def test_the_strategy_runs_from_the_command_line_and_is_causal(quantlab):
    quantlab("new", "GoldenFox")
    spec = ("strategies/golden_fox.py", "two.csv", "-p", "lookback=5")
    assert quantlab("backtest", *spec, "--json").json["name"] == "GoldenFox(lookback=5, threshold=0.0)"
    assert quantlab("check", *spec, "--cuts", "2").code == 0


@pytest.mark.parametrize("made", ["strategies/golden_fox.py", "backtests/golden_fox_backtest.py"])
def test_nothing_is_overwritten_and_nothing_written_when_one_file_exists(quantlab, here, made):
    path = here / made
    path.parent.mkdir()
    path.write_text("mine", encoding="utf-8")
    answer = quantlab("new", "GoldenFox")
    assert (answer.code, answer.out) == (2, "")
    assert f"{Path(made)} exists already" in answer.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert len(list(here.rglob("*golden_fox*"))) == 1


@pytest.mark.parametrize(
    "name", ["class", "none", "2fast", "a/b", "a.b", "", "..", "x!", "random", "quantlab"]
)
def test_names_that_python_could_not_import_or_would_confuse_are_refused(quantlab, here, name):
    answer = quantlab("new", name)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert not (here / "strategies").exists()
