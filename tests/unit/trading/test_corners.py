"""Corners in which the two engines once differed, or a log once ran full: both, by hand."""

import numpy as np
import pytest

import quantlab as ql
from quantlab.errors import OrderError

ENGINES = ("python", "compiled")
TOLD = []
"""What `on_end` saw of the last run."""


def bars(prices, n_symbols=1):
    panel = np.repeat(np.array(prices, float)[:, None], n_symbols, axis=1)
    return ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(len(panel)),
        symbols=[f"S{i}" for i in range(n_symbols)],
        **dict.fromkeys(("open", "high", "low", "close"), panel),
    )


class Borrows(ql.Strategy):
    """Ten units on credit, and an order that rests."""

    def on_bar(self, now):
        if now.bar == 0:
            now.order(0, 10.0)
            now.order(0, 1.0, limit=1.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_margin_is_called_once_a_close(engine):
    result = ql.backtest(
        Borrows(),
        bars([100.0, 85.0, 85.0]),
        engine=engine,
        cash=220.0,
        account=ql.Account(leverage=5.0, maintenance=0.2),
        costs=ql.Costs(commission=0.01),
        execution=ql.Execution(fill="same_close"),
    )
    calls = result.orders[result.orders["kind"] == "margin_call"]
    # 1,000 bought, 10 of commission: equity 60 at 85 is below 170; 300 of exposure are kept, 550 sold for 5.50.
    # What that commission took shows at the next close: 54.50 is below 60, 272.50 are kept for another 0.275.
    assert calls["bar"].tolist() == [1, 2]
    assert result.equity.tolist() == pytest.approx([210.0, 54.5, 54.225], rel=1e-12)


class Flagged(ql.Strategy):
    """A market order whose `reduce_only` is known while it runs."""

    reduces: bool = ql.param(default=False)

    def on_bar(self, now):
        if now.bar == 0:
            only = self.reduces and now.bar == 0
            now.order(0, 1.0, reduce_only=only)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("reduces", "filled_at"), [(False, [0]), (True, [])])
def test_an_order_that_may_open_is_plain_whatever_says_so(engine, reduces, filled_at):
    execution = ql.Execution(fill="same_close")
    result = ql.backtest(Flagged(reduces=reduces), bars([100.0] * 3), engine=engine, execution=execution)
    assert result.fills["bar"].tolist() == filled_at


class ReplacesNothing(ql.Strategy):
    """Replaces an order that was filled long ago, at a price that is not known."""

    mine = ql.state(-1)

    def on_bar(self, now):
        if now.bar == 0:
            self.mine = now.order(0, 1.0)
        elif now.bar == 2:
            now.replace(self.mine, 5.0, limit=now.past("unknown", 1)[0, 0])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_price_that_is_not_known_is_refused_before_all_else(engine):
    market = bars([100.0] * 4)
    market = market.with_arrays(unknown=market.close * np.nan)
    with pytest.raises(OrderError, match=r"limit=.*nan.* is no price"):
        ql.backtest(ReplacesNothing(), market, engine=engine)


class Refused(ql.Strategy):
    """Ten orders below one unit; hooks that fill the queue before, or while, it hears of them."""

    in_fill: int = ql.param(default=0, low=0, high=1_000)
    in_reject: int = ql.param(default=0, low=0, high=1_000)
    told = ql.state(0)
    total = ql.state(0)

    def on_bar(self, now):
        if now.bar == 0:
            now.order(0, 1.0)
            for _ in range(10):
                now.order(0, 1e-3)

    def on_fill(self, now, fill):
        for _ in range(self.in_fill):
            now.order(0, 1.0, limit=1.0)

    def on_reject(self, now, reject):
        self.told += 1
        self.total += reject.order
        for _ in range(self.in_reject):
            now.order(0, 1.0, limit=1.0)

    def on_end(self, now):
        TOLD[:] = [self.told, self.total]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("counts", [{"in_fill": 200}, {"in_reject": 20}])
def test_rejects_are_told_though_the_queue_grows(engine, counts):
    ql.backtest(Refused(**counts), bars([100.0] * 3), engine=engine, account=ql.Account(whole_units=True))
    n_told, sum_of_ids = TOLD
    assert (n_told, sum_of_ids) == (10, 55)


class Many(ql.Strategy):
    """So many orders that every log has to grow."""

    n: int = ql.param(default=5_000, low=1, high=100_000)

    def on_bar(self, now):
        if now.bar == 0:
            for _ in range(self.n):
                now.order(0, 1.0, limit=50.0)


class Wide(ql.Strategy):
    """All symbols at once."""

    def on_bar(self, now):
        now.target_weights(np.full(now.n_symbols, 1.0 / now.n_symbols))


@pytest.mark.parametrize("engine", ENGINES)
def test_thousands_of_orders_rest_and_fill(engine):
    result = ql.backtest(Many(), bars([100.0, 100.0, 50.0]), engine=engine, cash=1e6)
    assert result.positions.iloc[-1].tolist() == [5_000.0]
    assert len(result.fills) == 5_000


@pytest.mark.parametrize("engine", ENGINES)
def test_thousands_of_symbols(engine):
    result = ql.backtest(Wide(), bars([100.0] * 3, n_symbols=3_000), engine=engine, cash=3e5)
    assert (result.positions.iloc[-1] == 1.0).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_where_no_memory_is_left_the_run_says_so(engine, monkeypatch):
    from quantlab.trading.broker import Broker

    def no_memory(self):
        raise MemoryError("no room for more orders")

    monkeypatch.setattr(Broker, "grow", no_memory)
    with pytest.raises(MemoryError, match="no room for more orders"):
        ql.backtest(Many(), bars([100.0] * 4), engine=engine)


class Closes(ql.Strategy):
    """Two orders of one symbol in one auction that leave a close but for rounding."""

    def on_bar(self, now):
        if now.bar == 0:
            now.target_quantity(0, 10.0)
            now.order(0, -10.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_close_but_for_rounding_closes(engine):
    result = ql.backtest(Closes(), bars([100.0] * 3), engine=engine, cash=777.7)
    assert result.positions.iloc[-1].tolist() == [0.0]
