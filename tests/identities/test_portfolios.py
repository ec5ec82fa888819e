"""The laws of portfolios, on drawn bars, orders and accounts of every kind, and on real markets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import quantlab as ql
from strategies.mean_reversion import MeanReversion
from strategies.momentum_rank import MomentumRank
from strategies.sma_cross import SmaCross
from tests.examples import examples
from tests.parity.drawn import cases
from tests.parity.engines import assert_same
from tests.parity.scripted import ByFeature, ByPast
from tests.real_market import FOLDER, without_survivorship

BOOKS = ("separate", "netted")
TABLES = ("orders", "fills", "flows", "trades", "positions", "marks")

actors = st.builds(
    lambda kind, scale, shy: kind(scale=scale, shy=shy),
    st.sampled_from([ByPast, ByPast, ByFeature]),
    st.sampled_from([0.1, 0.5, 1.0, 3.0]),
    st.booleans(),
)


@st.composite
def portfolios(draw, books=BOOKS):
    """Strategies and their shares; some cash may stay idle."""
    strategies = {f"s{k}": one for k, one in enumerate(draw(st.lists(actors, min_size=1, max_size=3)))}
    parts = {name: draw(st.integers(1, 5)) for name in strategies}
    whole = sum(parts.values()) + draw(st.integers(0, 2))
    return ql.Portfolio(
        strategies,
        shares={name: part / whole for name, part in parts.items()},
        books=draw(st.sampled_from(books)),
    )


def identities_hold(result):
    """Equity is cash and positions at the mark, cash is what fills and flows left, positions are sums of fills."""
    near = {"rel": 1e-9, "abs": 1e-9 * result.initial_cash}
    held, fills, flows = result.positions.to_numpy(), result.fills, result.flows
    value = (held * np.where(held == 0.0, 0.0, result.marks.to_numpy())).sum(axis=1)
    assert result.equity.to_numpy() == pytest.approx(result.cash.to_numpy() + value, **near)
    bought, came = np.zeros_like(held), np.zeros(len(held))
    rows = result.equity.index.get_indexer(fills["time"])
    columns = result.positions.columns.get_indexer(fills["symbol"])
    np.add.at(bought, (rows, columns), fills["quantity"])
    np.add.at(came, rows, -fills["quantity"] * fills["price"] * fills["multiplier"] - fills["commission"])
    np.add.at(came, result.equity.index.get_indexer(flows["time"]), flows["amount"])
    assert held == pytest.approx(bought.cumsum(axis=0), rel=1e-9, abs=1e-9)
    assert result.cash.to_numpy() == pytest.approx(result.initial_cash + came.cumsum(), **near)
    if len(fills) + len(flows):
        happened = pd.concat([flows, fills]).sort_values("bar", kind="stable")
        assert happened["cash"].iloc[-1] == result.cash.iloc[-1]
    last = fills.groupby("symbol", observed=True)["position"].last()
    assert last.to_dict() == {s: result.positions[s].iloc[-1] for s in last.index}
    gained = result.equity.iloc[-1] - result.initial_cash
    assert gained == pytest.approx(result.trades["profit"].sum() + flows["amount"].sum(), **near)
    assert np.isfinite(list(result.costs_paid.values())).all()
    assert result.ruined == bool(result.equity.iloc[-1] <= 0.0)


@settings(max_examples=examples(100), deadline=None)
@given(cases(), portfolios())
def test_the_identities_hold_in_both_books(case, portfolio):
    result = ql.backtest(portfolio, case.bars, engine="python", **case.terms)
    identities_hold(result)
    assert result.orders["id"].tolist() == list(range(len(result.orders)))
    assert result.fills["bar"].is_monotonic_increasing
    filled = result.fills[result.fills["order_id"] >= 0]
    named = result.orders["symbol"].astype(str).to_numpy()[filled["order_id"].to_numpy()]
    assert (named == filled["symbol"].astype(str).to_numpy()).all()


@settings(max_examples=examples(75), deadline=None)
@given(cases(), portfolios())
def test_each_part_is_the_strategy_run_alone(case, portfolio):
    result = ql.backtest(portfolio, case.bars, engine="python", **case.terms)
    terms = dict(case.terms)
    cash = terms.pop("cash")
    for name, strategy in portfolio.strategies.items():
        alone = ql.backtest(strategy, case.bars, cash=portfolio.share(name) * cash, engine="python", **terms)
        assert_same(alone, result.parts[name], TABLES)
        assert result.parts[name].provenance == alone.provenance


@settings(max_examples=examples(75), deadline=None)
@given(cases(), portfolios(["separate"]))
def test_separate_books_are_the_sums_of_the_parts(case, portfolio):
    result = ql.backtest(portfolio, case.bars, engine="python", **case.terms)
    n, idle = len(result.equity), result.initial_cash * (1.0 - sum(portfolio.shares.values()))
    for name in ("equity", "cash"):
        lengths = [getattr(part, name).reindex(result.equity.index).ffill() for part in result.parts.values()]
        total = sum(curve.to_numpy() for curve in lengths) + idle
        assert getattr(result, name).to_numpy() == pytest.approx(total, rel=1e-12, abs=1e-9)
    held = sum(part.positions.reindex(result.equity.index, fill_value=0.0) for part in result.parts.values())
    assert (result.positions.to_numpy() == held.to_numpy()).all()
    if result.ruined:
        return
    assert n == max(len(part.equity) for part in result.parts.values()) or all(
        p.ruined for p in result.parts.values()
    )
    own = [
        "time",
        "bar",
        "symbol",
        "quantity",
        "price",
        "reference_price",
        "commission",
        "slippage",
        "multiplier",
    ]
    for name, part in result.parts.items():
        ours = result.fills[result.fills["strategy"] == name]
        pd.testing.assert_frame_equal(ours[own].reset_index(drop=True), part.fills[own])
        trades = result.trades[result.trades["strategy"] == name].drop(columns="strategy")
        pd.testing.assert_frame_equal(trades.reset_index(drop=True), part.trades)
        orders = result.orders[result.orders["strategy"] == name].drop(columns=["strategy", "id"])
        pd.testing.assert_frame_equal(orders.reset_index(drop=True), part.orders.drop(columns="id"))
        ids = result.orders["id"][result.orders["strategy"] == name].to_numpy()
        assert ours["order_id"].tolist() == ids[part.fills["order_id"].to_numpy()].tolist()


@settings(max_examples=examples(75), deadline=None)
@given(cases(), portfolios(["netted"]))
def test_netting_saves_what_the_account_has_more(case, portfolio):
    terms = {**case.terms, "account": ql.Account(leverage=2.0)}
    terms["costs"] = ql.Costs(
        commission=case.terms["costs"].commission, slippage=case.terms["costs"].slippage
    )
    netted = ql.backtest(portfolio, case.bars, engine="python", **terms)
    apart = ql.backtest(
        ql.Portfolio(portfolio.strategies, shares=portfolio.shares), case.bars, engine="python", **terms
    )
    n = min(len(netted.equity), len(apart.equity))
    saved = netted.equity.to_numpy()[:n] - apart.equity.to_numpy()[:n]
    assert (saved >= -1e-9 * apart.initial_cash).all()
    if not (netted.ruined or apart.ruined):
        paid = sum(apart.costs_paid.values()) - sum(netted.costs_paid.values())
        assert saved[-1] == pytest.approx(paid, rel=1e-9, abs=1e-9 * apart.initial_cash)
        for kind, money in netted.costs_paid.items():
            assert money <= apart.costs_paid[kind] * (1.0 + 1e-12) + 1e-9


@settings(max_examples=examples(75), deadline=None)
@given(cases(), portfolios(), st.randoms())
def test_the_sequence_of_the_strategies_moves_nothing(case, portfolio, random):
    names = random.sample(list(portfolio.strategies), len(portfolio.strategies))
    other = ql.Portfolio(
        {name: portfolio.strategies[name] for name in names}, shares=portfolio.shares, books=portfolio.books
    )
    one = ql.backtest(portfolio, case.bars, engine="python", **case.terms)
    theirs = ql.backtest(other, case.bars, engine="python", **case.terms)
    near = {"rel": 1e-12, "abs": 1e-12 * one.initial_cash}
    assert theirs.equity.to_numpy() == pytest.approx(one.equity.to_numpy(), **near)
    assert theirs.cash.to_numpy() == pytest.approx(one.cash.to_numpy(), **near)
    assert theirs.positions.to_numpy() == pytest.approx(one.positions.to_numpy(), rel=1e-12, abs=1e-12)
    assert len(theirs.fills) == len(one.fills)


@settings(max_examples=examples(40), deadline=None)
@given(cases())
def test_a_portfolio_of_one_netted_is_the_strategy(case):
    alone = ql.backtest(case.strategy, case.bars, engine="python", **case.terms)
    netted = ql.backtest(
        ql.Portfolio({"only": case.strategy}, books="netted"), case.bars, engine="python", **case.terms
    )
    # What a strategy buys and sells at one price in one instant is netted too.
    assume(netted.fills["quantity"].tolist() == alone.fills["quantity"].tolist())
    near = {"rel": 1e-9, "abs": 1e-9 * alone.initial_cash}
    assert netted.equity.to_numpy() == pytest.approx(alone.equity.to_numpy(), **near)
    assert netted.cash.to_numpy() == pytest.approx(alone.cash.to_numpy(), **near)
    own, pooled = alone.trades["profit"], netted.trades["profit"]
    assert pooled.sum() == pytest.approx(own.sum(), **near)
    costs = case.terms["costs"]
    # A flip in one group closes and opens at its average price.
    if not (costs.impact or costs.volume_slippage):
        assert pooled.tolist() == pytest.approx(own.tolist(), **near)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="QUANTLAB_TEST_DATA names no folder")
def test_a_market_without_survivorship():
    bars = without_survivorship(50)
    strategies = {"momentum": MomentumRank(lookback=60, keep=10), "reversal": MeanReversion(entry=1.5)}
    terms = {
        "costs": ql.Costs(commission=0.001, slippage=0.0005),
        "account": ql.Account(interest_annual=0.02),
    }
    results = [
        ql.backtest(ql.Portfolio(strategies, books=books), bars, engine=engine, **terms)
        for books in BOOKS
        for engine in ("python", "compiled")
    ]
    for result in results:
        identities_hold(result)
    apart, apart_compiled, netted, netted_compiled = results
    assert_same(apart, apart_compiled, TABLES)
    assert_same(netted, netted_compiled, TABLES)
    assert (apart.orders["kind"] == "delisting").any()
    assert len(netted.fills) < len(apart.fills)
    assert netted.costs_paid["commission"] < apart.costs_paid["commission"]
    assert netted.equity.iloc[-1] > apart.equity.iloc[-1]
    alone = ql.backtest(strategies["reversal"], bars, cash=50_000.0, engine="compiled", **terms)
    assert_same(alone, netted_compiled.parts["reversal"], TABLES)


@pytest.mark.parametrize("books", BOOKS)
def test_vectorbt_agrees_with_the_books(books):
    bars = ql.read_bars("sample:us5").select(["AAPL", "IBM"]).rows(0, 800)
    portfolio = ql.Portfolio({"trend": SmaCross(), "reversal": MeanReversion()}, books=books)
    result = ql.backtest(portfolio, bars, costs=ql.Costs(commission=0.001, slippage=0.0005))
    value = result.to_vectorbt().value().xs(0, level="fill")
    assert value.to_numpy() == pytest.approx(result.equity.to_numpy(), rel=1e-9)
