"""What a reader must know before believing a result's numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quantlab.display.moments import moment
from quantlab.engine.inputs import Inputs
from quantlab.engine.loop import Outcome, Plan
from quantlab.market.bars import Bars
from quantlab.records import REJECTED, RESTING
from quantlab.trading.account import SAME_CLOSE, Rules
from quantlab.trading.ledger import Record, held_at_end
from quantlab.trading.quotes import n_crossed

# Bars and calendar years may differ by this much before annualised figures deserve a warning.
TOLERATED_YEARS = 0.2
FEWEST_YEARS = 0.25
# Below this a figure a year tells more of the exponent than of the run.
SHORT_YEARS = 0.5
WEEKLY = 52.0
NS_PER_YEAR = 365.25 * 86_400e9


def notes_of(
    bars: Bars, inputs: Inputs, rules: Rules, plan: Plan, outcome: Outcome, record: Record
) -> tuple[str, ...]:
    """Return the notes of a run as sentences, the gravest first."""
    lines = []
    if outcome.ruined:
        lines.append(
            f"RUINED at {moment(bars.time[outcome.stop - 1])}: equity fell to zero and the run stopped there."
        )
    if plan.same_close:
        lines.append(SAME_CLOSE)
    lines += [f"UNCHECKED: {line}" for line in inputs.unchecked]
    return (
        *lines,
        *_about_time(bars, plan, outcome, record),
        *_about_quotes(bars, rules),
        *_about_orders(plan, record),
        *_about_stale(bars, outcome, record),
    )


def _about_time(bars: Bars, plan: Plan, outcome: Outcome, record: Record) -> Iterator[str]:
    elapsed = (bars.time_ns[outcome.stop - 1] - bars.time_ns[plan.start]) / NS_PER_YEAR
    counted = (outcome.stop - plan.start) / bars.periods_per_year
    if elapsed > FEWEST_YEARS and abs(counted - elapsed) > TOLERATED_YEARS * elapsed:
        yield (
            f"{outcome.stop - plan.start} bars at N = {bars.periods_per_year:g} a year are {counted:.2g} years, but "
            f"{elapsed:.2g} years passed: annualised figures mislead. Are bars missing, or periods_per_year wrong?"
        )
    if counted < SHORT_YEARS and len(record.fills) and not outcome.ruined:
        yield f"Annualised from {_sessions(bars, plan.start, outcome.stop)}: figures a year say little."


def _sessions(bars: Bars, start: int, stop: int) -> str:
    n = len(np.unique(bars.sessions[start:stop]))
    # A row of a week or a month is labelled by one session, but is none.
    noun = "session" if bars.periods_per_year > WEEKLY else "bar"
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _about_quotes(bars: Bars, rules: Rules) -> Iterator[str]:
    crossed = n_crossed(bars) if rules.execution.quotes else 0
    if crossed:
        yield f"Quotes cross in {crossed:,} bars (bid above ask): their mean served as both."


def _about_orders(plan: Plan, record: Record) -> Iterator[str]:
    statuses = record.orders["status"]
    n_rejected, n_unfilled = int((statuses == REJECTED).sum()), int((statuses == RESTING).sum())
    if plan.first_decision >= plan.stop:
        yield "No bar had all declared inputs, so nothing was decided."
    elif not len(statuses):
        yield "The strategy gave no orders."
    if n_rejected:
        yield f"{_orders(n_rejected)} rejected, of {len(statuses)}; result.orders has the reasons."
    if n_unfilled:
        yield f"{_orders(n_unfilled)} still unfilled at the end."


def _about_stale(bars: Bars, outcome: Outcome, record: Record) -> Iterator[str]:
    """Name positions whose symbol has had no bar for a while: their mark is an old price."""
    last = outcome.stop - 1
    stale = []
    for i in np.flatnonzero(held_at_end(record.fills, bars.n_symbols)):
        seen = int(bars.present[last::-1, i].argmax())
        if seen:
            stale.append((bars.symbols[i], moment(bars.time[last - seen])))
    if stale:
        names = ", ".join(f"{symbol} since {time}" for symbol, time in stale[:3])
        more = f" and {len(stale) - 3} more" if len(stale) > 3 else ""
        yield (
            f"Positions without a bar at the end are valued at their last close: {names}{more}. "
            "If a symbol was delisted, say so with read_bars(…, ends=…)."
        )


def _orders(count: int) -> str:
    return "1 order was" if count == 1 else f"{count} orders were"
