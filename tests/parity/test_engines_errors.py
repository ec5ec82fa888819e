"""What goes wrong goes wrong alike: the same exception, the same words, the same line, in both engines."""

import inspect
import re
import traceback
from pathlib import Path

import pandas as pd
import pytest

import quantlab as ql
from quantlab import errors
from quantlab.errors import StrategyError
from tests.identities.cases import random_bars
from tests.parity import faults
from tests.parity.engines import COMPILED, assert_same, both, run
from tests.parity.faults import (
    FAULTS,
    FURTHER_FAULTS,
    REFUSED,
    REFUSED_IN_BOTH,
    WHEN,
    Levels,
    LevelsOfAFeature,
    Quiet,
)

pytestmark = pytest.mark.usefixtures("auto_compiles")


@pytest.fixture(scope="module")
def bars():
    return random_bars(2, 30, 3, absent=0.0)


def failure(strategy, bars, engine, **terms):
    """The exception of a run."""
    with pytest.raises(Exception) as caught:
        ql.backtest(strategy, bars, engine=engine, **terms)
    return caught.value


def users_line(error):
    """The last line of this project's fault file in a traceback."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name == "faults.py"]
    assert own, "".join(traceback.format_exception(error))
    return own[-1].lineno, own[-1].name, own[-1].line


def name_of(part):
    """What a parametrized test is called after."""
    return part.__name__ if isinstance(part, type) else ""


def expected_type(named):
    return getattr(errors, named) if isinstance(named, str) else named


def must_fail_alike(kind, named, bars, engine):
    if kind is faults.NotReady:
        bars = random_bars(3, 30, 3, absent=0.3)
    expected, ours = failure(kind(), bars, "python"), failure(kind(), bars, engine)
    assert type(expected) is expected_type(named)
    assert type(ours) is type(expected), f"python: {expected!r}\ncompiled: {ours!r}"
    assert str(ours) == str(expected)
    assert ours.__notes__ == expected.__notes__
    assert users_line(ours) == users_line(expected)
    hook = "on_fill" if kind is faults.RaisesInFill else "on_bar"
    assert ours.__notes__[0].startswith(f"in {hook} of {kind.__name__}() at bar ")
    if kind not in (faults.NotReady, faults.PastTooFar):
        assert f"at bar {WHEN} (" in ours.__notes__[0]


@pytest.mark.parametrize("engine", [COMPILED, "auto"])
@pytest.mark.parametrize(("kind", "named"), FAULTS, ids=name_of)
def test_what_goes_wrong_goes_wrong_alike(bars, kind, named, engine):
    must_fail_alike(kind, named, bars, engine)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "named"), FURTHER_FAULTS, ids=name_of)
def test_what_else_goes_wrong_goes_wrong_alike(bars, kind, named):
    must_fail_alike(kind, named, bars, COMPILED)


def test_a_level_that_was_not_declared(bars):
    frame = pd.DataFrame(0.01, bars.time, columns=list(bars.symbols))
    table = ql.Forecasts.from_frame(frame, trained_through="2019-12-31")
    expected, ours = (failure(Levels(), bars, e, forecasts=table) for e in ("python", COMPILED))
    assert type(ours) is type(expected) is StrategyError
    assert str(ours) == str(expected)
    assert "no quantile level 0.3" in str(ours)


def test_levels_of_a_feature(bars):
    expected, ours = (failure(LevelsOfAFeature(), bars, e) for e in ("python", COMPILED))
    assert type(expected) is StrategyError
    assert str(ours) == str(expected) or re.match(r"faults\.py, line \d+: .*quantile.*", str(ours))


def test_what_does_not_raise_in_python_does_not_when_compiled(bars):
    both(Quiet(), bars)


def test_a_failed_run_leaves_nothing_behind(bars):
    """A run that raised half-way is replayed from the start: the next run begins fresh."""
    strategy = faults.NotANumber()
    words = {str(failure(strategy, bars, COMPILED)) for _ in range(3)}
    assert len(words) == 1
    both(strategy, bars.rows(0, WHEN))


# Refusals -------------------------------------------------------------------------------------------------


def lines_of(kind, pattern):
    """Numbers of the lines of a class that may be at fault, as a pattern."""
    lines, first = inspect.getsourcelines(kind)
    return "|".join(str(first + k) for k, line in enumerate(lines) if re.search(pattern, line))


@pytest.mark.parametrize(("kind", "piece", "construct"), REFUSED, ids=name_of)
def test_a_refusal_says_where_what_and_what_instead(bars, kind, piece, construct):
    error = failure(kind(), bars, COMPILED)
    assert isinstance(error, StrategyError)
    told = str(error)
    assert re.search(construct, told)
    assert told.count(":") >= 1, "what is wrong, then what to do instead"
    assert len(told) < 400, "advice, not a compiler's log"
    if kind is not faults.RemembersADict:
        assert re.match(rf"faults\.py, line ({lines_of(kind, piece)}): ", told)


@pytest.mark.parametrize(("kind", "piece", "construct"), REFUSED, ids=name_of)
def test_what_is_refused_runs_interpreted_under_auto_and_says_why(bars, kind, piece, construct):
    expected, _ = run(kind(), bars, "python")
    result, _ = run(kind(), bars, "auto")
    assert_same(expected, result)
    assert result.engine.startswith("python")
    assert re.search(construct, result.engine)
    assert len(result.engine) < 450


@pytest.mark.parametrize(("kind", "piece"), REFUSED_IN_BOTH, ids=name_of)
def test_what_both_engines_refuse(bars, kind, piece):
    expected, ours, auto = (failure(kind(), bars, engine) for engine in ("python", COMPILED, "auto"))
    assert type(auto) is type(expected)
    assert str(auto) == str(expected)
    same = type(ours) is type(expected) and str(ours) == str(expected)
    refused = isinstance(ours, StrategyError) and re.match(
        rf"faults\.py, line ({lines_of(kind, re.escape(piece))}): ", str(ours)
    )
    assert same or refused, f"python: {expected!r}\ncompiled: {ours!r}"
