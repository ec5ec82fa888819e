"""A thousand average crosses with Sharpe and drawdown, beside a bare loop and beside vectorbt."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import quantlab as ql
from strategies.sma_cross import SmaCross
from tests.benchmarks import floors, vectorbt_peer
from tests.benchmarks.market import minutes
from tests.benchmarks.timing import medians

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]

N_BARS = 10_000
CASH = 1e6
RATE = 1e-5
OVER = {"fast": range(2, 42, 2), "slow": range(50, 250, 4)}
NEEDS = 4e9
"""Bytes that vectorbt may take for the same work, with room to spare."""


def pairs():
    fast, slow = np.meshgrid(np.array(OVER["fast"]), np.array(OVER["slow"]), indexing="ij")
    return fast.ravel(), slow.ravel()


def swept(bars, over=OVER):
    costs = ql.Costs(commission=RATE)
    return ql.sweep(SmaCross, bars, over=over, metrics=("sharpe", "max_drawdown"), cash=CASH, costs=costs)


@pytest.fixture(scope="module")
def bars():
    return minutes(N_BARS, volatility=0.008)


def test_a_thousand_pairs(bars):
    fast, slow = pairs()
    assert len(fast) == 1_000
    open_, close = bars.open[:, 0].copy(), bars.close[:, 0].copy()
    works = {
        "ours": lambda: swept(bars).frame,
        "floor": lambda: floors.sweep(open_, close, fast, slow, CASH, RATE, bars.periods_per_year),
    }
    seconds = medians(7, **works)
    frame = works["ours"]()
    floor = works["floor"]()
    ordered = frame.reset_index().sort_values(["fast", "slow"])
    # A tie of two averages may go either way in a running sum; few pairs meet one.
    assert np.isclose(ordered["sharpe"], floor[:, 0], rtol=1e-6, atol=1e-9).mean() > 0.95
    assert np.isclose(ordered["max_drawdown"], floor[:, 1], rtol=1e-6).mean() > 0.95
    one = ql.backtest(
        SmaCross(fast=2, slow=50), bars, cash=CASH, costs=ql.Costs(commission=RATE), engine="compiled"
    )
    assert ordered["sharpe"].iloc[0] == one.sharpe
    print(
        f"\nSweep of {len(fast):,} pairs x {N_BARS:,} bars with Sharpe and drawdown: {seconds['ours'] * 1e3:.0f} ms"
        f" (to reach: 80), floor on two threads {seconds['floor'] * 1e3:.0f} ms"
    )
    beside_vectorbt(bars, fast, slow, seconds["ours"])


def beside_vectorbt(bars, fast, slow, ours):
    psutil = pytest.importorskip("psutil")
    if psutil.virtual_memory().available < NEEDS:
        pytest.skip("vectorbt takes two gigabytes for this")
    vectorbt, engine = vectorbt_peer.imported()
    peer = vectorbt_peer.CrossSweep(vectorbt, bars, fast, slow, CASH, RATE)
    seconds = medians(1, peer=peer.scores)["peer"]
    print(f"  vectorbt {engine} {seconds:.1f} s: ratio {seconds / ours:.0f} (to reach: 100)")


MEMORY = """
import json
from tests.benchmarks import test_sweep as work

def held(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))

bars = work.minutes(work.N_BARS, volatility=0.008)
work.swept(bars, {"fast": range(2, 6, 2), "slow": range(50, 58, 4)}).frame
with open("/proc/self/clear_refs", "w") as control:
    control.write("5")  # the highest mark starts again here
before = held("VmRSS")
work.swept(bars).frame
print(json.dumps([before, held("VmHWM")]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_of_a_sweep():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEMORY)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, peak = json.loads(done.stdout.splitlines()[-1])
    print(
        f"\nA sweep of 1,000 pairs takes {(peak - before) / 1e6:.0f} MB (to reach: 100) above the {before / 1e6:.0f} MB"
        " of a process that holds the bars and has swept four pairs"
    )
