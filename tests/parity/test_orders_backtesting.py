"""Orders that wait for a price, replayed by backtesting.py: the same trades on real markets.

Where its rules are others, `test_orders_backtesting_rules.py` shows them one by one; here the days on which they would
matter are left out by hindsight.
"""

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from tests.parity.peers import columns, frame_of, market

backtesting = pytest.importorskip("backtesting")
trailing = pytest.importorskip("backtesting.lib").TrailingStrategy
# It runs bar by bar, and warns of exits in the bar of an entry and of trades open at the end.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CASH, UNITS, EVERY, HOLD, PATIENCE = 1e6, 100, 7, 4, 3
FRACTION, FIXED = 0.001, 1.0
COSTS = ql.Costs(commission=FRACTION, commission_fixed=FIXED)
SIDES = pytest.mark.parametrize("side", [1, -1], ids=["long", "short"])
PLACES = pytest.mark.parametrize("place", [("sample", "AAPL"), ("stocks", "BAC")], ids=lambda p: p[1])
# No price to the cent is at such a distance.
NEAR, FAR, LOSS, PROFIT = 0.0051234, 0.0151234, 0.0401234, 0.0601234


def distances(kind, side):
    """Limit and stop of an entry as fractions of the close, NaN without."""
    return {
        "market": (np.nan, np.nan),
        "limit": (1.0 - side * NEAR, np.nan),
        "stop": (np.nan, 1.0 + side * NEAR),
        "stop_limit": (1.0 + side * FAR, 1.0 + side * NEAR),
    }[kind]


# Ours -----------------------------------------------------------------------------------------------------------


class Entering(ql.Strategy):
    """An entry where the field `enter` says so, one at a time, and an exit at the market some bars after the fill."""

    kind: str = ql.param(default="limit", choices=("market", "limit", "stop", "stop_limit"))
    side: int = ql.param(default=1, low=-1, high=1)
    patience: int = ql.param(default=PATIENCE, low=1, high=PATIENCE)

    waiting = ql.state(-1)
    decided = ql.state(-1)
    entered = ql.state(-1)

    def on_bar(self, now):
        if now.position[0] != 0.0:
            self.watch(now)
            return
        if self.waiting >= 0 and now.bar - self.decided >= self.patience:
            assert now.cancel(self.waiting) == (self.patience > 1)
            self.waiting = -1
        if self.waiting < 0 and now.past("enter", 1)[0, 0]:
            self.waiting = self.enter(now, self.terms(now.close[0]))
            self.decided = now.bar

    def terms(self, close):
        limit, stop = distances(self.kind, self.side)
        told = {"limit": close * limit, "stop": close * stop}
        prices = {name: price for name, price in told.items() if not np.isnan(price)}
        return prices | {"tif": "day" if self.patience == 1 else "gtc"}

    def enter(self, now, terms):
        return now.order(0, self.side * UNITS, **terms)

    def watch(self, now):
        if now.bar - self.entered >= HOLD:
            now.close_position(0)

    def on_fill(self, now, fill):
        self.waiting = -1
        self.entered = now.bar


class Bracketing(Entering):
    """The same with a bracket in the place of the exit at the market."""

    def enter(self, now, terms):
        profit, loss = (now.close[0] * (1.0 + self.side * d) for d in (PROFIT, -LOSS))
        return now.bracket(0, self.side * UNITS, take_profit=profit, stop_loss=loss, **terms)

    def watch(self, now):
        """The exits are orders."""


class Trailing(Entering):
    """The same with a trailing stop from the close of the entry's bar on."""

    trail: float = ql.param(default=0.1, low=0.0, high=0.5)

    def on_fill(self, now, fill):
        self.waiting = -1
        if now.position[0] != 0.0:
            now.order(0, -fill.quantity, trail_fraction=self.trail)

    def watch(self, now):
        """The exit is an order."""


class Moving(Trailing):
    """A stop that is moved at every close, three times the field `range` away from it and never back."""

    stop = ql.state(-1)
    level = ql.state(0.0)

    def watch(self, now):
        level = now.close[0] - self.side * 3.0 * now.past("range", 1)[0, 0]
        if self.stop < 0:
            self.level = level
            self.stop = now.order(0, -now.position[0], stop=level)
        else:
            self.level = max(self.level, level) if self.side > 0 else min(self.level, level)
            self.stop = now.replace(self.stop, -now.position[0], stop=self.level)

    def on_fill(self, now, fill):
        self.waiting = -1
        self.stop = -1


class SameClose(ql.Strategy):
    """A purchase at the very close, and two exits from the next bar on."""

    side: int = ql.param(default=1, low=-1, high=1)

    def on_bar(self, now):
        if now.past("enter", 1)[0, 0] and now.position[0] == 0.0:
            close, out = now.close[0], -self.side * UNITS
            now.order(0, -out)
            loss = now.order(0, out, stop=close * (1.0 - self.side * LOSS), reduce_only=True)
            profit = now.order(0, out, limit=close * (1.0 + self.side * PROFIT), reduce_only=True)
            now.one_cancels_other(loss, profit)


def played(strategy, bars, enter, *, execution=None, **fields):
    """A result with the field `enter` and others, of shape (n_bars,)."""
    told = {name: np.asarray(values, float)[:, None] for name, values in {"enter": enter, **fields}.items()}
    return ql.backtest(
        strategy, bars.with_arrays(**told), cash=CASH, costs=COSTS, execution=execution, engine="python"
    )


# Theirs ---------------------------------------------------------------------------------------------------------


class TheirEntering(backtesting.Strategy):
    """`Entering` in their words."""

    side, kind, patience = 1, "limit", PATIENCE
    decided = -1

    def init(self):
        """No indicators: `enter` is a column."""

    def next(self):
        bar = len(self.data) - 1
        if self.position:
            self.watch(self.trades[0], bar)
            return
        if bar - self.decided >= self.patience:
            for order in self.orders:
                order.cancel()
        if self.data.enter[-1] and not self.orders:
            self.enter(self.data.Close[-1])
            self.decided = bar

    def enter(self, close, **exits):
        limit, stop = distances(self.kind, self.side)
        order = self.buy if self.side > 0 else self.sell
        order(
            size=UNITS,
            limit=None if np.isnan(limit) else close * limit,
            stop=None if np.isnan(stop) else close * stop,
            **exits,
        )

    def watch(self, trade, bar):
        if bar - trade.entry_bar >= HOLD:
            self.position.close()


class TheirBracketing(TheirEntering):
    """`Bracketing` in their words."""

    def enter(self, close):
        super().enter(close, sl=close * (1.0 - self.side * LOSS), tp=close * (1.0 + self.side * PROFIT))

    def watch(self, trade, bar):
        """The exits are orders."""


class TheirTrailing(TheirEntering):
    """`Trailing` in their words: the stop-loss is moved at every close."""

    trail, best = 0.1, 0.0

    def watch(self, trade, bar):
        if bar == trade.entry_bar:
            self.best = self.data.Close[-1]
        elif self.side > 0:
            self.best = max(self.best, self.data.High[-1])
        else:
            self.best = min(self.best, self.data.Low[-1])
        trade.sl = self.best * (1.0 - self.side * self.trail)


class TheirMoving(trailing):
    """Their own trailing strategy: multiples of an average range away from the close."""

    side = 1

    def init(self):
        super().init()
        self.set_atr_periods(20)
        self.set_trailing_sl(3.0)

    def next(self):
        super().next()
        if self.data.enter[-1] and not self.position:
            (self.buy if self.side > 0 else self.sell)(size=UNITS)


def replayed(strategy, bars, enter, *, on_close=False, **params):
    """Their result with the column `enter`."""
    frame = frame_of(columns(bars, 0), enter=np.asarray(enter, float))
    run = backtesting.Backtest(
        frame, strategy, cash=CASH, commission=(FIXED, FRACTION), trade_on_close=on_close
    )
    return run.run(**params)


def assert_same(result, stats, at_least, *, equity=True):
    """The same closed trades, and the same equity."""
    ours, theirs = result.trades[~result.trades["open"]], stats["_trades"].sort_values("EntryBar")
    assert len(ours) >= at_least
    assert ours["entry_bar"].tolist() == theirs["EntryBar"].tolist()
    assert ours["exit_bar"].tolist() == theirs["ExitBar"].tolist()
    signs = np.where(ours["side"] == "long", 1, -1)
    assert (signs * ours["quantity"].abs()).tolist() == theirs["Size"].tolist()
    pairs = {"entry_price": "EntryPrice", "exit_price": "ExitPrice", "commission": "Commission"}
    for name, their_name in pairs.items():
        assert ours[name].to_numpy() == pytest.approx(theirs[their_name].to_numpy(), rel=1e-9), name
    assert ours["profit"].to_numpy() == pytest.approx(theirs["PnL"].to_numpy(), rel=1e-9, abs=1e-6)
    if equity:
        assert result.equity.to_numpy() == pytest.approx(
            stats["_equity_curve"]["Equity"].to_numpy(), rel=1e-9
        )


# Both -----------------------------------------------------------------------------------------------------------


def one_of(place):
    name, symbol = place
    return market(name).select(symbol)


def often(bars):
    """They cannot decide at the first bar."""
    return (np.arange(bars.n_bars) % EVERY == 1).astype(float)


@PLACES
@SIDES
@pytest.mark.parametrize("kind", ["market", "limit", "stop"])
def test_entries_that_rest_until_they_are_filled_or_cancelled(place, side, kind):
    bars = one_of(place)
    ours = played(Entering(kind=kind, side=side), bars, often(bars))
    theirs = replayed(TheirEntering, bars, often(bars), kind=kind, side=side)
    assert_same(ours, theirs, at_least=200)


def next_bar(bars):
    """Open, high and low of the bar after each close; the last has none."""
    return (np.append(bars[name][1:, 0], np.nan) for name in ("open", "high", "low"))


@PLACES
@SIDES
def test_stop_limit_entries_that_are_not_gapped(place, side):
    """For one day; their price is the stop even where the open is beyond it, so such days are left out by hindsight."""
    bars = one_of(place)
    open_, *_ = next_bar(bars)
    _, stop = distances("stop_limit", side)
    enter = often(bars) * (side * open_ < side * bars.close[:, 0] * stop)
    terms = {"kind": "stop_limit", "side": side, "patience": 1}
    assert_same(
        played(Entering(**terms), bars, enter), replayed(TheirEntering, bars, enter, **terms), at_least=50
    )


@PLACES
@SIDES
@pytest.mark.parametrize("kind", ["market", "limit", "stop"])
def test_brackets(place, side, kind):
    """Limit and stop entries for one day, on days, by hindsight, that do not touch exits which they see a day later."""
    bars = one_of(place)
    _, high, low = next_bar(bars)
    profit, loss = bars.close[:, 0] * (1.0 + side * PROFIT), bars.close[:, 0] * (1.0 - side * LOSS)
    best, worst = (high, low) if side > 0 else (low, high)
    enter = often(bars)
    if kind != "market":
        enter *= side * worst > side * loss
    if kind == "limit":
        enter *= side * best < side * profit
    terms = {"kind": kind, "side": side, "patience": 1}
    assert_same(
        played(Bracketing(**terms), bars, enter), replayed(TheirBracketing, bars, enter, **terms), at_least=60
    )


@SIDES
def test_a_trailing_stop(side):
    bars, trail = one_of(("stocks", "SPY")).window("2009-06"), 0.08
    # No bar falls from its own high (or rises from its low) by so much: a level is only touched by later bars.
    assert (bars.close > (1.0 - trail) * bars.high).all()
    assert (bars.close < (1.0 + trail) * bars.low).all()
    assert_same(
        played(Trailing(kind="market", side=side, trail=trail), bars, often(bars)),
        replayed(TheirTrailing, bars, often(bars), kind="market", side=side, trail=trail),
        at_least=15,
    )


@PLACES
@SIDES
def test_a_stop_moved_at_every_close_as_their_trailing_strategy_does(place, side):
    bars = one_of(place)
    prices = columns(bars, 0)
    before = prices["close"].shift()
    spans = [prices["high"] - prices["low"], (before - prices["high"]).abs(), (before - prices["low"]).abs()]
    average = pd.concat(spans, axis=1).max(axis=1, skipna=False).rolling(20).mean()
    # They fill the first average back to the start, which is not known there.
    enter = often(bars) * average.notna().to_numpy()
    assert_same(
        played(Moving(kind="market", side=side), bars, enter, range=average.fillna(0.0)),
        replayed(TheirMoving, bars, enter, side=side),
        at_least=60,
    )


@SIDES
@pytest.mark.parametrize("place", [("sample", "AAPL"), ("stocks", "SPY")], ids=lambda p: p[1])
def test_entries_at_the_very_close(place, side):
    """They book such a fill a bar later, at its price and time; equity agrees but for that commission's bar."""
    bars = one_of(place)
    same_close = ql.Execution(fill="same_close")
    assert_same(
        played(SameClose(side=side), bars, often(bars), execution=same_close),
        replayed(TheirBracketing, bars, often(bars), on_close=True, kind="market", side=side),
        at_least=60,
        equity=False,
    )
