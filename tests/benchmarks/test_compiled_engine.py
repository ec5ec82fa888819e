"""The compiled engine beside bare loops and vectorbt; figures to reach hold where the floor takes 4.0 ns a bar."""

import time

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.engine.engines import run
from quantlab.engine.inputs import ForecastSource, compute_inputs
from quantlab.engine.periods import period_starts
from quantlab.engine.setup import Setup
from quantlab.trading.account import Account, Execution, Rules
from strategies.momentum_rank import MomentumRank
from strategies.sma_cross import SmaCross
from tests.benchmarks import floors, timing, vectorbt_peer
from tests.benchmarks.market import daily_panel, minute_panel, minutes

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]

COMPILED = "compiled"
N_BARS = 1_000_000
CASH = 1e6
RATE = 1e-5
COSTS = ql.Costs(commission=RATE)


def ours(strategy, bars, costs=COSTS, trades=True, **terms):
    result = ql.backtest(strategy, bars, cash=CASH, costs=costs, engine=COMPILED, **terms)
    if trades:
        assert len(result.trades) >= 0
    return result.equity


def medians(rounds, **works):
    """Processor time: one thread does all of it, and the machine may be shared."""
    return timing.medians(rounds, time.process_time, **works)


def per_bar(seconds, n_bars=N_BARS):
    return f"{seconds / n_bars * 1e9:.1f} ns"


@pytest.fixture(scope="module")
def bars():
    return minutes(N_BARS)


def test_one_symbol_a_million_bars(bars):
    open_, close, curve = bars.open[:, 0].copy(), bars.close[:, 0].copy(), np.empty(N_BARS)
    vectorbt, engine = vectorbt_peer.imported()
    peer = vectorbt_peer.Cross(vectorbt, bars, 10, 50, CASH, RATE)
    seconds = medians(
        7,
        ours=lambda: ours(SmaCross(), bars),
        curve_only=lambda: ours(SmaCross(), bars, trades=False),
        features=lambda: [feature.compute(bars) for feature in SmaCross().declared_inputs().values()],
        floor=lambda: floors.cross(open_, close, 10, 50, CASH, RATE, curve),
        peer=peer.value,
    )
    result = ql.backtest(SmaCross(), bars, cash=CASH, costs=COSTS, engine=COMPILED)
    assert result.equity.iloc[-1] == pytest.approx(curve[-1], rel=1e-9)
    assert result.equity.iloc[-1] == pytest.approx(peer.value().iloc[-1], rel=1e-9)
    print(
        f"\nSMA cross, 1 symbol x {N_BARS:,} bars, {len(result.fills):,} fills, {result.engine}:"
        f"\n  features + run + equity + trades {per_bar(seconds['ours'])} a bar (to reach: 12)"
        f"\n  without trades {per_bar(seconds['curve_only'])}, features alone {per_bar(seconds['features'])}"
        f"\n  floor {per_bar(seconds['floor'])}: ratio {seconds['ours'] / seconds['floor']:.1f} (to reach: 3)"
        f"\n  vectorbt {engine} {per_bar(seconds['peer'])}: ratio {seconds['peer'] / seconds['ours']:.1f} (to reach: 8)"
    )


def test_five_hundred_symbols_every_month():
    panel, strategy, costs = (
        daily_panel(2_520, 500),
        MomentumRank(lookback=60, keep=50),
        ql.Costs(commission=1e-3),
    )
    new_month = period_starts(panel.sessions, "month")
    curve = np.empty(panel.n_bars)
    vectorbt, engine = vectorbt_peer.imported()
    peer = vectorbt_peer.MonthlyTop(vectorbt, panel, new_month, 60, 50, CASH, 1e-3)
    open_, close = np.array(panel.open), np.array(panel.close)
    seconds = medians(
        7,
        ours=lambda: ours(strategy, panel, costs, trades=False),
        floor=lambda: floors.monthly_top(open_, close, new_month, 60, 50, CASH, 1e-3, curve),
        masked=peer.by_masked_function,
        orders=peer.by_orders,
    )
    final = ours(strategy, panel, costs).iloc[-1]
    assert final == pytest.approx(curve[-1], rel=1e-3)
    theirs = peer.by_masked_function().iloc[-1]
    assert final == pytest.approx(theirs, rel=1e-2)
    best = min(seconds["masked"], seconds["orders"])
    print(
        f"\nMonthly top 50 of 500 symbols x 2,520 days, features + run + equity:"
        f" {seconds['ours'] * 1e3:.1f} ms (to reach: 15), floor {seconds['floor'] * 1e3:.1f} ms"
        f"\n  vectorbt masked order function {seconds['masked'] * 1e3:.0f} ms, from_orders ({engine})"
        f" {seconds['orders'] * 1e3:.0f} ms: ratio to the best {best / seconds['ours']:.1f} (to reach: 6)"
        f"\n  final equity ours {final:,.2f}, floor {curve[-1]:,.2f}, vectorbt {theirs:,.2f}"
    )


class TwoAverages(ql.Strategy):
    """The average cross of the first symbol, decided by a method that reads more or less."""

    fast_ma = ql.feature("sma", lookback=10)
    slow_ma = ql.feature("sma", lookback=50)

    def above(self, now):
        return now[self.fast_ma, 0] > now[self.slow_ma, 0]

    def on_bar(self, now):
        if self.above(now):
            if now.position[0] == 0.0:
                now.target_weight(0, 1.0)
        elif now.position[0] > 0.0:
            now.target_weight(0, 0.0)


class WithForecastUnread(TwoAverages):
    outlook = ql.forecast(ql.NaiveForecaster(horizon=1, levels=(0.5,)))


class WithForecast(WithForecastUnread):
    def above(self, now):
        return now[self.fast_ma, 0] > now[self.slow_ma, 0] and now[self.outlook, 0] > -1.0


def test_reading_a_forecast(bars):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(0.0, 1e-3, bars.close.shape), bars.time, columns=list(bars.symbols))
    table = ql.Forecasts.from_frame(frame, trained_through=bars.time[0] - pd.Timedelta("1D"))
    runs = {
        "without": opened(TwoAverages(), bars, None),
        "unread": opened(WithForecastUnread(), bars, table),
        "read": opened(WithForecast(), bars, table),
    }
    seconds = medians(15, **runs)
    added = seconds["read"] - seconds["unread"]
    print(
        f"\nReading a forecast adds {per_bar(added)} a bar (to reach: 1.5) to a loop of {per_bar(seconds['without'])};"
        f" declaring it {per_bar(seconds['unread'] - seconds['without'])}"
    )
    whole = medians(1, table=lambda: ours(WithForecast(), bars, trades=False, forecasts=table))["table"]
    print(f"  a whole backtest that lines up and scores a table of a million rows: {whole:.2f} s")


def opened(strategy, bars, table):
    """The loop alone of a compiled run: inputs are computed before, tables are made after."""
    inputs = compute_inputs(strategy, bars, ForecastSource(table))
    setup = Setup(strategy, bars, inputs, range(bars.n_bars), CASH, Rules(COSTS, Account(), Execution()))
    return lambda: run(setup, COMPILED, lambda row: None)


class Idle(ql.Strategy):
    """Looks at nothing, does nothing."""

    def on_bar(self, now):
        pass


class InAndOut(ql.Strategy):
    """All in and all out in turn: orders and nothing else."""

    every: int = ql.param(default=36, low=1, high=1_000)

    def on_bar(self, now):
        if now.bar % self.every == 0:
            now.target_weight(0, 1.0 if now.position[0] == 0.0 else 0.0)


def test_what_is_not_used_costs_nothing(bars):
    open_, close, curve = bars.open[:, 0].copy(), bars.close[:, 0].copy(), np.empty(N_BARS)
    few = bars.rows(0, 100)
    seconds = medians(
        9,
        idle=lambda: ours(Idle(), bars, trades=False),
        orders=lambda: ours(InAndOut(), bars, trades=False),
        floor=lambda: floors.in_and_out(open_, close, 36, CASH, RATE, curve),
        fixed=lambda: ours(InAndOut(), few, trades=False),
    )
    assert ours(InAndOut(), bars).iloc[-1] == pytest.approx(curve[-1], rel=1e-9)
    print(
        f"\nNo order {per_bar(seconds['idle'])} a bar, a market order every 36 bars {per_bar(seconds['orders'])},"
        f" floor {per_bar(seconds['floor'])}; a run of 100 bars {seconds['fixed'] * 1e3:.2f} ms"
    )


@pytest.mark.parametrize("n_bars", [10_000, 100_000, 1_000_000, 10_000_000])
def test_time_grows_with_bars(n_bars):
    psutil = pytest.importorskip("psutil")
    if psutil.virtual_memory().available < n_bars * 1_200:
        pytest.skip("not enough memory")
    market = minutes(n_bars)
    rounds = 3 if n_bars > 1_000_000 else 9
    seconds = medians(rounds, ours=lambda: ours(SmaCross(), market, trades=False))["ours"]
    print(f"\nSMA cross, 1 symbol x {n_bars:>10,} bars: {per_bar(seconds, n_bars)} a bar")


@pytest.mark.parametrize("n_symbols", [1, 10, 100, 1_000])
def test_time_grows_with_cells(n_symbols):
    market = minute_panel(1_000_000 // n_symbols, n_symbols)
    seconds = medians(7, ours=lambda: ours(SmaCross(), market, trades=False))["ours"]
    print(f"\nSMA cross, {n_symbols:>5,} symbols x {market.n_bars:>9,} bars: {per_bar(seconds)} a cell")
