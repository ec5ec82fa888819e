"""Who runs the trials: this process, processes beside it, or threads where compiled code needs no GIL."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from quantlab.engine.engines import WORTH_COMPILING_S
from quantlab.errors import StrategyError
from quantlab.records import SUMMARY
from quantlab.research.job import Done, Job, attempt
from quantlab.research.processes import run_in_processes

if TYPE_CHECKING:
    from quantlab.engine.compiled.batch import Batch

CHUNK = 50  # trials a call of compiled code: handing over the GIL costs as much as some of them
# Processes take about two seconds to start. Whoever did not ask for them gets them when the rest would take longer.
PATIENCE_S = 2.0
LOOK_S = 0.3


class Crew:
    """Whoever runs the trials of a sweep.

    Parameters
    ----------
    workers
        How many processes or threads; None for as many as there are processors, where that pays.
    engine
        As `quantlab.engine.backtest.backtest` takes it.

    Attributes
    ----------
    engine
        Which engine ran, and why, once something has run.

    Raises
    ------
    StrategyError
        If `workers` is no positive number.
    """

    def __init__(self, workers: int | None, engine: str) -> None:
        if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
            raise StrategyError(f"workers={workers!r}: give how many processes or threads to use, as 4.")
        self.engine = engine
        self._workers = workers

    def run(self, job: Job) -> Iterator[Done]:
        """Run all trials of a job, in whatever sequence they finish.

        Raises
        ------
        Refusal
            If the compiled engine was asked for and the strategy cannot be compiled.
        """
        batch, engine, self.engine = _compiled(job)
        if batch is None:
            yield from run_interpreted(replace(job, engine=engine), self._workers)
            return
        for done in run_in_threads(batch, job, self._workers or available_workers()):
            yield done
            for number in done.errors:
                # Told again by the interpreted engine: either the error is the strategy's own, or it runs through.
                yield attempt(replace(job, engine="python"), number)


def _compiled(job: Job) -> tuple[Batch | None, str, str]:
    """Return compiled code for all trials, or None; the engine for single trials; and the choice in words."""
    if job.engine == "python":
        return None, "python", "python (asked for)"
    if not job.is_summary:
        return None, job.engine, f"{job.engine} (one by one: a metric needs more than the equity)"
    if job.engine == "auto" and job.seconds_interpreted < WORTH_COMPILING_S:
        return None, "python", "python (auto: over before code is compiled)"
    why = "asked for" if job.engine == "compiled" else "auto"
    try:
        batch = compiled_batch(job)
    except StrategyError as refusal:
        if job.engine == "compiled":
            raise
        return None, "python", f"python (auto: {refusal})"
    if batch is None:
        return None, job.engine, f"{job.engine} (one by one: a hook that is Python, or text that differs)"
    return batch, job.engine, f"compiled ({why})"


def compiled_batch(job: Job) -> Batch | None:
    """Make compiled code for all trials of a job; None where one loop cannot serve them all.

    Raises
    ------
    Refusal
        If the strategy does what compiled code cannot.
    """
    from quantlab.engine.compiled.batch import Batch, fits_batch  # brings the compiler

    if not fits_batch(job.strategies):
        return None
    own = job.common
    return Batch(
        job.strategies, own.bars, own.rows, job.inputs, own.cash, own.rules,
        own.bars.periods_per_year, own.rate_per_bar,
    )  # fmt: skip


def available_workers() -> int:
    """Processors that this process may use, also where a container or an affinity mask allows fewer."""
    from joblib import cpu_count  # only a sweep needs it

    return int(cpu_count())


def run_here(job: Job, numbers: Sequence[int]) -> Iterator[Done]:
    """Run trials one after the other in this process."""
    for number in numbers:
        yield attempt(job, number)


def run_interpreted(job: Job, workers: int | None) -> Iterator[Done]:
    """Run all trials of a job, in this process or in several; in whatever sequence they finish."""
    numbers = range(len(job))
    if workers is None:
        began, n_done = time.perf_counter(), 0
        for number in numbers:
            yield attempt(job, number)
            n_done += 1
            spent = time.perf_counter() - began
            if spent > LOOK_S and spent / n_done * (len(job) - n_done) > PATIENCE_S:
                break
        numbers = numbers[n_done:]
        workers = available_workers()
    if min(workers, len(numbers)) <= 1:
        yield from run_here(job, numbers)
    else:
        yield from run_in_processes(job, numbers, min(workers, len(numbers)))


def run_in_threads(batch: Batch, job: Job, workers: int) -> Iterator[Done]:
    """Run compiled code in threads, a chunk of trials at a time."""
    out = np.full((len(job), len(SUMMARY)), np.nan)
    columns = [SUMMARY.index(name) for name in job.common.metrics]

    def run(first: int) -> Done:
        numbers = range(first, min(first + CHUNK, len(job)))
        failed = dict(batch.run(first, numbers.stop, out))
        return Done(numbers, out[first : numbers.stop, columns], failed)

    firsts = range(0, len(job), CHUNK)
    if min(workers, len(firsts)) == 1:
        yield from map(run, firsts)
        return
    # Not joblib: it looks for finished work every 10 ms, which is as long as a hundred trials take.
    with ThreadPoolExecutor(workers) as pool:
        try:
            for future in as_completed([pool.submit(run, first) for first in firsts]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)
