from __future__ import annotations

import math
from pathlib import Path

import pytest

import quantlab as ql

IN_AND_OUT = """
import quantlab as ql


class InAndOut(ql.Strategy):
    def on_bar(self, now):
        print("noise")
        if now.bar % 10 == 2:
            now.target_weight(1, 0.5)
        elif now.bar % 10 == 7:
            now.target_weight(1, 0.0)
"""


def test_the_json_is_what_the_library_finds(quantlab):
    answer = quantlab(
        "stress", "hold.py", "two.csv", "-p", "share=0.5", "--cash", "1000", "--commission", "0.01",
        "--leverage", "2", "--symbols", "BBB,AAA", "--json",
    )  # fmt: skip
    assert (answer.code, answer.err) == (0, "")
    from hold import Hold

    found = ql.stress(
        Hold(share=0.5), ql.read_bars("two.csv", symbols=["BBB", "AAA"]), cash=1000.0,
        costs=ql.Costs(commission=0.01), account=ql.Account(leverage=2.0),
    )  # fmt: skip
    record = answer.json
    assert [row["scenario"] for row in record["scenarios"]] == list(found.frame.index)
    for row, expected in zip(record["scenarios"], found.frame.to_dict("records"), strict=True):
        for name, value in expected.items():
            told = math.nan if row[name] is None else row[name]
            assert told == pytest.approx(value, nan_ok=True)
    assert [row["crisis"] for row in record["crises"]] == list(found.crises.index)
    assert record["index"] == "S&P 500"
    assert record["net_exposure"] == pytest.approx(found.net_exposure)
    assert record["trades"] is None
    assert record["notes"] == list(found.notes)
    assert record["name"].startswith("Hold(share=0.5")


def test_the_table_is_text_and_prints_of_the_strategy_go_elsewhere(quantlab):
    Path("in_and_out.py").write_text(IN_AND_OUT, encoding="utf-8")
    answer = quantlab("stress", "in_and_out.py", "two.csv", "--commission", "0.001")
    assert answer.code == 0
    assert answer.out.startswith("Stress\n")
    for expected in ("costs × 5", "Pandemic crash 2020 replayed", "Crises of S&P 500", "Trades drawn again"):
        assert expected in answer.out
    assert max(map(len, answer.out.splitlines())) <= 100
    assert "noise" not in answer.out
    assert "noise" in answer.err
    record = quantlab("stress", "in_and_out.py", "two.csv", "--json").json
    assert record["trades"]["n_trades"] == 6  # in at bars 2, 12 … 52
    assert [row["level"] for row in record["trades"]["quantiles"]] == [
        0.01,
        0.05,
        0.25,
        0.5,
        0.75,
        0.95,
        0.99,
    ]
    assert any("costs are zero" in note for note in record["notes"])


def test_an_index_of_the_bars_is_taken(quantlab):
    record = quantlab("stress", "hold.py", "two.csv", "--index", "BBB", "--json").json
    assert (record["index"], record["crises"]) == ("BBB", [])
    assert record["scenarios"][-1]["total_return"] is None
    assert "BBB has returns from 2024-01-01" in record["notes"][-1]
