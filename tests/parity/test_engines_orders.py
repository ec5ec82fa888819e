"""Every order call with every set of terms, drawn: two engines, the same bits."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from quantlab.records import FLOW_NAMES, KIND_NAMES, REASONS, STATUS_NAMES, TIF_NAMES
from tests.identities.cases import random_bars
from tests.parity.drawn_orders import calls_of, dense_order_case, empty_script, order_cases, write_call
from tests.parity.engines import COMPILED, both, run
from tests.parity.scripted_orders import ANSWERS, DEEDS, PLAIN, REPLIES, STYLES, TIMES, OrderActor

FEW, MANY = 100, 800
MADE = ("orders", "fills", "flows")
"""Positions and trades are made from these by the same code in both engines; other tests look at them."""


@pytest.fixture(scope="module")
def compiled():
    """Refusing the scripted strategy is one failure, not five hundred to shrink."""
    run(OrderActor(), random_bars(1, 6, 1, absent=0.0).with_arrays(**empty_script(6, 1)), COMPILED)


def prices_of(order):
    """Which prices an order had, in a word."""
    return "+".join(name for name in ("limit", "stop", "trail") if order[name] == order[name]) or "no price"


def is_overtaken(result):
    """Whether a target was filled although the next one of its symbol was given before."""
    targets = result.orders[result.orders["kind"].astype(str).str.startswith("target")]
    next_bar = targets.groupby("symbol", observed=True)["bar"].shift(-1)
    filled_in = result.fills.groupby("order_id")["bar"].max().reindex(targets["id"])
    return bool((filled_in.to_numpy() > next_bar.to_numpy()).any())


def things_met(case, result):
    """What a run came across, in words."""
    yield from ("cases", result.fill, result.engine.split()[0])
    orders, flows, rules = result.orders, result.flows, case.terms["execution"]
    for name in ("kind", "status", "reason", "tif"):
        yield from orders[name].unique()
    yield from flows["kind"].unique()
    done = orders[orders["filled_quantity"] != 0.0].to_dict("records")
    yield from {f"{order['tif']} {prices_of(order)} filled" for order in done}
    for *_, deed, style, time in calls_of(case.bars):
        yield from (f"{deed}, style {style}", f"{deed}, {TIMES[time]}")
    yield from {f"reply {reply}" for reply in np.unique(case.bars["reply"])}
    yield from {f"answer {answer}" for answer in np.unique(case.bars["answer"])}
    facts = {
        "ruined": result.ruined,
        "short": (result.fills["position"] < 0.0).any(),
        "participation": rules.participation is not None,
        "latency": rules.latency > 0,
        "a target filled with the next on its way": is_overtaken(result),
        "no volume": np.isnan(case.bars.volume).all(),
        "intraday": case.bars.intraday,
    }
    yield from (name for name, is_met in facts.items() if is_met)


def drawn(n_cases):
    """Run drawn cases by both engines; count what they came across."""
    met = Counter()

    @settings(max_examples=n_cases, deadline=None, suppress_health_check=list(HealthCheck))
    @given(order_cases())
    def run_all(case):
        met.update(things_met(case, both(case.strategy, case.bars, tables=MADE, **case.terms)))

    run_all()
    return met


def test_drawn_orders(compiled):
    assert drawn(FEW)["cases"] >= FEW


WANTED = {
    *KIND_NAMES,
    *STATUS_NAMES,
    *REASONS,
    *TIF_NAMES,
    *FLOW_NAMES,
    *(f"{deed}, style {style}" for deed, style in product(DEEDS[1:], range(len(STYLES)))),
    *(f"{deed}, {time}" for deed, time in product(DEEDS[1:], TIMES)),
    *(f"reply {reply}" for reply in REPLIES),
    *(f"answer {answer}" for answer in ANSWERS),
    *(f"{tif} {price} filled" for tif, price in product(("gtc", "day"), ("limit", "stop", "trail"))),
    *(f"{tif} {price} filled" for tif, price in product(("ioc", "close"), ("limit", "stop"))),
    *("fok limit filled", "fok limit+stop filled", "open limit filled", "open trail filled"),
    *(f"{tif} no price filled" for tif in TIF_NAMES),
    *("next_open", "same_close", "ruined", "short", "participation", "latency", "no volume", "intraday"),
    "a target filled with the next on its way",
}


@pytest.mark.slow
def test_many_drawn_orders_meet_everything(compiled):
    met = drawn(MANY)
    for seed in range(40):
        case = dense_order_case(seed, 100, 4)
        met.update(things_met(case, both(case.strategy, case.bars, tables=MADE, **case.terms)))
    assert WANTED - met.keys() == set()


@pytest.mark.parametrize("seed", range(8))
def test_dense_orders(seed, compiled):
    case = dense_order_case(seed, 100, 4)
    result = both(case.strategy, case.bars, tables=MADE, **case.terms)
    assert len(result.orders) > 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_dense_orders(seed):
    case = dense_order_case(seed, 400, 8)
    both(case.strategy, case.bars, **case.terms)


@pytest.mark.parametrize("deed", range(1, len(DEEDS)), ids=DEEDS[1:])
def test_every_call_alone(deed, compiled):
    """Small scripts of one deed in every style and time: what fails here is easiest to read."""
    for style in range(len(PLAIN if DEEDS[deed] == "plain" else STYLES)):
        script = empty_script(30, 2)
        for time, bar in enumerate(range(0, 28, 4)):
            opening = (DEEDS.index("order"), time % len(STYLES), 0, 10.0 - bar, -0.01, 0.01)
            write_call(script, 0, bar, time % 2, opening)
            write_call(script, 1, bar + 1, time % 2, (deed, style, time, 8.0 - 2.5 * bar, 0.01, -0.02))
        both(OrderActor(), random_bars(17, 30, 2, absent=0.15).with_arrays(**script), tables=MADE)
