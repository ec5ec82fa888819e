"""Many parameter sets of one strategy by one compiled loop, without the GIL; of each only a summary is kept."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numba
import numpy as np
from numba import types

from quantlab.engine.compiled.clone import signed
from quantlab.engine.compiled.program import KEPT, Program, program_of
from quantlab.engine.compiled.refusals import compile_or_refuse
from quantlab.engine.compiled.table import Table, address_of, enter_strategy, table_of
from quantlab.engine.loop import Plan
from quantlab.engine.setup import Setup
from quantlab.engine.shared_inputs import SharedInputs
from quantlab.engine.strategy import Strategy
from quantlab.kernels import natives
from quantlab.kernels._cache import ContentCache
from quantlab.kernels.places import (
    ARRIVED,
    BAR,
    COUNTS,
    EQUITY,
    FIRST,
    LIQUIDATE,
    MONEY,
    N_SYMBOLS,
    POSITION,
    RESTING,
    RUINED,
    TARGET,
)
from quantlab.kernels.pointers import caller, read_float, read_int, viewer, write_float, write_int
from quantlab.kernels.summaries import SCRATCH_ROWS, summarise
from quantlab.market.bars import Bars
from quantlab.records import N_COUNTS, N_FILLS, SUMMARY
from quantlab.trading.account import Rules
from quantlab.trading.broker import Broker
from quantlab.typing import BoolArray, FloatArray, IntArray

N_SUMMARY: Final = len(SUMMARY)
N_SCRATCH: Final = SCRATCH_ROWS
# Places of the numbers that `run_many` is told beside the table.
TRIAL, START, N_ROWS, N_COLUMNS, COLUMNS, SETS, N_ARRAYS, ARRAYS, SCRATCH, OUT, BAD = range(11)
CASH, A_YEAR, RATE = range(3)

_floats: Any = viewer(types.float64)
_matrix: Any = viewer(types.float64, 2)
_liquidate: Any = caller(types.int64, types.int64, types.int64)


class Batch:
    """One strategy class over one set of bars, with many parameter sets; used from many threads at once.

    Parameters
    ----------
    strategies, inputs
        The trials, and what they read in the same sequence.
    bars, rows, cash, rules
        As a `Setup` has them.
    periods_per_year, rate_per_bar
        Bars a year, and the riskless return a bar.

    Raises
    ------
    Refusal
        If the strategy does what compiled code cannot.
    """

    def __init__(
        self,
        strategies: Sequence[Strategy],
        bars: Bars,
        rows: range,
        inputs: SharedInputs,
        cash: float,
        rules: Rules,
        periods_per_year: float,
        rate_per_bar: float,
    ) -> None:
        first = inputs.of(0)
        self._setup = Setup(strategies[0], bars, first, rows, cash, rules)
        self._program = program_of(strategies[0], first.sources, bars.fields)
        self._arrays = [
            np.ascontiguousarray(a) for m in inputs.matrices for a in (m.values, *m.levels.values())
        ]
        # A lazy sequence makes its strategies anew each time it is read.
        self._columns, self._sets = _columns(self._program, list(strategies), inputs, self._arrays)
        decisions = first_decisions(inputs, bars, rows.start, rows.stop)
        self._columns = np.concatenate([[FIRST], self._columns])
        self._sets = np.ascontiguousarray(np.column_stack([decisions, self._sets]))
        self._numbers = np.array([cash, periods_per_year, rate_per_bar])
        self._loop = _run_many(self._program)
        self._own = threading.local()

    def run(self, first: int, stop: int, out: FloatArray) -> list[tuple[int, str]]:
        """Run trials `first` … `stop` − 1; write their summaries into ``out[first:stop]``.

        Returns the trials that failed and why; the interpreted engine can tell more.
        """
        if not hasattr(self._own, "worker"):
            self._own.worker = _Worker(self._program, self._setup, self._columns, self._sets)
        worker: _Worker = self._own.worker
        failed: list[tuple[int, str]] = []
        while first < stop:
            bad = np.full(stop - first, -1, np.int64)
            worker.told[[TRIAL, OUT, BAD]] = first, address_of(out[first:]), address_of(bad)
            reached, error = stop, ""
            try:
                self._loop(
                    worker.table.address, address_of(worker.told), address_of(self._numbers), first, stop
                )
            except Exception as raised:
                reached, error = int(worker.told[TRIAL]), f"{type(raised).__name__}: {raised}"
            if worker.table.failure is not None:
                raise worker.table.failure
            done = bad[: reached - first]
            failed += [(first + int(k), "returns are not finite") for k in np.flatnonzero(done >= 0)]
            if error:
                out[reached] = np.nan
                failed.append((reached, error))
            first = reached + 1 if error else stop
        return failed


def fits_batch(strategies: Sequence[Strategy]) -> bool:
    """Whether one compiled loop can run all of them.

    `on_start` and `on_end` are Python, and a parameter that is text is part of the code.
    """
    kind = type(strategies[0])
    if kind.on_start is not Strategy.on_start or kind.on_end is not Strategy.on_end:
        return False
    texts = [name for name, param in kind._params.items() if isinstance(param.default, str)]
    return all(len({getattr(strategy, name) for strategy in strategies}) == 1 for name in texts)


class _Worker:
    """The books and the table of one thread, used for one trial after the other."""

    def __init__(self, program: Program, setup: Setup, columns: IntArray, sets: IntArray) -> None:
        bars, rows = setup.bars, setup.rows
        same_close = setup.rules.same_close
        self.broker = Broker(bars, setup.cash, setup.rules)
        self.table: Table = table_of(
            program, bars, setup.inputs, self.broker, Plan(rows.start, rows.stop, rows.start, same_close)
        )
        self.table.put("liquidate", natives.liquidate.address)
        enter_strategy(self.table, program, setup.strategy.started(bars.n_symbols, setup.inputs.sources))
        states = type(setup.strategy)._states
        places = [program.layout.places["array", name] for name in program.layout.arrays]
        values = [states[name].initial for name in program.layout.arrays]
        begun = np.array(places, np.int64), np.array(values, np.float64)
        arrays = np.array([address_of(array) for array in begun])
        scratch = np.empty((SCRATCH_ROWS, len(rows)))
        self._kept = (*begun, arrays, scratch, columns, sets)  # `told` has their addresses
        self.told = np.zeros(BAD + 1, np.int64)
        self.told[[START, N_ROWS]] = rows.start, len(rows)
        self.told[[N_COLUMNS, COLUMNS, SETS]] = len(columns), address_of(columns), address_of(sets)
        self.told[[N_ARRAYS, ARRAYS, SCRATCH]] = len(places), address_of(arrays), address_of(scratch)


def first_decisions(inputs: SharedInputs, bars: Bars, start: int, stop: int) -> IntArray:
    """First row with a decision of every trial, as `Inputs.first_decision` finds it.

    No row before a symbol's inputs have all begun can be the first: where some symbol is ready on that row it is,
    and only elsewhere one has to search.
    """
    n_trials = len(inputs.which)
    if not inputs.names:
        return np.full(n_trials, start, np.int64)
    begun = np.array([_first_rows(m.values[start:stop]) for m in inputs.matrices])
    latest = begun[inputs.which].max(axis=1)
    symbols = latest.argmin(axis=1)
    rows: IntArray = np.minimum(start + latest[np.arange(n_trials), symbols], stop)
    for number in np.flatnonzero((rows < stop) & ~_are_ready(inputs, bars, rows, symbols)):
        rows[number] = inputs.of(int(number)).first_decision(bars, int(rows[number]), stop)
    return rows


def _first_rows(values: FloatArray) -> IntArray:
    """First row of each symbol that is a number; the number of rows where there is none."""
    known = values == values  # NaN is not
    first = known.argmax(axis=0)
    rows: IntArray = np.where(known[first, np.arange(len(first))], first, len(values))
    return rows


def _are_ready(inputs: SharedInputs, bars: Bars, rows: IntArray, symbols: IntArray) -> BoolArray:
    """Whether a symbol has a bar and all inputs of a trial on a row, for each trial; rows beyond the bars are not."""
    inside = np.minimum(rows, bars.n_bars - 1)
    ready = bars.present[inside, symbols] & (rows < bars.n_bars)
    for read in inputs.which.T:
        cells = zip(read.tolist(), inside.tolist(), symbols.tolist(), strict=True)
        ready &= ~np.isnan([inputs.matrices[m].values[row, symbol] for m, row, symbol in cells])
    return ready


def _columns(
    program: Program, strategies: Sequence[Strategy], inputs: SharedInputs, arrays: list[FloatArray]
) -> tuple[IntArray, IntArray]:
    """Places of the table that differ between trials, and what each trial has there, ``(n_trials, n_places)``."""
    kind, layout = type(strategies[0]), program.layout
    columns: list[int] = []
    values: list[IntArray] = []
    first = np.concatenate([[0], np.cumsum([1 + len(m.levels) for m in inputs.matrices])])
    addresses = np.array([address_of(array) for array in arrays], np.int64)
    for k, (name, levels) in enumerate(layout.inputs):
        wanted = first[inputs.which[:, k]]
        columns.append(layout.places["input", name])
        values.append(addresses[wanted])
        for j, level in enumerate(levels):
            columns.append(layout.places["level", f"{name}@{level!r}"])
            values.append(addresses[wanted + 1 + j])
    for name, number in layout.params:
        if number != "str":
            columns.append(layout.places["param", name])
            values.append(_bits([getattr(strategy, name) for strategy in strategies], number))
    for name, number in layout.scalars:
        columns.append(layout.places["scalar", name])
        values.append(np.repeat(_bits([kind._states[name].initial], number), len(strategies)))
    return np.array(columns, np.int64), np.column_stack(values or [np.empty((len(strategies), 0), np.int64)])


def _bits(values: Sequence[Any], kind: str) -> IntArray:
    if kind == "float":
        return np.array(values, np.float64).view(np.int64)
    return np.array(values, np.int64)


@lru_cache(maxsize=KEPT)
def _run_many(program: Program) -> Any:
    """Return ``run_many`` of a program, compiled or read from disk."""
    loop = program.loop

    def run_many(table: Any, told: Any, numbers: Any, first: Any, stop: Any) -> None:
        cash = read_float(numbers, CASH)
        start = read_int(told, START)
        n_rows = read_int(told, N_ROWS)
        equity = _floats(read_int(table, EQUITY) + 8 * start, n_rows)
        scratch = _matrix(read_int(told, SCRATCH), N_SCRATCH, n_rows)
        summaries = _matrix(read_int(told, OUT), stop - first, N_SUMMARY)
        for trial in range(first, stop):
            write_int(told, TRIAL, trial)
            _reset(table, told, cash, trial)
            equity[: read_int(table, FIRST) - start] = cash
            last = loop(table)
            ruined = read_int(table, RUINED) == 1
            if ruined:
                _liquidate(read_int(table, LIQUIDATE), (table, last - 1))
                equity[last - 1 - start] = read_float(read_int(table, MONEY), 0)
            n_fills = read_int(read_int(table, COUNTS), N_FILLS)
            bad = summarise(
                equity[: last - start],
                cash,
                n_fills,
                ruined,
                read_float(numbers, A_YEAR),
                read_float(numbers, RATE),
                scratch,
                summaries[trial - first],
            )
            write_int(read_int(told, BAD), trial - first, bad)

    run_many.__qualname__ = signed("run_many", program.key)
    compiled = numba.njit(nogil=True, error_model="python")(run_many)
    key = hashlib.sha256(f"many {program.key}".encode()).hexdigest()
    compiled._cache = ContentCache(f"sweep.{program.strategy.__qualname__}", key)
    compile_or_refuse(compiled, types.void(*[types.int64] * 5), program.strategy.on_bar)
    return compiled


@numba.njit(error_model="numpy")
def _reset(table: Any, told: Any, cash: Any, trial: Any) -> None:
    """Begin a trial: its own parameters and inputs, empty books, states at their beginning."""
    n_columns = read_int(told, N_COLUMNS)
    for k in range(n_columns):
        value = read_int(read_int(told, SETS), trial * n_columns + k)
        write_int(table, read_int(read_int(told, COLUMNS), k), value)
    n = read_int(table, N_SYMBOLS)
    for k in range(read_int(told, N_ARRAYS)):
        state = read_int(table, read_int(read_int(read_int(told, ARRAYS), 0), k))
        for i in range(n):
            write_float(state, i, read_float(read_int(read_int(told, ARRAYS), 1), k))
    for i in range(n):
        write_float(read_int(table, POSITION), i, 0.0)
        write_int(read_int(table, TARGET), i, -1)
        write_int(read_int(table, ARRIVED), i, -1)
        write_int(read_int(table, RESTING), i, 0)
    for k in range(N_COUNTS):
        write_int(read_int(table, COUNTS), k, 0)
    write_float(read_int(table, MONEY), 0, cash)
    write_int(table, RUINED, 0)
    write_int(table, BAR, read_int(table, FIRST))
