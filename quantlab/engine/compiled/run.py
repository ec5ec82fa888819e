"""One run by compiled code, between the interpreted hooks that see its beginning and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantlab.engine.compiled.program import Program
from quantlab.engine.compiled.table import enter_strategy, leave_strategy, point_to_inputs, table_of
from quantlab.engine.loop import Outcome, Plan, begin, finish

if TYPE_CHECKING:
    from quantlab.engine.inputs import Inputs
    from quantlab.engine.now import Now
    from quantlab.engine.strategy import Strategy
    from quantlab.market.bars import Bars
    from quantlab.trading.broker import Broker


class Interrupted(Exception):
    """Compiled code raised `error` at row `bar`; the interpreted engine can tell what happened."""

    def __init__(self, bar: int, error: Exception) -> None:
        super().__init__(bar, error)
        self.bar = bar
        self.error = error


def run(
    program: Program, strategy: Strategy, now: Now, broker: Broker, plan: Plan, bars: Bars, inputs: Inputs
) -> Outcome:
    """Run a started strategy over the bars of `plan`, as `quantlab.engine.loop.run` does.

    Raises
    ------
    Interrupted
        If the strategy's code raised during the bars. What `on_start` and `on_end` raise comes out as it is.
    """
    begin(strategy, now)
    # Nothing can be held before the first decision.
    broker.mark(plan.start, plan.first_decision)
    stop, ruined = plan.stop, False
    if plan.first_decision < plan.stop:
        stop, ruined = _over_bars(program, strategy, broker, plan, bars, inputs)
    finish(strategy, now, stop)
    return Outcome(stop, ruined)


def _over_bars(
    program: Program, strategy: Strategy, broker: Broker, plan: Plan, bars: Bars, inputs: Inputs
) -> tuple[int, bool]:
    table = table_of(program, bars, inputs, broker, plan)
    point_to_inputs(table, program, inputs)
    enter_strategy(table, program, strategy)
    try:
        stop = program.loop(table.address)
    except Exception as error:
        raise Interrupted(table.get("bar"), error) from error
    if table.failure is not None:
        raise table.failure
    leave_strategy(table, program, strategy)
    ruined = bool(table.get("ruined"))
    if ruined:
        broker.liquidate(stop - 1)
        broker.mark(stop - 1, stop)
    return stop, ruined
