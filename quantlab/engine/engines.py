"""Two engines for one strategy: which of them runs, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantlab.display.moments import moment
from quantlab.engine import loop
from quantlab.engine.setup import Setup
from quantlab.trading.ledger import Record

if TYPE_CHECKING:
    from quantlab.engine.compiled.program import Program

# What a bar takes the interpreted engine, roughly: for `now` and the call, and for each symbol a strategy looks at.
SECONDS_A_BAR = 2e-6
SECONDS_A_CELL = 0.5e-6
# Below the first, even the import of the compiler costs more than it saves; above the second, so does waiting.
TOO_SHORT_S = 0.1
WORTH_COMPILING_S = 1.5


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Parameters
    ----------
    plan, outcome
        Where it began and ended, in rows.
    record
        What happened.
    engine
        Which engine ran, and why.
    """

    plan: loop.Plan
    outcome: loop.Outcome
    record: Record
    engine: str


def run(setup: Setup, engine: str, tick: Callable[[int], None]) -> Run:
    """Run a setup by the `engine` asked for; `tick` is told the row from time to time.

    Raises
    ------
    Refusal
        If the compiled engine was asked for and the strategy cannot be compiled.
    """
    program, why = _chosen(setup, engine)
    if program is None:
        return _interpreted(setup, tick, why)
    from quantlab.engine.compiled import run as compiled

    live, now, broker, plan = setup.opened()
    try:
        outcome = compiled.run(program, live, now, broker, plan, setup.bars, setup.inputs)
    except compiled.Interrupted as interrupted:
        why = (
            f"python (compiled code raised {type(interrupted.error).__name__} at bar {interrupted.bar}, "
            f"{moment(setup.bars.time[interrupted.bar])}; interpreted, the strategy runs through)"
        )
    else:
        return Run(plan, outcome, broker.record(outcome.stop), why)
    # Told again from the start: an error then names the strategy's own line.
    return _interpreted(setup, tick, why)


def _interpreted(setup: Setup, tick: Callable[[int], None], why: str) -> Run:
    live, now, broker, plan = setup.opened()
    outcome = loop.run(live, now, broker, plan, tick)
    return Run(plan, outcome, broker.record(outcome.stop), why)


def _chosen(setup: Setup, engine: str) -> tuple[Program | None, str]:
    """Return the compiled program to run, or None for the interpreted engine; and the choice in words."""
    if engine == "python":
        return None, "python (asked for)"
    seconds = len(setup.rows) * (SECONDS_A_BAR + SECONDS_A_CELL * setup.bars.n_symbols)
    if engine == "auto" and seconds < TOO_SHORT_S:
        return None, "python (auto: a run this short is over before compiled code is loaded)"
    from quantlab.engine.compiled.program import compiled_program
    from quantlab.engine.compiled.refusals import Refusal

    try:
        wait = engine == "compiled" or seconds > WORTH_COMPILING_S
        program = compiled_program(setup, wait=wait)
    except Refusal as refusal:
        if engine == "compiled":
            raise
        return None, f"python (auto: {refusal})"
    if program is None:
        return None, "python (auto: not compiled yet, and a run this short is over sooner)"
    return program, "compiled (asked for)" if engine == "compiled" else "compiled (auto)"
