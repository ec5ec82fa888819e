"""Laws of orders that wait for a price, on random bars and scripts: whatever their type, these must hold."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.errors import OrderError
from tests.identities.cases import random_bars
from tests.naive import orders as naive

EXAMPLES = 20  # a law is also looked at in the slow run, with many
NEAR = {"rel": 1e-9, "abs": 1e-6}
FIELDS = ("open", "high", "low", "close")
MONEY = ("order_value", "target_value")
PRICES = ("limit", "stop", "take_profit", "stop_loss")
OWN = ("liquidation", "delisting")
"""Kinds of orders that no strategy gave."""
NO_COSTS = {"costs": st.just(ql.Costs()), "cash": st.just(1e9)}
"""Terms under which nothing is scaled, rejected for want of cash, or ruined."""


def caller(script, time_ns):
    """A strategy that makes the calls of `script`; a negative id counts back from the order placed last."""

    class Calls(ql.Strategy):
        last = ql.state(-1)

        def on_bar(self, now):
            for name, *values in script.get(now.bar, []):
                keywords = dict(values.pop()) if isinstance(values[-1], dict) else {}
                if "until" in keywords:
                    keywords["until"] = int(time_ns[keywords["until"]])
                if name in ("cancel", "replace", "one_cancels_other"):
                    n_ids = 2 if name == "one_cancels_other" else 1
                    values[:n_ids] = [k if k >= 0 else self.last + 1 + k for k in values[:n_ids]]
                try:
                    placed = getattr(now, name)(*values, **keywords)
                except (
                    OrderError
                ):  # a replacement on the other side, or a target with a price: nothing happens
                    assert name == "replace"
                    continue
                if name not in ("cancel", "one_cancels_other") and placed >= 0:
                    self.last = placed + 2 if name == "bracket" else placed

    return Calls()


# Drawing -------------------------------------------------------------------------------------------------------

quantities = st.integers(-40, 40).filter(bool).map(float)
steps = st.sampled_from([0.0, 0.0, 0.0, -2.0, -0.25, 0.25, 2.0])


@st.composite
def markets(draw):
    """Random bars on days or hours, with prices in 64ths: sums and differences of them are exact."""
    n_bars, n_symbols = draw(st.integers(2, 20)), draw(st.integers(1, 3))
    bars = random_bars(draw(st.integers(0, 2**32 - 1)), n_bars, n_symbols)
    panels = {name: np.maximum(np.round(bars[name] * 64.0), 1.0) / 64.0 for name in FIELDS}
    if draw(st.booleans()):
        return bars.with_arrays(**panels)
    hours = np.datetime64("2020-01-01T05", "h") + np.arange(n_bars) * np.timedelta64(7, "h")
    return ql.Bars.from_arrays(time=hours, tz="UTC", symbols=bars.symbols, volume=bars.volume, **panels)


@st.composite
def levels(draw, bars, symbol):
    """A price that the symbol has at some time, or one near it: touches are often exact."""
    known = bars[draw(st.sampled_from(FIELDS))][:, symbol]
    known = known[~np.isnan(known)]
    if not len(known):
        return 50.0
    return max(float(known[draw(st.integers(0, len(known) - 1))]) + draw(steps), 1.0)


@st.composite
def waits(draw, bars, symbol, fractions):
    """Keywords of an order that waits for a price or for a time."""
    style = draw(st.sampled_from(["limit", "stop", "both", "trail", "trail_fraction", "none"]))
    keywords = {}
    if style in ("limit", "both"):
        keywords["limit"] = draw(levels(bars, symbol))
    if style in ("stop", "both"):
        keywords["stop"] = draw(levels(bars, symbol))
    if style == "trail" or (style == "trail_fraction" and not fractions):
        keywords["trail"] = draw(st.sampled_from([0.25, 1.0, 3.0]))
    elif style == "trail_fraction":
        keywords["trail_fraction"] = draw(st.sampled_from([0.005, 0.03]))
    time = draw(st.sampled_from(["gtc", "gtc", "gtc", "until", "day", "ioc", "fok", "open", "close"]))
    if time == "until":
        keywords["until"] = draw(st.integers(0, bars.n_bars - 1))
    elif time != "gtc" or style == "none":
        keywords["tif"] = time if time != "gtc" else "day"
    if draw(st.integers(0, 3)) == 0:
        keywords["reduce_only"] = True
    return keywords


@st.composite
def brackets(draw, bars, symbol):
    """A bracket whose profit lies on the right side of its stop."""
    quantity, middle = draw(quantities), draw(levels(bars, symbol))
    side, apart = math.copysign(1.0, quantity), st.sampled_from([0.25, 0.5, 2.0])
    keywords = draw(waits(bars, symbol, fractions=False))
    entry = {k: v for k, v in keywords.items() if k not in ("trail", "reduce_only")}
    exits = {"take_profit": middle + side * draw(apart), "stop_loss": middle - side * draw(apart)}
    return "bracket", symbol, quantity, {**entry, **exits}


@st.composite
def deeds(draw, bars, n_placed, money, changes, fractions):
    """Calls that belong together, and how many orders they place for sure."""
    symbol = draw(st.integers(0, bars.n_symbols - 1))
    deed = draw(st.sampled_from(["plain", "waiting", "waiting", "target", "bracket", "pair", "change"]))
    if deed == "target":
        kind = draw(st.sampled_from(["target_quantity", "target_weight"] if money else ["target_quantity"]))
        aim = draw(st.sampled_from([-0.5, 0.3, 1.0]) if kind == "target_weight" else quantities)
        return [(kind, symbol, aim)], 1
    if deed == "bracket":
        return [draw(brackets(bars, symbol))], 3
    if deed == "pair":
        pair = [
            ("order", symbol, draw(quantities), draw(waits(bars, symbol, fractions=fractions)))
            for _ in range(2)
        ]
        return [*pair, ("one_cancels_other", -2, -1)], 2
    if deed == "change" and changes and n_placed:
        order = draw(st.integers(0, n_placed - 1))
        if draw(st.booleans()):
            return [("cancel", order)], 0
        keywords = draw(waits(bars, symbol, fractions=fractions))
        keywords.pop("reduce_only", None)
        return [("replace", order, draw(quantities), keywords)], 0
    kind = draw(st.sampled_from(["order", "order_value"] if money else ["order"]))
    amount = draw(quantities) * (50.0 if kind == "order_value" else 1.0)
    if deed == "plain":
        return [(kind, symbol, amount)], 1
    return [(kind, symbol, amount, draw(waits(bars, symbol, fractions=fractions)))], 1


@st.composite
def runs(draw, costs=None, cash=None, money=True, changes=True, fractions=True):
    """Bars, calls at their bars, and the terms of a run; `deeds` has the calls that belong together."""
    bars = draw(markets())
    rate = st.sampled_from([0.0, 0.001, 0.01])
    any_costs = st.builds(ql.Costs, commission=rate, slippage=rate, spread=st.sampled_from([0.0, 0.25]))
    done, n_placed = {}, 0
    for bar in sorted(draw(st.lists(st.integers(0, bars.n_bars - 1), min_size=1, max_size=10))):
        calls, n_more = draw(deeds(bars, n_placed, money, changes, fractions))
        done.setdefault(bar, []).append(calls)
        n_placed += n_more
    same_close = draw(st.integers(0, 4)) == 0
    return {
        "bars": bars,
        "deeds": done,
        "cash": draw(st.sampled_from([1_000.0, 10_000.0]) if cash is None else cash),
        "costs": draw(any_costs if costs is None else costs),
        "leverage": draw(st.sampled_from([1.0, 1.0, 2.0])),
        "whole": draw(st.booleans()),
        "same_close": same_close,
        "participation": None if same_close else draw(st.sampled_from([None, None, 0.02, 0.1])),
        "latency": 0 if same_close else draw(st.sampled_from([0, 0, 0, 1, 3])),
    }


def script_of(done):
    """All calls of a bar in one list."""
    return {bar: [call for calls in groups for call in calls] for bar, groups in done.items()}


def backtest(case, **changes):
    """Run a drawn case."""
    case = case | changes
    return ql.backtest(
        caller(script_of(case["deeds"]), case["bars"].time_ns),
        case["bars"],
        engine="python",
        cash=case["cash"],
        costs=case["costs"],
        account=ql.Account(leverage=case["leverage"], whole_units=case["whole"]),
        execution=ql.Execution(
            fill="same_close" if case["same_close"] else "next_open",
            participation=case["participation"],
            latency=case["latency"],
        ),
    )


def changed(done, change):
    """The same deeds with every call changed."""
    return {bar: [[change(call) for call in calls] for calls in groups] for bar, groups in done.items()}


def given_fills(result):
    """Fills of the orders that the strategy gave, with what their orders asked for."""
    wanted = result.orders.set_index("id")[["kind", "amount", "limit"]]
    fills = result.fills.join(wanted, on="order_id")
    return fills[~fills["kind"].isin(OWN)]


def placed(case):
    """Every call of a script that changes no order, with the id that its (first) order gets."""
    order = 0
    for _, calls in sorted(script_of(case["deeds"]).items()):
        for call in calls:
            yield order, call
            order += {"bracket": 3, "one_cancels_other": 0}.get(call[0], 1)


def as_lists(panel):
    return [[None if np.isnan(x) else float(x) for x in row] for row in panel]


# Laws ----------------------------------------------------------------------------------------------------------


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs())
def test_a_run_is_what_the_plain_python_specification_says(case):
    bars = case["bars"]
    terms = ("cash", "costs", "leverage", "whole", "same_close", "participation", "latency")
    rows, fills, orders = naive.run(
        *(as_lists(bars[name]) for name in FIELDS),
        bars.volume.tolist(),
        script_of(case["deeds"]),
        **{name: case[name] for name in terms},
        session=bars.sessions.tolist(),
    )
    result = backtest(case)
    told = result.orders[["status", "reason"]].itertuples(index=False, name=None)
    assert list(told) == [(o["status"], o["reason"]) for o in orders]
    for name in ("order_id", "bar"):
        assert result.fills[name].tolist() == [f[name] for f in fills]
    for name in ("quantity", "price", "reference_price", "commission"):
        assert result.fills[name].to_numpy() == pytest.approx([f[name] for f in fills], rel=1e-9, abs=1e-9)
    assert result.equity.to_numpy() == pytest.approx([row[0] for row in rows], rel=1e-10, abs=1e-7)
    assert result.cash.to_numpy() == pytest.approx([row[1] for row in rows], rel=1e-10, abs=1e-7)


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs())
def test_no_fill_is_better_than_the_market_or_worse_than_the_order(case):
    bars, result = case["bars"], backtest(case)
    fills = given_fills(result)
    cells = fills["bar"].to_numpy(), fills["symbol"].map(bars.index).to_numpy(int)
    reference, price, side = fills["reference_price"], fills["price"], np.sign(fills["quantity"])
    # the price before slippage lies inside the bar
    assert (reference >= bars.low[cells]).all()
    assert (reference <= bars.high[cells]).all()
    # slippage is never favourable
    assert (side * (price - reference) >= 0.0).all()
    # a limit is a worst price
    assert (side * (price - fills["limit"].fillna(price)) <= 0.0).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs())
def test_the_books_follow_from_the_fills(case):
    bars, result = case["bars"], backtest(case)
    fills, held = result.fills, result.positions.to_numpy()
    bought, spent = np.zeros_like(held), np.zeros(len(held))
    np.add.at(bought, (fills["bar"], fills["symbol"].map(bars.index).to_numpy(int)), fills["quantity"])
    np.add.at(spent, fills["bar"], fills["quantity"] * fills["price"] + fills["commission"])
    assert held == pytest.approx(bought.cumsum(axis=0), **NEAR)
    assert result.cash.to_numpy() == pytest.approx(case["cash"] - spent.cumsum(), **NEAR)
    value = (held * np.nan_to_num(bars.mark[: len(held)])).sum(axis=1)
    assert result.equity.to_numpy() == pytest.approx(result.cash.to_numpy() + value, **NEAR)


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs())
def test_what_became_of_an_order_fits_its_fills(case):
    result = backtest(case)
    moved = result.fills.groupby("order_id")["quantity"].sum()
    orders = result.orders.set_index("id")
    filled = orders["filled_quantity"]
    assert filled.to_numpy() == pytest.approx(moved.reindex(orders.index, fill_value=0.0).to_numpy(), **NEAR)
    nothing = orders["status"].isin(["rejected", "replaced", "cancelled", "expired"])
    assert (filled[nothing] == 0.0).all()
    assert (filled[orders["status"] == "partly_filled"] != 0.0).all()
    at_target = orders["reason"] == "at_target"
    assert (filled[(orders["status"] == "filled") & ~at_target] != 0.0).all()
    once = orders["tif"].isin(["ioc", "fok", "open", "close"])
    over = orders["bar"] + 1 + case["latency"] < len(result.equity)
    assert (orders["status"][once & over] != "unfilled_at_end").all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs())
def test_volume_is_never_exceeded(case):
    assume(case["participation"] is not None)
    bars = case["bars"]
    fills = given_fills(backtest(case))
    for (bar, symbol), units in (
        fills["quantity"].abs().groupby([fills["bar"], fills["symbol"]]).sum().items()
    ):
        most = case["participation"] * bars.volume[bar, bars.index(symbol)]
        assert units <= most * (1.0 + 1e-12)


def both_sequences(run, case, random):
    """What `run` makes of a case with its symbols as they stand, and in a random sequence."""
    bars = case["bars"]
    names = list(bars.symbols)
    random.shuffle(names)
    shuffled = bars.select(names)

    def renamed(call):
        name, symbol, *rest = call
        return call if name == "one_cancels_other" else (name, shuffled.index(bars.symbols[symbol]), *rest)

    def by_symbol(done):  # a group of calls is of one symbol; those of a symbol keep their sequence
        return {bar: sorted(groups, key=lambda calls: calls[0][1]) for bar, groups in done.items()}

    theirs = {"bars": shuffled, "deeds": by_symbol(changed(case["deeds"], renamed))}
    return run(case, deeds=by_symbol(case["deeds"])), run(case, **theirs)


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs(costs=st.just(ql.Costs(commission=0.001, slippage=0.001)), changes=False), st.randoms())
def test_the_order_of_symbols_moves_nothing(case, random):
    bars = case["bars"]
    ours, theirs = both_sequences(backtest, case, random)
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy(), rel=1e-12, abs=1e-8)
    assert theirs.positions[list(bars.symbols)].to_numpy() == pytest.approx(
        ours.positions.to_numpy(), rel=1e-12, abs=1e-10
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    runs(costs=st.just(ql.Costs(commission=0.001, slippage=0.01)), changes=False),
    st.sampled_from([0.25, 64.0]),
)
def test_the_currency_does_not_matter(case, rate):
    bars = case["bars"]
    dear = bars.with_arrays(**{name: bars[name] * rate for name in FIELDS})

    def converted(call):
        name, symbol, amount, *keywords = call
        own = dict(keywords[0]) if keywords else {}
        own |= {k: own[k] * rate for k in (*PRICES, "trail") if k in own}
        return name, symbol, amount * rate if name in MONEY else amount, own

    def all_but_links(call):
        return call if call[0] == "one_cancels_other" else converted(call)

    theirs = backtest(case, bars=dear, cash=case["cash"] * rate, deeds=changed(case["deeds"], all_but_links))
    ours = backtest(case)
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy() * rate, rel=1e-12)
    assert theirs.orders["status"].tolist() == ours.orders["status"].tolist()
    assert theirs.fills["quantity"].to_numpy() == pytest.approx(ours.fills["quantity"].to_numpy(), rel=1e-12)


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs(**NO_COSTS, money=False, fractions=False))
def test_in_a_mirror_every_purchase_is_a_sale(case):
    bars = case["bars"]
    assume(np.nanmax(bars.high) < 127.0)
    fields = {"open": "open", "high": "low", "low": "high", "close": "close"}
    mirrored = bars.with_arrays(**{name: 128.0 - bars[other] for name, other in fields.items()})

    def turned(call):
        name, first, *rest = call
        if name in ("one_cancels_other", "cancel"):
            return call
        own = dict(rest[1]) if len(rest) > 1 else {}
        own |= {k: 128.0 - own[k] for k in PRICES if k in own}
        return name, first, -rest[0], own

    ours, theirs = backtest(case), backtest(case, bars=mirrored, deeds=changed(case["deeds"], turned))
    assert theirs.fills["order_id"].tolist() == ours.fills["order_id"].tolist()
    assert theirs.fills["bar"].tolist() == ours.fills["bar"].tolist()
    assert (theirs.fills["quantity"] == -ours.fills["quantity"]).all()
    assert (theirs.fills["price"] == 128.0 - ours.fills["price"]).all()
    for name in ("status", "reason"):
        assert theirs.orders[name].tolist() == ours.orders[name].tolist()
    assert theirs.equity.to_numpy() == pytest.approx(ours.equity.to_numpy(), rel=1e-12)


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs(**NO_COSTS, money=False))
def test_swapped_sides_of_market_orders_negate_the_profit(case):
    plain = ("order", "target_quantity")
    keep = {
        bar: [[call[:3] for call in calls if call[0] in plain] for calls in groups]
        for bar, groups in case["deeds"].items()
    }
    swapped = changed(keep, lambda call: (call[0], call[1], -call[2]))
    ours, theirs = backtest(case, deeds=keep), backtest(case, deeds=swapped)
    profit = ours.equity.to_numpy() - case["cash"]
    assert theirs.equity.to_numpy() - case["cash"] == pytest.approx(-profit, rel=1e-9, abs=1e-5)
    assert (theirs.positions.to_numpy() == -ours.positions.to_numpy()).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(runs(changes=False))
def test_siblings_exclude_each_other_and_exits_only_close(case):
    fills = backtest(case).fills
    bought = fills.groupby("order_id")["quantity"].sum()
    for order, call in placed(case):
        if call[0] == "one_cancels_other":
            assert not {order - 2, order - 1} <= set(bought.index)
        elif call[0] == "bracket":
            exits = [bought.get(order + k, 0.0) for k in (1, 2)]
            assert 0.0 in exits
            assert -1e-9 <= -sum(exits) * call[2] <= abs(bought.get(order, 0.0) * call[2]) + 1e-9
        elif len(call) > 3 and call[3].get("reduce_only"):
            own = fills[fills["order_id"] == order]
            assert (own["position"].abs() < (own["position"] - own["quantity"]).abs()).all()
