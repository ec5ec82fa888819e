"""A saved run: every byte of it is guarded, and it can be made again or says why not."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.engine.as_code import read_code
from quantlab.engine.code import class_code
from quantlab.engine.recipe import WORDS
from quantlab.errors import QuantlabError, ResultError
from quantlab.research.runs import find, remove, tag
from strategies.mean_reversion import MeanReversion
from strategies.sma_cross import SmaCross
from tests.made_results import made_result

COSTS = ql.Costs(commission=0.001)


@pytest.fixture(scope="module")
def us5():
    return ql.read_bars("sample:us5")


@pytest.fixture(scope="module")
def saved(us5, tmp_path_factory):
    """A portfolio, for its folder has every kind of file."""
    portfolio = ql.Portfolio({"trend": SmaCross(fast=5, slow=20), "dips": MeanReversion()})
    result = ql.backtest(portfolio, us5.rows(0, 300), costs=COSTS, benchmark="IBM")
    return result.save(tmp_path_factory.mktemp("runs") / "two")


@pytest.mark.parametrize("pattern", ["manifest.json", "*.parquet", "parts/*/*"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_changed_byte_of_any_file_is_noticed_and_its_file_is_named(saved, pattern, data):
    file = data.draw(st.sampled_from(sorted(saved.glob(pattern))))
    content = file.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    harmed = bytearray(content)
    harmed[place] ^= data.draw(st.integers(1, 255))
    try:
        file.write_bytes(harmed)
        with pytest.raises(ResultError) as error:
            ql.Result.load(saved)
        assert file.name in str(error.value)
        assert ql.runs(saved.parent).frame["damage"].ne("").all()
    finally:
        file.write_bytes(content)
    assert ql.runs(saved.parent).frame["damage"].eq("").all()


def test_the_manifest_says_where_everything_comes_from(us5, tmp_path):
    result = ql.backtest(SmaCross(fast=5), us5.window("2008", "2008"), cash=1000, costs=COSTS, seed=3)
    facts = json.loads((result.save(tmp_path / "run") / "manifest.json").read_text())
    assert facts["name"] == "SmaCross(fast=5, slow=50)"
    assert (facts["first"], facts["last"]) == ("2008-01-02", "2008-12-31")
    strategy, bars = facts["recipe"]["strategy"], facts["recipe"]["bars"]
    assert (strategy["class"], strategy["package"]) == ("SmaCross", "strategies")
    assert strategy["params"] == {"fast": 5, "slow": 50}
    assert bars["source"] == "sample:us5"
    assert facts["recipe"]["settings"]["costs"] == "Costs(commission=0.001)"
    assert facts["recipe"]["settings"]["seed"] == 3
    assert facts["provenance"]["bars"]["fingerprint"] == us5.window("2008", "2008").fingerprint
    assert set(facts["files"]) == {p.name for p in tmp_path.rglob("*.parquet")}


def test_a_fingerprint_is_of_what_came_out(us5, tmp_path):
    bars = us5.rows(0, 300)
    one, same, other = (ql.backtest(SmaCross(fast=n, slow=20), bars) for n in (5, 5, 6))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert ql.Result.load(one.save(tmp_path / "one")).fingerprint == one.fingerprint


@pytest.mark.parametrize("books", ["separate", "netted"])
def test_a_run_of_a_sample_gives_the_same_again(us5, tmp_path, books):
    bars = us5.select(["IBM", "AAPL"]).rows(5, 600).resample("week")
    portfolio = ql.Portfolio({"trend": SmaCross(fast=3, slow=9)}, shares={"trend": 0.5}, books=books)
    terms = {
        "account": ql.Account(
            leverage=1.5, interest_annual=0.02, instruments={"IBM": ql.Instrument(lot=1.0)}
        ),
        "execution": ql.Execution(latency=1),
        "benchmark": "IBM",
    }
    for number, strategy in enumerate((SmaCross(fast=4, slow=9), portfolio)):
        result = ql.backtest(strategy, bars, costs=COSTS, start=pd.Timestamp("2001-01-05"), **terms)
        again = ql.rerun(result.save(tmp_path / str(number)))
        assert again
        assert again.changes == ()
        assert again.result.fingerprint == again.fingerprint == result.fingerprint
        assert again.result.provenance["fingerprint"] == result.provenance["fingerprint"]
        assert "the same again" in str(again)


def test_a_new_run_lies_under_a_name_of_its_own(us5, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = ql.backtest(SmaCross(fast=5, slow=20), us5.rows(0, 100))
    one, other = result.save(), result.save()
    assert one != other
    assert one.parent == Path("runs")
    assert one.name.startswith("sma_cross-")
    assert list(ql.runs().frame.index) == [other.name, one.name]
    assert find(one.name.removeprefix("sma_cross-")) == one


def made_here():
    class Inner(ql.Strategy):
        def on_bar(self, now):
            pass

    return Inner()


def test_what_cannot_be_made_again_says_why(us5, tmp_path):
    bars = us5.rows(0, 60)
    frame = pd.DataFrame({"IBM": [1.0]}, index=bars.time[5:6])
    flat = pd.Series(0.0, bars.time, name="flat")
    cases = {
        "more than numbers and words": (ql.FollowWeights(frame), bars, {}),
        "inside a function": (made_here(), bars, {}),
        "not read from a place": (SmaCross(), ql.read_bars(bars.frame), {}),
        "changed afterwards": (SmaCross(), bars.with_arrays(volume=bars.volume * 2.0), {}),
        "benchmark is no symbol": (SmaCross(), bars, {"benchmark": flat}),
        "execution=": (SmaCross(), bars, {"execution": ql.Execution(inside=bars)}),
    }
    for number, (reason, (strategy, panel, terms)) in enumerate(cases.items()):
        folder = ql.backtest(strategy, panel, **terms).save(tmp_path / str(number))
        recipe = json.loads((folder / "manifest.json").read_text())["recipe"]
        assert recipe["rerunnable"] is False
        assert reason in " ".join(recipe["why_not"])
        with pytest.raises(ResultError, match=reason):
            ql.rerun(folder)
    with pytest.raises(ResultError, match=r"no.* one ql\.backtest"):
        ql.rerun(made_result([0.01, 0.02]).save(tmp_path / "made"))


def test_a_secret_in_an_address_is_not_written_down():
    from quantlab.market.reading import reading_of

    assert reading_of("https://me:word@host/bars.csv", {}) is None
    assert reading_of("https://host/bars.csv?key=word", {}) is None
    assert reading_of("https://host/bars.csv", {}).place == "https://host/bars.csv"


def test_options_of_reading_are_kept_as_they_were_given(tmp_path):
    path = tmp_path / "two.csv"
    rows = [
        f"{day:%Y-%m-%d},{name},1,2,1,2,5,7"
        for day in pd.bdate_range("2024-01-01", periods=9)
        for name in "AB"
    ]
    path.write_text("\n".join(["date,symbol,open,high,low,close,volume,more", *rows]))
    ends = {"A": ("2024-01-11", -0.5), "B": pd.Timestamp("2024-01-12")}
    bars = ql.read_bars(
        path, symbols=iter("BA"), start="2024-01-02", ends=ends, fields=iter(["more"]), periods_per_year=np.int64(250)
    )  # fmt: skip
    assert bars.n_bars == 8
    told = json.loads(json.dumps({**vars(bars.reading), "steps": []}))
    assert type(bars.reading)(**told).again() == bars
    assert type(bars.reading)(**{**told, "source": "gone", "place": str(path)}).again() == bars


numbers = st.floats(0.0, 0.5, allow_nan=False)


@given(numbers, numbers, st.floats(0.1, 5.0), st.sampled_from(["field", 0.25]))
def test_settings_are_read_back_from_what_they_print_as(commission, slippage, leverage, borrow):
    instruments = {"ES": ql.Instrument(multiplier=50.0, tick=0.25)}
    for value in (
        ql.Costs(commission=commission, slippage=slippage),
        ql.Account(
            leverage=leverage, borrow_annual=borrow, instruments=instruments, shortable=np.float64(3.0)
        ),
        ql.Execution(participation=0.1, latency=2),
        ql.WalkForward(train=100, test=20, expanding=True),
        None,
    ):
        assert read_code(repr(value), WORDS) == value


@pytest.mark.parametrize(
    "text", ["__import__('os')", "Costs.__init__", "Costs(*x)", "1 + 1", "x", "Costs(", "{**{}}"]
)
def test_what_is_no_setting_is_not_run(text):
    with pytest.raises(ValueError, match=r"no code|not understood"):
        read_code(text, WORDS)


def test_infinity_is_read_back():
    assert read_code("[-inf, (nan, True)]", {})[0] == -math.inf


def test_the_code_of_a_rule_is_the_same_in_every_process(tmp_path):
    (tmp_path / "rule.py").write_text(
        "import quantlab as ql\nclass Rule(ql.Strategy):\n    def on_bar(self, now):\n"
        "        if now.symbols[0] in {'a', 'b', 'c', 'd', 'e'}:\n            pass\n"
    )
    program = "from rule import Rule\nfrom quantlab.engine.code import class_code\nprint(class_code(Rule))"
    path = f"{tmp_path}:{Path(ql.__file__).parents[1]}"
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in "123"
    }  # fmt: skip
    assert len(told) == 1
    assert class_code(SmaCross) == class_code(SmaCross)


def test_tags_are_words_and_change_nothing_else(saved):
    before = ql.Result.load(saved).fingerprint
    assert tag(saved, add=["good", "base", "good"]) == ("base", "good")
    assert ql.runs(saved.parent).frame["tags"].iloc[0] == ("base", "good")
    assert tag(saved, remove=["good", "base", "never"]) == ()
    assert ql.Result.load(saved).fingerprint == before
    with pytest.raises(ResultError, match="is no tag"):
        tag(saved, add=["two words"])


def test_only_a_run_is_removed(saved, tmp_path):
    one = ql.Result.load(saved).save(tmp_path / "one")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "link").symlink_to(one)
    for folder in ("mine", "link", "nowhere"):
        with pytest.raises(ResultError, match="no saved run"):
            remove(tmp_path / folder)
    for strange in ("notes.txt", "parts/0/notes.txt", "parts/extra/manifest.json"):
        (one / strange).parent.mkdir(exist_ok=True)
        (one / strange).write_text("mine")
        with pytest.raises(ResultError, match="no part of a run"):
            remove(one)
        (one / strange).unlink()
    (one / "parts/extra").rmdir()
    (one / "fills.parquet").write_bytes(b"damaged")
    remove(one)
    (tmp_path / "link").unlink()
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_a_folder_without_runs_is_an_empty_frame_with_its_columns(tmp_path):
    runs = ql.runs(tmp_path)
    assert (len(runs), list(runs.frame.columns[:3])) == (0, ["id", "created", "name"])
    assert str(runs).startswith("0 runs in")
    with pytest.raises(QuantlabError, match="no folder"):
        ql.runs(tmp_path / "none")
