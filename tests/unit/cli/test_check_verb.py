from __future__ import annotations

from pathlib import Path

import pytest

LEAK = """
import quantlab as ql


class Leak(ql.Strategy):
    def on_bar(self, now):
        print("noise")
        closes = now._bars.close[:, 1]
        if now.bar + 1 < len(closes):
            now.target_weight(1, 1.0 if closes[now.bar + 1] > closes[now.bar] else 0.0)
"""


@pytest.fixture
def leak(here) -> Path:
    path = here / "leak.py"
    path.write_text(LEAK, encoding="utf-8")
    return path


def test_a_leak_is_exit_code_1_and_its_prints_are_not_the_answer(quantlab, leak):
    answer = quantlab("check", "leak.py", "two.csv", "--cuts", "4")
    assert answer.code == 1
    assert answer.out.startswith("Leak() LOOKS AHEAD")
    assert "noise" in answer.err


def test_a_leak_in_json(quantlab, leak):
    answer = quantlab("check", "leak.py", "two.csv", "--cuts", "4", "--json")
    assert answer.code == 1
    assert answer.json["causal"] is False
    assert answer.json["findings"][0]["name"] == "decisions"


def test_a_causal_strategy_is_exit_code_0(quantlab):
    answer = quantlab("check", "hold.py", "two.csv", "--cuts", "3", "-p", "share=0.5", "--json")
    assert (answer.code, answer.json["causal"]) == (0, True)
    assert answer.json["name"].startswith("Hold(share=0.5")
    assert len(answer.json["cuts"]) == 3


def test_start_and_end_bound_the_cuts(quantlab):
    span = ("--start", "2024-01-15", "--end", "2024-02-16")
    cuts = quantlab("check", "hold.py", "two.csv", *span, "--json").json["cuts"]
    assert (min(cuts) >= 10, max(cuts) < 35) == (True, True)  # rows 10 to 34 are the weekdays of that span


def test_bars_too_short_for_a_check_are_a_mistake(quantlab):
    answer = quantlab("check", "hold.py", "two.csv", "--end", "2024-01-01")
    assert answer.code == 2
    assert answer.err.startswith("error: ")


def test_compiled_tells_whether_it_can_be(quantlab):
    answer = quantlab("check", "hold.py", "two.csv", "--cuts", "2", "--compiled")
    assert answer.code == 0
    assert "Compilable: " in " ".join(answer.out.split())
