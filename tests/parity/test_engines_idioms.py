"""Habits of Python in a strategy: each compiles, and agrees with the interpreter bit for bit."""

import numpy as np
import pytest

import quantlab as ql
from quantlab.errors import StrategyError
from tests.identities.cases import random_bars
from tests.parity.engines import COMPILED, COSTS, assert_same, assert_same_states, both, run
from tests.parity.idioms import MAY_REFUSE, MUST_COMPILE, MUST_COMPILE_TOO, TextParam, closed_over


@pytest.fixture(scope="module")
def bars():
    bars = random_bars(23, 90, 3, absent=0.05, volatility=0.02)
    assert bars.present.all(axis=1).sum() > 60
    return bars


# Each is compiled on its own: half of them are left to the slow run.
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow if k % 2 else ()) for k, kind in enumerate(MUST_COMPILE)],
    ids=lambda kind: kind.__name__,
)
def test_what_people_write(bars, kind):
    result = both(kind(), bars, costs=COSTS)
    assert len(result.orders) > 0


@pytest.mark.parametrize("kind", MUST_COMPILE[::4], ids=lambda kind: kind.__name__)
def test_what_people_write_filled_at_the_same_close(bars, kind):
    both(kind(), bars, costs=COSTS, execution=ql.Execution(fill="same_close"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", MUST_COMPILE_TOO, ids=lambda kind: kind.__name__)
def test_what_people_also_write(bars, kind):
    both(kind(), bars, costs=COSTS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MAY_REFUSE, ids=lambda kind: kind.__name__)
def test_what_may_be_refused(bars, kind, auto_compiles):
    expected, states = run(kind(), bars, "python", costs=COSTS)
    result, ours = run(kind(), bars, "auto", costs=COSTS)
    assert_same(expected, result)
    assert_same_states(states, ours)
    if not result.engine.startswith(COMPILED):
        with pytest.raises(StrategyError, match=r"idioms\.py"):
            ql.backtest(kind(), bars, engine="compiled")


@pytest.mark.parametrize(("side", "careful"), [("short", True), ("short", False), ("both", False)])
def test_text_and_truth_as_parameters(bars, side, careful):
    both(TextParam(side=side, careful=careful), bars, costs=COSTS, account=ql.Account(leverage=2.0))


def test_closures_over_different_numbers_do_not_share_code(bars):
    results = [both(closed_over(limit)(), bars) for limit in (0.0, 0.02)]
    assert not np.array_equal(results[0].equity, results[1].equity)


def test_a_cold_print_prints_in_both_engines(bars, capfd):
    from tests.parity.idioms import ColdPrint

    run(ColdPrint(), bars, "python")
    interpreted = capfd.readouterr().out
    run(ColdPrint(), bars, COMPILED)
    assert capfd.readouterr().out == interpreted == "bar 21 cash True\n"
