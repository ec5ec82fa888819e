from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import pytest

import quantlab as ql
from quantlab.cli.condition import condition
from quantlab.cli.space import read_space
from quantlab.errors import StrategyError

SWEEP = ("sweep", "hold.py", "two.csv", "--workers", "1")


def test_the_table_goes_to_stdout_and_prints_of_the_strategy_do_not(quantlab):
    answer = quantlab(*SWEEP, "--over", "share=0.2,0.6", "-p", "loud=true")
    assert answer.code == 0
    assert answer.out.startswith("Sweep of Hold(wait=0, loud=True, word='a') over share\n")
    assert "2 trials · best first by Sharpe" in answer.out
    assert "a print of the strategy" in answer.err
    assert "a print of the strategy" not in answer.out


def test_json_has_every_trial_and_the_numbers_of_backtest(quantlab):
    answer = quantlab(
        *SWEEP, "--over", "wait=0:20:10", "--over", "share=0.5,1", "--commission", "0.01", "--json"
    )
    record = answer.json
    assert [(trial["wait"], trial["share"]) for trial in record["trials"]] == [
        (0, 0.5), (0, 1.0), (10, 0.5), (10, 1.0), (20, 0.5), (20, 1.0),
    ]  # fmt: skip
    one = quantlab(
        "backtest", "hold.py", "two.csv", "-p", "wait=10", "-p", "share=0.5", "--commission", "0.01", "--json"
    ).json
    for name in ("sharpe", "cagr", "max_drawdown"):
        assert record["trials"][2][name] == one["metrics"][name]
    assert (record["n_trials"], record["n_failed"], record["rank_by"]) == (6, 0, "sharpe")
    best = record["trials"][record["best_trial"]]
    assert record["best"].startswith(f"Hold(share={best['share']}, wait={best['wait']}")


def test_json_and_text_judge_the_best(quantlab):
    words = (*SWEEP, "--over", "wait=0,5,10", "--commission", "0.01")
    record = quantlab(*words, "--json").json
    assert record["verdict"].startswith(f"Trial {record['best_trial']}, Sharpe ")
    assert 0.0 <= record["overfitting"]["probability"] <= 1.0
    assert record["overfitting"]["n_configurations"] == 3
    assert " ".join(record["verdict"].split()) in " ".join(quantlab(*words).out.replace("\n  ", " ").split())


def test_undefined_is_null(quantlab):
    record = quantlab(*SWEEP, "--over", "share=0", "--json").json
    assert (record["best"], record["best_trial"], record["deflated_sharpe"]) == (None, None, None)
    assert record["trials"][0]["sharpe"] is None


def test_csv_has_every_trial(quantlab):
    answer = quantlab(*SWEEP, "--over", "share=0.2,0.6", "--metrics", "cagr, sharpe", "--csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert list(rows[0]) == ["trial", "share", "cagr", "sharpe", "error"]
    assert [row["share"] for row in rows] == ["0.2", "0.6"]


def test_where_trials_and_start_are_heard(quantlab):
    words = ("--over", "wait=0:50:1", "--where", "wait % 10 == 3", "--start", "2024-01-08", "--json")
    record = quantlab(*SWEEP, *words).json
    assert [trial["wait"] for trial in record["trials"]] == [3, 13, 23, 33, 43]
    few = quantlab(*SWEEP, *words, "--trials", "2", "--seed", "1").json
    assert len(few["trials"]) == 2
    ranged = quantlab(*SWEEP, "--over", "share=0.2:0.4", "--trials", "5", "--json").json
    assert all(0.2 <= trial["share"] <= 0.4 for trial in ranged["trials"])
    declared = quantlab(*SWEEP, "--trials", "4", "--json").json
    assert declared["params"] == ["share", "wait", "loud", "word"]


def test_a_path_keeps_trials(quantlab, here):
    first = quantlab(*SWEEP, "--over", "share=0.2,0.6", "--path", "kept.db", "--json").json
    assert (here / "kept.db").is_file()
    again = quantlab(*SWEEP, "--over", "share=0.2,0.4,0.6", "--path", "kept.db", "--json").json
    assert again["trials"][0] == first["trials"][0]
    refused = quantlab(*SWEEP, "--over", "share=0.2", "--path", "kept.db", "--cash", "5")
    assert (refused.code, refused.out) == (2, "")
    assert "cash (100000.0 there, 5.0 here)" in refused.err


@pytest.mark.slow
def test_strategies_of_a_file_run_in_other_processes(quantlab, here):
    (here / "half.py").write_text("HALF = 0.5\n", encoding="utf-8")
    (here / "own.py").write_text(
        "import quantlab as ql\nfrom half import HALF\ndef half(x):\n    return HALF * x\n"
        "class Own(ql.Strategy):\n    share: float = ql.param(default=1.0, low=0.0, high=1.0)\n"
        "    def on_bar(self, now):\n        now.target_weight(0, half(self.share))\n",
        encoding="utf-8",
    )
    words = ("sweep", "own.py", "two.csv", "--over", "share=0.2,0.6,0.8", "--json", "--engine", "python")
    assert (
        quantlab(*words, "--workers", "2").json["trials"] == quantlab(*words, "--workers", "1").json["trials"]
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--over", "shar=1"), "has no parameter 'shar'. Did you mean 'share'"),
        (("--over", "share"), "is not NAME=VALUES"),
        (("--over", "share=a"), "--over share=a: share is a number"),
        (("--over", "share=2"), "outside its range"),
        (("--over", "share=0.1", "--over", "share=0.2"), "given twice"),
        (("--over", "wait=5:1:1"), "LOW:HIGH:STEP"),
        (("--over", "wait=1:5:0"), "LOW:HIGH:STEP"),
        (("--over", "share=0:1:0.0000001"), "take a larger step"),
        (("--over", "share=0:1"), "share has a range, not values"),
        ((), "Say what to try"),
        (("--over", "wait=1,2", "--where", "wait < shar"), "no parameter 'shar'. Did you mean 'share'"),
        (("--over", "wait=1,2", "--rank-by", "sharp"), "no metric 'sharp'"),
        (("--over", "wait=1,2", "--workers", "0"), "workers=0"),
        (("--over", "wait=1,2", "--json", "--csv"), "exclude each other"),
    ],
)
def test_mistakes_are_one_message_and_exit_code_2(quantlab, words, said):
    answer = quantlab("sweep", "hold.py", "two.csv", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


PARAMS = SimpleNamespace(fast=10, slow=50, share=0.5, word="a", loud=True)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("fast < slow", True),
        ("fast >= slow", False),
        ("2 * fast <= slow < 100", True),
        ("5 * fast < slow <= 100", False),
        ("slow % fast == 0 and not share > 0.7", True),
        ("slow / fast == 5.0 or word == 'b'", True),
        ("word != 'a' or -share > 0", False),
        ("loud", True),
        ("slow // 7 + 3 - 10 == 0", True),
        ("(fast < 5) == False", True),
    ],
)
def test_conditions_are_read_as_python_reads_them(text, answer):
    assert condition(text, vars(PARAMS))(PARAMS) is answer
    assert bool(eval(text, {}, vars(PARAMS))) is answer


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "fast.real > 1", "[fast]", "fast ** slow > 1", "fast if loud else slow", "(fast := 5)",
     "lambda: 1", "fast <", "", "fast is slow", "fast in (1, 2)", "fast < None", "f'{fast}'", "open('x')"],
)  # fmt: skip
def test_nothing_else_is_read(text):
    with pytest.raises(StrategyError, match="--where"):
        condition(text, vars(PARAMS))


def test_a_condition_without_an_answer_is_told():
    with pytest.raises(StrategyError, match="has no answer"):
        condition("fast / 0 > 1", vars(PARAMS))(PARAMS)
    with pytest.raises(StrategyError, match="has no answer"):
        condition("word > fast", vars(PARAMS))(PARAMS)


class Kinds(ql.Strategy):
    whole: int = ql.param(default=1)
    part: float = ql.param(default=1.0)
    yes: bool = ql.param(default=False)
    word: str = ql.param(default="a")

    def on_bar(self, now):
        pass


def test_values_are_read_by_the_type_of_their_parameter():
    read = read_space(Kinds(), ["whole=1, 5,9", "part=1,2.5", "yes=no,true", "word=a,b:c"])
    assert read == {"whole": [1, 5, 9], "part": [1.0, 2.5], "yes": [False, True], "word": ["a", "b:c"]}
    assert read_space(Kinds(), ["whole=5:50:15"]) == {"whole": [5, 20, 35, 50]}
    assert read_space(Kinds(), ["whole=5:49:15"]) == {"whole": [5, 20, 35]}
    assert read_space(Kinds(), ["part=0.1:0.3:0.1"]) == {"part": [0.1, 0.2, pytest.approx(0.3)]}
    assert max(read_space(Kinds(), ["part=0.1:0.3:0.1"])["part"]) <= 0.3
    assert read_space(Kinds(), []) is None


def test_a_page_is_written_where_it_is_asked_for(quantlab, here):
    answer = quantlab(*SWEEP, "--over", "share=0.2,0.6", "--report", "pages/sweep.html")
    assert answer.code == 0
    assert "report: pages/sweep.html" in answer.err
    assert "Heat maps" in (here / "pages" / "sweep.html").read_text(encoding="utf-8")
