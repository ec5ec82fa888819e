"""The accounting identities, on every bar of random runs, and the laws of money."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from tests.examples import examples
from tests.identities.cases import backtest, random_bars, replay, runs
from tests.naive import engine as naive

ENGINES = ["python", "compiled"]
NEAR = {"rel": 1e-9, "abs": 1e-6}


def as_lists(panel):
    return [[None if np.isnan(x) else float(x) for x in row] for row in panel]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=examples(150), deadline=None)
@given(runs())
def test_a_run_is_what_the_plain_python_engine_says(engine, case):
    bars = case["bars"]
    rows, fills, _ = naive.run(
        as_lists(bars.open),
        as_lists(bars.close),
        bars.volume.tolist(),
        case["script"],
        case["cash"],
        case["costs"],
        case["leverage"],
        same_close=case["same_close"],
    )
    result = backtest(case, engine=engine)
    assert len(result.equity) == len(rows)
    assert result.equity.to_numpy() == pytest.approx([r[0] for r in rows], rel=1e-10, abs=1e-7)
    assert result.cash.to_numpy() == pytest.approx([r[1] for r in rows], rel=1e-10, abs=1e-7)
    held = np.array([[r[2][i] for i in range(bars.n_symbols)] for r in rows])
    assert result.positions.to_numpy() == pytest.approx(held, rel=1e-10, abs=1e-9)
    if not result.ruined:
        assert len(result.fills) == len(fills)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=examples(150), deadline=None)
@given(runs())
def test_the_identities_hold_on_every_bar(engine, case):
    bars, result = case["bars"], backtest(case, engine=engine)
    rows = slice(0, len(result.equity))
    held, mark = result.positions.to_numpy(), np.nan_to_num(bars.mark[rows])
    value = (held * mark).sum(axis=1)
    # cash + positions at the mark = equity
    assert result.equity.to_numpy() == pytest.approx(result.cash.to_numpy() + value, **NEAR)
    # position = sum of signed fills; cash = initial cash - what the fills took
    fills = result.fills
    bought = np.zeros_like(held)
    spent = np.zeros(len(held))
    columns = fills["symbol"].map(bars.index).to_numpy(int)
    np.add.at(bought, (fills["bar"], columns), fills["quantity"])
    np.add.at(spent, fills["bar"], fills["quantity"] * fills["price"] + fills["commission"])
    assert held == pytest.approx(bought.cumsum(axis=0), **NEAR)
    assert result.cash.to_numpy() == pytest.approx(case["cash"] - spent.cumsum(), **NEAR)
    # equity change = realised + unrealised - commission, from the trades (open ones at the mark)
    gained = result.equity.iloc[-1] - case["cash"]
    assert gained == pytest.approx(result.trades["profit"].sum(), **NEAR)
    assert result.costs_paid["commission"] == pytest.approx(result.trades["commission"].sum(), **NEAR)
    assert result.costs_paid["slippage"] >= 0.0


@settings(max_examples=examples(100), deadline=None)
@given(runs(costs=st.just(ql.Costs(commission=0.001, slippage=0.001))), st.randoms())
def test_the_order_of_symbols_moves_nothing(case, random):
    bars = case["bars"]
    names = list(bars.symbols)
    random.shuffle(names)
    shuffled = bars.select(names)
    moved = {
        bar: [(shuffled.index(bars.symbols[s]), kind, amount) for s, kind, amount in orders]
        for bar, orders in case["script"].items()
    }
    for orders in moved.values():  # the same wishes, given in the new order of columns
        orders.sort(key=lambda o: o[0])
    in_order = {b: sorted(o, key=lambda x: x[0]) for b, o in case["script"].items()}
    ours = backtest(case, script=in_order)
    theirs = backtest(case, bars=shuffled, script=moved)
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy(), rel=1e-12, abs=1e-8)
    assert theirs.positions[list(bars.symbols)].to_numpy() == pytest.approx(
        ours.positions.to_numpy(), rel=1e-12, abs=1e-10
    )


@settings(max_examples=examples(60), deadline=None)
@given(runs(costs=st.just(ql.Costs(commission=0.001))), st.sampled_from([0.01, 3.0, 128.0]))
def test_the_currency_does_not_matter(case, rate):
    bars = case["bars"]
    dear = bars.with_arrays(**{n: bars[n] * rate for n in ("open", "high", "low", "close")})
    money = ("value", "target_value")
    script = {
        bar: [(s, kind, amount * rate if kind in money else amount) for s, kind, amount in orders]
        for bar, orders in case["script"].items()
    }
    theirs = backtest({**case, "cash": case["cash"] * rate}, bars=dear, script=script)
    ours = backtest(case)
    assert theirs.returns.to_numpy() == pytest.approx(ours.returns.to_numpy(), rel=1e-9, abs=1e-10)


def test_without_orders_equity_stands_still():
    result = ql.backtest(replay({}), random_bars(1, 30, 3), cash=5_000.0)
    assert (result.equity == 5_000.0).all()
    assert np.isnan(result.sharpe)


def test_ruin_closes_everything_and_stops_there():
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2020-01-01") + np.arange(4),
        symbols=["A"],
        open=[10.0, 10.0, 25.0, 30.0],
        high=[10.0, 10.0, 25.0, 30.0],
        low=[10.0, 10.0, 25.0, 30.0],
        close=[10.0, 10.0, 25.0, 30.0],
    )
    result = ql.backtest(replay({0: [(0, "target_weight", -1.0)]}), bars, cash=100.0)
    # Short 10 units at 10; at 25 equity is 100 + 10 x (10 - 25) = -50.
    assert result.ruined
    assert result.equity.tolist() == [100.0, 100.0, -50.0]
    assert result.positions.iloc[-1].tolist() == [0.0]
    assert result.cash.iloc[-1] == -50.0
    assert result.metrics["cagr"] == -1.0
    assert np.isnan(result.sharpe)
    assert result.notes[0].startswith("RUINED")
    assert "RUINED" in str(result)


def test_what_rests_when_the_account_is_ruined_is_cancelled():
    nan = float("nan")
    prices = [[10.0, 5.0], [10.0, nan], [25.0, nan], [30.0, 5.0]]
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2020-01-01") + np.arange(4),
        symbols=["A", "B"],
        open=prices,
        high=prices,
        low=prices,
        close=prices,
    )
    script = {0: [(0, "target_weight", -1.0), (1, "units", 1.0)]}
    result = ql.backtest(replay(script), bars, cash=100.0)
    assert result.ruined
    assert result.orders["status"].tolist() == ["filled", "cancelled", "filled"]
    assert result.orders["reason"].tolist() == ["", "ruined", "ruined"]
    assert result.orders["kind"].tolist() == ["target_weight", "units", "liquidation"]
