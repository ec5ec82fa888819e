"""The interpreted engine on the one-symbol average cross, beside backtesting.py where it is installed."""

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from strategies.sma_cross import SmaCross
from tests.benchmarks.market import minutes
from tests.benchmarks.timing import medians

pytestmark = pytest.mark.benchmark

N_BARS = 1_000_000
N_PEER = 100_000
COSTS = ql.Costs(commission=1e-5)


def curve_and_trades(bars):
    result = ql.backtest(SmaCross(), bars, cash=1e6, costs=COSTS, engine="python")
    return result.equity, result.trades


def test_a_million_bars():
    bars = minutes(N_BARS)
    seconds = medians(3, ours=lambda: curve_and_trades(bars))["ours"]
    print(f"\nSMA cross, 1 symbol x {N_BARS:,} bars, features + run + equity + trades:"
          f" {seconds / N_BARS * 1e6:.2f} us a bar (to reach: 1.5)")  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_beside_backtesting_py():
    backtesting = pytest.importorskip("backtesting")
    backtesting.backtesting._tqdm = lambda x, **_: x
    bars = minutes(N_PEER)
    frame = pd.DataFrame({n.title(): bars[n][:, 0] for n in ("open", "high", "low", "close", "volume")})
    frame.index = bars.time.tz_localize(None)

    class Cross(backtesting.Strategy):
        def init(self):
            def sma(x, n):
                return pd.Series(np.asarray(x)).rolling(n).mean()

            self.fast = self.I(sma, self.data.Close, 10, plot=False)
            self.slow = self.I(sma, self.data.Close, 50, plot=False)

        def next(self):
            above = self.fast[-1] > self.slow[-1]
            if above and not self.position:
                self.buy()
            elif not above and self.position:
                self.position.close()

    def peer():
        backtesting.Backtest(frame, Cross, cash=1e6, commission=1e-5, finalize_trades=False).run()

    seconds = medians(3, ours=lambda: curve_and_trades(bars), peer=peer)
    print(f"\nSMA cross, 1 symbol x {N_PEER:,} bars: ours {seconds['ours'] / N_PEER * 1e6:.2f} us a bar,"
          f" backtesting.py {seconds['peer'] / N_PEER * 1e6:.2f} us,"
          f" ratio {seconds['peer'] / seconds['ours']:.1f} (to reach: 4)")  # fmt: skip
