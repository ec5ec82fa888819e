"""What `quantlab.check` costs, in backtests of the same strategy on the same bars."""

import time

import pytest

import quantlab as ql
from strategies.buy_and_hold import BuyAndHold
from strategies.forecast_rank import ForecastRank
from strategies.mean_reversion import MeanReversion
from strategies.momentum_rank import MomentumRank
from strategies.pairs import Pairs
from strategies.sma_cross import SmaCross

pytestmark = pytest.mark.benchmark

AT_MOST = 30.0


def seconds(work, rounds=1):
    """Mean processor time of some rounds: waiting for other programs does not count."""
    begun = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - begun) / rounds


@pytest.mark.parametrize(
    "strategy", [BuyAndHold(), SmaCross(), MomentumRank(), MeanReversion(), Pairs()], ids=repr
)
def test_rules(strategy):
    bars = ql.read_bars("sample:us5")
    ql.backtest(strategy, bars)
    before = seconds(lambda: ql.backtest(strategy, bars), 5)
    whole = seconds(lambda: ql.check(strategy, bars, progress=False))
    one = (before + seconds(lambda: ql.backtest(strategy, bars), 5)) / 2.0  # the machine may slow down
    print(f"\n{strategy!r}, {bars.n_bars:,} x {bars.n_symbols} bars: a backtest {one * 1e3:.0f} ms,"
          f" check {whole * 1e3:,.0f} ms, {whole / one:.1f} backtests (at most {AT_MOST:.0f})")  # fmt: skip
    assert whole / one < AT_MOST


def test_networks(tmp_path, monkeypatch):
    bars = ql.read_bars("sample:us5")
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path / "backtest"))
    one = seconds(lambda: ql.backtest(ForecastRank(), bars, progress=False))
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path / "check"))
    whole = seconds(lambda: ql.check(ForecastRank(), bars, progress=False))
    print(f"\n{ForecastRank()!r}: a backtest that trains {one:.1f} s, check {whole:.1f} s,"
          f" {whole / one:.1f} backtests (at most {AT_MOST:.0f})")  # fmt: skip
    assert whole / one < AT_MOST
