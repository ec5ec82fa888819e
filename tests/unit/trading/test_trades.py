"""Trades: round trips from flat to flat, by hand and against the plain-Python reading of the fills."""

import numpy as np
import pytest
from hypothesis import given, settings

import quantlab as ql
from tests.examples import examples
from tests.identities.cases import backtest, runs
from tests.naive import trades as naive
from tests.unit.engine.test_clock import one, script


def test_a_trade_by_hand():
    bars = one([10, 10, 20, 30, 30], [10, 15, 25, 30, 30])
    orders = {0: [("order", 0, 1.0)], 1: [("order", 0, 1.0)], 2: [("close_position", 0)]}
    trade = ql.backtest(script(orders), bars, costs=ql.Costs(commission_fixed=1.0)).trades.iloc[0]
    # One unit at 10, one at 20, both sold at 30; three fills of 1 each.
    assert (trade["entry_bar"], trade["exit_bar"], trade["bars_held"]) == (1, 3, 2)
    assert (trade["quantity"], trade["entry_price"], trade["exit_price"]) == (2.0, 15.0, 30.0)
    assert (trade["profit"], trade["commission"], trade["return"]) == (27.0, 3.0, 0.9)
    # Held at an average of 10 until 20 was paid: +100%; then at 15, sold at 30: +100%.
    assert (trade["worst"], trade["best"]) == (0.0, 1.0)
    assert (trade["side"], trade["open"]) == ("long", False)


def test_a_flip_is_two_trades_and_an_open_one_is_marked():
    bars = one([10, 10, 20, 30], [10, 10, 20, 40])
    result = ql.backtest(script({0: [("order", 0, 1.0)], 1: [("order", 0, -3.0)]}), bars)
    assert result.trades["side"].tolist() == ["long", "short"]
    assert result.trades["open"].tolist() == [False, True]
    assert result.trades["profit"].tolist() == [10.0, -40.0]  # short two units from 20, marked at 40
    assert result.metrics["n_trades"] == 1


@settings(max_examples=examples(100), deadline=None)
@given(runs())
def test_trades_are_what_the_fills_say(case):
    bars, result = case["bars"], backtest(case)
    n_bars = len(result.equity)
    kinds = result.orders["kind"]
    for i, symbol in enumerate(bars.symbols):
        fills = result.fills[result.fills["symbol"] == symbol]
        expected = naive.trades_of(
            [
                (
                    f.bar,
                    f.quantity,
                    f.price,
                    f.commission,
                    case["same_close"] or kinds[f.order_id] == "liquidation",
                )
                for f in fills.itertuples()
            ],
            [None if np.isnan(x) else x for x in bars.high[:, i]],
            [None if np.isnan(x) else x for x in bars.low[:, i]],
            bars.mark[n_bars - 1, i],
            n_bars,
        )
        found = result.trades[result.trades["symbol"] == symbol]
        assert len(found) == len(expected)
        for (_, ours), theirs in zip(found.iterrows(), expected, strict=True):
            for name in ("entry_bar", "exit_bar", "open"):
                assert ours[name] == theirs[name], name
            for name in ("quantity", "entry_price", "exit_price", "profit", "commission", "worst", "best"):
                assert ours[name] == pytest.approx(theirs[name], rel=1e-9, abs=1e-7), name


def test_the_bar_of_a_liquidation_counts_for_the_excursion():
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(3),
        symbols=["A"],
        open=[10.0, 10.0, 10.0],
        high=[10.0, 10.0, 10.0],
        low=[10.0, 10.0, 2.0],
        close=[10.0, 10.0, 4.0],
    )
    account = ql.Account(leverage=2.0)
    result = ql.backtest(script({0: [("target_weight", 0, 2.0)]}), bars, cash=100.0, account=account)
    assert result.ruined  # 20 units from 10 to 4: 100 - 120
    assert result.trades["worst"].tolist() == [-0.8]


def test_rounding_neither_keeps_a_trade_open_nor_opens_one():
    bars = one([10.0] * 6, [10.0] * 6)
    costs = ql.Costs(commission_minimum=5.0)
    orders = {0: [("order", 0, 0.1)], 1: [("order", 0, 0.2)], 2: [("order", 0, -0.3)]}
    result = ql.backtest(script(orders), bars, costs=costs)
    assert 0.1 + 0.2 != 0.3
    assert result.positions.iloc[-1, 0] == 0.0
    assert (len(result.trades), result.metrics["n_trades"], len(result.fills)) == (1, 1, 3)
    orders = {0: [("order", 0, 0.3)], 1: [("order", 0, -(0.1 + 0.2))]}
    result = ql.backtest(script(orders), bars, costs=costs)
    assert (result.positions.iloc[-1, 0], len(result.fills), len(result.trades)) == (0.0, 2, 1)
