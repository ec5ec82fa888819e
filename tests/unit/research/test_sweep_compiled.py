"""Compiled trials have the bits of interpreted ones, failures included."""

from __future__ import annotations

import pandas as pd
import pytest

import quantlab as ql
from tests.unit.research.swept import Cross, Fragile, made_bars

BARS = made_bars(400, symbols=("A", "B", "C"))
SETTINGS = {"cash": 5000.0, "costs": ql.Costs(commission=0.001, slippage=0.0005), "risk_free_annual": 0.02}


class Daring(ql.Strategy):
    """Borrows so much that some trials are ruined; remembers things."""

    weight: float = ql.param(default=1.0, low=0.0, high=60.0)
    every: int = ql.param(default=5, low=1, high=100)
    count = ql.state(0)
    seen = ql.state(0.0, per_symbol=True)

    def on_bar(self, now):
        self.count += 1
        for i in range(now.n_symbols):
            self.seen[i] += now.close[i]
            if self.count % self.every == 0 and self.seen[i] / self.count < now.close[i]:
                now.target_weight(i, self.weight / now.n_symbols)


class Once(ql.Strategy):
    """Asks once for more than the bars have volume for."""

    share: float = ql.param(default=0.5, low=0.0, high=1.0)

    def on_bar(self, now):
        if now.bar == 1:
            for i in range(now.n_symbols):
                now.target_weight(i, self.share / now.n_symbols)


@pytest.mark.parametrize(
    ("strategy", "over", "settings"),
    [
        (Cross, {"fast": [2, 5, 9], "slow": [10, 30, 60]}, {}),
        (Cross, {"fast": [2, 5], "slow": [10]}, {"start": "2020-06-01", "end": "2021-01-29"}),
        (Cross, {"fast": [2, 5], "slow": [10]}, {"execution": ql.Execution(fill="same_close")}),
        (Cross, {"fast": [2, 5], "slow": [10]}, {"execution": ql.Execution(latency=2)}),
        (Once, {"share": [0.2, 0.9]}, {"execution": ql.Execution(latency=1, participation=1e-6)}),
        (Daring, {"weight": [0.0, 1.0, 30.0, 60.0], "every": [1, 7]}, {"account": ql.Account(leverage=60.0)}),
        (Fragile, {"level": range(5)}, {}),
    ],
)
def test_compiled_and_interpreted_sweeps_are_equal(strategy, over, settings):
    tables = [
        ql.sweep(strategy, BARS, over=over, engine=engine, workers=workers, **{**SETTINGS, **settings})
        for engine, workers in (("python", 1), ("compiled", 1), ("compiled", 2))
    ]
    for table in tables[1:]:
        assert table.engine == "compiled (asked for)"
        pd.testing.assert_frame_equal(table.frame, tables[0].frame, check_exact=True)
    if strategy is Daring:
        assert (tables[0].frame["cagr"] == -1.0).any()  # ruined


class Prepared(ql.Strategy):
    """Decides before the first bar how much to hold."""

    share: float = ql.param(default=0.5, low=0.0, high=1.0)
    held = ql.state(0.0)

    def on_start(self, now):
        self.held = 0.5 * self.share

    def on_bar(self, now):
        if now.bar == 1:
            now.target_weight(0, self.held)


class Named(ql.Strategy):
    """Buys or sells, as a word says: text is part of compiled code."""

    side: str = ql.param(default="long", choices=("long", "short"))

    def on_bar(self, now):
        if now.bar == 1:
            now.target_weight(0, 0.5 if self.side == "long" else -0.5)


@pytest.mark.parametrize(
    ("strategy", "over"), [(Prepared, {"share": [0.2, 0.9]}), (Named, {"side": ["long", "short"]})]
)
def test_what_one_compiled_loop_cannot_serve_is_run_trial_by_trial(strategy, over):
    tables = [
        ql.sweep(strategy, BARS, over=over, engine=engine, workers=1, **SETTINGS)
        for engine in ("python", "compiled")
    ]
    pd.testing.assert_frame_equal(tables[1].frame, tables[0].frame, check_exact=True)
    assert tables[0].frame["total_return"].nunique() == 2
    assert tables[1].engine.startswith("compiled (one by one")
