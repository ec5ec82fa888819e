"""The command line as a process: what its own process alone can show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import quantlab as ql

HEAVY = ("numpy", "pandas", "numba", "torch", "scipy", "sklearn", "plotly", "vectorbt", "jinja2", "pyarrow")
COMMAND = [sys.executable, "-m", "quantlab"]


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(ql.__file__).parents[1]), "COLUMNS": "100"}


def run(environment, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_version_is_the_packages(environment):
    done = run(environment, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"quantlab {ql.__version__}\n", "")


def test_without_a_verb_it_shows_help_with_every_verb_and_the_exit_codes(environment):
    done = run(environment)
    assert done.returncode in (0, 2)  # which of them is typer's decision
    shown = " ".join((done.stdout + done.stderr).split())
    assert "Usage: quantlab [OPTIONS] COMMAND" in shown
    for word in (
        "backtest",
        "check",
        "compare",
        "forecast",
        "report",
        "rerun",
        "runs",
        "stress",
        "new",
        "130: interrupted",
    ):
        assert word in shown


def test_help_imports_nothing_heavy(environment):
    code = (
        "import sys\nfrom quantlab.cli import main\nsys.argv = ['quantlab', 'backtest', '--help']\n"
        f"try:\n    main()\nexcept SystemExit:\n    sys.exit([m for m in {HEAVY!r} if m in sys.modules] or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_streams_are_separate_and_the_json_is_alone(environment, here):
    done = run(environment, "backtest", "hold.py", "two.csv", "--json", "--save", "run")
    assert done.returncode == 0
    assert json.loads(done.stdout)["name"].startswith("Hold(")
    assert done.stderr == "saved: run\n"


def test_a_mistake_is_exit_code_2_on_stderr(environment):
    done = run(environment, "backtset")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "error: No such command 'backtset'. Did you mean 'backtest'?\nTry: quantlab --help\n"
    )


def test_a_terminal_without_box_characters_gets_text_and_no_traceback(environment):
    done = run({**environment, "PYTHONIOENCODING": "cp1252"}, "samples")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sample:us5" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_an_interrupt_is_quiet_and_exit_code_130(environment, here):
    (here / "slow.py").write_text(
        "import sys, time\nimport quantlab as ql\nclass Slow(ql.Strategy):\n    def on_bar(self, now):\n"
        "        print('ready', file=sys.stderr, flush=True)\n        time.sleep(60)\n",
        encoding="utf-8",
    )
    with subprocess.Popen(
        [*COMMAND, "backtest", "slow.py", "two.csv"], env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background of a shell it is ignored
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == 130
