"""Importing quantlab with the names of a first strategy, beside importing pandas."""

import subprocess
import sys

import pytest

from tests.benchmarks.timing import medians

pytestmark = pytest.mark.benchmark

TOUCH = (
    "import quantlab as ql; [getattr(ql, n) for n in ('Strategy', 'param', 'state', 'feature', 'forecast', 'read_bars',"
    " 'backtest', 'Costs', 'CNN1D', 'Bars')]"
)


def run(code):
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def test_import():
    seconds = medians(7, ours=run(TOUCH), pandas=run("import pandas"), nothing=run("pass"))
    ratio = seconds["ours"] / seconds["pandas"]
    print(f"\nimport quantlab and touch its names {seconds['ours']:.2f} s, import pandas {seconds['pandas']:.2f} s,"
          f" an empty process {seconds['nothing']:.2f} s: ratio {ratio:.2f} (at most 1.6)")  # fmt: skip
