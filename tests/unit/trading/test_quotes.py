"""Bars of bid and ask: one buys at the ask and sells at the bid; a run on one side alone is the witness."""

import os
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.errors import DataError, StrategyError
from tests.unit.trading.test_inside import acting_daily, random_hours, scripts

ENGINES = ("python", "compiled")
DATA = os.environ.get("QUANTLAB_TEST_DATA")
QUOTED = ql.Execution(quotes=True)


def side(rows):
    """Bars of one symbol from (open, high, low, close) by day."""
    panel = np.array(rows, float)
    names = ("open", "high", "low", "close")
    return ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(len(rows)),
        symbols=["A"],
        **{name: panel[:, k : k + 1] for k, name in enumerate(names)},
    )


def market(bid, ask):
    return ql.Bars.from_quotes(side(bid), side(ask))


class Scripted(ql.Strategy):
    """A market order each way, a limit and a stop; which of them is a parameter."""

    kind: int = ql.param(default=0, low=0, high=9)
    units: float = ql.param(default=10.0, low=-100.0, high=100.0)
    price: float = ql.param(default=100.0, low=0.0, high=1e6)

    def on_bar(self, now):
        if now.bar == 0:
            if self.kind == 0:
                now.order(0, self.units)
            elif self.kind == 1:
                now.order(0, self.units, limit=self.price)
            elif self.kind == 2:
                now.order(0, self.units, stop=self.price)
            elif self.kind == 3:
                now.order(0, self.units, tif="close")
            elif self.kind == 4:
                now.target_quantity(0, self.units, tif="close")


BID = [(100, 101, 99, 100), (100, 103, 98, 102)]
ASK = [(102, 103, 101, 102), (102, 105, 100, 104)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("kind", "units", "price", "paid"),
    [
        (0, 10, 100, 102),  # at market: the ask's open
        (0, -10, 100, 100),  # and the bid's
        (1, 10, 100, 100),  # a limit touched by the ask's low
        (1, 10, 99, None),  # which the bid alone reaches
        (1, -10, 103, 103),  # a limit touched by the bid's high
        (1, -10, 104, None),  # which the ask alone reaches
        (2, 10, 105, 105),  # a stop to buy watches the ask
        (2, 10, 106, None),
        (2, -10, 98, 98),  # a stop to sell the bid
        (2, -10, 97, None),
        (3, 10, 100, 104),  # on close
        (3, -10, 100, 102),
        (4, 10, 100, 104),
        (4, -10, 100, 102),
    ],
)
def test_each_side_meets_its_quotes(engine, kind, units, price, paid):
    strategy = Scripted(kind=kind, units=float(units), price=float(price))
    result = ql.backtest(strategy, market(BID, ASK), execution=QUOTED, engine=engine)
    assert result.fills["price"].tolist() == ([] if paid is None else [paid])
    if paid is not None:  # the mark is the mean
        assert result.equity.iloc[-1] == 100_000.0 - units * paid + units * 103.0


@pytest.mark.parametrize("engine", ENGINES)
def test_crossed_quotes_serve_by_their_mean_and_are_told(engine):
    bars = market([BID[0], (104, 104, 104, 104)], [ASK[0], (102, 102, 102, 102)])
    result = ql.backtest(Scripted(units=10.0), bars, execution=QUOTED, engine=engine)
    assert result.fills["price"].tolist() == [103.0]
    assert "Quotes cross in 1 bars (bid above ask): their mean served as both." in result.notes


def test_bars_keep_both_sides_and_their_mean():
    bars = market(BID, ASK)
    assert bars.close[:, 0].tolist() == [101.0, 103.0]
    assert bars["bid_high"][:, 0].tolist() == [101.0, 103.0]
    assert bars["ask_low"][:, 0].tolist() == [101.0, 100.0]
    assert np.isnan(bars.volume).all()


def only(sign, script):
    """The calls of a script that only buy (1) or only sell (−1), without brackets, which do both."""
    kept = {
        day: [call for call in calls if call[0] == "order" and call[2] * sign > 0]
        for day, calls in script.items()
    }
    return {day: calls for day, calls in kept.items() if calls}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_who_only_buys_sees_the_ask_alone_and_who_only_sells_the_bid(data):
    n_days = data.draw(st.integers(2, 6))
    bid = random_hours(data.draw(st.integers(0, 2**32 - 1)), n_days, 0.0)
    wider = {name: bid[name] + 0.25 for name in ("open", "high", "low", "close")}
    ask = bid.with_arrays(**wider)
    bars = ql.Bars.from_quotes(bid, ask)
    sign = data.draw(st.sampled_from([1, -1]))
    # A trailing stop begins at the mean, which one side alone does not know.
    script = only(sign, data.draw(scripts(n_days)))
    script = {day: [c for c in calls if "trail" not in c[3]] for day, calls in script.items()}
    terms = {"cash": 1e9, "engine": "python"}
    quoted = ql.backtest(acting_daily(script, 1), bars, execution=QUOTED, **terms)
    alone = ql.backtest(acting_daily(script, 1), ask if sign > 0 else bid, **terms)
    columns = ["order_id", "bar", "quantity", "price"]
    np.testing.assert_array_equal(quoted.fills[columns].to_numpy(), alone.fills[columns].to_numpy())
    assert quoted.orders["status"].tolist() == alone.orders["status"].tolist()


def test_quotes_inside_days():
    bid = random_hours(3, 12, 0.2)
    ask = bid.with_arrays(**{name: bid[name] + 0.25 for name in ("open", "high", "low", "close")})
    days = ql.Bars.from_quotes(bid.resample("day"), ask.resample("day"))
    hours = ql.Bars.from_quotes(bid, ask)
    script = {
        day: [("order", 0, 3.0, {"limit": -0.5}), ("order", 0, -3.0, {"limit": 1.0})] for day in range(11)
    }
    execution = ql.Execution(quotes=True, inside=hours)
    result = ql.backtest(acting_daily(script, 1), days, execution=execution, engine="python")
    witness = ql.backtest(acting_daily(script, 6), hours, execution=QUOTED, engine="python")
    assert len(result.fills) > 5
    columns = ["order_id", "quantity", "price", "cash"]
    np.testing.assert_array_equal(result.fills[columns].to_numpy(), witness.fills[columns].to_numpy())


def test_what_is_no_quote_is_refused():
    plain = side(BID)
    with pytest.raises(DataError, match=r"no field 'bid_open'; make them with Bars.from_quotes"):
        ql.backtest(Scripted(), plain, execution=QUOTED)
    with pytest.raises(StrategyError, match=r"quotes=True\) and Costs\(spread=1.0\) exclude"):
        ql.backtest(Scripted(), market(BID, ASK), execution=QUOTED, costs=ql.Costs(spread=1.0))
    with pytest.raises(StrategyError, match="quotes='yes'"):
        ql.Execution(quotes="yes")
    with pytest.raises(DataError, match="bid has 2 rows"):
        ql.Bars.from_quotes(side(BID), side(ASK[:1]))
    with pytest.raises(DataError, match="symbols"):
        ql.Bars.from_quotes(plain, ql.read_bars("sample:indices"))
    gap = [(np.nan,) * 4, ASK[1]]
    with pytest.raises(DataError, match="A has a bid at 2024-01-01 00:00:00 and no ask"):
        ql.Bars.from_quotes(plain, side(gap))
    bars = market(BID, ASK)
    missing = bars.with_arrays(ask_low=np.array([[101.0], [np.nan]]))
    with pytest.raises(DataError, match="ask_low of A is missing at 2024-01-02"):
        ql.backtest(Scripted(), missing, execution=QUOTED)


class Reverting(ql.Strategy):
    """Buys a fall and sells a rise by limits a little away from the market."""

    mean = ql.feature("sma", lookback=30)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if not now.ready[i] or now.bar % 10:
                continue
            if now.close[i] < now[self.mean, i] and now.position[i] <= 0.0:
                now.order_value(i, 10_000.0, limit=now.close[i] * 0.9999, tif="day")
            elif now.close[i] > now[self.mean, i] and now.position[i] >= 0.0:
                now.order_value(i, -10_000.0, limit=now.close[i] * 1.0001, tif="day")


def real_quotes(frame):
    """Bars of one symbol's bid and ask."""
    sides = [
        ql.Bars.from_arrays(
            time=frame["ts"],
            symbols=[frame["symbol"].iloc[0]],
            **{name: frame[f"{side}_{name}"].to_numpy() for name in ("open", "high", "low", "close")},
        )
        for side in ("bid", "ask")
    ]
    return ql.Bars.from_quotes(*sides)


@pytest.mark.skipif(DATA is None, reason="needs market data")
@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="compiles")
def test_real_quotes_that_sometimes_cross():
    frame = pd.read_parquet(Path(DATA) / "minute_fx_bidask.parquet")
    frame = frame[frame["symbol"] == "USDJPY"]
    bars = real_quotes(frame)
    results = [
        ql.backtest(Reverting(), bars, execution=QUOTED, engine=engine, account=ql.Account(leverage=5.0))
        for engine in ENGINES
    ]
    pd.testing.assert_frame_equal(results[0].fills, results[1].fills)
    fills = results[0].fills
    assert len(fills) > 50
    crossed = np.any(
        [frame[f"bid_{name}"] > frame[f"ask_{name}"] for name in ("open", "high", "low", "close")], axis=0
    )
    assert crossed.sum() > 800
    assert any(note.startswith(f"Quotes cross in {crossed.sum():,} bars") for note in results[0].notes)
    row, buys = fills["bar"].to_numpy(), fills["quantity"].to_numpy() > 0
    low, high = bars["ask_low"][row, 0], bars["bid_high"][row, 0]
    apart = bars["bid_low"][row, 0] > low, bars["bid_high"][row, 0] > bars["ask_high"][row, 0]
    assert (fills["price"].to_numpy() >= low)[buys & ~apart[0]].all()
    assert (fills["price"].to_numpy() <= high)[~buys & ~apart[1]].all()
