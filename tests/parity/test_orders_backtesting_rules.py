"""Small examples that backtesting.py fills as we do, or otherwise, and the rule that causes it.

Its market, limit and stop orders, and the stop-loss and take-profit of a trade, go by rules that are mostly these ones.
Where they are others, by its source:

- exits of a trade that a limit or a stop opened begin with the next bar, except that a price may run through the stop
  to the take-profit; those of a market order begin with its own bar, as here;
- the stop-loss stands first in the queue: before the take-profit, and before a sale at the open;
- a stop-limit order that is woken is filled at its stop, wherever the bar opened, and only in a later bar where
  its limit is not beyond its stop;
- `spread` is paid once, whole, on the way in, also beyond a limit;
- an order that the account cannot pay is cancelled;
- a trailing stop is what the strategy makes of it, bar by bar.
"""

import pandas as pd
import pytest

import quantlab as ql
from tests.parity.peers import as_columns, fills_in, frame_of

backtesting = pytest.importorskip("backtesting")
# It warns of exits in the bar of an entry and of trades open at the end.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CALM = (100, 104, 98, 102)
EXITS = {"take_profit": 110, "stop_loss": 95}


def few(rows, deeds, **terms):
    """(bar, quantity, price) of their fills in rows after `START`; `deeds` says what is called at which close."""

    class Doing(backtesting.Strategy):
        def init(self):
            pass

        def next(self):
            deeds.get(len(self.data) - 2, lambda strategy: None)(self)

    # They decide nothing on the first bar, so it comes twice.
    prices = {name: series.iloc[[0, *range(len(series))]] for name, series in as_columns(rows).items()}
    frame = frame_of(prices).set_axis(pd.date_range("2024-01-01", periods=len(rows) + 2))
    done = backtesting.Backtest(frame, Doing, **{"cash": 10_000.0, **terms}).run()["_strategy"]
    fills = [(t.entry_bar - 1, t.size, t.entry_price) for t in (*done.closed_trades, *done.trades)]
    fills += [(t.exit_bar - 1, -t.size, t.exit_price) for t in done.closed_trades]
    return sorted(fills, key=lambda fill: fill[0])


def buying(**terms):
    return {0: lambda strategy: strategy.buy(size=10, **terms)}


def bracketing(**entry):
    """A bracket in our words and in theirs."""
    return [("bracket", 0, 10, {**EXITS, **entry})], buying(sl=95, tp=110, **entry)


@pytest.mark.parametrize(
    "rows",
    [
        [CALM, (100, 111, 94, 108)],
        [(100, 111, 94, 108)],
        [(94, 94.5, 92, 93)],
        [(112, 114, 111, 113)],
    ],
    ids=[
        "both touched",
        "both touched at once",
        "opened below the stop-loss",
        "opened above the take-profit",
    ],
)
def test_what_is_not_known_is_held_against_the_strategy_here_and_there(rows):
    ours, theirs = bracketing()
    assert fills_in(rows, ours) == few(rows, theirs)


def test_a_price_that_runs_through_the_stop_to_the_take_profit_does_so_here_and_there():
    rows = [(100, 112, 99, 105)]
    ours, theirs = bracketing(stop=103)
    assert fills_in(rows, ours) == few(rows, theirs) == [(1, 10, 103), (1, -10, 110)]


@pytest.mark.parametrize("entry", [{"limit": 98}, {"stop": 103}], ids=str)
def test_here_the_bar_of_an_entry_may_touch_its_stop_loss(entry):
    """There the order of events in that bar is given up: the exit is of the next bar that touches it."""
    rows = [(100, 104, 94, 97), (97, 98, 96, 97), (96, 97, 93, 94)]
    ours, theirs = bracketing(**entry)
    (price,) = entry.values()
    assert fills_in(rows, ours) == [(1, 10, price), (1, -10, 95)]
    assert few(rows, theirs) == [(1, 10, price), (3, -10, 95)]


def test_here_a_close_beyond_the_take_profit_came_after_the_entry_by_limit():
    """There the next bar is asked, and opens higher."""
    rows = [(100, 113, 97, 112), (114, 115, 113, 114)]
    ours, theirs = bracketing(limit=98)
    assert fills_in(rows, ours) == [(1, 10, 98), (1, -10, 110)]
    assert few(rows, theirs) == [(1, 10, 98), (2, -10, 114)]


def test_here_a_limit_that_the_open_betters_is_an_entry_at_the_open():
    """All of its bar comes after it, so the take-profit of the same bar counts; there it is a limit all the same."""
    rows = [(97, 111, 96, 105), (105, 106, 104, 105)]
    ours, theirs = bracketing(limit=98)
    assert fills_in(rows, ours) == [(1, 10, 97), (1, -10, 110)]
    assert few(rows, theirs) == [(1, 10, 97)]


def test_here_an_open_beyond_the_take_profit_comes_first():
    """There the stop-loss stands first in the queue, though the bar opened above the take-profit and fell later."""
    rows = [CALM, (112, 113, 94, 95)]
    ours, theirs = bracketing()
    assert fills_in(rows, ours) == [(1, 10, 100), (2, -10, 112)]
    assert few(rows, theirs) == [(1, 10, 100), (2, -10, 95)]


def test_a_position_closed_at_the_open_is_not_stopped_later_in_that_bar_here_and_there():
    rows = [CALM, (100, 101, 94, 96)]
    ours, theirs = bracketing()
    closed = [(1, 10, 100), (2, -10, 100)]
    assert fills_in(rows, {0: ours, 1: [("close_position", 0)]}) == closed
    assert few(rows, theirs | {1: lambda strategy: strategy.position.close()}) == closed


def test_here_a_sale_at_the_open_comes_before_the_stop_of_its_bar():
    """There it stands behind the stop-loss in the queue: sold at 95, and once more at 100, the open before it."""
    rows = [CALM, (100, 101, 94, 96)]
    ours, theirs = bracketing()
    assert fills_in(rows, {0: ours, 1: [("order", 0, -10)]}) == [(1, 10, 100), (2, -10, 100)]
    theirs |= {1: lambda strategy: strategy.sell(size=10)}
    assert sorted(few(rows, theirs)) == [(1, 10, 100), (2, -10, 95), (2, -10, 100)]


@pytest.mark.parametrize(
    ("limit", "bar", "ours", "theirs"),
    [
        # Opened at 104 and never traded at 103: there it is had at 103 all the same.
        (105, (104, 106, 103.5, 105), [(1, 10, 104)], [(1, 10, 103)]),
        # Filled where it was woken, at a limit equal to its stop; there a limit is for a later bar.
        (103, (100, 104, 99, 104), [(1, 10, 103)], []),
        # Woken at 103, closed at 101: on the way it was at 102.
        (102, (100, 104, 99, 101), [(1, 10, 102)], []),
        # As there: nobody knows whether it was at 102 after it was woken.
        (102, (100, 104, 99, 103), [], []),
        (105, (100, 104, 99, 103), [(1, 10, 103)], [(1, 10, 103)]),
    ],
)
def test_here_a_stop_limit_is_filled_where_its_bar_traded(limit, bar, ours, theirs):
    """There a woken one has its stop for a price, and none in that bar where the limit is at or beyond the stop."""
    assert fills_in([bar], [("order", 0, 10, {"stop": 103, "limit": limit})]) == ours
    assert few([bar], buying(stop=103, limit=limit)) == theirs


def test_here_both_ways_slip_and_a_limit_holds():
    """There `spread` is on the entry only, and takes it beyond its limit."""
    rows = [(100, 101, 97, 99), (100, 101, 99, 100)]
    calls = {0: [("order", 0, 10, {"limit": 98})], 1: [("close_position", 0)]}
    assert fills_in(rows, calls, costs=ql.Costs(slippage=0.01)) == [(1, 10, 98), (2, -10, 99)]
    theirs = buying(limit=98) | {1: lambda strategy: strategy.position.close()}
    assert few(rows, theirs, spread=0.01) == [(1, 10, pytest.approx(98.98)), (2, -10, 100)]


def test_here_an_order_is_cut_to_what_can_be_paid():
    """There it is cancelled, whole."""
    rows = [CALM]
    assert fills_in(rows, [("order", 0, 10)], cash=500.0) == [(1, 5, 100)]
    assert few(rows, buying(), cash=500.0) == []


def test_here_a_close_below_the_level_of_its_own_bar_has_crossed_it():
    """From a high of 120 to a close of 105 the price went through 108; a stop moved at the close is met a bar later."""
    rows = [(100, 100, 100, 100), (110, 120, 104, 105), (104, 106, 103, 104)]
    trail = {0: [("order", 0, 10)], 1: [("order", 0, -10, {"trail_fraction": 0.1})]}
    assert fills_in(rows, trail) == [(1, 10, 100), (2, -10, 108)]

    def moved(strategy):
        strategy.trades[0].sl = 0.9 * strategy.data.High[-1]

    assert few(rows, {**buying(), 1: moved, 2: moved}) == [(1, 10, 100), (3, -10, 104)]
