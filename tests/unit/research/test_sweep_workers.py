"""Whoever runs the trials, the numbers are the same."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import StrategyError
from quantlab.research import workers
from quantlab.research.processes import read_job, run_in_processes, write_job
from tests.unit.research.swept import Cross, Fragile, made_bars

OVER = {"fast": range(2, 8), "slow": range(8, 58)}
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def bars():
    return made_bars(150)


def swept(bars, strategy=Cross, over=OVER, **settings):
    return ql.sweep(strategy, bars, over=over, **{"workers": 1, "engine": "python", **settings})


def same(one, other):
    pd.testing.assert_frame_equal(one.frame, other.frame, check_exact=True)


@pytest.fixture
def job(bars, monkeypatch):
    """The job that a small sweep hands to its workers."""
    seen = []
    run = workers.run_interpreted
    monkeypatch.setattr(workers, "run_interpreted", lambda job, n: seen.append(job) or run(job, n))
    swept(bars, over={"fast": [3, 5], "slow": [8]})
    return seen[0]


def test_processes_give_the_same_and_failures_too(bars):
    same(swept(bars, workers=2), swept(bars))
    here = swept(bars, Fragile, {"level": range(5)})
    same(swept(bars, Fragile, {"level": range(5)}, workers=2), here)
    assert "at bar 5" in here.frame["error"].iloc[0]


def test_metrics_beyond_the_equity_in_processes(bars):
    how = {"over": {"fast": [3, 5]}, "metrics": ["turnover", "beta"], "benchmark": "A"}
    same(swept(bars, workers=2, **how), swept(bars, **how))


def test_classes_and_functions_that_no_module_holds_travel(bars):
    shift = 0.01

    class Local(ql.Strategy):
        level: float = ql.param(default=0.0, low=-1.0, high=1.0)
        moved = ql.feature(lambda bars, lookback: bars.close / bars.open - 1.0 + shift)

        def on_bar(self, now):
            now.target_weight(0, 1.0 if now[self.moved, 0] > self.level else 0.0)

    over = {"level": [0.0, 0.01, 0.02]}
    same(swept(bars, Local, over, workers=2), swept(bars, Local, over))


SCRIPT = """
import quantlab as ql
from tests.unit.research.swept import made_bars

WEIGHT = 0.7

class Mine(ql.Strategy):
    wait: int = ql.param(default=1, low=1, high=100)
    def on_bar(self, now):
        if now.bar == self.wait:
            print("a print of the strategy")
            now.target_weight(0, WEIGHT)

for workers in (1, 2):
    swept = ql.sweep(Mine, made_bars(60), over={"wait": range(1, 7)}, workers=workers, engine="python", progress=False)
    print(repr(swept.frame["sharpe"].tolist()))
"""


def test_a_strategy_of_a_script_without_a_file_or_a_guard(tmp_path):
    done = subprocess.run(
        [sys.executable, "-"], input=SCRIPT, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:6] == ["a print of the strategy"] * 6  # in this process prints stay where they are
    here, there = lines[6:]
    assert here == there
    assert done.stderr.count("a print of the strategy") == 6


def test_other_processes_map_the_bars_and_get_them_once(job, tmp_path):
    path = write_job(job, tmp_path)
    again = read_job(path)
    for name in ("open", "close"):
        array = again.common.bars[name]
        assert not array.flags.writeable
        assert not array.flags.owndata
        np.testing.assert_array_equal(array, job.common.bars[name])
    assert isinstance(again.common.bars.close.base, np.memmap)
    assert isinstance(again.inputs.matrices[0].values, np.memmap)
    assert list(again.strategies) == list(job.strategies)
    assert read_job(path) is again
    assert [done.rows.tolist() for done in run_in_processes(job, range(2), 2)]


def test_short_work_stays_in_this_process_and_long_work_does_not(bars, monkeypatch):
    sent = []
    monkeypatch.setattr(workers, "available_workers", lambda: 2)
    monkeypatch.setattr(
        workers,
        "run_in_processes",
        lambda job, numbers, n: sent.append(len(numbers)) or workers.run_here(job, numbers),
    )
    expected = swept(bars)
    monkeypatch.setattr(workers, "PATIENCE_S", 1e9)
    same(swept(bars, workers=None), expected)
    assert sent == []
    monkeypatch.setattr(workers, "LOOK_S", 0.0)
    monkeypatch.setattr(workers, "PATIENCE_S", 0.0)
    same(swept(bars, workers=None), expected)
    assert sent == [299]


class Pretended:
    """Stands for compiled code: runs the interpreted engine, fails where it is told to."""

    def __init__(self, job, faults=()):
        self.job, self.faults = job, faults
        self.calls, self.threads = [], set()

    def run(self, first, stop, out):
        self.calls.append((first, stop))
        self.threads.add(threading.get_ident())
        for number in range(first, stop):
            out[number] = self.job.run(number)
        out[list(self.faults)] = np.nan
        return [(number, "IndexError: compiled") for number in self.faults if first <= number < stop]


@pytest.mark.parametrize("n_workers", [1, 3])
@pytest.mark.parametrize("metrics", [("sharpe", "max_drawdown"), ("n_fills", "total_return", "sharpe")])
def test_compiled_trials_run_in_chunks_and_what_failed_is_told_by_the_interpreter(
    bars, monkeypatch, n_workers, metrics
):
    made = []
    monkeypatch.setattr(
        workers, "compiled_batch", lambda job: made.append(Pretended(summary(job), (3, 120))) or made[0]
    )
    answer = swept(bars, engine="compiled", workers=n_workers, metrics=metrics)
    same(answer, swept(bars, metrics=metrics))
    assert sorted(made[0].calls) == [(k, k + 50) for k in range(0, 300, 50)]
    assert len(made[0].threads) <= n_workers
    assert answer.engine == "compiled (asked for)"


def summary(job):
    """The same job with all columns of the summary, run interpreted."""
    from dataclasses import replace

    from quantlab.records import SUMMARY

    return replace(job, engine="python", common=replace(job.common, metrics=SUMMARY))


def refuse(job):
    raise StrategyError("line 3: np.fft is not compiled.")


def test_what_cannot_be_compiled_is_interpreted_or_refused(bars, monkeypatch):
    monkeypatch.setattr(workers, "compiled_batch", refuse)
    monkeypatch.setattr(workers, "WORTH_COMPILING_S", 0.0)
    answer = swept(bars, engine="auto", over={"fast": [3]})
    assert answer.engine == "python (auto: line 3: np.fft is not compiled.)"
    with pytest.raises(StrategyError, match="is not compiled"):
        swept(bars, engine="compiled", over={"fast": [3]})


def test_little_work_is_not_compiled_unless_asked(bars, monkeypatch):
    monkeypatch.setattr(workers, "compiled_batch", refuse)
    assert swept(bars, engine="auto", over={"fast": [3]}).engine.startswith("python (auto")
