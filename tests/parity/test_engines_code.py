"""Which code runs: never another class's, never yesterday's, and not compiled twice."""

import json
import os
import subprocess
import sys
import textwrap
import time

import pytest

import quantlab as ql
from tests.identities.cases import random_bars
from tests.parity.engines import both

SOURCE = """
import quantlab as ql

SIZE = {size}


def helper(x):
    return {helper}


class Strategy(ql.Strategy):
    level = ql.state(0.0)

    def on_bar(self, now):
        self.level += helper(1.0)
        now.target_weight(0, SIZE * helper(1.0))
"""


def made(size=0.5, helper="x"):
    """A class from text, as a notebook cell makes it: the same name, module and lines every time."""
    space = {"__name__": "__main__"}
    exec(SOURCE.format(size=size, helper=helper), space)
    return space


@pytest.fixture(scope="module")
def bars():
    return random_bars(9, 20, 2, absent=0.0)


def final(strategy, bars):
    return both(strategy, bars).equity.iloc[-1]


def test_the_same_name_with_another_helper_is_another_strategy(bars):
    answers = {
        helper: final(made(helper=helper)["Strategy"](), bars) for helper in ("x", "0.5 * x", "x - 1.0")
    }
    assert len(set(answers.values())) == 3


def test_a_class_is_redefined(bars):
    first = made(size=0.5)["Strategy"]
    second = made(size=0.25)["Strategy"]
    assert final(first(), bars) != final(second(), bars)
    assert final(first(), bars) == final(made(size=0.5)["Strategy"](), bars)


def test_a_constant_of_the_module_changes(bars):
    space = made()
    before = final(space["Strategy"](), bars)
    space["SIZE"] = 0.75
    after = final(space["Strategy"](), bars)
    assert after != before
    assert after == final(made(size=0.75)["Strategy"](), bars)


def test_a_helper_of_the_module_is_replaced(bars):
    space = made()
    before = final(space["Strategy"](), bars)
    space["helper"] = made(helper="0.5 * x")["helper"]
    assert final(space["Strategy"](), bars) != before


def test_a_method_is_replaced(bars):
    cls = made()["Strategy"]
    before = final(cls(), bars)
    cls.on_bar = made(size=0.1)["Strategy"].on_bar
    assert final(cls(), bars) != before


def test_a_constant_of_the_class_changes(bars):
    class Sized(ql.Strategy):
        SIZE = 0.5

        def on_bar(self, now):
            now.target_weight(0, self.SIZE)

    before = final(Sized(), bars)
    Sized.SIZE = 0.25
    assert final(Sized(), bars) != before


def test_the_type_of_a_constant_changes(bars):
    space = made(size=1)
    one = final(space["Strategy"](), bars)
    space["SIZE"] = 0.5
    assert final(space["Strategy"](), bars) != one


def test_other_numbers_of_bars_and_symbols_compile_nothing_new():
    strategy = made()["Strategy"]
    both(strategy(), random_bars(1, 10, 1, absent=0.0))
    seconds = time.perf_counter()
    for n_bars, n_symbols in [(20, 2), (30, 5), (40, 1), (50, 9)]:
        ql.backtest(strategy(), random_bars(1, n_bars, n_symbols), engine="compiled")
    assert time.perf_counter() - seconds < 1.0


# A second process -----------------------------------------------------------------------------------------

COUNTING = """
import json, sys, time
from numba.core import event

class Count(event.Listener):
    compiled = []

    def on_start(self, event):
        self.compiled.append(str(event.data["dispatcher"]))

    def on_end(self, event):
        pass

event.register("numba:compile", Count())
begun = time.perf_counter()
{body}
print(json.dumps({{"compiled": Count.compiled, "seconds": time.perf_counter() - begun, "engine": result.engine,
                  "equity": result.equity.iloc[-1], "sharpe": repr(result.sharpe)}}))
"""

FROM_SAMPLE = """
import quantlab as ql
bars = ql.read_bars("sample:indices")
from strategies.sma_cross import SmaCross
result = ql.backtest(SmaCross(), bars, engine="compiled")
result.trades, result.metrics
"""

WITH_HELPER = """
import quantlab as ql

def sized(x):
    return {size} * x

class Own(ql.Strategy):
    average = ql.feature("sma", lookback=10)
    count = ql.state(0)

    def on_bar(self, now):
        self.count += 1
        for i in range(now.n_symbols):
            now.target_weight(i, sized(0.5) if now.close[i] > now[self.average, i] else 0.0)

result = ql.backtest(Own(), ql.read_bars("sample:indices"), engine="compiled")
"""


def process(body, folder, stdin=False):
    """Run a script in a fresh process with its own caches; say what it compiled and answered."""
    code = COUNTING.format(body=body)
    environment = {
        **os.environ,
        "QUANTLAB_CACHE": str(folder / "quantlab"),
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "PYTHONPATH": os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-"] if stdin else [sys.executable, "-c", code]
    done = subprocess.run(
        command, input=code if stdin else None, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("stdin", [False, True], ids=["-c", "stdin"])
@pytest.mark.parametrize("body", [FROM_SAMPLE, WITH_HELPER.format(size=1.0)], ids=["file", "main"])
def test_a_second_process_compiles_nothing(tmp_path, body, stdin):
    first, second = process(body, tmp_path, stdin), process(body, tmp_path, stdin)
    assert first["compiled"]
    assert second["compiled"] == []
    assert second["engine"].startswith("compiled")
    assert (first["equity"], first["sharpe"]) == (second["equity"], second["sharpe"])
    assert second["seconds"] < first["seconds"]


@pytest.mark.slow
def test_an_edited_helper_is_noticed_by_the_next_process(tmp_path):
    before = process(WITH_HELPER.format(size=1.0), tmp_path)
    after = process(WITH_HELPER.format(size=0.5), tmp_path)
    fresh = process(WITH_HELPER.format(size=0.5), tmp_path / "fresh")
    assert after["equity"] == fresh["equity"] != before["equity"]


@pytest.mark.slow
def test_a_damaged_cache_is_built_again(tmp_path):
    body = WITH_HELPER.format(size=1.0)
    first = process(body, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for k, path in enumerate(files):
        content = path.read_bytes()
        path.write_bytes([content[: len(content) // 2], b"", content[:-1] + bytes([content[-1] ^ 1])][k % 3])
    again = process(body, tmp_path)
    assert again["equity"] == first["equity"]
    assert process(body, tmp_path)["compiled"] == []


@pytest.mark.slow
def test_a_strategy_file_run_as_a_script(tmp_path):
    script = tmp_path / "own.py"
    script.write_text(textwrap.dedent(COUNTING.format(body=WITH_HELPER.format(size=1.0))))
    environment = {**os.environ, "QUANTLAB_CACHE": str(tmp_path / "cache"), "PYTHONPATH": os.getcwd()}
    answers = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True
        )
        answers.append(json.loads(done.stdout.splitlines()[-1]))
    assert answers[1]["compiled"] == []
    assert answers[0]["equity"] == answers[1]["equity"]
