"""Hypothesis draws bars, a script in them, and the terms of a run."""

import numpy as np
from hypothesis import strategies as st

import quantlab as ql
from tests.identities.account_cases import accounts, any_costs, holding_fields
from tests.identities.cases import random_bars
from tests.parity.scripted import DEEDS, SLOTS, ByFeature, ByPast

SPACINGS = {"1D": 1, "7D": 7, "40D": 40}
HOURS = {"1h": 1, "7h": 7}

amounts = st.one_of(
    st.integers(-40, 40).map(float), st.floats(-40.0, 40.0, allow_nan=False).map(lambda x: round(x, 3))
)


@st.composite
def scripts(draw, n_bars, n_symbols):
    """Deeds and amounts `(SLOTS, n_bars, n_symbols)`, and replies to fills `(n_bars, n_symbols)`."""
    deeds, sizes = np.zeros((2, SLOTS, n_bars, n_symbols))
    cell = st.tuples(st.integers(0, SLOTS - 1), st.integers(0, n_bars - 1), st.integers(0, n_symbols - 1))
    for place in draw(st.lists(cell, min_size=1, max_size=16)):
        deeds[place] = draw(st.integers(1, len(DEEDS) - 1))
        sizes[place] = draw(amounts)
    replies = np.zeros((n_bars, n_symbols))
    for _, row, column in draw(st.lists(cell, max_size=3)):
        replies[row:, column] = draw(st.sampled_from([0.5, 1.0, 1.5, -1.0, 3.0]))
    return deeds, sizes, replies


@st.composite
def markets(draw, most_bars=25, most_symbols=4):
    """Bars with gaps, late listings, delistings, odd prices, on several clocks."""
    n_bars, n_symbols = draw(st.integers(2, most_bars)), draw(st.integers(1, most_symbols))
    volatility, seed = draw(st.sampled_from([0.03, 0.03, 0.3])), draw(st.integers(0, 2**32 - 1))
    bars = random_bars(seed, n_bars, n_symbols, draw(st.sampled_from([0.0, 0.1, 0.4])), volatility)
    panels = {name: np.array(bars[name]) for name in ("open", "high", "low", "close", "volume")}
    shift = draw(st.sampled_from([0.0, 0.0, 0.0, 0.0, 45.0]))  # oil can cost less than nothing
    for name in ("open", "high", "low", "close"):
        panels[name] -= shift
    dates = np.datetime64("2019-12-20", "ns")
    spacing = draw(st.sampled_from([*SPACINGS, *HOURS]))
    if spacing in HOURS:
        time = dates + np.arange(n_bars) * np.timedelta64(HOURS[spacing], "h")
    else:
        time = dates + np.arange(n_bars) * np.timedelta64(SPACINGS[spacing], "D")
    ends = {}
    for symbol in bars.symbols:
        if draw(st.integers(0, 4)) == 0:
            last = draw(st.integers(0, n_bars - 1))
            ends[symbol] = (last, draw(st.sampled_from([0.0, -1.0, -0.3, 0.5])))
            for panel in panels.values():
                panel[last + 1 :, bars.index(symbol)] = np.nan
    if np.isnan(panels["close"]).all():
        return draw(markets(most_bars, most_symbols))
    if draw(st.integers(0, 5)) == 0:
        del panels["volume"]
    zone = "America/New_York" if spacing in HOURS else None
    stamps = np.datetime_as_string(time, unit="s")
    bars = ql.Bars.from_arrays(
        time=time,
        tz=zone and "UTC",
        symbols=bars.symbols,
        ends={
            symbol: (stamps[row] + "Z" if zone else stamps[row][:10], loss)
            for symbol, (row, loss) in ends.items()
        },
        allow_negative=shift > 0.0,
        **panels,
    )
    return bars.with_arrays(**holding_fields(seed, n_bars, n_symbols))


def with_script(bars, deeds, sizes, replies):
    """The bars with a script in their extra fields."""
    fields = {f"deed_{slot}": deeds[slot] for slot in range(SLOTS)}
    fields |= {f"amount_{slot}": sizes[slot] for slot in range(SLOTS)}
    return bars.with_arrays(**fields, reply=replies)


executions = st.one_of(
    st.builds(ql.Execution, fill=st.sampled_from(["next_open", "same_close"])),
    st.builds(ql.Execution, participation=st.sampled_from([None, 0.02, 0.5]), latency=st.integers(0, 2)),
)


@st.composite
def terms(draw, bars):
    """Keyword arguments of a backtest."""
    chosen = {
        "cash": draw(st.sampled_from([500.0, 1_000.0, 10_000.0])),
        "costs": draw(any_costs),
        "account": draw(accounts(bars)),
        "execution": draw(executions),
    }
    if draw(st.integers(0, 2)) == 0:
        first = draw(st.integers(0, bars.n_bars - 1))
        chosen["start"] = bars.time[first]
        chosen["end"] = bars.time[draw(st.integers(first, bars.n_bars - 1))]
    return chosen


class Case:
    """A strategy, bars with its script, and the terms of the run; prints as what matters of them."""

    def __init__(self, strategy, bars, terms):
        self.strategy, self.bars, self.terms = strategy, bars, terms

    def __repr__(self):
        lines = [f"{self.strategy!r} with {self.terms!r}", repr(self.bars), f"ends {dict(self.bars.ends)}"]
        for slot in range(SLOTS):
            deeds, sizes = self.bars[f"deed_{slot}"], self.bars[f"amount_{slot}"]
            lines += [
                f"bar {row}, symbol {column}: {DEEDS[int(deeds[row, column])]} {sizes[row, column]!r}"
                for row, column in np.argwhere(deeds)
            ]
        replies = self.bars["reply"]
        lines += [
            f"bar {row}, symbol {column}: reply {replies[row, column]}"
            for row, column in np.argwhere(replies)
        ]
        return "\n    ".join(lines)


@st.composite
def cases(draw, most_bars=25, most_symbols=4):
    """A strategy, bars with its script, and the terms of the run."""
    bars = draw(markets(most_bars, most_symbols))
    script = draw(scripts(bars.n_bars, bars.n_symbols))
    kind = draw(st.sampled_from([ByPast, ByPast, ByFeature]))
    strategy = kind(
        scale=draw(st.sampled_from([1.0, 1.0, 0.1, 3.0])),
        reach=draw(st.integers(1, 8)),
        shy=draw(st.integers(0, 5)) == 0,
    )
    return Case(strategy, with_script(bars, *script), draw(terms(bars)))


def dense_case(seed, n_bars, n_symbols):
    """A case whose every third cell acts: logs grow, orders collide."""
    rng = np.random.default_rng(seed)
    bars = random_bars(seed, n_bars, n_symbols, absent=0.1, volatility=0.02)
    shape = (SLOTS, n_bars, n_symbols)
    deeds = np.where(rng.random(shape) < 0.35, rng.integers(1, len(DEEDS), shape), 0).astype(float)
    sizes = np.round(rng.normal(0.0, 15.0, shape), 2)
    replies = np.where(rng.random(shape[1:]) < 0.02, 0.5, 0.0)
    chosen = {
        "costs": ql.Costs(commission=0.0005, slippage=0.0002),
        "account": ql.Account(leverage=2.0, whole_units=bool(seed % 2)),
        "execution": ql.Execution(fill=("next_open", "same_close")[seed // 2 % 2]),
    }
    return Case(ByPast() if seed % 3 else ByFeature(), with_script(bars, deeds, sizes, replies), chosen)
