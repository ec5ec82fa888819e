"""Rows that cannot be true are refused, all at once and by name.

Each rule is one row of a table: a mask over the rows, the column to show, what to say. Rows are flat arrays
(n,): the rows of a long frame, or the cells of a panel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quantlab.errors import DataError
from quantlab.typing import BoolArray, FloatArray, IntArray

Fields = Mapping[str, FloatArray]
Place = Callable[[int], tuple[str, str]]
"""Symbol and timestamp of a row, as text."""

TOLERANCE = 1e-9
"""Relative slack of high and low: rounding of adjusted prices, far below any tick."""

PRICES = ("open", "high", "low", "close")
_SHOWN = 5


class Rule(NamedTuple):
    """One way in which a row cannot be true."""

    name: str
    column: str
    broken: Callable[[Fields], BoolArray]
    other: str = ""
    """Column that the value is compared with."""


def _infinite(column: str) -> Rule:
    return Rule("infinite", column, lambda f: np.isinf(f[column]))


def _partly_missing(column: str) -> Rule:
    def broken(fields: Fields) -> BoolArray:
        return np.isnan(fields[column]) & ~_all_missing(fields)

    return Rule("missing beside other prices", column, broken)


def _not_positive(column: str) -> Rule:
    return Rule("not positive", column, lambda f: f[column] <= 0.0)


def _high_below(column: str) -> Rule:
    return Rule(
        f"below the {column}", "high", lambda f: f["high"] < f[column] - TOLERANCE * np.abs(f[column]), column
    )


def _low_above(column: str) -> Rule:
    return Rule(
        f"above the {column}", "low", lambda f: f["low"] > f[column] + TOLERANCE * np.abs(f[column]), column
    )


def _all_missing(fields: Fields) -> BoolArray:
    missing: BoolArray = np.isnan(fields["open"])
    for column in PRICES[1:]:
        missing = missing & np.isnan(fields[column])
    return missing


_SIGN = tuple(_not_positive(column) for column in PRICES)
RULES = (
    *(_infinite(column) for column in (*PRICES, "volume")),
    *(_partly_missing(column) for column in PRICES),
    *_SIGN,
    *(_high_below(column) for column in ("open", "low", "close")),
    *(_low_above(column) for column in ("open", "close")),
    Rule("negative", "volume", lambda f: f["volume"] < 0.0),
)


@dataclass(frozen=True)
class Offence:
    """A row, the rule it breaks, and the value that shows it."""

    row: int
    rule: str
    column: str
    value: str


def check_bars(fields: Fields, place: Place, *, allow_negative: bool = False) -> None:
    """Refuse rows that cannot be true.

    Parameters
    ----------
    fields
        ``open high low close volume``, each (n,). Rows whose four prices are all NaN are absent bars and
        pass; NaN volume passes.
    place
        Gives symbol and timestamp of a row, for the message.
    allow_negative
        Accept prices of zero and below (calendar spreads, oil in April 2020).

    Raises
    ------
    DataError
        Lists the first offenders with symbol, timestamp, column, value and rule, then the count by rule.
    """
    _hold([rule for rule in RULES if not (allow_negative and rule in _SIGN)], fields, place)


def check_extra(fields: Fields, place: Place) -> None:
    """Refuse infinite values in fields beyond the five of every bar."""
    _hold([_infinite(name) for name in fields if name not in (*PRICES, "volume")], fields, place)


def check_adjusted(fields: Fields, place: Place) -> None:
    """Refuse adjusted closes from which no positive factor follows, where there is a close."""

    def broken(given: Fields) -> BoolArray:
        return ~np.isnan(given["close"]) & ~(given["adj_close"] * np.sign(given["close"]) > 0.0)

    _hold([Rule("no multiple of the close", "adj_close", broken)], fields, place)


def _hold(rules: Iterable[Rule], fields: Fields, place: Place) -> None:
    """Raise one error for all rows that break one of the rules."""
    offences: list[Offence] = []
    counts: dict[str, int] = {}
    for rule in rules:
        with np.errstate(invalid="ignore", over="ignore"):  # infinite prices are one of the findings
            rows = np.flatnonzero(rule.broken(fields))
        if len(rows):
            counts[f"{rule.column} {rule.name}"] = len(rows)
            offences += [_offence(rule, int(row), fields) for row in rows[:_SHOWN]]
    if offences:
        raise DataError(complaint(offences, counts, place))


def _offence(rule: Rule, row: int, fields: Fields) -> Offence:
    against = f" {float(fields[rule.other][row])!r}" if rule.other else ""
    return Offence(row, rule.name + against, rule.column, f" = {float(fields[rule.column][row])!r}")


def check_order(codes: IntArray, stamps: IntArray, place: Place) -> None:
    """Refuse rows of one symbol that repeat a timestamp or go back in time.

    Parameters
    ----------
    codes, stamps
        Symbol number and timestamp of each row (n,), in the order of the source.
    """
    grouped = np.all(codes[1:] >= codes[:-1])
    order = np.arange(len(codes)) if grouped else np.argsort(codes, kind="stable")
    same = np.diff(codes[order]) == 0
    steps = np.diff(stamps[order])
    if np.all(steps[same] > 0):
        return
    repeated = _repeated(codes, stamps)
    back = np.zeros(len(codes), dtype=np.bool_)
    back[order[1:]] = same & (steps < 0)
    offences: list[Offence] = []
    counts: dict[str, int] = {}
    for name, broken in (
        ("duplicate", repeated),
        ("earlier than the row before it", back & ~repeated),
    ):
        rows = np.flatnonzero(broken)
        if len(rows):
            counts[f"time {name}"] = len(rows)
            offences += [Offence(int(row), name, "time", "") for row in rows[:_SHOWN]]
    if offences:
        raise DataError(complaint(offences, counts, place))


def _repeated(codes: IntArray, stamps: IntArray) -> BoolArray:
    """Whether a row has the symbol and the timestamp of a row above it, near or far."""
    order = np.lexsort((stamps, codes))
    repeated = np.zeros(len(codes), dtype=np.bool_)
    repeated[order[1:]] = (np.diff(codes[order]) == 0) & (np.diff(stamps[order]) == 0)
    return repeated


def complaint(offences: list[Offence], counts: Mapping[str, int], place: Place) -> str:
    """Write the message for rows that cannot be true: first offenders, count by rule, remedies."""
    shown = sorted(offences, key=lambda offence: offence.row)[:_SHOWN]
    total = sum(counts.values())
    lines = [f"{total:,} value{'s' * (total > 1)} cannot be true:"]
    for offence in shown:
        symbol, timestamp = place(offence.row)
        lines.append(f"  {symbol} {timestamp} {offence.column}{offence.value}: {offence.rule}")
    lines.append("By rule: " + ", ".join(f"{name} ×{count:,}" for name, count in counts.items()) + ".")
    lines += dict.fromkeys(advice for key, advice in _ADVICE.items() if any(key in name for name in counts))
    return "\n".join(lines)


_ADVICE = {
    "not positive": "If prices can be zero or below (spreads, oil in April 2020), pass allow_negative=True.",
    "missing beside": "A bar without trading has all four prices missing; a bar with some is damaged.",
    "infinite": "Replace infinite values by missing ones, all four prices together.",
    "high below": "Drop the row, or set all four prices missing: such bars are damaged at the source.",
    "low above": "Drop the row, or set all four prices missing: such bars are damaged at the source.",
    "no multiple": "Repair adj_close, or read unadjusted prices with adjusted=False.",
    "volume negative": "Repair the volume, or set it missing.",
    "time duplicate": "Keep one row a symbol and timestamp: frame.drop_duplicates([...]).",
    "time earlier": "Sort the rows by time if their order means nothing: frame.sort_index().",
}
