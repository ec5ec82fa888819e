"""What a user waits for: the first result of a fresh process, and a new strategy in a running one."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

import quantlab as ql
from tests.benchmarks.market import minutes

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]

MARKET = """
import numpy as np
rng = np.random.default_rng(1)
close = 100.0 * np.exp(np.cumsum(rng.normal(0.0003, 0.01, 2500)))
open_ = close * np.exp(rng.normal(0.0, 0.002, 2500))
"""

OURS = (
    MARKET
    + """
import quantlab as ql
from strategies.sma_cross import SmaCross

bars = ql.Bars.from_arrays(
    time=np.datetime64("2010-01-01") + np.arange(2500), symbols=["A"], open=open_, close=close,
    high=np.maximum(open_, close), low=np.minimum(open_, close),
)
result = ql.backtest(SmaCross(), bars, cash=1e6, costs=ql.Costs(commission=0.001), engine="compiled")
print(result.sharpe)
"""
)

PEER = (
    MARKET
    + """
import warnings; warnings.simplefilter("ignore")
import pandas as pd, vectorbt as vbt
vbt.settings["engine"] = "{engine}"
index = pd.date_range("2010-01-01", periods=2500)
close, open_ = pd.Series(close, index), pd.Series(open_, index)
above = (vbt.MA.run(close, 10).ma.to_numpy() > vbt.MA.run(close, 50).ma.to_numpy()).ravel()
entries = np.concatenate([[False], above[:-1]])
portfolio = vbt.Portfolio.from_signals(
    close, entries, ~entries, price=open_, fees=0.001, init_cash=1e6, freq="1D", direction="longonly"
)
print(portfolio.sharpe_ratio())
"""
)


def seconds_of(code, folder):
    """Wall-clock seconds of a fresh process from its start to its end, caches in `folder`."""
    environment = {
        **os.environ,
        "QUANTLAB_CACHE": str(folder / "quantlab"),
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    return time.perf_counter() - begun


def first_results(code, tmp_path, name, rounds):
    """Median seconds with an empty cache and with the cache that the first run left."""
    empty = [seconds_of(code, tmp_path / f"{name}{k}") for k in range(rounds)]
    warm = [seconds_of(code, tmp_path / f"{name}0") for _ in range(rounds + 2)]
    return statistics.median(empty), statistics.median(warm)


def test_the_first_result_of_a_process(tmp_path):
    empty, warm = first_results(OURS, tmp_path, "ours", 3)
    start = statistics.median(seconds_of("import quantlab, pandas", tmp_path) for _ in range(3))
    print(
        f"\nFirst result of a fresh process, 2,500 days, backtest and Sharpe: {empty:.2f} s with an empty cache"
        f" (to reach: 4), {warm:.2f} s with a warm one (to reach: 1.2); importing pandas and quantlab {start:.2f} s"
    )


def test_the_first_result_of_vectorbt(tmp_path):
    pytest.importorskip("vectorbt")
    try:
        import vectorbt_rust  # noqa: F401

        engines = ["rust", "numba"]
    except ImportError:
        engines = ["numba"]
    for engine in engines:
        empty, warm = first_results(PEER.format(engine=engine), tmp_path, engine, 1)
        print(
            f"\nFirst result of vectorbt {engine}: {empty:.2f} s with an empty cache, {warm:.2f} s with a warm one"
        )


SOURCE = """
import quantlab as ql

class Fresh(ql.Strategy):
    fast: int = ql.param(default=10, low=2, high=100)
    fast_ma = ql.feature("sma", lookback=fast)
    slow_ma = ql.feature("sma", lookback=50)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now[self.fast_ma, i] > now[self.slow_ma, i] * {factor!r}:
                if now.position[i] == 0.0:
                    now.target_weight(i, 1.0 / now.n_symbols)
            elif now.position[i] > 0.0:
                now.target_weight(i, 0.0)
"""


def test_a_new_strategy_in_a_running_process():
    bars = minutes(200)
    first, again = [], []
    for k in range(8):
        space = {}
        exec(SOURCE.format(factor=1.0 + 1e-9 * (k + 1)), space)
        for taken in (first, again):
            begun = time.perf_counter()
            ql.backtest(space["Fresh"](), bars, engine="compiled")
            taken.append(time.perf_counter() - begun)
    compiling = statistics.median(a - b for a, b in zip(first[2:], again[2:], strict=True))
    print(
        f"\nA new strategy in a running process: {compiling * 1e3:.0f} ms to compile (prototype: 200 to 300);"
        f" the first of a process {first[0]:.2f} s, a run of 200 bars after it {again[-1] * 1e3:.1f} ms"
    )
