"""Orders that wait for a price, replayed by vectorbt: the same fills, and the rule wherever they differ.

vectorbt has no resting orders. Its `from_signals` watches a stop-loss, a trailing stop and a take-profit of the
position held; its `from_orders` takes the price of every fill from its user. What it does with a stop, by its source:

- a stop is looked at from the bar after the entry on: one order a bar;
- an open at or beyond it: the open, else a range that touches it: its price, as here;
- the stop-loss is looked at before the take-profit, also where the open is beyond the take-profit;
- the trailing stop follows the high after it was looked at, so a bar never touches a level of its own making;
- a stop that was touched comes before any other signal of its bar;
- one choice says for both exits whether they pay slippage.
"""

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from tests.parity.peers import as_columns, columns, fills_in, later, market

vectorbt = pytest.importorskip("vectorbt")
# vectorbt compiles for a minute in every process, unless its optional Rust engine is there.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CASH, UNITS, EVERY = 1e8, 100.0, 7
COSTS = ql.Costs(commission=0.001, commission_fixed=1.0)
SLIPPERY = ql.Costs(commission=0.001, commission_fixed=1.0, slippage=0.0005)
SIDES = pytest.mark.parametrize("side", [1.0, -1.0], ids=["long", "short"])
MARKETS = pytest.mark.parametrize("name", ["sample", "stocks"])


class Guarded(ql.Strategy):
    """Every few bars some units of what is not held, and when they are filled, exits measured from their price."""

    side: float = ql.param(default=1.0, low=-1.0, high=1.0)
    loss: float = ql.param(default=0.0, low=0.0, high=0.5)
    profit: float = ql.param(default=0.0, low=0.0, high=0.5)
    trail: float = ql.param(default=0.0, low=0.0, high=0.5)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if (now.bar + i) % EVERY == 0 and now.position[i] == 0.0:
                self.enter(now, i)

    def enter(self, now, i):
        now.order(i, self.side * UNITS)

    def on_fill(self, now, fill):
        if now.position[fill.symbol] == 0.0:
            return
        i, out = fill.symbol, -fill.quantity
        if self.trail:
            now.order(i, out, trail_fraction=self.trail)
        if self.loss:
            loss = now.order(i, out, stop=fill.price * (1.0 - self.side * self.loss))
        if self.profit:
            profit = now.order(i, out, limit=fill.price * (1.0 + self.side * self.profit))
        if self.loss and self.profit:
            now.one_cancels_other(loss, profit)


class AllIn(Guarded):
    """The same with everything there is."""

    def enter(self, now, i):
        now.target_weight(i, self.side)


def signals(bars):
    """Where `Guarded` enters, if it can: at the open after its decision."""
    return later(np.add.outer(np.arange(bars.n_bars), np.arange(bars.n_symbols)) % EVERY == 0)


def guarded(prices, entries, side=1.0, exit_price="stopmarket", entry_price="fillprice", **terms):
    """vectorbt's portfolio with entries at the open, and stops."""
    return vectorbt.Portfolio.from_signals(
        prices["close"],
        **{name: prices[name] for name in ("open", "high", "low")},
        entries=entries,
        direction="longonly" if side > 0 else "shortonly",
        stop_entry_price=entry_price,
        stop_exit_price=exit_price,
        **{"exits": False, "price": prices["open"], "size": UNITS, "min_size": 0.0, "freq": "1D"} | terms,
    )


def money(costs):
    """An account's terms in vectorbt's words."""
    return {
        "init_cash": CASH,
        "fees": costs.commission,
        "fixed_fees": costs.commission_fixed,
        "slippage": costs.slippage,
        "cash_sharing": True,
        "group_by": True,
    }


def fills_of(portfolio):
    """vectorbt's orders with the names and signs of fills."""
    records = portfolio.orders.records
    signs = np.where(records["side"] == 0, 1.0, -1.0)
    fills = pd.DataFrame({"bar": records["idx"], "symbol": records["col"]})
    return fills.assign(
        quantity=signs * records["size"], price=records["price"], commission=records["fees"]
    ).sort_values(["bar", "symbol"], ignore_index=True)


def aligned(result, bars, portfolio, at_least):
    """Both programs' fills in one sequence; they must be of the same bars, symbols and quantities."""
    places = result.fills["symbol"].map(bars.symbols.index)
    ours = result.fills.assign(symbol=places).sort_values(["bar", "symbol"], ignore_index=True)
    theirs = fills_of(portfolio)
    assert len(ours) >= at_least
    for name in ("bar", "symbol"):
        assert ours[name].tolist() == theirs[name].tolist(), name
    assert ours["quantity"].to_numpy() == pytest.approx(theirs["quantity"].to_numpy(), rel=1e-9)
    return ours, theirs


def assert_same(result, bars, portfolio, at_least):
    """The same fills, one by one, and the same equity; most of that is cash, hence to the last digits."""
    ours, theirs = aligned(result, bars, portfolio, at_least)
    for name in ("price", "commission"):
        assert ours[name].to_numpy() == pytest.approx(theirs[name].to_numpy(), rel=1e-9), name
    assert result.equity.to_numpy() == pytest.approx(portfolio.value().to_numpy(), rel=1e-12)


def assert_same_but_for_gaps(result, bars, portfolio, side, levels, at_least):
    """The same fills, but where a bar opens beyond the take-profit and then touches the stop-loss.

    There the open is the fill here, and the stop-loss there. `levels` finds take-profit and stop-loss from the
    entries' bars, symbols and prices.
    """
    ours, theirs = aligned(result, bars, portfolio, at_least)
    profit, loss = levels(ours.groupby("symbol")[["bar", "price"]].shift(fill_value=0).join(ours["symbol"]))
    at = ours["bar"].to_numpy(), ours["symbol"].to_numpy()
    worst = (bars.low if side > 0 else bars.high)[at]
    is_exit = ours["quantity"].to_numpy() * side < 0.0
    parted = is_exit & (side * bars.open[at] >= side * profit) & (side * worst <= side * loss)
    assert ours["price"][parted].tolist() == bars.open[at][parted].tolist()
    assert theirs["price"][parted].to_numpy() == pytest.approx(loss[parted], rel=1e-9)
    assert ours["price"][~parted].to_numpy() == pytest.approx(theirs["price"][~parted].to_numpy(), rel=1e-9)
    assert parted.mean() < 0.01
    if not parted.any():
        assert_same(result, bars, portfolio, at_least)


def run(strategy, bars, costs):
    return ql.backtest(strategy, bars, cash=CASH, costs=costs, engine="python")


def few(rows, **terms):
    """(bar, quantity, price) of vectorbt's fills: 10 bought at the first open after `START`, which is 100."""
    prices = as_columns(rows)
    entries = np.arange(len(rows) + 1) == 1
    portfolio = guarded(prices, entries, **{"size": 10.0, "init_cash": 10_000.0} | terms)
    return list(fills_of(portfolio)[["bar", "quantity", "price"]].itertuples(index=False, name=None))


# Where the rules agree ------------------------------------------------------------------------------------------


@MARKETS
@SIDES
@pytest.mark.parametrize("exits", [{"loss": 0.05}, {"profit": 0.08}], ids=["stop_loss", "take_profit"])
def test_a_stop_loss_or_a_take_profit_measured_from_the_fill(name, side, exits):
    bars = market(name)
    costs = SLIPPERY if "loss" in exits else COSTS
    result = run(Guarded(side=side, **exits), bars, costs)
    stops = {"sl_stop": exits.get("loss", np.nan), "tp_stop": exits.get("profit", np.nan)}
    portfolio = guarded(columns(bars), signals(bars), side, **stops, **money(costs))
    assert_same(result, bars, portfolio, at_least=60)


@MARKETS
@SIDES
@pytest.mark.parametrize(("loss", "profit"), [(0.05, 0.08), (0.02, 0.03)], ids=["wide", "near"])
def test_a_stop_loss_and_a_take_profit_measured_from_the_fill(name, side, loss, profit):
    bars = market(name)
    result = run(Guarded(side=side, loss=loss, profit=profit), bars, COSTS)
    portfolio = guarded(columns(bars), signals(bars), side, sl_stop=loss, tp_stop=profit, **money(COSTS))

    def levels(entry):
        price = entry["price"].to_numpy()
        return price * (1.0 + side * profit), price * (1.0 - side * loss)

    assert_same_but_for_gaps(result, bars, portfolio, side, levels, at_least=500)


@MARKETS
@pytest.mark.parametrize("commission", [0.0, 0.001])
def test_a_stop_loss_and_a_take_profit_of_all_there_is(name, commission):
    bars = market(name).select("IBM")
    costs = ql.Costs(commission=commission)
    result = run(AllIn(loss=0.05, profit=0.08), bars, costs)
    portfolio = guarded(columns(bars), signals(bars), size=np.inf, sl_stop=0.05, tp_stop=0.08, **money(costs))
    assert_same(result, bars, portfolio, at_least=50)


@MARKETS
@SIDES
def test_a_trailing_stop(name, side):
    """It follows from the close of the entry's bar on: vectorbt's `stop_entry_price="close"`."""
    bars = market(name).select(["MSFT", "IBM"]) if name == "sample" else market(name).window("2012")
    trail = 0.18
    # No bar falls from its own high (or rises from its low) by so much: a level is only touched by later bars.
    assert (bars.close > (1.0 - trail) * bars.high).all()
    assert (bars.close < (1.0 + trail) * bars.low).all()
    result = run(Guarded(side=side, trail=trail), bars, SLIPPERY)
    portfolio = guarded(
        columns(bars),
        signals(bars),
        side,
        entry_price="close",
        sl_stop=trail,
        sl_trail=True,
        **money(SLIPPERY),
    )
    assert_same(result, bars, portfolio, at_least=20)


class Bracketed(ql.Strategy):
    """A bracket around the close, where the field `enter` says so."""

    side: float = ql.param(default=1.0, low=-1.0, high=1.0)
    # No price to the cent is at such a distance, which would be a touch here and one bit short of it there.
    loss: float = ql.param(default=0.0401234, low=0.0, high=0.5)
    profit: float = ql.param(default=0.0601234, low=0.0, high=0.5)

    def on_bar(self, now):
        enter = now.past("enter", 1)
        for i in range(now.n_symbols):
            if enter[0, i] and now.position[i] == 0.0:
                now.bracket(
                    i,
                    self.side * UNITS,
                    take_profit=now.close[i] * (1.0 + self.side * self.profit),
                    stop_loss=now.close[i] * (1.0 - self.side * self.loss),
                )


@MARKETS
@SIDES
def test_brackets(name, side):
    """Prices are fixed at the decision, so vectorbt needs each as a fraction of the entry's price."""
    bars, strategy = market(name), Bracketed(side=side)
    profit = later(bars.close * (1.0 + side * strategy.profit))
    loss = later(bars.close * (1.0 - side * strategy.loss))
    # vectorbt cannot leave in the bar in which it entered: only bars are entered, with hindsight, that stay inside.
    calm = (bars.low > np.minimum(profit, loss)) & (bars.high < np.maximum(profit, loss))
    entries = signals(bars) & calm
    enter = np.roll(entries, -1, axis=0).astype(float)
    result = run(strategy, bars.with_arrays(enter=enter), COSTS)
    with np.errstate(invalid="ignore"):
        stops = {"sl_stop": np.abs(loss / bars.open - 1.0), "tp_stop": np.abs(profit / bars.open - 1.0)}
    portfolio = guarded(columns(bars), entries, side, **stops, **money(COSTS))

    def levels(entry):
        at = entry["bar"].to_numpy(), entry["symbol"].to_numpy()
        return profit[at], loss[at]

    assert_same_but_for_gaps(result, bars, portfolio, side, levels, at_least=300)


class Quoting(ql.Strategy):
    """A purchase and a sale in turns, good for one day, at a distance from the close."""

    kind: str = ql.param(default="limit", choices=("limit", "stop", "stop_limit"))

    def on_bar(self, now):
        side = 1.0 if now.bar % 2 == 0 else -1.0
        for i in range(now.n_symbols):
            above, further = now.close[i] * (1.0 + 0.005 * side), now.close[i] * (1.0 + 0.01 * side)
            if self.kind == "limit":
                now.order(i, side * UNITS, limit=now.close[i] * (1.0 - 0.005 * side), tif="day")
            elif self.kind == "stop":
                now.order(i, side * UNITS, stop=above, tif="day")
            else:
                now.order(i, side * UNITS, stop=above, limit=further, tif="day")


def met(kind, side, close, open_, high, low):
    """Where a day's order of `Quoting` is filled, NaN where it is not; a sale is a purchase in the mirror."""
    limit, stop, further = (side * close * (1.0 + side * d) for d in (-0.005, 0.005, 0.01))
    open_, high, low = side * open_, np.where(side > 0, high, -low), np.where(side > 0, low, -high)
    if kind == "limit":
        return side * np.where(low <= limit, np.minimum(open_, limit), np.nan)
    price = np.where(high >= stop, np.maximum(open_, stop), np.nan)
    if kind == "stop_limit":
        # An open beyond the limit wakes a limit order, which the bar may come back to.
        price = np.where(open_ > further, np.where(low <= further, further, np.nan), price)
    return side * price


@MARKETS
@pytest.mark.parametrize(
    ("kind", "costs"),
    [("limit", COSTS), ("stop", SLIPPERY), ("stop_limit", COSTS)],
    ids=["limit", "stop", "stop_limit"],
)
def test_entries_by_limit_and_by_stop_at_prices_given_to_vectorbt(name, kind, costs):
    """The price of a touch is two lines of arithmetic; cash, positions and costs are vectorbt's."""
    bars = market(name)
    result = run(Quoting(kind=kind), bars, costs)
    side = np.where(np.arange(bars.n_bars) % 2 == 1, 1.0, -1.0)[:, None]
    price = met(kind, side, later(bars.close), bars.open, bars.high, bars.low)
    price[0] = np.nan
    portfolio = vectorbt.Portfolio.from_orders(
        columns(bars)["close"],
        size=np.where(np.isnan(price), np.nan, side * UNITS),
        price=price,
        min_size=0.0,
        freq="1D",
        **money(costs),
    )
    assert_same(result, bars, portfolio, at_least=1_000)


# Where they do not, and why -------------------------------------------------------------------------------------

CALM = (100, 104, 98, 102)
BUY = ("order", 0, 10)


def test_here_an_exit_may_be_in_the_bar_of_the_entry():
    """There one order a bar is all, so the stop-loss touched after the entry is seen a bar later, at a worse open."""
    rows = [(100, 101, 94, 96), (93, 95, 92, 94)]
    bracket = [("bracket", 0, 10, {"take_profit": 110, "stop_loss": 95})]
    assert fills_in(rows, bracket) == [(1, 10, 100), (1, -10, 95)]
    assert few(rows, sl_stop=0.05, tp_stop=0.1) == [(1, 10, 100), (2, -10, 93)]


def test_here_an_open_beyond_the_take_profit_comes_first():
    """There the stop-loss is looked at first, though the bar opened above the take-profit and fell later."""
    rows = [CALM, (112, 113, 94, 95)]
    bracket = [("bracket", 0, 10, {"take_profit": 110, "stop_loss": 95})]
    assert fills_in(rows, bracket) == [(1, 10, 100), (2, -10, 112)]
    assert few(rows, sl_stop=0.05, tp_stop=0.1) == [(1, 10, 100), (2, -10, pytest.approx(95))]


def test_both_touched_inside_a_bar_is_the_stop_loss_here_and_there():
    rows = [CALM, (100, 111, 94, 108)]
    bracket = [("bracket", 0, 10, {"take_profit": 110, "stop_loss": 95})]
    expected = [(1, 10, 100), (2, -10, pytest.approx(95))]
    assert fills_in(rows, bracket) == expected
    assert few(rows, sl_stop=0.05, tp_stop=0.1) == expected


def test_here_a_close_below_the_level_of_its_own_bar_has_crossed_it():
    """From a high of 120 to a close of 105 the price went through 108; there it is met a bar later."""
    rows = [(100, 100, 100, 100), (110, 120, 104, 105), (104, 106, 103, 104)]
    trail = {0: [BUY], 1: [("order", 0, -10, {"trail_fraction": 0.1})]}
    terms = {"entry_price": "close", "sl_stop": 0.1, "sl_trail": True}
    assert fills_in(rows, trail) == [(1, 10, 100), (2, -10, pytest.approx(108))]
    assert few(rows, **terms) == [(1, 10, 100), (3, -10, 104)]


def test_here_a_trailing_stop_of_the_bar_before_is_what_the_open_and_the_low_meet():
    """As there: the level that a new high makes is not held against the low of the same bar."""
    rows = [(100, 100, 100, 100), (110, 120, 106, 118), (115, 116, 107, 110)]
    trail = {0: [BUY], 1: [("order", 0, -10, {"trail_fraction": 0.1})]}
    expected = [(1, 10, 100), (3, -10, pytest.approx(108))]
    assert fills_in(rows, trail) == expected
    assert few(rows, entry_price="close", sl_stop=0.1, sl_trail=True) == expected


def test_here_the_open_comes_before_the_stop_of_its_bar():
    """An exit decided at a close meets the next open; there a stop touched later in that bar overrides it."""
    rows = [CALM, (100, 101, 94, 96)]
    calls = {0: [("bracket", 0, 10, {"take_profit": 110, "stop_loss": 95})], 1: [("close_position", 0)]}
    assert fills_in(rows, calls) == [(1, 10, 100), (2, -10, 100)]
    exits = np.arange(3) == 2
    assert few(rows, exits=exits, sl_stop=0.05, tp_stop=0.1) == [(1, 10, 100), (2, -10, 95)]


@pytest.mark.parametrize(
    ("bar", "here", "without", "slipping"),
    [
        # Touched: no seller at 110 gets less, and a stop-loss at 95 gets a hundredth less.
        ((105, 111, 104, 108), 110.0, 110.0, 108.9),
        ((98, 99, 94, 96), 94.05, 95.0, 94.05),
        # Beyond it at the open: 111.5 a hundredth less is 110.385, and 110.5 is cut to the limit.
        ((111.5, 112, 111, 111), 110.385, 111.5, 110.385),
        ((110.5, 112, 110, 111), 110.0, 110.5, 109.395),
    ],
)
def test_here_a_stop_slips_and_a_limit_holds(bar, here, without, slipping):
    """There `stop_exit_price` lets both exits slip ("stopmarket") or neither ("stoplimit")."""
    rows = [CALM, bar]
    costs = ql.Costs(slippage=0.01)
    bracket = [("bracket", 0, 10, {"take_profit": 110, "stop_loss": 95})]
    ours = fills_in(rows, bracket, costs=costs)
    assert ours == [(1, 10, 101), (2, -10, pytest.approx(here))]
    # Measured from the price before slippage, 100.
    terms = {"slippage": 0.01, "entry_price": "price", "sl_stop": 0.05, "tp_stop": 0.1}
    assert few(rows, exit_price="stoplimit", **terms)[1] == (2, -10, pytest.approx(without))
    assert few(rows, exit_price="stopmarket", **terms)[1] == (2, -10, pytest.approx(slipping))


def test_there_stops_are_measured_from_the_close_unless_told_otherwise():
    """Here a stop is a price; there the default is a fraction of the close of the entry's bar, 102."""
    rows = [CALM, (99, 100, 96, 97), (96, 97, 94, 95)]
    calls = {0: [BUY], 1: [("order", 0, -10, {"stop": 102 * 0.95})]}
    expected = [(1, 10, 100), (2, -10, pytest.approx(96.9))]
    assert fills_in(rows, calls) == expected
    assert few(rows, entry_price="close", sl_stop=0.05) == expected
    assert few(rows, sl_stop=0.05) == [(1, 10, 100), (3, -10, pytest.approx(95))]
