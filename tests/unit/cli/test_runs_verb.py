"""Saved runs are listed, tagged, removed and made again from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import quantlab as ql
from quantlab.research.runs import tag
from tests.made_results import made_result

NOISY = """
import quantlab as ql


class Noisy(ql.Strategy):
    outlook = ql.forecast(ql.RECIPE)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now.ready[i]:
                now.target_weight(i, 100.0 * now[self.outlook, i])
"""


@pytest.fixture
def three(quantlab):
    """Three runs: one by hand, two of a file; in this sequence."""
    made_result([0.01, -0.005] * 15, name="Made(speed=1)").save("runs/made")
    quantlab("backtest", "hold.py", "two.csv", "--save", "runs/hold")
    quantlab("backtest", "hold.py", "two.csv", "-p", "share=0", "--save", "runs/idle")


def names(answer) -> list[str]:
    return [Path(run["run"]).name for run in answer.json]


def test_runs_are_listed_newest_first(quantlab, three):
    answer = quantlab("runs")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("3 runs in runs\n")
    assert answer.out.index(" idle ") < answer.out.index(" hold ") < answer.out.index(" made ")
    assert "two.csv" in answer.out
    assert "2024-01-01" in answer.out
    assert quantlab("runs", "runs").out == quantlab("runs", "list", "runs").out == answer.out


def test_what_is_undefined_is_na_in_text_and_null_in_json(quantlab, three):
    idle = quantlab("runs", "--json").json[0]
    assert (idle["run"], idle["metrics"]["sharpe"], idle["rerunnable"]) == ("runs/idle", None, True)
    assert "n/a" in next(line for line in quantlab("runs").out.splitlines() if " idle " in line)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--strategy", "Hold"], ["idle", "hold"]),
        (["--strategy", "hold"], ["idle", "hold"]),
        (["--strategy", "Hol"], []),
        (["--tag", "good"], ["hold"]),
        (["--since", "2000-01-01"], ["idle", "hold", "made"]),
        (["--since", "2999-01-01"], []),
        (["--where", "sharpe > 0"], ["hold", "made"]),
        (["--where", "sharpe != 0"], ["hold", "made"]),  # undefined fits nothing
        (["--where", "not sharpe > 1000 and n_fills >= 1"], ["hold", "made"]),
        (["--where", "n_fills == 0"], ["idle"]),
        (["--where", "sharpe > 0", "--tag", "good"], ["hold"]),
    ],
)
def test_filters(quantlab, three, words, found):
    assert quantlab("runs", "tag", "hold", "good").out == "good\n"
    assert names(quantlab("runs", *words, "--json")) == found


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["--where", "sharp > 1"], "there is no metric 'sharp'. Did you mean 'sharpe'?"),
        (["--where", "__import__('os').system('true')"], "is not understood"),
        (["--where", "sharpe >"], "write it as 'sharpe > 1'"),
        (["--since", "someday"], "is no date"),
        (["nowhere"], "there is no folder nowhere"),
        (["tag", "hodl", "good"], "Did you mean 'hold'?"),
        (["tag", "hold", "two words"], "is no tag"),
    ],
)
def test_mistakes(quantlab, three, words, advice):
    answer = quantlab("runs", *words)
    assert (answer.code, answer.out) == (2, "")
    assert advice in answer.err


def test_tags_come_and_go(quantlab, three):
    assert quantlab("runs", "tag", "runs/hold", "good", "base").out == "base good\n"
    assert quantlab("runs", "untag", "hold", "good").out == "base\n"
    assert quantlab("runs", "--tag", "base", "--json").json[0]["tags"] == ["base"]
    assert ql.Result.load("runs/hold").name.startswith("Hold(")


def test_a_damaged_run_is_listed_as_damaged_and_can_be_removed(quantlab, three):
    Path("runs/hold/fills.parquet").write_bytes(b"damaged")
    Path("runs/made/manifest.json").unlink()
    answer = quantlab("runs")
    assert answer.code == 0
    assert "hold is damaged: runs/hold/fills.parquet is not what was saved" in " ".join(answer.out.split())
    assert "made is damaged" in answer.out
    damage = {Path(run["run"]).name: run["damage"] for run in quantlab("runs", "--json").json}
    assert (damage["idle"], "fills.parquet" in damage["hold"]) == (None, True)
    assert names(quantlab("runs", "--where", "n_fills >= 0", "--json")) == ["idle"]
    assert (
        quantlab("runs", "remove", "hold", "made", "--yes").err == "removed: runs/hold\nremoved: runs/made\n"
    )
    assert [p.name for p in Path("runs").iterdir()] == ["idle"]


def test_nothing_is_removed_unasked_nor_what_is_no_run(quantlab, three):
    assert quantlab("runs", "remove", "hold").code == 2  # nobody to ask
    Path("mine").mkdir()
    answer = quantlab("runs", "remove", "hold", "mine", "--yes")
    assert (answer.code, "mine is no saved run" in answer.err) == (2, True)
    assert Path("mine").is_dir()
    assert len(ql.runs()) == 3


@pytest.mark.parametrize("agreed", [True, False])
def test_on_a_terminal_it_asks(quantlab, three, monkeypatch, agreed):
    asked = []

    def confirm(text, **_):
        asked.append(text)
        if not agreed:
            raise SystemExit(1)

    monkeypatch.setattr("quantlab.cli.runs._on_a_terminal", lambda: True)
    monkeypatch.setattr("typer.confirm", confirm)
    quantlab("runs", "remove", "hold")
    assert asked == ["Remove runs/hold for good?"]
    assert Path("runs/hold").exists() is not agreed


def test_keep_makes_a_folder_in_runs(quantlab):
    answer = quantlab("backtest", "hold.py", "two.csv", "--keep")
    (folder,) = Path("runs").iterdir()
    assert answer.err == f"saved: {folder}\n"
    assert folder.name.startswith("hold-")
    assert quantlab("backtest", "hold.py", "two.csv", "--keep", "--save", "run").code == 2
    assert quantlab("compare", str(folder), str(folder)).code == 0
    assert quantlab("report", str(folder), "--to", "page.html").code == 0


def test_a_rerun_is_equal_from_anywhere(quantlab, three, here, monkeypatch):
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    answer = quantlab("rerun", "../runs/hold", "--json")
    assert (answer.code, answer.json["equal"], answer.json["changes"]) == (0, True, [])
    assert quantlab("rerun", "../runs/hold", "--keep").err.startswith("saved: runs/hold-")
    assert len(ql.runs()) == 1


def test_a_project_that_was_moved_as_a_whole_is_found_again(quantlab, three, here, monkeypatch):
    moved = here.parent / f"{here.name}-moved"
    moved.mkdir()
    for name in ("runs", "hold.py", "two.csv"):
        (here / name).rename(moved / name)
    monkeypatch.chdir(moved)
    assert quantlab("rerun", "hold").code == 0


def changed(answer) -> set[str]:
    return {change["what"] for change in answer.json["changes"]}


def test_a_changed_strategy_file_is_named(quantlab, three):
    text = Path("hold.py").read_text()
    Path("hold.py").write_text(text.replace("self.share)", "self.share / 2)"))
    answer = quantlab("rerun", "hold", "--json")
    assert (answer.code, answer.json["equal"]) == (1, False)
    assert changed(answer) == {"the file hold.py", "the code of the strategy"}
    assert "equity" in answer.json["differing"]
    assert "the file hold.py: " in quantlab("rerun", "hold").out
    Path("hold.py").write_text(text + "# a comment\n")
    again = quantlab("rerun", "hold", "--json")
    assert (again.code, changed(again)) == (0, {"the file hold.py"})


def test_changed_bars_are_named(quantlab, three):
    lines = Path("two.csv").read_text().splitlines()
    Path("two.csv").write_text("\n".join([*lines[:20], *lines[21:]]))
    answer = quantlab("rerun", "hold", "--json")
    assert (answer.code, changed(answer)) == (1, {"the bars"})


def test_a_change_that_no_input_shows_is_said_to_be_none_of_them(quantlab, here):
    (here / "half.py").write_text("def half():\n    return 0.5\n")
    (here / "sized.py").write_text(
        "import half\nimport quantlab as ql\nclass Sized(ql.Strategy):\n    def on_bar(self, now):\n"
        "        now.target_weight(0, half.half())\n"
    )
    assert quantlab("backtest", "sized.py", "two.csv", "--save", "run").code == 0
    import half

    half.half = lambda: 0.25
    answer = quantlab("rerun", "run")
    assert answer.code == 1
    assert "Every known input is equal" in answer.out


@pytest.mark.parametrize(
    ("recipe", "matters"),
    [
        ("RidgeForecaster(lookback=4)", False),
        pytest.param("MLP(lookback=4, epochs=2)", True, marks=pytest.mark.slow),
    ],
)
def test_a_forecasting_strategy_is_made_again_and_another_seed_is_named(
    quantlab, here, monkeypatch, recipe, matters
):
    (here / "noisy.py").write_text(NOISY.replace("RECIPE", recipe))
    monkeypatch.syspath_prepend(str(here))
    import noisy

    bars = ql.read_bars("sample:us5").rows(0, 230).select(["IBM", "MSFT"])
    folds = ql.WalkForward(train=150, test=60)
    result = ql.backtest(noisy.Noisy(), bars, folds=folds, seed=7, engine="python")
    result.save("run")
    origin = json.loads(Path("run/manifest.json").read_text())["provenance"]
    told = origin["forecasters"]["outlook"]
    assert (told["seed"], told["trials"], told["folds"]) == (7, 1, repr(folds))
    assert quantlab("rerun", "run", "--json").json["changes"] == []
    answer = quantlab("rerun", "run", "--seed", "8", "--json")
    assert answer.code == int(matters)
    assert changed(answer) == ({"the forecasts outlook", "the seed"} if matters else {"the seed"})


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda: Path("hold.py").unlink(), "does not exist any more"),
        (lambda: Path("hold.py").write_text("x = 1\n"), "has no strategy 'Hold' any more"),
        (lambda: Path("hold.py").write_text("1 / 0\n"), "cannot be imported: ZeroDivisionError"),
        (lambda: Path("two.csv").unlink(), "does not exist"),
        (lambda: Path("runs/hold/fills.parquet").write_bytes(b""), "fills.parquet"),
    ],
)
def test_what_cannot_be_made_again_is_exit_code_2_with_the_reason(quantlab, three, harm, reason):
    harm()
    answer = quantlab("rerun", "hold")
    assert (answer.code, answer.out) == (2, "")
    assert reason in answer.err


def test_a_run_that_no_backtest_made_says_so(quantlab, three):
    answer = quantlab("rerun", "made")
    assert (answer.code, "cannot be made again" in answer.err) == (2, True)


def test_tables_of_runs_escape_what_they_show(quantlab, three):
    made_result([0.01] * 3, name="<script>()").save("runs/<b>")
    tag(Path("runs/<b>"), add=["fine"])
    page = ql.runs()._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert "<table>" in ql.rerun("runs/hold")._repr_html_()


def test_a_name_that_begins_several_is_answered_with_all_of_them(quantlab):
    for word in ("one", "two", "three"):
        made_result([0.01, -0.005] * 15, name="SmaCross(fast=1)").save(f"runs/sma_cross-{word}")
    for name in ("sma_cross", "SmaCross", "sma"):
        answer = quantlab("runs", "tag", name, "good")
        assert answer.code == 2
        assert "begins the names of 3 runs" in answer.err
        assert all(f"sma_cross-{word}" in answer.err for word in ("one", "two", "three"))


@pytest.mark.parametrize("words", [["--strategy", "smacross"], ["--tag", "best"]])
def test_nothing_that_matches_is_said_with_what_there_is(words, quantlab, three):
    quantlab("runs", "tag", "hold", "good")
    answer = quantlab("runs", *words)
    assert answer.code == 0
    assert answer.out == "None of the 3 runs in runs matches. There are strategies: Hold; tags: good.\n"
    assert quantlab("runs", *words, "--json").json == []
