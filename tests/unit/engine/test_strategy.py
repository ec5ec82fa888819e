"""Declaring a strategy: what runs, and what is refused with advice."""

import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import StrategyError
from tests.identities.cases import random_bars


class Cross(ql.Strategy):
    fast: int = ql.param(default=10, low=2, high=100)
    scale: float = ql.param(default=1.5, low=0.0, high=3.0)
    side: str = ql.param(default="long", choices=("long", "short"))

    average = ql.feature("sma", lookback=2 * fast + 1)
    count = ql.state(0)
    level = ql.state(0.0)
    peak = ql.state(0.0, per_symbol=True)
    notes = ql.state(factory=dict)

    def on_bar(self, now):
        self.count += 1


def test_a_strategy_prints_as_the_code_that_makes_it_and_is_a_value():
    assert repr(Cross(fast=20)) == "Cross(fast=20, scale=1.5, side='long')"
    assert eval(repr(Cross(fast=20))) == Cross(fast=20) != Cross()
    assert hash(Cross()) == hash(Cross())
    assert Cross(scale=2).scale == 2.0


def test_parameters_reach_declared_inputs_through_arithmetic():
    assert Cross(fast=7).declared_inputs()["average"].lookback == 15


@pytest.mark.parametrize(
    ("params", "advice"),
    [
        ({"fats": 3}, "Did you mean 'fast'"),
        ({"fast": 1}, "outside its range: give a value from 2 to 100"),
        ({"fast": 101}, "outside its range"),
        ({"fast": 20.0}, "give int"),
        ({"fast": True}, "give int"),
        ({"scale": float("nan")}, "outside its range"),
        ({"side": "flat"}, "use one of"),
    ],
)
def test_a_wrong_parameter_is_refused(params, advice):
    with pytest.raises(StrategyError, match=advice):
        Cross(**params)


def declare(body):
    namespace = {"ql": ql}
    exec("class S(ql.Strategy):\n" + textwrap.indent(textwrap.dedent(body), "    "), namespace)
    return namespace["S"]


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ("fast = ql.param(default=3)", "Write `fast: int = ql.param"),
        ("count: int = ql.state(0)", "without an annotation"),
        ("limit: int = 3", "annotated but no parameter"),
        ("def on_bars(self, now): pass", "Did you mean 'on_bar'"),
        ("x: int = ql.param(default=5, low=6)", "outside its range"),
        ("x = ql.state()", "initial number or a factory"),
        ("x = ql.state({})", "factory"),
        ("params = ql.state(0)", "every strategy has a 'params' already"),
        ("x: str = ql.param(default=3)", "make them agree"),
    ],
)
def test_a_declaration_that_would_mislead_is_refused(body, advice):
    with pytest.raises(StrategyError, match=advice):
        declare(body)


def test_parameters_are_frozen_and_state_belongs_to_runs():
    strategy = Cross()
    with pytest.raises(StrategyError, match="frozen"):
        strategy.fast = 3
    with pytest.raises(StrategyError, match="exists during a run"):
        strategy.count = 3
    with pytest.raises(StrategyError, match="not declared"):
        strategy.total = 3


def test_numbers_of_numpy_are_numbers():
    assert Cross(fast=np.int64(7), scale=np.float32(2)) == Cross(fast=7, scale=2.0)
    assert ql.Costs(commission=np.float64(0.001)) == ql.Costs(commission=0.001)


def test_a_float_parameter_may_have_a_whole_default():
    made = declare("x: float = ql.param(default=1, low=0)")
    assert (made().x, made(x=0.5).x) == (1.0, 0.5)


def test_a_constant_cannot_replace_a_parameter_unnoticed():
    with pytest.raises(StrategyError, match="would have no effect"):
        type("Sub", (Cross,), {"fast": 5})


def test_inheritance_adds_to_what_is_declared():
    class More(Cross):
        slow: int = ql.param(default=50)

    assert More().params == {"fast": 10, "scale": 1.5, "side": "long", "slow": 50}


def run(body, n_bars=30, **settings):
    return ql.backtest(declare(body)(), random_bars(3, n_bars, 2, absent=0.0), **settings)


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("self.count += 0.5", r"declare it as `count = ql.state\(0.0\)`"),
        ("self.total = 1", "not declared"),
        ("self.peak = now.close", r"self.peak\[:\]"),
        ("self.fast = 3", "frozen"),
        ("self.average = 3", "declared input"),
        ("now.cash = 3", "read-only"),
        ("self.average > 3", r"read it as now\[self.average\]"),
        ("self.average == 3", r"read it as now\[self.average\]"),
        ("if self.average: pass", r"read it as now\[self.average\]"),
        ("self.average[0]", r"read it as now\[self.average\]"),
        ("float(self.average)", r"read it as now\[self.average\]"),
        ("now['close']", "fields are now.close"),
        ("now.past(self.average, 0)", "a whole number of rows, 1 to 10"),
        ("now.past('close', now.bar + 2)", "waits for enough"),
        ("now.is_new('fortnight')", "is not a period"),
        ("now.quantile(self.average, 0.1)", "is a feature and has no quantile levels"),
    ],
)
def test_misuse_inside_a_run_names_the_bar(line, advice):
    body = f"""
    fast: int = ql.param(default=5)
    average = ql.feature("sma", lookback=fast)
    count = ql.state(0)
    peak = ql.state(0.0, per_symbol=True)
    def on_bar(self, now):
        if now.bar == 9:
            {line}
    """
    with pytest.raises(StrategyError, match=advice) as caught:
        run(body)
    assert "at bar 9 (2020-01-10" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("line", "error", "advice"),
    [
        ("now.order(0, float('nan'))", Exception, "not ready reads NaN"),
        ("now.target_weight(1, float('inf'))", Exception, "has no meaning"),
        ("now.target_weights([0.1])", Exception, r"takes \(2,\) weights"),
        ("now.target_weights([0.1, float('nan')])", Exception, "for S1 at bar 9"),
        ("now.order(0, float('inf'))", Exception, "give a finite number"),
        ("now.order(0, None)", Exception, "give a finite number"),
        ("now.order('S1', 1.0)", Exception, r"now.index\('S1'\)"),
        ("now.order(1.0, 1.0)", Exception, "whole number"),
        ("now[self.average, 'S1']", Exception, r"now.index\('S1'\)"),
        ("now[self.average, 1.0]", Exception, "whole number"),
        ("now.order(2, 1.0)", IndexError, "there are 2"),
        ("now.close[0] = 1.0", ValueError, "read-only"),
        ("now.position[0] = 1.0", ValueError, "read-only"),
        ("now.past('close', 3)[0] = 1.0", ValueError, "read-only"),
        ("now[self.average][0] = 1.0", ValueError, "read-only"),
        ("now[self.average, 2]", IndexError, "there are 2"),
    ],
)
def test_wrong_orders_and_writes_are_refused(line, error, advice):
    body = f"""
    average = ql.feature("sma", lookback=5)
    def on_bar(self, now):
        if now.bar == 9:
            {line}
    """
    with pytest.raises(error, match=advice):
        run(body)


def test_a_misspelt_name_of_now_is_answered_with_advice():
    with pytest.raises(AttributeError) as caught:
        run("def on_bar(self, now): now.clsoe")
    assert "Did you mean 'close'" in caught.value.__notes__[1]


SEES = ["now[self.average]", "now[self.average, 0]", "now.close", "now.mark", "now.time", "now.equity", "now.weight",
        "now.ready", "now.tradable", "now.is_new('day')", "now.past('close', 1)"]  # fmt: skip


@pytest.mark.parametrize("line", SEES)
def test_on_start_sees_no_bar(line):
    body = f"""
    average = ql.feature("sma", lookback=5)
    def on_start(self, now): {line}
    def on_bar(self, now): pass
    """
    with pytest.raises(StrategyError, match="on_start sees no bar"):
        run(body)


@pytest.mark.parametrize("line", SEES)
def test_on_end_sees_the_last_bar_even_when_nothing_was_decided(line):
    body = f"""
    average = ql.feature("sma", lookback=500)
    def on_end(self, now):
        assert now.bar == 29
        {line}
    def on_bar(self, now): pass
    """
    assert "nothing was decided" in run(body).notes[0]


def test_an_error_names_its_hook():
    with pytest.raises(ZeroDivisionError) as caught:
        run("""
        def on_bar(self, now): now.order(0, 1.0)
        def on_fill(self, now, fill): 1 / 0
        """)
    assert "in on_fill of S() at bar 1" in caught.value.__notes__[0]


def test_orders_outside_bars_are_errors():
    for hook in ("on_start", "on_end"):
        with pytest.raises(Exception, match="has no meaning"):
            run(f"def {hook}(self, now): now.order(0, 1.0)\ndef on_bar(self, now): pass")


def test_each_run_starts_fresh_and_leaves_the_strategy_alone():
    seen = []

    class Counts(ql.Strategy):
        count = ql.state(0)
        memory = ql.state(factory=list)
        peak = ql.state(0.0, per_symbol=True)

        def on_bar(self, now):
            self.count += 1
            self.memory.append(now.bar)
            self.peak[:] = now.close

        def on_end(self, now):
            seen.append((self.count, len(self.memory), self.peak.shape))

    strategy, bars = Counts(), random_bars(3, 12, 2, absent=0.0)
    ql.backtest(strategy, bars)
    ql.backtest(strategy, bars)
    assert seen == [(12, 12, (2,))] * 2
    assert set(vars(strategy)) == {"_live"}


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda bars: ql.backtest(Cross, bars), r"give an instance, Cross\(\)"),
        (lambda bars: ql.backtest("Cross", bars), "is no strategy"),
        (lambda bars: ql.backtest(ql.Strategy(), bars), "has no on_bar"),
        (lambda bars: ql.backtest(Cross(), "sample:us5"), "read it with"),
        (lambda bars: ql.backtest(Cross(), bars, cash=0.0), "above 0"),
        (lambda bars: ql.backtest(Cross(), bars, engine="pyhton"), "Did you mean 'python'"),
        (lambda bars: ql.backtest(Cross(), bars, start="2031"), "no bar from 2031"),
        (lambda bars: ql.backtest(bars, Cross()), "the strategy comes first"),
        (lambda bars: ql.backtest(Cross(), bars, costs=0.001), r"write costs=ql.Costs\(commission=0.001\)"),
        (lambda bars: ql.backtest(Cross(), bars, execution="same_close"), "write execution=ql.Execution"),
        (lambda bars: ql.backtest(Cross(), bars, account={"leverage": 2}), "write account=ql.Account"),
        (lambda bars: ql.backtest(Cross(), bars, folds=3), "write folds=ql.WalkForward"),
        (lambda bars: ql.backtest(Cross(), bars, cash="100"), "give a finite number"),
        (lambda bars: ql.backtest(Cross(), bars, risk_free_annual=float("nan")), "give a finite number"),
        (lambda bars: ql.backtest(Cross(), bars, benchmark="S9"), "no symbol 'S9'"),
        (lambda bars: ql.backtest(Cross(), bars, benchmark=[1, 2]), "give a symbol"),
        (
            lambda bars: ql.backtest(Cross(), bars, benchmark=pd.Series(bars.close[:, 0], bars.time)),
            "looks like prices",
        ),
        (lambda bars: ql.Account(leverage="2"), "positive"),
        (lambda bars: ql.Costs(commission=-1.0), "zero or more"),
        (lambda bars: ql.Costs(commission=5), "0.1% is 0.001"),
        (lambda bars: ql.Account(leverage=0.0), "positive"),
        (lambda bars: ql.Execution(fill="open"), "same_close"),
    ],
)
def test_what_cannot_be_run_is_refused(call, advice):
    with pytest.raises(Exception, match=advice):
        call(random_bars(3, 12, 2, absent=0.0))


TYPED = '''
import quantlab as ql

class S(ql.Strategy):
    fast: int = ql.param(default=10)
    scale: float = ql.param(default=1.5)
    average = ql.feature("sma", lookback=2 * fast)
    count = ql.state(0)
    peak = ql.state(0.0, per_symbol=True)

    def on_bar(self, now: ql.Now) -> None:
        self.count += 1
        self.peak[0] = now.close[0]
        value: float = now[self.average, 0]
        now.target_weight(0, value)

S(fast=20, scale=2.0)
'''  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ("", None),
        ("S(20)", "Too many positional arguments"),
        ("S(fats=20)", "Unexpected keyword"),
        ("S(fast='a')", "incompatible type"),
        ("S().fast = 3", "read-only"),
        ("S().count = 'a'", "Incompatible types"),
    ],
)
def test_type_checkers_accept_what_runs_and_refuse_what_does_not(tmp_path, extra, complaint):
    file = tmp_path / "typed.py"
    file.write_text(f"{TYPED}\n{extra}\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", str(file)],
        capture_output=True,
        text=True,
    )
    if "No module named mypy" in done.stderr:
        pytest.skip("mypy is not installed")
    assert (complaint in done.stdout) if complaint else ("Success" in done.stdout), done.stdout
