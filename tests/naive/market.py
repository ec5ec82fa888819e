"""Bars merged and laid out in plain Python: what quantlab.market must agree with."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Any

Row = dict[str, float]


def week(day: date) -> Hashable:
    return day.isocalendar()[:2]


def month(day: date) -> Hashable:
    return day.year, day.month


def quarter(day: date) -> Hashable:
    return day.year, (day.month - 1) // 3


def year(day: date) -> Hashable:
    return day.year


def merge(
    labels: Sequence[date], rows: Sequence[Row], key: Callable[[date], Hashable]
) -> list[tuple[date, Row]]:
    """One symbol's bars merged by `key` of their label; an absent bar has NaN prices."""
    groups: list[list[int]] = []
    for i, label in enumerate(labels):
        if i and key(label) == key(labels[i - 1]):
            groups[-1].append(i)
        else:
            groups.append([i])
    return [(labels[group[-1]], _merge([rows[i] for i in group])) for group in groups]


def _merge(rows: Sequence[Row]) -> Row:
    there = [row for row in rows if not math.isnan(row["close"])]
    if not there:
        return dict.fromkeys(("open", "high", "low", "close", "volume"), math.nan)
    return {
        "open": there[0]["open"],
        "high": max(row["high"] for row in there),
        "low": min(row["low"] for row in there),
        "close": there[-1]["close"],
        "volume": sum(row["volume"] for row in there),
    }


def panel(
    rows: Sequence[tuple[Any, str, float]], symbols: Sequence[str]
) -> tuple[list[Any], list[list[float]]]:
    """(time, symbol, value) on the union of times; NaN where there is none."""
    times = sorted({time for time, _, _ in rows})
    known = {(time, symbol): value for time, symbol, value in rows}
    return times, [[known.get((time, symbol), math.nan) for symbol in symbols] for time in times]
