"""One run by both engines, compared bit by bit: what every parity test of the engines is made of."""

from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

import quantlab as ql

COMPILED = "compiled"
TABLES = ("orders", "fills", "trades", "positions")
COSTS = ql.Costs(commission=0.001, slippage=0.0005, commission_minimum=1.0)


@contextmanager
def watched():
    """Collect the live copies that runs work on: their states can be read after the run."""
    kept, started = [], ql.Strategy.started

    def keep(strategy, *args):
        kept.append(started(strategy, *args))
        return kept[-1]

    with patch.object(ql.Strategy, "started", keep):
        yield kept


def states_of(live):
    """Every number and array that a finished run remembers, by name."""
    return {name: live.__dict__[name] for name in type(live)._states}


def run(strategy, bars, engine, **terms):
    """A result, and the states at its end."""
    with watched() as kept:
        result = ql.backtest(strategy, bars, engine=engine, **terms)
    return result, states_of(kept[-1])


def both(strategy, bars, *, tables=TABLES, **terms):
    """Run `strategy` in both engines, demand the same bits, and return the compiled result.

    The compiled run must stay compiled: where an operation might raise in Python it is handed over to the interpreter.
    """
    expected, expected_states = run(strategy, bars, "python", **terms)
    result, states = run(strategy, bars, COMPILED, **terms)
    assert result.engine.startswith(COMPILED), result.engine
    assert_same(expected, result, tables)
    assert_same_states(expected_states, states)
    return result


def assert_same(expected, result, tables=TABLES):
    """Two results with equal bits."""
    assert result.name == expected.name
    for path in ("equity", "cash"):
        ours, theirs = getattr(result, path), getattr(expected, path)
        assert ours.index.equals(theirs.index), path
        assert_same_bits(theirs.to_numpy(), ours.to_numpy(), path)
    for table in tables:
        assert_same_table(getattr(expected, table), getattr(result, table), table)
    assert result.notes == expected.notes
    assert result.ruined == expected.ruined


def assert_same_table(expected, ours, what):
    """Two frames with the same rows, columns, types and bits."""
    assert list(ours.columns) == list(expected.columns), what
    assert len(ours) == len(expected), f"{what}: python has {len(expected)} rows, compiled {len(ours)}"
    assert ours.index.equals(expected.index), what
    for name in expected.columns:
        theirs, mine = expected[name], ours[name]
        assert mine.dtype == theirs.dtype, f"{what}.{name}"
        if theirs.dtype == np.float64:
            assert_same_bits(theirs.to_numpy(), mine.to_numpy(), f"{what}.{name}")
        elif not mine.equals(theirs):
            apart = int(np.flatnonzero((mine != theirs).to_numpy())[0])
            raise AssertionError(
                f"{what}.{name} differs, first in row {apart}: python {theirs.iloc[apart]!r}, "
                f"compiled {mine.iloc[apart]!r}\n{expected.iloc[apart]}\n{ours.iloc[apart]}"
            )


def assert_same_states(expected, states):
    """Two sets of states with equal types and bits."""
    assert states.keys() == expected.keys()
    for name, value in expected.items():
        ours = states[name]
        assert type(ours) is type(value), f"state {name}: {type(ours)} for {type(value)}"
        if isinstance(value, float | np.ndarray):
            assert_same_bits(np.atleast_1d(value), np.atleast_1d(ours), f"state {name}")
        else:
            assert ours == value, f"state {name}"


def assert_same_bits(expected, ours, what):
    """Arrays of the same type and bytes (NaN is NaN whatever its bits); says where they part."""
    assert ours.dtype == expected.dtype, what
    assert ours.shape == expected.shape, what
    plain_ours, plain_expected = (np.where(np.isnan(a), np.nan, a) for a in (ours, expected))
    if plain_ours.tobytes() == plain_expected.tobytes():
        return
    apart = (plain_ours != plain_expected) & ~(np.isnan(plain_ours) & np.isnan(plain_expected))
    apart |= np.signbit(plain_ours) != np.signbit(plain_expected)
    place = tuple(int(k) for k in np.argwhere(apart)[0])
    raise AssertionError(
        f"{what} differs at {apart.sum()} of {apart.size} places, first at {place}: "
        f"python {expected[place]!r}, compiled {ours[place]!r}"
    )
