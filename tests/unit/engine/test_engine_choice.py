"""Which engine runs, and what `check` says of it beforehand."""

import numba
import numpy as np
import pytest

import quantlab as ql
from quantlab.engine import engines
from quantlab.engine.agreement import agreement
from quantlab.engine.compiled.refusals import Refusal
from quantlab.engine.inputs import ForecastSource, compute_inputs
from quantlab.engine.setup import Setup
from quantlab.errors import StrategyError
from quantlab.trading.account import Account, Rules
from strategies.sma_cross import SmaCross


class Formats(ql.Strategy):
    """Does what cannot be compiled."""

    def on_bar(self, now):
        if now.cash < 0.0:
            print(f"{now.cash:.2f}")


class Divides(ql.Strategy):
    """Divides by a volume of zero, which NumPy answers with a warning and compiled code with an error."""

    def on_bar(self, now):
        if 1.0 / now.volume[0] > 1.0:
            now.target_weight(0, 1.0)


@pytest.fixture(scope="module")
def bars():
    return ql.read_bars("sample:us5").rows(0, 300)


def setup_of(strategy, bars):
    inputs = compute_inputs(strategy, bars, ForecastSource())
    rules = Rules(ql.Costs(), Account(), ql.Execution())
    return Setup(strategy, bars, inputs, range(bars.n_bars), 1e5, rules)


def test_a_short_run_is_not_compiled(bars):
    assert ql.backtest(SmaCross(), bars).engine.startswith("python (auto: a run this short")


def test_a_long_run_is_compiled(bars, monkeypatch):
    monkeypatch.setattr(engines, "TOO_SHORT_S", 0.0)
    monkeypatch.setattr(engines, "WORTH_COMPILING_S", 0.0)
    assert ql.backtest(SmaCross(), bars).engine == "compiled (auto)"


def test_a_run_between_is_compiled_when_that_is_done_already(bars, monkeypatch):
    monkeypatch.setattr(engines, "TOO_SHORT_S", 0.0)

    class Fresh(ql.Strategy):
        def on_bar(self, now):
            if now.bar == 7_000_003:
                now.order(0, 1.0)

    assert "not compiled yet" in ql.backtest(Fresh(), bars).engine
    ql.backtest(Fresh(), bars, engine="compiled")
    assert ql.backtest(Fresh(), bars).engine == "compiled (auto)"


def test_auto_says_why_it_stays_interpreted(bars, monkeypatch):
    monkeypatch.setattr(engines, "TOO_SHORT_S", 0.0)
    monkeypatch.setattr(engines, "WORTH_COMPILING_S", 0.0)
    engine = ql.backtest(Formats(), bars).engine
    assert engine.startswith("python (auto: test_engine_choice.py, line 23: ")


def test_compiled_refuses(bars):
    with pytest.raises(Refusal, match=r"test_engine_choice\.py, line 23: "):
        ql.backtest(Formats(), bars, engine="compiled")


def test_an_unknown_engine_is_named(bars):
    with pytest.raises(StrategyError, match="engine='numba' is not known"):
        ql.backtest(SmaCross(), bars, engine="numba")


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_where_compiled_code_is_stricter_the_interpreted_engine_decides():
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(4),
        symbols=["A"],
        **{name: np.full((4, 1), 10.0) for name in ("open", "high", "low", "close")},
        volume=np.array([[5.0], [0.0], [5.0], [5.0]]),
    )
    result = ql.backtest(Divides(), bars, engine="compiled")
    assert result.engine.startswith("python (compiled code raised ZeroDivisionError at bar 1, 2024-01-02;")
    assert result.fills["bar"].tolist() == [2]


def test_agreement_of_both_engines(bars):
    n_fills = len(ql.backtest(SmaCross(), bars).fills)
    assert agreement(setup_of(SmaCross(), bars)) == (
        f"Compilable: the same orders, {n_fills} fills and equity to the last bit on these bars."
    )
    assert agreement(setup_of(Formats(), bars)).startswith("Not compilable, runs interpreted: test_engine_")


def test_check_tells_when_asked(bars):
    asked = ql.check(SmaCross(), bars, cuts=2, compiled=True, progress=False)
    assert asked.compiled.startswith("Compilable: ")
    assert "Compilable: " in " ".join(str(asked).split())
    assert ql.check(SmaCross(), bars, cuts=2, progress=False).compiled is None


def test_where_nothing_may_be_compiled_the_choice_says_so(bars, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    with pytest.raises(
        StrategyError, match="NUMBA_DISABLE_JIT keeps Numba from compiling anything: unset it, or"
    ):
        ql.backtest(SmaCross(), bars, engine="compiled")
    monkeypatch.setattr(engines, "TOO_SHORT_S", 0.0)
    assert "NUMBA_DISABLE_JIT" in ql.backtest(SmaCross(), bars).engine
