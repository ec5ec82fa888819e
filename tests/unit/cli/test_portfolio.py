"""A portfolio made in a file runs like a strategy; what takes one strategy says so."""

from __future__ import annotations

from pathlib import Path

import pytest

MIX = """
import quantlab as ql
from hold import Hold

MIX = ql.Portfolio({"all": Hold(), "half": Hold(share=0.5)}, shares={"all": 0.5, "half": 0.25}, books="netted")
"""


@pytest.fixture
def mix(here) -> Path:
    path = here / "mix.py"
    path.write_text(MIX, encoding="utf-8")
    return path


@pytest.mark.parametrize("spec", ["mix.py", "mix.py:MIX", "mix:MIX"])
def test_a_portfolio_runs_and_is_saved(quantlab, mix, here, spec):
    answer = quantlab(
        "backtest", spec, "two.csv", "--cash", "1000", "--save", "run", "--report", "page.html", "--json"
    )
    assert answer.code == 0, answer.err
    assert answer.json["name"].startswith("Portfolio({'all': Hold(")
    assert answer.json["provenance"]["parts"]["half"]["share"] == 0.25
    assert (here / "run" / "parts" / "1" / "manifest.json").is_file()
    assert "Strategies" in (here / "page.html").read_text(encoding="utf-8")


def test_its_parameters_are_in_its_file(quantlab, mix):
    answer = quantlab("backtest", "mix.py", "two.csv", "--param", "share=0.5")
    assert answer.code == 2
    assert "whose strategies have their parameters in the file" in answer.err


@pytest.mark.parametrize("verb", [["check"], ["sweep", "--over", "share=0,1"]])
def test_other_verbs_take_one_strategy(quantlab, mix, verb):
    answer = quantlab(verb[0], "mix.py:MIX", "two.csv", *verb[1:])
    assert answer.code == 2
    assert "only `quantlab backtest` runs" in answer.err
