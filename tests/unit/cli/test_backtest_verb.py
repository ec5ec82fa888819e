from __future__ import annotations

import json
from pathlib import Path

import pytest

import quantlab as ql

LAST_CLOSE = 10.0 + 0.1 * 59


def test_the_table_goes_to_stdout_and_nothing_to_stderr(quantlab):
    answer = quantlab("backtest", "hold.py", "two.csv")
    assert answer.code == 0
    assert answer.out.startswith("Hold(share=1.0, wait=0, loud=False, word='a')\n2024-01-01 to ")
    assert answer.err == ""


def test_every_line_fits_into_a_hundred_columns(quantlab):
    answer = quantlab("backtest", "hold.py", "two.csv", "--benchmark", "BBB", "--commission", "0.001")
    body = answer.out.split("─\n", 1)[1]
    assert max(map(len, body.splitlines())) <= 100


def test_money_options_reach_the_account(quantlab):
    # Decided at the close of bar 0, filled at the open of bar 1, which is that close: 10.
    # All-in with commission buys (cash/(1 + c))/price units.
    answer = quantlab(
        "backtest", "hold.py", "two.csv", "--cash", "1000", "--commission", "0.01", "--json"
    )  # fmt: skip
    assert answer.json["final_equity"] == pytest.approx(1000.0 / 1.01 / 10.0 * LAST_CLOSE, rel=1e-12)
    assert answer.json["initial_cash"] == 1000.0


def test_whole_units_slippage_and_spread_reach_the_account(quantlab):
    # A purchase at 10 costs 10·1.02 + 0.5/2 = 10.45: 95 units of a thousand.
    answer = quantlab(
        "backtest", "hold.py", "two.csv", "--cash", "1000", "--slippage", "0.02", "--spread", "0.5",
        "--whole-units", "--json",
    )  # fmt: skip
    assert answer.json["final_equity"] == pytest.approx(1000.0 - 95 * 10.45 + 95 * LAST_CLOSE, rel=1e-12)


def test_leverage_and_same_close_are_said_and_done(quantlab):
    Path("double.py").write_text(
        "import quantlab as ql\nclass Double(ql.Strategy):\n    def on_bar(self, now):\n"
        "        if now.bar == 1:\n            now.target_weight(0, 2.0)\n",
        encoding="utf-8",
    )
    answer = quantlab(
        "backtest", "double.py", "two.csv", "--cash", "1000", "--leverage", "2", "--same-close", "--json"
    )  # fmt: skip
    units = 2000.0 / 10.1  # filled at the close of bar 1
    assert answer.json["final_equity"] == pytest.approx(1000.0 + units * (LAST_CLOSE - 10.1), rel=1e-12)
    assert answer.json["fill"] == "same_close"
    assert any("SAME CLOSE" in note for note in answer.json["notes"])


def test_params_are_read_by_their_declared_type(quantlab):
    answer = quantlab(
        "backtest", "hold.py:Hold", "two.csv", "-p", "share=0.5", "--param", "wait=3", "-p", "loud=no",
        "-p", "word=b", "--json",
    )  # fmt: skip
    assert answer.json["name"] == "Hold(share=0.5, wait=3, loud=False, word='b')"


def test_json_is_strict_and_alone_on_stdout_though_the_strategy_prints(quantlab):
    answer = quantlab("backtest", "hold.py", "two.csv", "-p", "loud=true", "--json")
    assert answer.json["metrics"]["beta"] is None  # undefined without a benchmark
    assert answer.json["first"] == "2024-01-01"
    assert "a print of the strategy" in answer.err


def test_prints_of_the_strategy_stay_on_stdout_for_a_person(quantlab):
    answer = quantlab("backtest", "hold.py", "two.csv", "-p", "loud=true")
    assert answer.out.startswith("a print of the strategy\n")


def test_start_end_and_symbols_choose_the_bars(quantlab):
    answer = quantlab(
        "backtest", "hold.py", "two.csv", "--start", "2024-01-03", "--end", "2024-01-31",
        "--symbols", "BBB, AAA", "--benchmark", "AAA", "--json",
    )  # fmt: skip
    record = answer.json
    assert (record["first"], record["last"], record["n_bars"]) == ("2024-01-03", "2024-01-31", 21)
    assert record["provenance"]["bars"]["symbols"] == ["BBB", "AAA"]
    assert record["benchmark"] == "AAA"


def test_intraday_bars_need_and_take_a_zone(quantlab):
    hours = "".join(f"2024-01-02 {hour}:00,1,2,1,2\n" for hour in (10, 11, 12))
    Path("hours.csv").write_text("time,open,high,low,close\n" + hours, encoding="utf-8")
    assert quantlab("backtest", "hold.py", "hours.csv").code == 2
    answer = quantlab(
        "backtest", "hold.py", "hours.csv", "--tz", "America/New_York", "--stamp", "open", "--json"
    )
    assert answer.json["first"] == "2024-01-02T11:00:00-05:00"


def test_save_writes_a_result_that_python_reads(quantlab, here):
    answer = quantlab("backtest", "hold.py", "two.csv", "--save", "runs/hold", "--json")
    result = ql.Result.load(here / "runs/hold")
    assert result.equity.iloc[-1] == answer.json["final_equity"]
    assert answer.err == "saved: runs/hold\n"


def test_save_does_not_overwrite_unless_told_to_and_says_so_before_the_run(quantlab):
    save = ("backtest", "hold.py", "two.csv", "-p", "loud=true", "--save", "run")
    assert quantlab(*save).code == 0
    again = quantlab(*save)
    assert (again.code, again.out) == (2, "")
    assert "--overwrite" in again.err
    assert quantlab(*save, "--overwrite").code == 0


def test_report_writes_a_page(quantlab, here):
    answer = quantlab("backtest", "hold.py", "two.csv", "--report", "page.html")
    assert answer.err == "report: page.html\n"
    assert "Hold(share=1.0" in (here / "page.html").read_text(encoding="utf-8")


def test_stress_is_printed_and_stands_in_the_page(quantlab, here):
    answer = quantlab(
        "backtest", "hold.py", "two.csv", "--commission", "0.001", "--stress", "--report", "page.html"
    )
    assert "costs × 5" in answer.out
    assert '<section id="stress"' in (here / "page.html").read_text(encoding="utf-8")
    assert "costs × 5" not in quantlab("backtest", "hold.py", "two.csv").out
    json.loads(quantlab("backtest", "hold.py", "two.csv", "--stress", "--json").out)


def test_a_file_with_several_strategies_runs_the_one_it_is_named_for(quantlab):
    two = "import quantlab as ql\n" + "".join(
        f"class {name}(ql.Strategy):\n    def on_bar(self, now):\n        pass\n"
        for name in ("Other", "MyIdea")
    )
    Path("my_idea.py").write_text(two, encoding="utf-8")
    Path("ideas.py").write_text(two, encoding="utf-8")
    assert quantlab("backtest", "my_idea.py", "two.csv", "--json").json["name"] == "MyIdea()"
    assert quantlab("backtest", "my_idea.py:Other", "two.csv", "--json").json["name"] == "Other()"
    refused = quantlab("backtest", "ideas.py", "two.csv")
    assert (refused.code, "several strategies (Other, MyIdea)" in refused.err) == (2, True)


def test_a_strategy_may_import_its_neighbours_and_be_named_as_a_module(quantlab, here):
    base = "import quantlab as ql\nclass Base(ql.Strategy):\n    def on_bar(self, now):\n        pass\n"
    sized = "from half import HALF\nfrom shop.base import Base\nclass Sized(Base):\n    size = HALF\n"
    (here / "shop").mkdir()
    for file, text in (("half.py", "HALF = 0.5\n"), ("sized.py", sized), ("base.py", base)):
        (here / "shop" / file).write_text(text, encoding="utf-8")
    assert quantlab("backtest", "shop/sized.py", "two.csv", "--json").json["name"] == "Sized()"
    assert quantlab("backtest", "shop.base:Base", "two.csv", "--json").json["name"] == "Base()"


def test_samples_are_listed_as_text_and_as_json(quantlab):
    assert "sample:us5" in quantlab("samples").out
    listed = quantlab("samples", "--json").json
    assert [sample["name"] for sample in listed] == [sample.name for sample in ql.samples()]
