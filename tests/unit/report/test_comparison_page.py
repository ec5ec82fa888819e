"""The page of a comparison: who is marked, what is tested, which heat maps there are, and what is folded away."""

from __future__ import annotations

import re

import numpy as np
import pytest

import quantlab as ql
from quantlab.report.comparison_page import comparison_page
from quantlab.report.heat_table import shades
from tests.made_results import made_result

MARKET = np.random.default_rng(7).normal(0.0004, 0.01, 400)


def run(name, seed, **facts):
    made = made_result(
        0.7 * MARKET + np.random.default_rng(seed).normal(0.0002, 0.006, 400), name=name, **facts
    )
    made.provenance.update({"strategy": {"code": name}, "fingerprint": f"{name} {seed}"})
    return made


def hold():
    return made_result(MARKET, name="Hold()")


def section(page, title):
    return next(one for one in page["sections"] if one.title == title)


def table(page, part, place=0):
    return section(page, part).tables[place]


def marked(page):
    """Runs marked as best, by column."""
    rows = table(page, "Runs")
    return {
        name: row[0].text
        for row in rows.rows
        for name, cell in zip(rows.columns, row, strict=True)
        if cell.is_best
    }


def test_a_run_without_trades_is_never_marked_best_and_stands_last():
    idle = made_result(np.zeros(400), name="idle", n_fills=0)
    page = comparison_page(ql.compare([idle, run("a", 1), run("b", 2)], by="max_drawdown", n_resamples=10))
    assert [row[0].text for row in table(page, "Runs").rows][-1] == "idle"
    best = marked(page)
    assert {"Maximum drawdown", "Volatility", "Expected shortfall (5%)"} <= set(best)
    assert "idle" not in best.values()


def test_the_tests_have_distinct_headings_a_wide_card_and_a_line_a_verdict():
    compared = ql.compare([run("a", 1), run("b", 2), hold()], "Hold()", n_resamples=100)
    against = table(comparison_page(compared), "Against the benchmark")
    assert against.wide
    assert len(set(against.columns)) == len(against.columns)
    assert [name for name in against.columns if name.startswith("p ")] == [
        "p of Sharpe",
        "p of mean",
        "p in confidence set",
    ]
    assert set(compared.superiority.verdicts) <= set(against.lines)
    assert against.note == ""


def test_there_is_one_interval_of_a_sharpe_difference(tmp_path):
    compared = ql.compare([run("a", 1), hold()], "Hold()", n_resamples=100)
    text = ql.report(compared, tmp_path / "page.html").read_text(encoding="utf-8")
    row = compared.superiority.frame.loc["a"]
    tested = f"[{row['sharpe_low']:.2f}, {row['sharpe_high']:.2f}]"
    gap = re.escape(f"{row['sharpe_difference']:.2f}")
    assert set(re.findall(rf">{gap} (\[[^]]*\])<", text)) == {tested}
    assert "Not tested" not in text


def test_every_metric_stands_once_and_trials_beside_it():
    picked = run("a", 1)
    picked.provenance["sweep"] = {"trials": 6, "tuned": 1, "sharpe_variance": 0.001}
    page = comparison_page(ql.compare([picked, run("b", 2)], n_resamples=10))
    rows = table(page, "Runs")
    assert (
        len([one for part in page["sections"] for one in part.tables if "Sharpe [low, high]" in one.columns])
        == 1
    )
    assert rows.columns[:2] == ("run", "trials known")
    assert {row[0].text: row[1].text for row in rows.rows} == {"a": "6", "b": "1"}
    assert {metric.label for metric in page["definitions"]} <= {
        name.removesuffix(" [low, high]") for name in rows.columns
    }


def test_notes_of_the_runs_are_folded_and_names_are_cut(tmp_path):
    name = "n" * 300
    runs = {name: run("a", 1, notes=("3 orders rejected.",)), "b": run("b", 2, notes=("3 orders rejected.",))}
    compared = ql.compare(runs, n_resamples=10)
    page = comparison_page(compared)
    assert not any("rejected" in note for note in page["notes"])
    (line,) = page["run_notes"]
    assert line.endswith(": 3 orders rejected.")
    assert len(line) < 100
    cells = [row[0] for row in table(page, "Runs").rows]
    assert {cell.hint for cell in cells} == {name, ""}
    assert max(len(cell.text) for cell in cells) <= 48
    text = ql.report(compared, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<summary>Notes of the runs</summary>" in text


def test_runs_that_differ_in_two_numbers_have_a_heat_map():
    runs = [run(f"Sma(fast={k}, slow={j})", 10 * k + j) for k in (1, 2) for j in (5, 9)]
    compared = ql.compare([*runs, hold()], n_resamples=10)
    heat = table(comparison_page(compared), "What differs", 1)
    assert (heat.title, heat.columns) == ("Sharpe, Sma", ("slow ↓ fast →", "1", "2"))
    for row in heat.rows:
        for k, cell in zip((1, 2), row[1:], strict=True):
            assert cell.value == compared.frame.loc[f"Sma(fast={k}, slow={row[0].text})", "sharpe"]
    assert len(section(comparison_page(ql.compare(runs[:2], n_resamples=10)), "What differs").tables) == 1


def test_folders_tell_runs_of_one_name_apart(tmp_path):
    for k in range(2):
        run("Same()", k).save(tmp_path / f"r{k}")
    loaded = [ql.Result.load(tmp_path / f"r{k}") for k in range(2)]
    compared = ql.compare(loaded, n_resamples=10)
    differs = table(comparison_page(compared), "What differs")
    assert {row[0].text: row[1].text for row in differs.rows} == {
        "Same()": str(tmp_path / "r0"),
        "Same() (2)": str(tmp_path / "r1"),
    }
    assert "r0" in str(compared)


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("values", [[0.52, 0.6, 0.85], [-0.5, -0.3, -0.2], [-0.1, 0.0, 0.4]])
def test_the_better_cell_has_the_better_colour_from_the_lowest_to_the_highest(values, better):
    shaded = shades(np.array([values]), better)[0]
    if values[0] * values[-1] > 0.0:
        assert abs(shaded).max() == 1.0
        assert abs(shaded).min() < 0.1
        assert list(np.argsort(shaded)) == ([0, 1, 2] if better == "higher" else [2, 1, 0])
    else:
        assert shaded.tolist() == pytest.approx([-0.25, 0.0, 1.0])


def test_what_is_undefined_or_all_zero_has_no_colour():
    assert shades(np.array([[np.nan, 0.0]]), "higher").tolist() == [[0.0, 0.0]]
    assert shades(np.array([[np.nan, 1.0, 2.0]]), "higher")[0, 0] == 0.0
