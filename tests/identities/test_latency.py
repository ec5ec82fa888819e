"""Laws of orders that take bars to reach the market, on random bars and scripts that ask for targets anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from tests.examples import examples
from tests.identities.test_orders import (
    EXAMPLES,
    FIELDS,
    as_lists,
    backtest,
    markets,
    quantities,
    script_of,
    waits,
)
from tests.naive import orders as naive

AIMS = (
    *(("target_quantity", aim) for aim in (-20.0, 0.0, 3.0, 3.0, 20.0)),
    *(("target_weight", aim) for aim in (-0.5, 0.0, 0.3, 1.0)),
)
TIMES = (None, None, None, "until", "day", "ioc", "fok", "open", "close")
FOR_SURE = ("target_quantity", 0, 10.0)


@st.composite
def aims(draw, bars, bar, times=TIMES):
    """A target for some symbol; most have no term."""
    kind, aim = draw(st.sampled_from(AIMS))
    call = (kind, draw(st.integers(0, bars.n_symbols - 1)), aim)
    time = draw(st.sampled_from(times))
    if time is None:
        return call
    if time == "until":
        return *call, {"until": draw(st.integers(max(bar - 1, 0), min(bar + 6, bars.n_bars - 1)))}
    return *call, {"tif": time}


@st.composite
def changes(draw, n_placed):
    """A withdrawal or a change of one of the orders placed last."""
    order = -draw(st.integers(1, min(n_placed, 4)))
    if draw(st.booleans()):
        return "cancel", order
    return "replace", order, draw(quantities), {"tif": draw(st.sampled_from(["gtc", "day", "close"]))}


@st.composite
def asked_anew(draw, beside, times=TIMES):
    """Bars, targets at most of them, and the terms of a run; `beside` draws what else is called."""
    bars = draw(markets())
    done, n_placed = {0: [[FOR_SURE]]}, 1
    for bar in range(bars.n_bars):
        for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3]))):
            kinds = aims(bars, bar, times), beside(bars, n_placed)
            call = draw(kinds[draw(st.sampled_from([0, 0, 0, 1]))])
            done.setdefault(bar, []).append([call])
            n_placed += call[0].startswith("target") and call[2] != 0.0
    rate = st.sampled_from([0.0, 0.001])
    return {
        "bars": bars,
        "deeds": done,
        "cash": draw(st.sampled_from([1_000.0, 10_000.0])),
        "costs": draw(st.builds(ql.Costs, commission=rate, slippage=rate)),
        "leverage": draw(st.sampled_from([1.0, 2.0])),
        "whole": draw(st.booleans()),
        "same_close": False,
        "participation": draw(st.sampled_from([None, None, 0.02])),
        "latency": draw(st.sampled_from([1, 2, 3, 0])),
    }


@settings(max_examples=examples(3 * EXAMPLES), deadline=None)
@given(asked_anew(lambda bars, n_placed: changes(n_placed)))
def test_targets_asked_anew_do_what_the_plain_python_specification_says(case):
    bars = case["bars"]
    terms = ("cash", "costs", "leverage", "whole", "participation", "latency")
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
    for name in ("quantity", "price", "commission"):
        assert result.fills[name].to_numpy() == pytest.approx([f[name] for f in fills], rel=1e-9, abs=1e-9)
    assert result.equity.to_numpy() == pytest.approx([row[0] for row in rows], rel=1e-10, abs=1e-7)


@st.composite
def orders_beside(draw, bars):
    """An order of units, with any terms that count from its arrival."""
    symbol = draw(st.integers(0, bars.n_symbols - 1))
    terms = draw(waits(bars, symbol, fractions=False))
    return "order", symbol, draw(quantities), {k: v for k, v in terms.items() if k not in ("trail", "until")}


@settings(max_examples=examples(3 * EXAMPLES), deadline=None)
@given(asked_anew(lambda bars, _: orders_beside(bars), times=("day", "ioc", "fok", "open", "close", None)))
def test_orders_that_take_time_are_the_same_orders_given_later(case):
    n_bars, latency = case["bars"].n_bars, case["latency"]
    # Whether a target of nothing has anything to close is asked when it is given.
    deeds = {bar: [calls for calls in groups if calls[0][2] != 0.0] for bar, groups in case["deeds"].items()}
    later = {bar + latency: groups for bar, groups in deeds.items() if bar + latency < n_bars}
    ours, theirs = backtest(case, deeds=deeds), backtest(case, deeds=later, latency=0)
    assert ours.fills.equals(theirs.fills)
    assert np.array_equal(ours.equity, theirs.equity)
