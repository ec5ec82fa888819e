"""What differs up to a cut between a run on the bars as they are and a run on bars with another future."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from quantlab.engine.observation import Observation, Watched
from quantlab.market.bars import Bars
from quantlab.records import KIND_NAMES
from quantlab.trading.ledger import Record
from quantlab.typing import RecordArray

DECISION = np.dtype(
    [
        ("bar", np.int64),
        ("symbol", np.int64),
        ("kind", np.int64),
        ("amount", np.float64),
        ("limit", np.float64),
        ("stop", np.float64),
        ("trail", np.float64),
        ("tif", np.int64),
    ]
)
"""What a strategy decided when it gave an order; infinite where an order has no such price."""

ORDER_FIELDS = DECISION.names or ()
FILL_FIELDS = ("bar", "symbol", "order", "quantity", "price", "commission", "position", "cash")


class Difference(NamedTuple):
    """The first place of one input, or of the decisions, that differs; fields as those of a `Finding`."""

    name: str
    declaration: str
    bar: int
    symbol: str
    value: float | str
    changed_value: float | str


def differences(bars: Bars, base: Observation, changed: Observation, cut: int) -> list[Difference]:
    """Compare rows up to `cut`, included: inputs bit for bit with NaN equal to NaN, then orders and fills.

    Orders and fills are compared only where every input stood still: an order that follows a leaking input is
    no news. What becomes of an order after the cut is its future, and not compared.
    """
    failure = changed.failure
    if failure is not None and not changed.watched:
        return [
            Difference(failure.name, failure.declaration, failure.bar, "", "computed", _raised(failure.error))
        ]
    found: dict[str, Difference] = {}
    for before, after in zip(base.watched, changed.watched, strict=True):
        place = _first_moved(before, after, cut)
        if place is not None and before.name not in found:
            row, column = place
            values = float(before.values[row, column]), float(after.values[row, column])
            found[before.name] = Difference(
                before.name, before.declaration, row, bars.symbols[column], *values
            )
    if found or base.record is None or changed.record is None:
        return list(found.values())
    if failure is not None:
        return [Difference("decisions", "", failure.bar, "", "no error", _raised(failure.error))]
    moved = _orders(bars, decisions(base.record), decisions(changed.record), cut)
    moved = moved or _fills(bars, base.record.fills, changed.record.fills, cut)
    return [] if moved is None else [moved]


def decisions(record: Record) -> RecordArray:
    """Return what was decided, order by order, without the amount of a bracket's exits: it follows from the entry."""
    orders, tickets = record.orders, record.tickets
    decided = np.zeros(len(orders), DECISION)
    for name in ("bar", "symbol", "kind", "amount"):
        decided[name] = orders[name]
    own = orders["ticket"]
    has = own >= 0
    for name in ("limit", "stop", "trail"):
        decided[name] = np.inf
        decided[name][has] = np.nan_to_num(tickets[name][own[has]], nan=np.inf)
    decided["tif"][has] = tickets["tif"][own[has]]
    decided["amount"][has] = np.where(tickets["entry"][own[has]] >= 0, 0.0, orders["amount"][has])
    return decided


def _raised(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _first_moved(before: Watched, after: Watched, cut: int) -> tuple[int, int] | None:
    one, other = before.values[: cut + 1], after.values[: cut + 1]
    moved = (one != other) & ~(np.isnan(one) & np.isnan(other))
    if not moved.any():
        return None
    row, column = np.unravel_index(int(moved.argmax()), moved.shape)
    return int(row), int(column)


def _orders(bars: Bars, one: RecordArray, other: RecordArray, cut: int) -> Difference | None:
    return _first_unequal(bars, "decisions", ORDER_FIELDS, one[one["bar"] <= cut], other[other["bar"] <= cut])


def _fills(bars: Bars, one: RecordArray, other: RecordArray, cut: int) -> Difference | None:
    return _first_unequal(bars, "fills", FILL_FIELDS, one[one["bar"] <= cut], other[other["bar"] <= cut])


def _first_unequal(
    bars: Bars, name: str, fields: tuple[str, ...], one: RecordArray, other: RecordArray
) -> Difference | None:
    """Find the earliest record that one log has and the other has not."""
    n = min(len(one), len(other))
    unequal = np.zeros(n, np.bool_)
    for each in fields:
        unequal |= one[each][:n] != other[each][:n]
    first = int(unequal.argmax()) if unequal.any() else n
    candidates = [log[first] for log in (one, other) if first < len(log)]
    if not candidates:
        return None
    bar, symbol = min((int(each["bar"]), int(each["symbol"])) for each in candidates)
    texts = [_text(log[first] if first < len(log) else None, bar, symbol) for log in (one, other)]
    return Difference(name, "", bar, bars.symbols[symbol], *texts)


def _text(record: Any, bar: int, symbol: int) -> str:
    if record is None or (int(record["bar"]), int(record["symbol"])) != (bar, symbol):
        return "nothing"
    if "kind" in record.dtype.names:
        prices = [
            f" {name} {record[name]!r}" for name in ("limit", "stop", "trail") if np.isfinite(record[name])
        ]
        return f"{KIND_NAMES[record['kind']]} {float(record['amount'])!r}{''.join(prices)}"
    return f"{float(record['quantity'])!r} at {float(record['price'])!r}"
