"""What each feature of trading costs: the same compiled run with it and without, in nanoseconds a bar."""

import numpy as np
import pytest

import quantlab as ql
from quantlab.engine.engines import run
from quantlab.engine.inputs import ForecastSource, compute_inputs
from quantlab.engine.setup import Setup
from quantlab.trading.account import Account, Execution, Rules
from tests.benchmarks import timing
from tests.benchmarks.market import minutes

pytestmark = [pytest.mark.benchmark, pytest.mark.filterwarnings("ignore")]

N_BARS = 200_000
CASH = 1e6
EVERY = 36


class InAndOut(ql.Strategy):
    """In by a market order and out by another, in turn."""

    every: int = ql.param(default=EVERY, low=1, high=10_000)

    def on_bar(self, now):
        if now.bar % self.every == 0:
            now.order(0, 100.0 if now.position[0] == 0.0 else -now.position[0])


class FarLimit(InAndOut):
    """The same, beside one limit order that rests all the time."""

    def on_bar(self, now):
        if now.bar == 1:
            now.order(0, 1.0, limit=0.01)
        if now.bar % self.every == 0:
            now.order(0, 100.0 if now.position[0] == 0.0 else -now.position[0])


class FarTrail(InAndOut):
    """The same, beside one trailing stop that rests all the time."""

    def on_bar(self, now):
        if now.bar == 1:
            now.order(0, -1.0, trail_fraction=0.99)
        if now.bar % self.every == 0:
            now.order(0, 100.0 if now.position[0] == 0.0 else -now.position[0])


class ByLimit(InAndOut):
    """In and out by limit orders at the close."""

    def on_bar(self, now):
        if now.bar % self.every == 0:
            quantity = 100.0 if now.position[0] == 0.0 else -now.position[0]
            now.order(0, quantity, limit=now.close[0], tif="day")


class ByBracket(InAndOut):
    """A bracket a time, whose exits take it out again."""

    def on_bar(self, now):
        if now.bar % self.every == 0 and now.position[0] == 0.0:
            close = now.close[0]
            now.bracket(0, 100.0, take_profit=close * 1.002, stop_loss=close * 0.998)


class ByReplace(InAndOut):
    """A limit order that follows the market."""

    order = ql.state(-1)

    def on_bar(self, now):
        if now.bar % self.every == 0:
            level = now.close[0] * 0.5
            if self.order < 0:
                self.order = now.order(0, 100.0, limit=level)
            else:
                self.order = now.replace(self.order, 100.0, limit=level)


class Counts(InAndOut):
    """In and out, hearing of every fill."""

    n = ql.state(0)

    def on_fill(self, now, fill):
        self.n += 1


def looped(bars, strategy=None, costs=None, account=None, execution=None):
    """The loop alone of a compiled run."""
    strategy = strategy or InAndOut()
    rules = Rules(costs or ql.Costs(commission=1e-5), account or Account(), execution or Execution())
    setup = Setup(
        strategy, bars, compute_inputs(strategy, bars, ForecastSource(None)), range(bars.n_bars), CASH, rules
    )
    return lambda: run(setup, "compiled", lambda row: None)


def orders(bars):
    """Ways to trade, against market orders as often."""
    yield "on_fill", looped(bars, Counts())
    yield "a limit that rests", looped(bars, FarLimit())
    yield "a trailing stop that rests", looped(bars, FarTrail())
    yield f"limits, one in {EVERY} bars", looped(bars, ByLimit())
    yield f"brackets, one in {EVERY} bars at most", looped(bars, ByBracket())
    yield f"replace, one in {EVERY} bars", looped(bars, ByReplace())


def costs(bars):
    """Ways to be charged."""
    rate = 1e-5
    yield "minimum commission", looped(bars, costs=ql.Costs(commission=rate, commission_minimum=1.0))
    yield "slippage and spread", looped(bars, costs=ql.Costs(commission=rate, slippage=1e-5, spread=0.01))
    yield "slippage by volume", looped(bars, costs=ql.Costs(commission=rate, volume_slippage=0.01))
    yield "slippage by volatility", looped(bars, costs=ql.Costs(commission=rate, volatility_slippage=0.1))
    yield "square-root impact", looped(bars, costs=ql.Costs(commission=rate, impact=0.5))


def accounts(bars):
    """Terms of holding."""
    yield "interest and loans", looped(bars, account=Account(interest_annual=0.02, loan_annual=0.05))
    yield "borrow cost", looped(bars, account=Account(borrow_annual=0.02))
    yield "payouts", looped(bars, account=Account(payout="payout"))
    yield "funding", looped(bars, account=Account(funding="payout"))
    yield "maintenance margin", looped(bars, account=Account(leverage=2.0, maintenance=0.1))
    yield "borrowable units", looped(bars, account=Account(shortable=1e9))
    future = ql.Instrument(multiplier=5.0, tick=0.01, lot=1.0)
    yield "multiplier, tick and lot", looped(bars, account=Account(instruments={"A": future}))


def executions(bars):
    """When and how orders meet the market."""
    yield "same close", looped(bars, execution=Execution(fill="same_close"))
    yield "participation", looped(bars, execution=Execution(participation=0.5))
    yield "latency", looped(bars, execution=Execution(latency=1))
    sides = (
        bars.with_arrays(**{n: bars[n] + d for n in ("open", "high", "low", "close")}) for d in (0.0, 0.01)
    )
    quotes = ql.Bars.from_quotes(*sides)
    yield "quotes", looped(quotes, execution=Execution(quotes=True))
    yield "quotes, a limit that rests", looped(quotes, FarLimit(), execution=Execution(quotes=True))


@pytest.mark.parametrize("group", [orders, costs, accounts, executions], ids=lambda group: group.__name__)
def test_what_each_feature_costs(group):
    bars = minutes(N_BARS)
    bars = bars.with_arrays(payout=np.where(np.arange(N_BARS) % 1_000 == 0, 1e-4, 0.0)[:, None])
    works = {"without": looped(bars), **dict(group(bars))}
    seconds = timing.medians(9, **works)
    per_bar = {name: each / N_BARS * 1e9 for name, each in seconds.items()}
    print(f"\n{group.__doc__} {per_bar['without']:.1f} ns a bar without")
    for name, ns in per_bar.items():
        if name != "without":
            print(f"  {name:<38} {ns:6.1f} ns a bar, {ns - per_bar['without']:+6.1f}")


def test_what_finer_bars_cost():
    fine = minutes(N_BARS)
    hours = fine.resample("1h")
    execution = Execution(inside=fine)
    works = {
        "alone": looped(hours, FarLimit()),
        "inside": looped(hours, FarLimit(), execution=execution),
        "made": lambda: ql.backtest(FarLimit(), hours, execution=execution, engine="compiled").equity,
    }
    seconds = timing.medians(9, **works)
    rows = fine.n_bars / hours.n_bars
    print(
        f"\nHours with minutes inside, a limit that rests: {seconds['inside'] / fine.n_bars * 1e9:.1f} ns a minute"
        f" ({rows:.0f} a bar); hours alone {seconds['alone'] / hours.n_bars * 1e9:.1f} ns a bar;"
        f" a whole backtest with the check of both {seconds['made'] * 1e3:.1f} ms"
    )
