"""What differs up to a cut between a run on the bars as they are and a run on bars with another future."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from quantlab.engine.observation import Observation, Watched
from quantlab.market.bars import Bars
from quantlab.records import KIND_NAMES
from quantlab.typing import RecordArray

ORDER_FIELDS = ("bar", "symbol", "kind", "amount")
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
    moved = _orders(bars, base.record.orders, changed.record.orders, cut)
    moved = moved or _fills(bars, base.record.fills, changed.record.fills, cut)
    return [] if moved is None else [moved]


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
        return f"{KIND_NAMES[record['kind']]} {float(record['amount'])!r}"
    return f"{float(record['quantity'])!r} at {float(record['price'])!r}"
