"""Net fills and the account that takes them, against plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantlab as ql
from quantlab.records import DELISTING, FILL, FLOW, LIQUIDATION, MARGIN_CALL, ORDER, TICKET, UNITS
from quantlab.trading.account import Rules
from quantlab.trading.ledger import Record
from quantlab.trading.netting import NettedAccount, net_fills
from quantlab.trading.pooling import pooled
from tests.naive import netting as naive

N_BARS, OPEN = 6, 10.0
SYMBOLS = ("A", "B")
NEAR = {"rel": 1e-12, "abs": 1e-9}


def bars_at(close):
    panel = np.repeat([[OPEN] * len(SYMBOLS)], N_BARS, axis=0)
    return ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(N_BARS), symbols=SYMBOLS,
        open=panel, high=np.maximum(panel, close), low=np.minimum(panel, close), close=close,
    )  # fmt: skip


# Kind of the order → whether its fill is at the close, and whether it pays no commission.
KINDS = {
    UNITS: (False, False),
    LIQUIDATION: (True, True),
    MARGIN_CALL: (True, False),
    DELISTING: (False, True),
}


@st.composite
def one_fill(draw):
    kind = draw(st.sampled_from([UNITS, UNITS, UNITS, *KINDS]))
    late, free = KINDS[kind]
    reference = draw(st.sampled_from([9.0, OPEN, 11.5]))
    moment = naive.CLOSE if late else naive.OPEN if reference == OPEN else naive.INSIDE
    quantity = float(draw(st.integers(-4, 4).filter(bool)))
    worse = 0.0 if free else draw(st.sampled_from([0.0, 0.01, 0.02]))
    price = reference * (1.0 + worse if quantity > 0.0 else 1.0 - worse)
    symbol, bar = draw(st.integers(0, len(SYMBOLS) - 1)), draw(st.integers(1, N_BARS - 1))
    return kind, naive.Fill(bar, moment, symbol, quantity, price, reference, free)


# In a bar, what happens at the close comes last.
one_book = st.lists(one_fill(), max_size=8).map(
    lambda fills: sorted(fills, key=lambda drawn: (drawn[1].bar, drawn[1].moment == naive.CLOSE))
)
any_costs = st.builds(
    ql.Costs,
    commission=st.sampled_from([0.0, 0.001, 0.02]),
    commission_per_unit=st.sampled_from([0.0, 0.05]),
    commission_fixed=st.sampled_from([0.0, 0.3]),
    commission_minimum=st.sampled_from([0.0, 0.5]),
)
closes = st.lists(st.sampled_from([7.0, 10.0, 14.0]), min_size=2 * N_BARS, max_size=2 * N_BARS)


def record_of(drawn):
    """A book's record: an order for every fill."""
    orders, fills = np.zeros(len(drawn), ORDER), np.zeros(len(drawn), FILL)
    for k, (kind, fill) in enumerate(drawn):
        orders[k] = (fill.quantity, fill.quantity, fill.bar, fill.symbol, -1, kind, 0, 0)
        fills[k]["order"], fills[k]["bar"], fills[k]["symbol"] = k, fill.bar, fill.symbol
        fills[k]["quantity"], fills[k]["price"] = fill.quantity, fill.price
        fills[k]["reference_price"] = fill.reference
    return Record(orders, fills, np.zeros(0, TICKET), np.zeros(0, FLOW), np.zeros(N_BARS), 0.0)


def run(books, bars, rules, cash=1_000.0):
    pool = pooled([record_of(book) for book in books])
    net = net_fills(pool, len(books), bars, rules)
    account = NettedAccount(bars, cash, rules, net)
    stop = account.live(range(N_BARS), 0)
    return net, account.told(stop)[0]


@given(st.lists(one_book, min_size=1, max_size=4), any_costs, closes, st.sampled_from([30.0, 1_000.0]))
def test_the_account_is_what_plain_python_says(books, costs, close, cash):
    bars = bars_at(np.array(close).reshape(N_BARS, 2))
    account = ql.Account(instruments={"B": ql.Instrument(multiplier=3.0)})
    net, record = run(books, bars, Rules(costs, account, ql.Execution()), cash)
    expected = naive.net([[fill for _, fill in book] for book in books], costs, (1.0, 3.0))
    names = ("bar", "symbol", "quantity", "price", "reference_price", "commission")
    ours = [[float(row[name]) for name in names] for row in net.fills]
    assert ours == [pytest.approx(list(map(float, fill)), **NEAR) for fill in expected]
    rows = naive.live(expected, cash, bars.mark.tolist(), (1.0, 3.0))
    assert record.equity.tolist() == pytest.approx([row[2] for row in rows], **NEAR)
    assert record.cash.tolist() == pytest.approx([row[0] for row in rows], **NEAR)
    held = np.zeros(2)
    np.add.at(held, record.fills["symbol"], record.fills["quantity"])
    assert held.tolist() == pytest.approx(rows[-1][1], abs=1e-9)


@given(st.lists(one_book, min_size=2, max_size=4), st.randoms())
def test_the_sequence_of_the_books_moves_nothing(books, random):
    bars, rules = (
        bars_at(np.full((N_BARS, 2), 10.0)),
        Rules(ql.Costs(commission=0.01), ql.Account(), ql.Execution()),
    )
    one = run(books, bars, rules)[1]
    other = run(random.sample(books, len(books)), bars, rules)[1]
    assert other.equity == pytest.approx(one.equity, **NEAR)
    for name in ("bar", "symbol", "quantity", "price", "commission", "position", "cash"):
        assert other.fills[name] == pytest.approx(one.fills[name], rel=1e-12, abs=1e-9), name


@given(
    st.lists(one_book, min_size=1, max_size=4), st.sampled_from([0.001, 0.02]), st.sampled_from([0.0, 0.05])
)
def test_netting_never_costs_more_than_proportional_commissions_apart(books, rate, per_unit):
    costs = ql.Costs(commission=rate, commission_per_unit=per_unit)
    bars = bars_at(np.full((N_BARS, 2), 10.0))
    net, _ = run(books, bars, Rules(costs, ql.Account(), ql.Execution()))
    fills = [fill for book in books for _, fill in book]
    apart = sum(naive.commission(1.0, [fill], costs, 1.0) for fill in fills)
    assert net.fills["commission"].sum() <= apart * (1.0 + 1e-12)
    slipped = sum(fill.quantity * (fill.price - fill.reference) for fill in fills)
    ours = net.fills["quantity"] * (net.fills["price"] - net.fills["reference_price"])
    assert ours.sum() <= slipped * (1.0 + 1e-12) + 1e-12


def test_what_rounding_leaves_of_a_closed_position_is_nothing():
    def fills(*quantities):
        return [
            (UNITS, naive.Fill(bar, naive.OPEN, 0, q, OPEN, OPEN, False))
            for bar, q in enumerate(quantities, 1)
        ]

    # 0.3 - 0.1 - 0.2 is -2.8e-17 in binary.
    books = [fills(0.3, -0.1, -0.2), fills(0.3, -0.2, -0.1)]
    bars, rules = bars_at(np.full((N_BARS, 2), 10.0)), Rules(ql.Costs(), ql.Account(), ql.Execution())
    record = run(books, bars, rules)[1]
    assert record.fills["position"][-1] == 0.0


def test_the_log_of_flows_grows_and_forgets_nothing():
    bars = ql.read_bars("sample:indices")
    rules = Rules(ql.Costs(), ql.Account(interest_annual=0.05), ql.Execution())
    orders, fills = np.zeros(1, ORDER), np.zeros(1, FILL)
    fills[0]["bar"], fills[0]["quantity"], fills[0]["price"] = 1, 1.0, 10.0
    record = Record(orders, fills, np.zeros(0, TICKET), np.zeros(0, FLOW), np.zeros(bars.n_bars), 0.0)
    account = NettedAccount(bars, 1e6, rules, net_fills(pooled([record]), 1, bars, rules))
    assert account.live(range(bars.n_bars), 0) == bars.n_bars
    flows = account.told(bars.n_bars)[0].flows
    assert flows["bar"].tolist() == list(range(1, bars.n_bars))
    assert flows["cash"][-1] == pytest.approx(1e6 - 10.0 + flows["amount"].sum())
