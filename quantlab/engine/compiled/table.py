"""The table of one run: addresses of everything that compiled code reads and writes, kept alive beside it."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.engine.compiled.face import name_number
from quantlab.engine.compiled.layout import Layout
from quantlab.engine.compiled.program import Program
from quantlab.engine.now import tradable
from quantlab.engine.periods import period_starts
from quantlab.kernels import natives
from quantlab.kernels.places import AT, FIELDS, PERIODS
from quantlab.trading.broker import Broker

if TYPE_CHECKING:
    from quantlab.engine.inputs import Inputs
    from quantlab.engine.loop import Plan
    from quantlab.engine.strategy import Strategy
    from quantlab.market.bars import Bars

NEVER = np.iinfo(np.int64).max
_Callback = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
ORDER_METHODS = ("order", "order_value", "target_quantity", "target_value", "target_weight", "close_position")


class Table:
    """The places of one run (``quantlab.kernels.places`` and a `Layout`), and the arrays behind them.

    Parameters
    ----------
    layout
        What the strategy adds.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._kept: dict[int, Any] = {}
        self.numbers = np.zeros(layout.n_places, np.int64)
        self.failure: Exception | None = None
        """What went wrong in a callback of compiled code; the run means nothing then."""
        self._bits = {"int": self.numbers, "float": self.numbers.view(np.float64)}

    @property
    def address(self) -> int:
        """Where the table lies."""
        return address_of(self.numbers)

    def put(self, place: int | str, number: int) -> None:
        """Set a place, by number or name, to a whole number."""
        self.numbers[AT[place] if isinstance(place, str) else place] = number

    def point(self, place: int | str, array: Any) -> None:
        """Set a place to the address of an array, and keep the array alive."""
        number = AT[place] if isinstance(place, str) else place
        self._kept[number] = array
        self.numbers[number] = address_of(array)

    def get(self, name: str) -> int:
        """Return the number at a named place."""
        return int(self.numbers[AT[name]])

    def set_value(self, group: str, name: str, kind: str, value: float) -> None:
        """Set a parameter or a scalar state."""
        self._bits.get(kind, self.numbers)[self._layout.places[group, name]] = value

    def value(self, group: str, name: str, kind: str) -> float | int | bool:
        """Return a parameter or a scalar state."""
        place = self._layout.places[group, name]
        if kind == "bool":
            return bool(self.numbers[place] & 1)
        return self._bits[kind][place].item()


def address_of(array: Any) -> int:
    """Where an array's first element lies."""
    return array.ctypes.data


def table_of(program: Program, bars: Bars, inputs: Inputs, broker: Broker, plan: Plan) -> Table:
    """Set up everything of a run that does not change with the strategy's parameters."""
    table = Table(program.layout)
    for name, number in (
        ("n_bars", bars.n_bars),
        ("n_symbols", bars.n_symbols),
        ("first", plan.first_decision),
        ("stop", plan.stop),
        ("same_close", plan.same_close),
    ):
        table.put(name, number)
    _point_to_bars(table, program, bars, inputs)
    _point_to_books(table, broker)
    ends = np.unique(bars.end_rows) + 1
    table.point("delistings", np.concatenate([ends[ends < plan.stop], [NEVER]]))
    _point_to_natives(table, program, broker, has_ends=len(bars.ends) > 0)
    return table


def _point_to_bars(table: Table, program: Program, bars: Bars, inputs: Inputs) -> None:
    for name in FIELDS:
        table.point(name, getattr(bars, name))
    table.point("time", bars.time_ns)
    for name in program.layout.fields:
        table.point(program.layout.places["field", name], np.ascontiguousarray(bars[name]))
    if "ready" in program.names:
        table.point("ready", inputs.ready(bars))
    if "tradable" in program.names:
        table.point("tradable", tradable(bars))
    for period in program.texts.intersection(PERIODS):
        table.point(period, period_starts(bars.sessions, period))
    if "index" in program.names:
        numbers = np.array([name_number(name) for name in bars.symbols], np.int64)
        places = np.argsort(numbers)
        table.point("names", numbers[places])
        table.point("name_places", places)


def point_to_inputs(table: Table, program: Program, inputs: Inputs) -> None:
    """Set where the declared inputs lie."""
    places = program.layout.places
    for name, source in inputs.sources.items():
        table.point(places["input", name], np.ascontiguousarray(source._values))
        for level, values in source._levels.items():
            table.point(places["level", f"{name}@{level!r}"], np.ascontiguousarray(values._values))


def _point_to_books(table: Table, broker: Broker) -> None:
    logs = broker.logs()
    for name, array in broker.arrays().items():
        if name not in logs:
            table.point(name, array)
        if f"n_{name}" in AT:
            table.put(f"n_{name}", len(array))

    def grow(_: int) -> int:
        try:
            broker.grow()
            _point_to_logs(table, broker)
        except Exception as error:  # compiled code has no way to hand it on
            table.failure = error
            return -1
        return 0

    callback = _Callback(grow)
    table._kept[AT["grow"]] = callback
    table.put("grow", ctypes.cast(callback, ctypes.c_void_p).value or 0)
    _point_to_logs(table, broker)
    _let_prepare(table, broker)


def _let_prepare(table: Table, broker: Broker) -> None:
    """Let compiled code ask for the kernels of orders with tickets when it first needs one."""

    def prepare(_: int) -> int:
        _point_to_tickets(table, broker)
        return 0

    callback = _Callback(prepare)
    table._kept[AT["prepare"]] = callback
    table.put("prepare", ctypes.cast(callback, ctypes.c_void_p).value or 0)


def _point_to_tickets(table: Table, broker: Broker) -> None:
    tape = broker.tape
    for name, array in tape._asdict().items():
        table.point(f"{name}_of_row" if name in ("open", "close") else name, array)
    table.put("n_tape_rows", len(tape.open))
    for name in ("trade", "describe", "succeed", "bind", "tie", "cancel", "place_ticket"):
        table.put(name, getattr(natives, name).address)


def _point_to_logs(table: Table, broker: Broker) -> None:
    for name, log in broker.logs().items():
        table.point(name, log)
        table.put(f"n_{name}", len(log))


def _point_to_natives(table: Table, program: Program, broker: Broker, *, has_ends: bool) -> None:
    """Set the addresses of the kernels that the run can need; the others are not even compiled."""
    table.put("meet", natives.meet.address)
    if program.names.intersection(ORDER_METHODS) or broker.tickets_for_all:
        place = natives.place_as_ticket if broker.tickets_for_all else natives.place
        table.put("place", place.address)
    if "target_weights" in program.names:
        place_all = natives.place_all_as_tickets if broker.tickets_for_all else natives.place_all
        table.put("place_all", place_all.address)
    if broker.tickets_for_all:
        _point_to_tickets(table, broker)
    if broker.accrues:
        table.put("accrue", natives.accrue.address)
    if broker.calls_margin or table.get("same_close"):
        table.put("value", natives.value.address)
    if broker.calls_margin:
        table.put("call_margin", natives.call_margin.address)
    if has_ends:
        table.put("delist", natives.delist.address)


def enter_strategy(table: Table, program: Program, live: Strategy) -> None:
    """Write the parameters and states of a started strategy into the table."""
    for name, kind in program.layout.params:
        if kind != "str":
            table.set_value("param", name, kind, getattr(live, name))
    for name, kind in program.layout.scalars:
        table.set_value("scalar", name, kind, getattr(live, name))
    for name in program.layout.arrays:
        table.point(program.layout.places["array", name], getattr(live, name))


def leave_strategy(table: Table, program: Program, live: Strategy) -> None:
    """Give a started strategy the scalar states that compiled code left in the table."""
    for name, kind in program.layout.scalars:
        live.__dict__[name] = table.value("scalar", name, kind)
