"""Random bars and order scripts for property tests."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import quantlab as ql

WISHES = {
    "units": "order",
    "value": "order_value",
    "target_quantity": "target_quantity",
    "target_value": "target_value",
    "target_weight": "target_weight",
}


def random_bars(seed, n_bars, n_symbols, absent=0.1, volatility=0.03):
    """Bars that obey the rules of a bar, with gaps and late listings."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, volatility, (n_bars * 4, n_symbols))
    prices = np.round(50.0 * np.exp(np.cumsum(steps, axis=0)), 4).reshape(n_bars, 4, n_symbols)
    prices = np.maximum(prices, 1e-4)
    gone = rng.random((n_bars, n_symbols)) < absent
    gone[: rng.integers(0, 3), rng.integers(0, n_symbols)] = True
    if n_symbols == 1 or gone.all():
        gone[0] = False
    fields = {
        "open": prices[:, 0],
        "high": prices.max(axis=1),
        "low": prices.min(axis=1),
        "close": prices[:, 3],
        "volume": np.round(rng.lognormal(6.0, 1.0, (n_bars, n_symbols))) + 1.0,
    }
    return ql.Bars.from_arrays(
        time=np.datetime64("2020-01-01") + np.arange(n_bars),
        symbols=[f"S{i}" for i in range(n_symbols)],
        **{name: np.where(gone, np.nan, panel) for name, panel in fields.items()},
    )


def replay(script):
    """A strategy that gives the orders of `script`: bar -> list of (symbol, kind, amount)."""

    class Replay(ql.Strategy):
        def on_bar(self, now):
            for symbol, kind, amount in script.get(now.bar, []):
                getattr(now, WISHES[kind])(symbol, amount)

    return Replay()


SLOTS = 4


class Tabled(ql.Strategy):
    """Gives the orders that extra fields of the bars hold: the same code for every script, so that it compiles once."""

    def on_bar(self, now):
        kind_0, amount_0 = now.past("kind_0", 1), now.past("amount_0", 1)
        kind_1, amount_1 = now.past("kind_1", 1), now.past("amount_1", 1)
        kind_2, amount_2 = now.past("kind_2", 1), now.past("amount_2", 1)
        kind_3, amount_3 = now.past("kind_3", 1), now.past("amount_3", 1)
        for i in range(now.n_symbols):
            self.give(now, i, kind_0[0, i], amount_0[0, i])
            self.give(now, i, kind_1[0, i], amount_1[0, i])
            self.give(now, i, kind_2[0, i], amount_2[0, i])
            self.give(now, i, kind_3[0, i], amount_3[0, i])

    def give(self, now, i, kind, amount):
        if kind == 0.0:
            now.order(i, amount)
        elif kind == 1.0:
            now.order_value(i, amount)
        elif kind == 2.0:
            now.target_quantity(i, amount)
        elif kind == 3.0:
            now.target_value(i, amount)
        elif kind == 4.0:
            now.target_weight(i, amount)


def with_script(bars, script):
    """The bars with `script` in extra fields that `Tabled` reads; None where a cell has more orders than slots."""
    shape = (SLOTS, bars.n_bars, bars.n_symbols)
    kinds, amounts = np.full(shape, -1.0), np.zeros(shape)
    for bar, orders in script.items():
        taken = [0] * bars.n_symbols
        for symbol, kind, amount in orders:
            if taken[symbol] == SLOTS:
                return None
            place = taken[symbol], bar, symbol
            kinds[place], amounts[place] = list(WISHES).index(kind), amount
            taken[symbol] += 1
    fields = {f"kind_{k}": kinds[k] for k in range(SLOTS)} | {f"amount_{k}": amounts[k] for k in range(SLOTS)}
    return bars.with_arrays(**fields)


@st.composite
def scripts(draw, n_bars, n_symbols, weights=(-1.0, -0.5, 0.0, 0.3, 0.5, 1.0, 1.5)):
    """Orders of every kind at random bars."""
    kinds = {
        "units": st.integers(-60, 60).map(float),
        "value": st.integers(-5_000, 5_000).map(float),
        "target_quantity": st.integers(-60, 60).map(float),
        "target_value": st.integers(-5_000, 5_000).map(float),
        "target_weight": st.sampled_from(weights),
    }
    script = {}
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(sorted(kinds)))
        order = (draw(st.integers(0, n_symbols - 1)), kind, draw(kinds[kind]))
        script.setdefault(draw(st.integers(0, n_bars - 1)), []).append(order)
    return script


@st.composite
def runs(draw, costs=None):
    """Bars, an order script and the terms of a run."""
    bars = random_bars(draw(st.integers(0, 2**32 - 1)), draw(st.integers(2, 25)), draw(st.integers(1, 4)))
    rate = st.sampled_from([0.0, 0.001, 0.01])
    any_costs = st.builds(
        ql.Costs,
        commission=rate,
        slippage=rate,
        spread=st.sampled_from([0.0, 0.01]),
        commission_minimum=st.sampled_from([0.0, 0.0, 2.0]),
        volume_slippage=st.sampled_from([0.0, 0.0, 0.05]),
    )
    return {
        "bars": bars,
        "script": draw(scripts(bars.n_bars, bars.n_symbols)),
        "cash": draw(st.sampled_from([1_000.0, 10_000.0])),
        "costs": draw(any_costs if costs is None else costs),
        "leverage": draw(st.sampled_from([1.0, 1.0, 2.0])),
        "same_close": draw(st.booleans()),
    }


def backtest(case, bars=None, script=None, engine="python"):
    """Run a drawn case through an engine."""
    script, bars = case["script"] if script is None else script, case["bars"] if bars is None else bars
    strategy = replay(script)
    if engine == "compiled":
        bars, strategy = with_script(bars, script), Tabled()
        assume(bars is not None)
    return ql.backtest(
        strategy,
        bars,
        engine=engine,
        cash=case["cash"],
        costs=case["costs"],
        account=case.get("account", ql.Account(leverage=case["leverage"])),
        execution=ql.Execution(fill="same_close" if case["same_close"] else "next_open"),
    )
