"""Laws of accounts: what holding costs and pays, margin, lenders, instruments, on random bars and waiting orders."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.market.endings import Ending
from tests.identities import cases
from tests.identities.account_cases import accounts, any_costs, holding_fields
from tests.identities.test_orders import (
    FIELDS,
    MONEY,
    NO_COSTS,
    PRICES,
    both_sequences,
    caller,
    changed,
    runs,
    script_of,
)
from tests.naive import engine as naive
from tests.naive import finance

EXAMPLES = 25
NOT_GIVEN = ("liquidation", "delisting", "margin_call")
"""Kinds of orders that the broker gives."""
ROUNDING = 1e-9
"""What is less is the rest of cash that was spent, or of a position that was closed, to the last bit or almost."""
MIDDLE = 64.0
"""Prices turned about it are as far from it on the other side."""


# Drawing -------------------------------------------------------------------------------------------------------


@st.composite
def account_runs(draw, costs=any_costs, **of_runs):
    """A run of waiting orders in an account of any terms, over bars in which symbols may end."""
    case = draw(runs(costs=costs, **of_runs))
    bars = case["bars"]
    bars = bars.with_arrays(**holding_fields(draw(st.integers(0, 999)), bars.n_bars, bars.n_symbols))
    if draw(st.integers(0, 3)) == 3:
        bars = ended(bars, draw(st.integers(0, bars.n_bars - 1)), draw(st.sampled_from([-1.0, -0.25, 0.5])))
    execution = ql.Execution(
        fill="same_close" if case["same_close"] else "next_open",
        participation=case["participation"],
        latency=case["latency"],
    )
    return {**case, "bars": bars, "account": draw(accounts(bars)), "execution": execution}


@st.composite
def levered_runs(draw, costs=any_costs):
    """A run that holds four times its equity, all long or all short, while prices jump."""
    case = draw(account_runs(costs=costs, changes=False))
    bars, side = case["bars"], draw(st.sampled_from([-4.0, 4.0]))
    jump = np.ones((bars.n_bars, 1))
    jump[draw(st.integers(0, bars.n_bars - 1)) :] = draw(st.sampled_from([0.5, 0.85, 0.93, 1.1, 1.18, 1.6]))
    terms = {"leverage": 5.0, "maintenance": 0.18, "shortable": np.inf, "instruments": {}}
    stakes = [[("target_weight", i, side / bars.n_symbols)] for i in range(bars.n_symbols)]
    return case | {
        "bars": bars.with_arrays(**{name: bars[name] * jump for name in FIELDS}),
        "account": replace(case["account"], **terms, whole_units=False),
        "deeds": {0: stakes, **{bar: calls for bar, calls in case["deeds"].items() if bar > 0}},
    }


def ended(bars, row, delisting_return):
    """The bars without the first symbol after `row`."""
    gone = np.zeros((bars.n_bars, bars.n_symbols), bool)
    gone[row + 1 :, 0] = True
    panels = {name: np.where(gone, np.nan, bars[name]) for name in (*FIELDS, "volume")}
    if all(np.isnan(panel).all() for panel in panels.values()):
        return bars
    ending = Ending(bars.time[row], delisting_return)
    return replace(bars.with_arrays(**panels), ends={bars.symbols[0]: ending})


def backtest(case, **changes):
    """Run a drawn case in its account."""
    case = case | changes
    return ql.backtest(
        caller(script_of(case["deeds"]), case["bars"].time_ns),
        case["bars"],
        engine="python",
        cash=case["cash"],
        costs=case["costs"],
        account=case["account"],
        execution=case["execution"],
    )


def columns_of(bars, table):
    return table["symbol"].map(bars.index).to_numpy(int)


def by_bar(table, amounts, n_bars):
    """Running sum of what each row of a table brings, at every bar."""
    return np.bincount(table["bar"], amounts, n_bars).cumsum()


def size_of_money(case, result):
    """The largest sum of money in sight: rounding is a part of it."""
    fills = result.fills
    traded = (fills["quantity"] * fills["reference_price"] * fills["multiplier"]).abs().sum()
    return max(case["cash"], traded, result.equity.abs().max())


# The specification ---------------------------------------------------------------------------------------------


@st.composite
def plain_runs(draw):
    """Market orders in an account that plain Python knows: every term but what limits the size of fills."""
    case = draw(cases.runs())
    bars = case["bars"]
    days = np.cumsum(draw(st.lists(st.sampled_from([1, 3, 30]), min_size=bars.n_bars, max_size=bars.n_bars)))
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2020-01-01") + days,
        symbols=bars.symbols,
        **{name: bars[name] for name in (*FIELDS, "volume")},
    ).with_arrays(**holding_fields(draw(st.integers(0, 999)), bars.n_bars, bars.n_symbols))
    account = replace(draw(accounts(bars)), shortable=np.inf)
    if account.maintenance:
        stake = draw(st.sampled_from([-1.0, 1.0])) * account.leverage
        case["script"][0] = [(0, "target_weight", stake)]
        if case["same_close"]:
            case["costs"] = ql.Costs()  # they can bring an account below maintenance again, at the same close
    return {**case, "bars": bars, "account": account}


def as_lists(panel):
    return [[None if np.isnan(x) else float(x) for x in row] for row in panel]


def terms_of(account, bars):
    """The terms of an account as the specification reads them."""
    rate = account.borrow_annual
    borrow = bars["lending"] if rate == "lending" else np.full((bars.n_bars, bars.n_symbols), rate)
    return finance.Terms(
        maintenance=account.maintenance,
        interest=account.interest_annual,
        loan=account.loan_annual,
        borrow=borrow.tolist(),
        payout=account.payout and bars[account.payout].tolist(),
        funding=account.funding and bars[account.funding].tolist(),
        days=(np.diff(bars.time_ns, prepend=bars.time_ns[0]) / 86_400e9).tolist(),
        steps=dict(enumerate(zip(*(step.tolist() for step in account.steps(bars.symbols)), strict=True))),
    )


@pytest.mark.parametrize("engine", ["python", "compiled"])
@settings(max_examples=60, deadline=None)
@given(plain_runs())
def test_a_run_is_what_the_plain_python_specification_says(engine, case):
    bars, account = case["bars"], case["account"]
    rows, fills, flows = naive.run(
        as_lists(bars.open),
        as_lists(bars.close),
        bars.volume.tolist(),
        case["script"],
        case["cash"],
        case["costs"],
        account.leverage,
        account.whole_units,
        case["same_close"],
        terms_of(account, bars),
    )
    result = cases.backtest(case, engine=engine)
    assert len(result.equity) == len(rows)
    assert result.equity.to_numpy() == pytest.approx([r[0] for r in rows], rel=1e-9, abs=1e-7)
    assert result.cash.to_numpy() == pytest.approx([r[1] for r in rows], rel=1e-9, abs=1e-7)
    held = np.array([[r[2][i] for i in range(bars.n_symbols)] for r in rows])
    assert result.positions.to_numpy() == pytest.approx(held, rel=1e-9, abs=1e-9)
    ours = result.flows[result.flows["amount"].abs() > ROUNDING]
    flows = [flow for flow in flows if abs(flow[3]) > ROUNDING]
    assert ours["bar"].tolist() == [bar for bar, *_ in flows]
    assert ours["kind"].tolist() == [kind for _, kind, *_ in flows]
    assert ours["amount"].to_numpy() == pytest.approx([amount for *_, amount in flows], rel=1e-8, abs=1e-9)
    if not result.ruined:
        told = result.fills.assign(symbol=columns_of(bars, result.fills))
        told = told[["bar", "symbol", "quantity", "price", "commission"]].to_numpy()
        # the compiled strategy gives its orders symbol by symbol
        told, fills = (
            sorted((list(f) for f in log if abs(f[2]) > ROUNDING), key=lambda f: f[:2])
            for log in (told, fills)
        )
        assert np.ravel(told) == pytest.approx(np.ravel(fills), rel=1e-8, abs=1e-9)


# Books ---------------------------------------------------------------------------------------------------------


def must_balance(case, result):
    """Every identity of the books, on every bar."""
    bars, fills, flows = case["bars"], result.fills, result.flows
    n_bars, near = len(result.equity), {"rel": 1e-9, "abs": 1e-9 * size_of_money(case, result)}
    cash, equity, held = result.cash.to_numpy(), result.equity.to_numpy(), result.positions.to_numpy()
    multiplier, _, _ = case["account"].steps(bars.symbols)
    assert (fills["multiplier"].to_numpy() == multiplier[columns_of(bars, fills)]).all()
    # positions are sums of fills
    bought = np.zeros_like(held)
    np.add.at(bought, (fills["bar"], columns_of(bars, fills)), fills["quantity"])
    assert held == pytest.approx(bought.cumsum(axis=0), rel=1e-9, abs=1e-9)
    # cash is what was there before, less what fills took, and what came and went without them
    units = fills["quantity"] * fills["multiplier"]
    spent = by_bar(fills, units * fills["price"] + fills["commission"], n_bars)
    flowed = by_bar(flows, flows["amount"], n_bars)
    assert cash == pytest.approx(case["cash"] - spent + flowed, **near)
    # equity is cash and positions at the mark
    value = (held * np.nan_to_num(bars.mark[:n_bars]) * multiplier).sum(axis=1)
    assert equity == pytest.approx(cash + value, **near)
    # its change is what prices brought, realised or not, less slippage and commission, and the flows
    gained = value - by_bar(fills, units * fills["reference_price"], n_bars)
    slipped = by_bar(fills, units * (fills["price"] - fills["reference_price"]), n_bars)
    charged = by_bar(fills, fills["commission"], n_bars)
    assert equity - case["cash"] == pytest.approx(gained - slipped - charged + flowed, **near)
    assert result.costs_paid["slippage"] == pytest.approx(slipped[-1], **near)
    assert result.costs_paid["commission"] == pytest.approx(charged[-1], **near)
    assert equity[-1] - case["cash"] == pytest.approx(result.trades["profit"].sum() + flowed[-1], **near)
    return Counter([*result.orders["kind"], *flows["kind"], *["ruined"] * result.ruined])


any_runs = st.one_of(account_runs(), levered_runs())


@settings(max_examples=EXAMPLES, deadline=None)
@given(any_runs)
def test_books_balance_in_every_account(case):
    must_balance(case, backtest(case))


@pytest.mark.slow
def test_books_balance_through_everything_that_can_happen():
    met = Counter()

    @settings(max_examples=1_000, deadline=None)
    @given(any_runs)
    def balance_all(case):
        met.update(must_balance(case, backtest(case)))

    balance_all()
    assert {*NOT_GIVEN, "interest", "borrow", "payout", "funding", "ruined"} <= met.keys()


# What an account allows ----------------------------------------------------------------------------------------


@settings(max_examples=EXAMPLES, deadline=None)
@given(levered_runs(costs=st.just(ql.Costs())))
def test_after_a_close_equity_is_not_below_maintenance(case):
    result = backtest(case)
    gross = (result.positions.abs() * result.marks.fillna(0.0)).sum(axis=1)
    lived = slice(0, len(gross) - result.ruined)
    least = (case["account"].maintenance * gross).to_numpy()[lived]
    assert (result.equity.to_numpy()[lived] >= least * (1.0 - 1e-12) - 1e-9).all()
    called = result.orders["kind"] == "margin_call"
    assert (result.orders["reason"][called] == "below_margin").all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(levered_runs(costs=st.just(ql.Costs())))
def test_a_margin_call_leaves_the_leverage_in_every_symbol_alike(case):
    assume(not case["same_close"])  # there, orders may open more at the same close
    result = backtest(case)
    fills = result.fills
    called = fills[fills["order_id"].map(result.orders["kind"]) == "margin_call"]
    for bar, group in called.groupby("bar"):
        kept = group["position"] / (group["position"] - group["quantity"])
        assert kept.to_numpy() == pytest.approx(kept.iloc[0], rel=1e-9)
        gross = (result.positions.iloc[bar].abs() * result.marks.iloc[bar].fillna(0.0)).sum()
        assert gross == pytest.approx(case["account"].leverage * result.equity.iloc[bar], rel=1e-9)


def given_fills(result):
    """Fills of the orders that the strategy gave."""
    return result.fills[~result.fills["order_id"].map(result.orders["kind"]).isin(NOT_GIVEN)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs(), st.sampled_from([0.0, 3.0, "free"]))
def test_no_more_is_sold_short_than_can_be_borrowed(case, shortable):
    result = backtest(case, account=replace(case["account"], shortable=shortable))
    fills, bars = given_fills(result), case["bars"]
    sold = fills[(fills["quantity"] < 0.0) & (fills["position"] < 0.0)]
    cells = sold["bar"].to_numpy(), columns_of(bars, sold)
    free = bars["free"][cells] if shortable == "free" else shortable
    assert (-sold["position"] <= free + 1e-9).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs(), st.sampled_from([0.01, 0.1]))
def test_volume_is_never_exceeded(case, participation):
    bars = case["bars"]
    fills = given_fills(backtest(case, execution=ql.Execution(participation=participation)))
    taken = np.zeros((bars.n_bars, bars.n_symbols))
    np.add.at(taken, (fills["bar"], columns_of(bars, fills)), fills["quantity"].abs())
    assert (taken <= participation * np.nan_to_num(bars.volume) * (1.0 + 1e-12)).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs())
def test_fills_are_whole_lots_at_whole_ticks(case):
    lot, tick = 0.5, 0.125
    steps = {symbol: ql.Instrument(tick=tick, lot=lot) for symbol in case["bars"].symbols}
    result = backtest(case, account=replace(case["account"], instruments=steps))
    fills = given_fills(result).join(result.orders["limit"], on="order_id")
    assert (np.mod(fills["quantity"], lot) == 0.0).all()
    worse = np.sign(fills["quantity"]) * (fills["price"] - fills["reference_price"])
    assert (worse >= 0.0).all()
    at_limit = fills["price"] == fills["limit"]
    assert (np.mod(fills["price"][~at_limit], tick) == 0.0).all()


# What changes nothing ------------------------------------------------------------------------------------------


def scaled_call(call, price, units):
    """A call in other units of price and size."""
    name, symbol, amount, *keywords = call
    own = dict(keywords[0]) if keywords else {}
    own |= {k: own[k] * price for k in (*PRICES, "trail") if k in own}
    by = {"order": units, "target_quantity": units, "bracket": units} | dict.fromkeys(MONEY, price * units)
    return name, symbol, amount * by.get(name, 1.0), own


def scaled(case, price, units):
    """The same case with all prices, all units and hence all money in other units."""
    bars, costs, account = case["bars"], case["costs"], case["account"]
    factors = dict.fromkeys((*FIELDS, "dividend", "quoted"), price) | dict.fromkeys(("volume", "free"), units)
    steps = zip(bars.symbols, *account.steps(bars.symbols), strict=True)
    instruments = {s: ql.Instrument(multiplier=m, tick=t * price, lot=x * units) for s, m, t, x in steps}
    shortable = account.shortable if isinstance(account.shortable, str) else account.shortable * units
    return case | {
        "bars": bars.with_arrays(**{name: bars[name] * factor for name, factor in factors.items()}),
        "cash": case["cash"] * price * units,
        "costs": replace(
            costs,
            commission_per_unit=costs.commission_per_unit * price,
            commission_fixed=costs.commission_fixed * price * units,
            commission_minimum=costs.commission_minimum * price * units,
            spread=costs.spread if isinstance(costs.spread, str) else costs.spread * price,
        ),
        "account": replace(account, instruments=instruments, whole_units=False, shortable=shortable),
        "deeds": changed(
            case["deeds"],
            lambda call: call if call[0] == "one_cancels_other" else scaled_call(call, price, units),
        ),
    }


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs(changes=False), st.sampled_from([(8.0, 0.125), (0.25, 4.0), (64.0, 1.0), (1.0, 0.5)]))
def test_units_of_price_size_and_money_do_not_matter(case, units):
    """Powers of two: the same bits, whether prices and units move against each other or money is another's."""
    price, size = units
    ours, theirs = backtest(case), backtest(scaled(case, price, size))
    assert theirs.orders[["status", "reason"]].equals(ours.orders[["status", "reason"]])
    assert (theirs.fills["quantity"] == ours.fills["quantity"] * size).all()
    assert (theirs.fills["price"] == ours.fills["price"] * price).all()
    assert (theirs.flows["amount"] == ours.flows["amount"] * price * size).all()
    for path in ("equity", "cash"):
        assert (getattr(theirs, path) == getattr(ours, path) * price * size).all()
    assert theirs.returns.equals(ours.returns)


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs(changes=False), st.sampled_from([(3.0, 1.0 / 3.0), (0.7, 1.0), (1.0, 100.0)]))
def test_other_units_change_returns_by_rounding_alone(case, units):
    case["account"] = replace(case["account"], instruments={}, whole_units=False)  # steps are no rounding
    ours, theirs = backtest(case), backtest(scaled(case, *units))
    assume(theirs.orders["status"].tolist() == ours.orders["status"].tolist())  # a price touched, or just not
    assert theirs.returns.to_numpy() == pytest.approx(ours.returns.to_numpy(), rel=1e-6, abs=1e-9)


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs(costs=st.just(ql.Costs(commission=0.001, slippage=0.001)), changes=False), st.randoms())
def test_the_order_of_symbols_moves_nothing(case, random):
    bars = case["bars"]
    ours, theirs = both_sequences(backtest, case, random)
    near = {"rel": 1e-12, "abs": 1e-12 * size_of_money(case, ours)}
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy(), **near)
    assert theirs.cash.to_numpy() == pytest.approx(ours.cash.to_numpy(), **near)
    held = theirs.positions[list(bars.symbols)].to_numpy()
    assert held == pytest.approx(ours.positions.to_numpy(), rel=1e-12, abs=1e-10)


# What is symmetric ---------------------------------------------------------------------------------------------


def symmetric(case):
    """An account that treats both sides alike: payouts, instruments without ticks, and leverage for everything."""
    instruments = {case["bars"].symbols[0]: ql.Instrument(multiplier=5.0, lot=0.5)}
    payout, whole = case["account"].payout, case["account"].whole_units
    return ql.Account(leverage=1e6, payout=payout, whole_units=whole, instruments=instruments)


def must_be_opposite(case, ours, theirs):
    """Equity, positions and flows of `theirs` are the negative of `ours`."""
    profits = [result.equity.to_numpy() - case["cash"] for result in (ours, theirs)]
    assert profits[1] == pytest.approx(-profits[0], abs=1e-15 * case["cash"] + 1e-9 * abs(profits[0]).max())
    assert (theirs.positions.to_numpy() == -ours.positions.to_numpy()).all()
    assert (theirs.flows["amount"].to_numpy() == -ours.flows["amount"].to_numpy()).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs(**NO_COSTS, money=False))
def test_swapped_sides_of_market_orders_negate_the_profit(case):
    plain = ("order", "target_quantity")
    keep = {
        bar: [[call[:3] for call in calls if call[0] in plain] for calls in groups]
        for bar, groups in case["deeds"].items()
    }
    swapped = changed(keep, lambda call: (call[0], call[1], -call[2]))
    account = symmetric(case)
    ours = backtest(case, account=account, deeds=keep)
    theirs = backtest(case, account=account, deeds=swapped)
    must_be_opposite(case, ours, theirs)


@settings(max_examples=EXAMPLES, deadline=None)
@given(account_runs(**NO_COSTS, money=False, fractions=False, changes=False))
def test_in_a_mirror_every_purchase_is_a_sale(case):
    """Prices turned upside down, payouts too: who bought sells, and gains the same."""
    bars = case["bars"]
    assume(np.nanmax(bars.high) < 2.0 * MIDDLE and not bars.ends)
    other = {"open": "open", "high": "low", "low": "high", "close": "close"}
    panels = {name: 2.0 * MIDDLE - bars[turned] for name, turned in other.items()}
    mirrored = bars.with_arrays(**panels, dividend=-bars["dividend"])

    def turned(call):
        name, first, *rest = call
        if name == "one_cancels_other":
            return call
        own = dict(rest[1]) if len(rest) > 1 else {}
        return name, first, -rest[0], own | {k: 2.0 * MIDDLE - own[k] for k in PRICES if k in own}

    account = symmetric(case)
    ours = backtest(case, account=account)
    theirs = backtest(case, account=account, bars=mirrored, deeds=changed(case["deeds"], turned))
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy(), rel=1e-12)
    assert (theirs.positions.to_numpy() == -ours.positions.to_numpy()).all()
    assert (theirs.flows["amount"].to_numpy() == ours.flows["amount"].to_numpy()).all()
    assert theirs.orders[["status", "reason"]].equals(ours.orders[["status", "reason"]])
