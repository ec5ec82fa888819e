"""Whether a strategy can be compiled, and whether the two engines then agree to the last bit."""

from __future__ import annotations

from typing import Any

from quantlab.engine import engines
from quantlab.engine.setup import Setup
from quantlab.trading.ledger import Record


def agreement(setup: Setup) -> str:
    """Run a setup by both engines; return in one sentence what the compiled one makes of it.

    What the interpreted run raises comes out as it is.
    """
    from quantlab.engine.compiled.program import compiled_program
    from quantlab.engine.compiled.refusals import Refusal

    try:
        compiled_program(setup)
    except Refusal as refusal:
        return f"Not compilable, runs interpreted: {refusal}"
    interpreted = engines.run(setup, "python", lambda row: None)
    compiled = engines.run(setup, "compiled", lambda row: None)
    if not compiled.engine.startswith("compiled"):
        return f"Compilable, but runs here as {compiled.engine}."
    place = _first_difference(interpreted.record, compiled.record)
    if place:
        return f"COMPILED RUN DIFFERS from the interpreted one in {place}: please report it; use engine='python'."
    n_fills = len(compiled.record.fills)
    return f"Compilable: the same orders, {n_fills:,} fills and equity to the last bit on these bars."


def _first_difference(one: Record, other: Record) -> str:
    for name in ("orders", "tickets", "fills", "equity"):
        if _bits(getattr(one, name)) != _bits(getattr(other, name)):
            return f"its {name}"
    return ""


def _bits(array: Any) -> list[bytes]:
    """Return what is written in an array, without the unused bytes between the fields of records."""
    return [array[name].tobytes() for name in array.dtype.names] if array.dtype.names else [array.tobytes()]
