"""One instant of trading: the kernels against the plain-Python contract, and the laws both must keep."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab.records import KIND_NAMES, REASONS, STATUS_NAMES
from quantlab.trading.account import Account, Execution, Rules
from quantlab.trading.broker import Broker
from quantlab.trading.costs import Costs
from tests.examples import examples
from tests.naive import accounting

CASH = 10_000.0
WISHES = ["units", "value", "target_quantity", "target_value", "target_weight"]


def one_instant(cash, position, orders, price, value_price, volume, costs, leverage, whole):
    """The kernels' answer in the oracle's words: symbol i trades when it is in `price`."""
    n = len(position)
    opens = np.array([[np.nan] * n, [price.get(i, np.nan) for i in range(n)]])
    mark = np.array([[value_price[i] for i in range(n)]] * 2)
    bars = SimpleNamespace(
        n_bars=2,
        n_symbols=n,
        symbols=[str(i) for i in range(n)],
        mark=mark,
        open=opens,
        time_ns=np.arange(2),
        fields=(),
        volume=np.array([[volume[i] for i in range(n)]] * 2),
        end_rows=np.full(n, 2),
        ends={},
    )
    broker = Broker(bars, cash, Rules(costs, Account(leverage=leverage, whole_units=whole), Execution()))
    broker.position[:] = [position[i] for i in range(n)]
    for symbol, kind, amount in orders:
        broker.place(0, symbol, WISHES.index(kind), amount)
    broker.meet(1, 0)
    record = broker.record(2)
    return broker, record


quantities = st.one_of(
    st.floats(-50, 50, allow_nan=False).map(lambda x: round(x, 3)), st.integers(-50, 50).map(float)
)
prices = st.floats(0.5, 300.0).map(lambda x: round(x, 4))
odd_prices = st.one_of(prices, prices, prices, st.sampled_from([0.0, -5.0, -36.98]))
rates = st.sampled_from([0.0, 0.001, 0.01])
costs_in_closed_form = st.builds(Costs, commission=rates, slippage=rates, spread=st.sampled_from([0.0, 0.02]))
any_costs = st.one_of(
    costs_in_closed_form,
    st.builds(
        Costs,
        commission=rates,
        commission_per_unit=st.sampled_from([0.0, 0.01]),
        commission_fixed=st.sampled_from([0.0, 1.0]),
        commission_minimum=st.sampled_from([0.0, 5.0]),
        slippage=rates,
        volume_slippage=st.sampled_from([0.0, 0.1]),
    ),
)


@st.composite
def instants(draw, costs=any_costs):
    n = draw(st.integers(1, 4))
    amounts = {
        "units": quantities,
        "value": st.floats(-8_000, 8_000).map(lambda x: round(x, 2)),
        "target_quantity": quantities,
        "target_value": st.floats(-8_000, 8_000).map(lambda x: round(x, 2)),
        "target_weight": st.sampled_from([-1.5, -1.0, -0.5, 0.0, 0.25, 0.5, 0.9, 1.0, 2.0]),
    }
    orders = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(WISHES))
        symbol = draw(st.integers(0, n - 1))
        if kind.startswith("target"):
            orders = [o for o in orders if not (o[0] == symbol and o[1].startswith("target"))]
        orders.append((symbol, kind, draw(amounts[kind])))
    whole = draw(st.booleans())
    position = {i: float(int(draw(quantities))) if whole else draw(quantities) for i in range(n)}
    orders = [o for o in orders if o[2] != 0 or (o[1].startswith("target") and position[o[0]] != 0)]
    price = {i: draw(odd_prices) for i in range(n)}
    return {
        "cash": round(draw(st.floats(0, 20_000)), 2),
        "position": position,
        "orders": orders,
        "price": price,
        "value_price": price,
        "volume": {i: draw(st.sampled_from([0.0, 100.0, 5_000.0])) for i in range(n)},
        "costs": draw(costs),
        "leverage": draw(st.sampled_from([1.0, 2.0, 0.5])),
        "whole": whole,
    }


def outcome(broker, record, k):
    return STATUS_NAMES[record.orders[k]["status"]], REASONS[record.orders[k]["reason"]]


@settings(max_examples=examples(400), deadline=None)
@given(instants())
def test_the_kernels_do_what_the_contract_says(case):
    cash, position, fills, reasons = accounting.instant(**case)
    broker, record = one_instant(**case)
    scale = 1e-9 * max(1.0, sum(abs(f[2] * f[3]) for f in fills))
    # Halving leaves a factor known to a few parts in 1e16 of the money at stake.
    assert broker.money[0] == pytest.approx(cash, rel=1e-12, abs=scale * 1e-3)
    for i, held in position.items():
        assert broker.position[i] == pytest.approx(held, rel=1e-12, abs=1e-12 + scale * 1e-3)
    if not any(r == "scaled_to_cash" for r in reasons.values()):
        assert [(f["order"], f["symbol"]) for f in record.fills] == [(f[0], f[1]) for f in fills]
        for ours, theirs in zip(record.fills, fills, strict=True):
            assert ours["quantity"] == pytest.approx(theirs[2], rel=1e-12)
            assert ours["price"] == pytest.approx(theirs[3], rel=1e-12)
            assert ours["commission"] == pytest.approx(theirs[4], rel=1e-12)
    for k in range(len(case["orders"])):
        status, reason = outcome(broker, record, k)
        bought = sum(f[2] for f in fills if f[0] == k)
        if "scaled" not in reason and reason != "no_cash":
            assert record.orders[k]["filled_quantity"] == pytest.approx(bought, rel=1e-9, abs=1e-9)
            assert reason == reasons.get(k, "")
            done = any(f[0] == k for f in fills) or reason == "at_target"
            assert status == ("filled" if done else "rejected")
        else:
            assert reasons.get(k) in ("scaled_to_cash", "no_cash", "below_one_unit")


@settings(max_examples=examples(200), deadline=None)
@given(instants())
def test_books_balance_and_prices_are_never_favourable(case):
    broker, record = one_instant(**case)
    fills = record.fills
    spent = sum(f["quantity"] * f["price"] + f["commission"] for f in fills)
    assert broker.money[0] == pytest.approx(case["cash"] - spent, rel=1e-12, abs=1e-8)
    for i, before in case["position"].items():
        moved = math.fsum(f["quantity"] for f in fills if f["symbol"] == i)
        assert broker.position[i] == pytest.approx(before + moved, rel=1e-12, abs=1e-12)
    for f in fills:
        assert (f["price"] - f["reference_price"]) * f["quantity"] >= 0.0
        assert f["commission"] >= 0.0


@settings(max_examples=examples(200), deadline=None)
@given(instants(costs=costs_in_closed_form), st.permutations(range(4)))
def test_the_sequence_of_symbols_does_not_matter(case, order):
    case["orders"] = list({(s): (s, k, a) for s, k, a in case["orders"]}.values())  # one order a symbol
    n = len(case["position"])
    place = [i for i in order if i < n]
    moved = dict(case)
    for key in ("position", "price", "value_price", "volume"):
        moved[key] = {place[i]: v for i, v in case[key].items()}
    moved["orders"] = sorted((place[s], k, a) for s, k, a in case["orders"])
    ours, _ = one_instant(**case)
    theirs, _ = one_instant(**moved)
    assert theirs.money[0] == pytest.approx(ours.money[0], rel=1e-12, abs=1e-8)
    for i in range(n):
        assert theirs.position[place[i]] == pytest.approx(ours.position[i], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("commission", "price"), [(0.0, 31.7), (0.001, 31.7), (0.0025, 0.07), (0.01, 612.13)]
)
def test_all_in_spends_cash_to_the_last_bit(commission, price):
    case = {"cash": 12_345.67, "position": {0: 0.0}, "price": {0: price}, "value_price": {0: price}}
    broker, record = one_instant(
        **case,
        orders=[(0, "target_weight", 1.0)],
        volume={0: 1.0},
        costs=Costs(commission=commission),
        leverage=1.0,
        whole=False,
    )
    assert broker.position[0] == (12_345.67 / (1 + commission)) / price  # the same bits as vectorbt
    assert broker.money[0] == 0.0
    assert record.fills[0]["cash"] == 0.0


@pytest.mark.parametrize(
    ("kind", "amount", "position", "expected"),
    [
        ("units", 3.0, 2.0, [3.0]),
        ("units", -5.0, 2.0, [-2.0, -3.0]),  # a flip is a close and an open
        ("value", 500.0, 0.0, [10.0]),
        ("value", -500.0, 4.0, [-4.0, -6.0]),
        ("target_quantity", 7.0, 4.0, [3.0]),
        ("target_quantity", -4.0, 4.0, [-4.0, -4.0]),
        ("target_value", 250.0, 8.0, [-3.0]),
        ("target_weight", 0.5, 0.0, [100.0]),  # half of 10,000 at 50
        ("target_weight", 0.0, 4.5, [-4.5]),
    ],
)
def test_what_each_order_fills(kind, amount, position, expected):
    broker, record = one_instant(
        CASH, {0: position}, [(0, kind, amount)], {0: 50.0}, {0: 50.0}, {0: 1e6}, Costs(), 1.0, False
    )
    assert list(record.fills["quantity"]) == expected
    assert KIND_NAMES[record.orders[0]["kind"]] == kind
    assert broker.position[0] == position + sum(expected)


def test_buys_that_exceed_cash_are_cut_by_one_factor():
    # 1,000 of cash; 900 and 600 wanted, no costs: each receives two thirds.
    broker, record = one_instant(
        1_000.0,
        {0: 0.0, 1: 0.0},
        [(0, "value", 900.0), (1, "value", 600.0)],
        {0: 10.0, 1: 20.0},
        {0: 10.0, 1: 20.0},
        {0: 1.0, 1: 1.0},
        Costs(),
        1.0,
        False,
    )
    assert list(broker.position) == pytest.approx([60.0, 20.0], rel=1e-15)
    assert broker.money[0] == 0.0
    assert [REASONS[r] for r in record.orders["reason"]] == ["scaled_to_cash"] * 2


def test_shorts_and_longs_share_the_factor():
    # E = 1,000, L = 1, c = 1%: G = 1,500, f = 1,000 / (1,500 x 1.01).
    factor = 1_000.0 / (1_500.0 * 1.01)
    broker, _ = one_instant(
        1_000.0,
        {0: 0.0, 1: 0.0},
        [(0, "value", 900.0), (1, "value", -600.0)],
        {0: 10.0, 1: 20.0},
        {0: 10.0, 1: 20.0},
        {0: 1.0, 1: 1.0},
        Costs(commission=0.01),
        1.0,
        False,
    )
    assert list(broker.position) == pytest.approx([90.0 * factor, -30.0 * factor], rel=1e-14)


def test_whole_units_are_cut_towards_zero_and_survive_float_noise():
    case = {"price": {0: 0.1}, "value_price": {0: 0.1}, "volume": {0: 1.0}, "costs": Costs(), "leverage": 1.0}
    broker, _ = one_instant(100.0, {0: 0.0}, [(0, "value", 0.3)], whole=True, **case)
    assert broker.position[0] == 3.0  # 0.3 / 0.1 is 2.9999999999999996
    broker, record = one_instant(100.0, {0: 0.0}, [(0, "value", 0.05)], whole=True, **case)
    assert broker.position[0] == 0.0
    assert REASONS[record.orders[0]["reason"]] == "below_one_unit"


def test_a_symbol_without_a_bar_waits():
    broker, record = one_instant(
        CASH,
        {0: 0.0, 1: 0.0},
        [(0, "units", 5.0), (1, "units", 5.0)],
        {1: 10.0},
        {0: 10.0, 1: 10.0},
        {0: 1.0, 1: 1.0},
        Costs(),
        1.0,
        False,
    )
    assert list(broker.position) == [0.0, 5.0]
    assert broker.busy
    assert list(record.orders["status"]) == [0, 1]


def test_cash_that_dust_leaves_is_not_lost():
    weights = [1.0] + [0.9e-9] * 49
    broker, record = one_instant(
        1e9,
        dict.fromkeys(range(50), 0.0),
        [(i, "target_weight", w) for i, w in enumerate(weights)],
        dict.fromkeys(range(50), 10.0),
        dict.fromkeys(range(50), 10.0),
        dict.fromkeys(range(50), 1.0),
        Costs(),
        1.0,
        False,
    )
    assert [REASONS[r] for r in record.orders["reason"]][1:] == ["no_cash"] * 49
    spent = math.fsum(record.fills["quantity"] * record.fills["price"])
    assert broker.money[0] == pytest.approx(1e9 - spent, abs=1e-6)
    assert broker.money[0] > 1.0


def test_money_wishes_without_a_price_and_weights_of_a_ruined_account():
    case = {"volume": {0: 1.0}, "costs": Costs(), "leverage": 1.0, "whole": False}
    broker, record = one_instant(100.0, {0: 0.0}, [(0, "value", 50.0)], {0: -5.0}, {0: -5.0}, **case)
    assert outcome(broker, record, 0) == ("rejected", "no_price")
    # Short 10 at 40 with cash 200: equity is -200, and a weight of it is nothing.
    broker, record = one_instant(200.0, {0: -10.0}, [(0, "target_weight", 0.5)], {0: 40.0}, {0: 40.0}, **case)
    assert list(record.fills["quantity"]) == [10.0]
