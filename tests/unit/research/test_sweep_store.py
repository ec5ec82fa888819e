"""Trials kept in a file: what a kill leaves is used, what would differ is refused."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import ResultError
from quantlab.research import workers
from tests.unit.research.swept import Cross, Fragile, made_bars

OVER = {"fast": [3, 5], "slow": [8, 13, 21]}
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def bars():
    return made_bars(120)


@pytest.fixture
def ran(monkeypatch):
    """Parameters of the trials that were really run."""
    run, seen = workers.attempt, []
    monkeypatch.setattr(
        workers, "attempt", lambda job, k: seen.append(job.strategies[k].params) or run(job, k)
    )
    return seen


def swept(bars, path, over=OVER, strategy=Cross, **settings):
    return ql.sweep(strategy, bars, over=over, path=path, **{"workers": 1, "engine": "python", **settings})


def test_finished_trials_are_not_run_again(bars, tmp_path, ran):
    path = tmp_path / "new" / "sweep.db"
    first = swept(bars, path)
    assert len(ran) == 6
    again = swept(bars, path)
    assert len(ran) == 6
    pd.testing.assert_frame_equal(again.frame, first.frame, check_exact=True)
    assert again.deflated_sharpe == first.deflated_sharpe


def test_the_space_may_grow_and_all_trials_count(bars, tmp_path, ran):
    path = tmp_path / "sweep.db"
    swept(bars, path)
    more = swept(bars, path, over={"fast": [5, 7], "slow": [8, 13]})
    assert ran[6:] == [{"fast": 7, "slow": 8}, {"fast": 7, "slow": 13}]
    assert (len(more), more.n_trials) == (4, 8)
    alone = swept(bars, None, over={"fast": [5, 7], "slow": [8, 13]})
    assert alone.n_trials == 4
    assert more.lucky_sharpe != alone.lucky_sharpe
    pd.testing.assert_frame_equal(more.frame, alone.frame, check_exact=True)


def test_workers_engine_and_seed_may_differ(bars, tmp_path, ran):
    path = tmp_path / "sweep.db"
    swept(bars, path)
    swept(bars, path, workers=None, engine="auto", seed=5)
    assert len(ran) == 6


def test_failed_trials_are_tried_again(bars, tmp_path, ran):
    path = tmp_path / "sweep.db"
    first = swept(bars, path, over={"level": range(4)}, strategy=Fragile)
    again = swept(bars, path, over={"level": range(4)}, strategy=Fragile)
    assert [params["level"] for params in ran] == [0, 1, 2, 3, 0, 3]
    pd.testing.assert_frame_equal(again.frame, first.frame, check_exact=True)
    assert (again.n_trials, again.n_failed) == (4, 2)


def other(fast_default):
    class Cross(ql.Strategy):
        fast: int = ql.param(default=3, low=2, high=20)
        slow: int = ql.param(default=8, low=3, high=60)
        average = ql.feature("sma", lookback=fast)

        def on_bar(self, now):
            now.target_weight(0, fast_default)

    return Cross


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cash": 500.0}, r"cash \(100000.0 there, 500.0 here\)"),
        ({"costs": ql.Costs(commission=0.1)}, r"costs \(Costs\("),
        ({"account": ql.Account(leverage=2.0)}, "account"),
        ({"execution": ql.Execution(fill="same_close")}, "execution"),
        ({"risk_free_annual": 0.01}, "risk_free_annual"),
        ({"start": "2020-02-03"}, "rows"),
        ({"metrics": ["cagr"]}, "metrics"),
        ({"benchmark": "A"}, "the benchmark"),
        ({"strategy": other(0.5)}, "the code of Cross"),
    ],
)
def test_what_would_change_a_number_is_refused_by_name(bars, tmp_path, change, words):
    path = tmp_path / "sweep.db"
    swept(bars, path)
    with pytest.raises(ResultError, match=rf"sweep.db belongs to a sweep that differs in {words}"):
        swept(bars, path, **change)


def test_other_bars_and_other_code_of_a_feature_are_refused(bars, tmp_path):
    path = tmp_path / "sweep.db"
    swept(bars, path)
    with pytest.raises(ResultError, match="differs in the bars"):
        swept(made_bars(120, seed=2), path)

    def make(shift):
        class Own(ql.Strategy):
            level: int = ql.param(default=1)
            close = ql.feature(lambda bars, lookback: bars.close + shift)

            def on_bar(self, now):
                now.target_weight(0, 1.0)

        return Own

    mine = tmp_path / "own.db"
    swept(bars, mine, {"level": [1]}, make(0.0))
    swept(bars, mine, {"level": [1]}, make(0.0))
    with pytest.raises(ResultError, match="differs in the code of Own"):
        swept(bars, mine, {"level": [1]}, make(1.0))


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\0 and then nonsense" * 90]
)
def test_a_foreign_file_is_refused_and_left_alone(bars, tmp_path, content):
    path = tmp_path / "sweep.db"
    path.write_bytes(content)
    with pytest.raises(ResultError, match=r"sweep.db is damaged, or no file of a sweep .* Give another path"):
        swept(bars, path)
    assert path.read_bytes() == content


def test_a_database_of_something_else_a_folder_and_a_later_format(bars, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE notes (text)")
    file.close()
    with pytest.raises(ResultError, match="a database of something else"):
        swept(bars, path)
    with pytest.raises(ResultError, match="cannot be opened"):
        swept(bars, tmp_path)
    mine = tmp_path / "mine.db"
    swept(bars, mine)
    with sqlite3.connect(mine) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(ResultError, match="has format 99"):
        swept(bars, mine)


def test_a_truncated_file_is_refused(bars, tmp_path):
    path = tmp_path / "sweep.db"
    swept(bars, path, over={"fast": range(2, 12), "slow": range(20, 50)})
    whole = path.read_bytes()
    for length in (len(whole) // 2, 5000, 1500, 60):
        path.write_bytes(whole[:length])
        with pytest.raises(ResultError, match=r"sweep.db is damaged"):
            swept(bars, path)
    path.write_bytes(b"")  # killed before the first transaction
    assert len(swept(bars, path)) == 6


SLOW = """
import sys, time
import quantlab as ql
from tests.unit.research.swept import Cross, made_bars

class Slow(Cross):
    def on_bar(self, now):
        if now.bar == 100:
            time.sleep(0.02)
        super().on_bar(now)

path, workers = sys.argv[1], int(sys.argv[2])
over = {"fast": range(2, 12), "slow": range(20, 35)}
swept = ql.sweep(Slow, made_bars(120), over=over, path=path, workers=workers, engine="python")
print(swept.frame.loc[(swept.frame["fast"] == 7) & (swept.frame["slow"] == 33), "total_return"].item())
"""


def started(tmp_path, path, workers):
    script = tmp_path / "slow.py"
    script.write_text(SLOW)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, str(script), str(path), str(workers)], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def n_kept(path):
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(path, timeout=10.0) as file:
            ((count,),) = file.execute("SELECT count(*) FROM trials")
    except sqlite3.OperationalError:
        return 0
    finally:
        file.close()
    return count


@pytest.mark.slow
@pytest.mark.parametrize(("signal_number", "workers"), [(signal.SIGKILL, 1), (signal.SIGINT, 2)])
def test_a_killed_sweep_goes_on_where_it_stopped(tmp_path, signal_number, workers):
    path = tmp_path / "sweep.db"
    victim = started(tmp_path, path, workers)
    deadline = time.monotonic() + 120.0
    while n_kept(path) < 10 and victim.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    victim.send_signal(signal_number)
    _, err = victim.communicate(timeout=60)
    assert victim.returncode != 0
    if signal_number == signal.SIGINT:
        assert "KeyboardInterrupt" in err
    kept = n_kept(path)
    assert 10 <= kept < 150
    heir = started(tmp_path, path, 2)
    out, err = heir.communicate(timeout=120)
    assert heir.returncode == 0, err
    assert n_kept(path) == 150
    expected = ql.backtest(Cross(fast=7, slow=33), made_bars(120), engine="python").total_return
    assert float(out) == expected
