"""What a reader must know before believing a result's numbers."""

from __future__ import annotations

from quantlab.engine.inputs import Inputs
from quantlab.engine.loop import Outcome, Plan
from quantlab.market.bars import Bars
from quantlab.records import REJECTED, RESTING
from quantlab.trading.ledger import Record


def notes_of(bars: Bars, inputs: Inputs, plan: Plan, outcome: Outcome, record: Record) -> tuple[str, ...]:
    """Return the notes of a run as sentences, the gravest first."""
    statuses = record.orders["status"]
    n_rejected = int((statuses == REJECTED).sum())
    n_unfilled = int((statuses == RESTING).sum())
    lines = []
    if outcome.ruined:
        lines.append(
            f"RUINED at {bars.time[outcome.stop - 1]}: equity fell to zero and the run stopped there."
        )
    if plan.same_close:
        lines.append(
            "SAME CLOSE: orders fill at the very close they were decided on, which no real order can."
        )
    lines += [f"UNCHECKED: {line}" for line in inputs.unchecked]
    if plan.first_decision >= plan.stop:
        lines.append(
            "No bar had all declared inputs, so nothing was decided: the bars are shorter than the warm-up."
        )
    if n_rejected:
        lines.append(f"{_orders(n_rejected)} rejected, of {len(statuses)}; result.orders has the reasons.")
    if n_unfilled:
        lines.append(f"{_orders(n_unfilled)} still unfilled at the end.")
    return tuple(lines)


def _orders(count: int) -> str:
    return "1 order was" if count == 1 else f"{count} orders were"
