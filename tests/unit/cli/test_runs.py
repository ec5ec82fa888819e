from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.made_results import made_result

RISING, FALLING = [0.01, -0.005] * 15, [-0.01, 0.005] * 15


@pytest.fixture(autouse=True)
def _runs(here) -> None:
    """Two saved runs of one strategy name, and a third of another."""
    for folder, returns, name in (
        ("runs/up", RISING, "Made(speed=1)"),
        ("runs/down", FALLING, "Made(speed=2)"),
        ("other/up", [0.002, -0.001] * 15, "Hold()"),
    ):
        made_result(returns, name=name).save(folder)


def test_a_comparison_prints_every_run_best_first(quantlab):
    answer = quantlab("compare", "runs/down", "runs/up")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.index("Made(speed=1)") < answer.out.index("Made(speed=2)")


def test_by_names_the_metric_that_ranks(quantlab):
    answer = quantlab("compare", "runs/down", "runs/up", "--by", "max_drawdown", "--json")
    assert [run["run"] for run in answer.json["runs"]] == ["Made(speed=1)", "Made(speed=2)"]
    assert answer.json["by"] == "max_drawdown"


@pytest.mark.parametrize("benchmark", ["runs/up", "Made(speed=1)", "up"])
def test_a_benchmark_goes_by_its_folder_its_strategy_or_the_folders_name(quantlab, benchmark):
    record = quantlab("compare", "runs/down", "runs/up", "--benchmark", benchmark, "--json").json
    assert record["benchmark"] == "Made(speed=1)"
    assert {run["run"]: run["sharpe_difference"] for run in record["runs"]}["Made(speed=1)"] == 0.0


def test_a_benchmark_may_be_a_further_folder(quantlab):
    record = quantlab("compare", "runs/down", "--benchmark", "other/up", "--json").json
    assert [run["run"] for run in record["runs"]] == ["Hold()", "Made(speed=2)"]


def test_a_benchmark_of_that_name_twice_is_refused(quantlab):
    answer = quantlab("compare", "runs/up", "other/up", "--benchmark", "up")
    assert answer.code == 2
    assert "names 2 of the runs" in answer.err


@pytest.mark.parametrize(
    ("typo", "advice"), [("don", "Did you mean 'down'?"), ("Made(speed=3)", "Did you mean 'Made(speed=2)'?")]
)
def test_a_misspelt_benchmark_is_answered_with_the_nearest(quantlab, typo, advice):
    answer = quantlab("compare", "runs/down", "--benchmark", typo)
    assert (answer.code, answer.out) == (2, "")
    assert advice in answer.err


def test_a_misspelt_metric_is_answered_with_the_nearest(quantlab):
    answer = quantlab("compare", "runs/up", "--by", "sharp")
    assert (answer.code, "Did you mean 'sharpe'?" in answer.err) == (2, True)


def test_csv_is_one_row_a_run(quantlab):
    rows = list(csv.DictReader(io.StringIO(quantlab("compare", "runs/up", "runs/down", "--csv").out)))
    assert [row["run"] for row in rows] == ["Made(speed=1)", "Made(speed=2)"]
    growth = 1.0
    for one in RISING:
        growth *= 1.0 + one
    assert float(rows[0]["total_return"]) == pytest.approx(growth - 1.0, rel=1e-12)


def test_json_and_csv_exclude_each_other(quantlab):
    assert quantlab("compare", "runs/up", "--json", "--csv").code == 2


def test_a_damaged_run_is_named(quantlab, here):
    (here / "runs/up/fills.parquet").write_bytes(b"")
    answer = quantlab("compare", "runs/up", "runs/down")
    assert answer.code == 2
    assert "fills.parquet" in answer.err


@pytest.mark.parametrize(
    ("runs", "title"), [(["runs/up"], "Made(speed=1)"), (["runs/up", "runs/down"], "2 runs")]
)
def test_a_report_is_a_page_about_one_run_or_several(quantlab, runs, title):
    answer = quantlab("report", *runs, "--to", "page.html")
    assert (answer.code, answer.out, answer.err) == (0, "", "report: page.html\n")
    assert title in Path("page.html").read_text(encoding="utf-8")


def test_a_report_with_a_benchmark_is_a_comparison(quantlab):
    assert quantlab("report", "runs/up", "--benchmark", "runs/down", "--to", "page.html").code == 0
    assert "2 runs" in Path("page.html").read_text(encoding="utf-8")


def test_json_has_the_tests_and_what_the_runs_have_in_common(quantlab):
    record = quantlab("compare", "runs/up", "runs/down", "--benchmark", "other/up", "--json").json
    up, down = "Made(speed=1)", "Made(speed=2)"
    tests = record["tests"]
    assert set(tests["runs"]) == {up, down}
    assert {"spa_p", "spa_p_lower", "spa_p_upper", "reality_check_p", "confidence_set", "verdicts"} <= set(
        tests
    )
    for row in record["runs"]:
        if row["run"] != "Hold()":
            told = tests["runs"][row["run"]]
            assert (row["sharpe_p"], row["sharpe_difference_low"]) == (told["sharpe_p"], told["sharpe_low"])
    assert {row["run"]: row["folder"] for row in record["runs"]} == {
        up: "runs/up", down: "runs/down", "Hold()": "other/up",
    }  # fmt: skip
    assert [row["trials"] for row in record["runs"]] == [1, 1, 1]
    assert record["correlation"][up][down] == pytest.approx(-1.0)
    assert record["overlap"][up][down] == 1.0
    assert record["run_notes"] == {}
    assert quantlab("compare", "runs/up", "runs/down", "--json").json["tests"] is None


def test_csv_has_trials_p_values_and_folders(quantlab):
    out = quantlab("compare", "runs/up", "runs/down", "--benchmark", "runs/down", "--csv").out
    rows = {row["run"]: row for row in csv.DictReader(io.StringIO(out))}
    assert (rows["Made(speed=1)"]["trials"], rows["Made(speed=1)"]["folder"]) == ("1", "runs/up")
    assert 0.0 <= float(rows["Made(speed=1)"]["sharpe_p"]) <= 1.0
    assert rows["Made(speed=2)"]["sharpe_p"] == ""


def test_text_has_the_verdict_and_the_folders(quantlab):
    answer = quantlab("compare", "runs/up", "runs/down", "--benchmark", "runs/down")
    assert "Made(speed=1): " in answer.out
    assert "SPA" in answer.out
    assert "runs/up" in answer.out


def test_compare_writes_a_page_beside_its_answer(quantlab):
    answer = quantlab("compare", "runs/up", "runs/down", "--json", "--report", "page.html")
    assert answer.err == "report: page.html\n"
    assert len(answer.json["runs"]) == 2
    assert "2 runs" in Path("page.html").read_text(encoding="utf-8")


def test_a_folder_of_runs_is_its_runs(quantlab):
    answer = quantlab("compare", "runs", "other/up", "--json", "--benchmark", "down")
    assert answer.json["benchmark"] == "Made(speed=2)"
    assert {run["folder"] for run in answer.json["runs"]} == {"runs/up", "runs/down", "other/up"}
    assert quantlab("report", "runs", "--to", "page.html").code == 0
    assert "2 runs" in Path("page.html").read_text(encoding="utf-8")
