"""Hypothesis draws bars, a script of every order call in them, and the terms of a run."""

from itertools import product

import numpy as np
from hypothesis import strategies as st

import quantlab as ql
from tests.identities.account_cases import holding_fields
from tests.identities.cases import random_bars
from tests.parity.drawn import markets, terms
from tests.parity.scripted_orders import (
    ANSWERS,
    DEEDS,
    FIELDS,
    PLAIN,
    REPLIES,
    SLOTS,
    STYLES,
    TIMES,
    OrderActor,
    code_of,
)

MOST_CALLS = 24
FRACTIONS = (-0.1, -0.03, -0.01, -0.003, 0.0, 0.003, 0.01, 0.03, 0.1)

OFTEN = (DEEDS.index("order"), DEEDS.index("order"), DEEDS.index("order"))
"""It is the deed of the most terms."""
KINDS = tuple(product((*range(1, len(DEEDS)), *OFTEN), range(len(PLAIN)), range(len(TIMES))))
AMOUNTS = (*(float(k) for k in range(-40, 41) if k), 0.0, 0.4, -2.5, 1e-7)
NUMBERS = tuple(product(AMOUNTS, FRACTIONS, FRACTIONS))


def one_of(choices):
    """One of many: drawn as a number, for drawing is what takes the time."""
    return st.integers(0, len(choices) - 1).map(choices.__getitem__)


kinds, numbers = one_of(KINDS), one_of(NUMBERS)


def empty_script(n_bars, n_symbols):
    """No call, and no answer to fills and rejections, by name of the extra field."""
    names = [f"{name}_{slot}" for slot in range(SLOTS) for name in FIELDS]
    return {name: np.zeros((n_bars, n_symbols)) for name in (*names, "reply", "answer")}


def write_call(script, slot, bar, symbol, call):
    """Put a call into a script: deed, style, time, amount, near, far."""
    deed, style, time, *numbers = call
    style = style if DEEDS[deed] == "plain" else style % len(STYLES)
    for name, value in zip(FIELDS, (code_of(DEEDS[deed], style, time), *numbers), strict=True):
        script[f"{name}_{slot}"][bar, symbol] = value


def calls_of(bars):
    """Every call of a script: where, and its deed, style and time."""
    for slot in range(SLOTS):
        codes = bars[f"deed_{slot}"]
        for bar, symbol in np.argwhere(codes):
            code = int(codes[bar, symbol])
            yield slot, int(bar), int(symbol), DEEDS[code // 100], code // 10 % 10, code % 10


@st.composite
def order_scripts(draw, n_bars, n_symbols):
    """Calls in some cells, and what is done about fills and rejections from some bars on."""
    script = empty_script(n_bars, n_symbols)
    places = one_of(tuple(product(range(SLOTS), range(n_bars), range(n_symbols))))
    for _ in range(draw(st.integers(4, MOST_CALLS))):
        write_call(script, *draw(places), (*draw(kinds), *draw(numbers)))
    for name, choices in (("reply", REPLIES), ("answer", ANSWERS)):
        for _ in range(draw(st.integers(0, 2))):
            _, bar, symbol = draw(places)
            script[name][bar:, symbol] = draw(st.sampled_from(choices))
    return script


class OrderCase:
    """A strategy, bars with its script, and the terms of the run; prints as what matters of them."""

    def __init__(self, strategy, bars, terms):
        self.strategy, self.bars, self.terms = strategy, bars, terms

    def __repr__(self):
        bars = self.bars
        lines = [f"{self.strategy!r} with {self.terms!r}", repr(bars), f"ends {dict(bars.ends)}"]
        for slot, bar, symbol, deed, style, time in calls_of(bars):
            numbers = [float(bars[f"{name}_{slot}"][bar, symbol]) for name in FIELDS[1:]]
            words = f"{deed} {PLAIN[style] if deed == 'plain' else STYLES[style]} {TIMES[time]}"
            lines.append(f"bar {bar}, symbol {symbol}: {words} {numbers}")
        for name in ("reply", "answer"):
            lines += [f"bar {b}, symbol {i}: {name} {bars[name][b, i]}" for b, i in np.argwhere(bars[name])]
        return "\n    ".join(lines)


@st.composite
def order_cases(draw, most_bars=25, most_symbols=3):
    """A strategy, bars with its script, and the terms of the run."""
    bars = draw(markets(most_bars, most_symbols))
    script = draw(order_scripts(bars.n_bars, bars.n_symbols))
    strategy = OrderActor(scale=draw(st.sampled_from([1.0, 1.0, 0.1, 3.0])))
    return OrderCase(strategy, bars.with_arrays(**script), draw(terms(bars)))


def dense_order_case(seed, n_bars, n_symbols):
    """A case whose every third cell gives orders: logs grow, orders collide."""
    rng = np.random.default_rng(seed)
    bars = random_bars(seed, n_bars, n_symbols, absent=0.1, volatility=0.02)
    script = empty_script(n_bars, n_symbols)
    for place in np.argwhere(rng.random((SLOTS, n_bars, n_symbols)) < 0.35):
        kind, (_, *fractions) = KINDS[rng.integers(len(KINDS))], NUMBERS[rng.integers(len(NUMBERS))]
        write_call(script, *place, (*kind, round(rng.normal(0.0, 15.0), 2), *fractions))
    for name, choices in (("reply", REPLIES), ("answer", ANSWERS)):
        script[name] = np.where(
            rng.random((n_bars, n_symbols)) < 0.1, rng.choice(choices, (n_bars, n_symbols)), 0.0
        )
    chosen = {
        "costs": ql.Costs(commission=0.0005, slippage=0.0002, spread="quoted"),
        "account": ql.Account(
            leverage=2.0, maintenance=0.4, payout="dividend", funding="funding", borrow_annual="lending"
        ),
        "execution": (
            ql.Execution(),
            ql.Execution(fill="same_close"),
            ql.Execution(participation=0.05),
            ql.Execution(latency=1 + seed // 4 % 3),
        )[seed % 4],
    }
    extra = holding_fields(seed, n_bars, n_symbols)
    return OrderCase(OrderActor(), bars.with_arrays(**script, **extra), chosen)
