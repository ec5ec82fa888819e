"""Where an axis has its ticks, and what they say."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quantlab.typing import FloatArray, IntArray


class Tick(NamedTuple):
    """A mark on an axis: where in data (a value, or a row number), and its label."""

    at: float
    label: str


# Calendar steps of a time axis, coarse to fine: NumPy unit, how many of them a tick.
_CALENDAR = (
    ("Y", 10), ("Y", 5), ("Y", 2), ("Y", 1), ("M", 6), ("M", 3), ("M", 1), ("D", 7), ("D", 1), ("h", 3), ("h", 1),
)  # fmt: skip
# Of each unit: how a tick reads, and how where what it leaves out has changed since the tick before.
_LABELS = {
    "Y": ("%Y", "%Y"),
    "M": ("%b %Y", "%b %Y"),
    "D": ("%d %b", "%d %b %Y"),
    "h": ("%H:%M", "%d %b %H:%M"),
}
_LEFT_OUT = {"Y": "%Y", "M": "%Y", "D": "%Y", "h": "%Y-%m-%d"}


def value_ticks(low: float, high: float, unit: str, most: int = 5) -> tuple[Tick, ...]:
    """Round values between `low` and `high`, at most `most` + 1 of them.

    >>> [tick.label for tick in value_ticks(-0.23, 0.0, "fraction")]
    ['-20%', '-15%', '-10%', '-5%', '0%']
    """
    step = _round_step((high - low) / most)
    step = max(step, 1.0) if unit == "count" else step
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(Tick(k * step, _label(k * step, step, unit)) for k in range(first, last + 1))


def time_ticks(time: pd.DatetimeIndex, most: int = 10, room: float = 110.0) -> tuple[Tick, ...]:
    """Rows of `time` (n,) at which a year, month, day or hour begins, at most `most` of them.

    The finest calendar step that fits is taken; the first row is no beginning. `room` is the length of the
    axis in characters: a label that would touch the one before it, or leave the page, is dropped. The first
    label says the year (of hours, the day), and so does each with which it changes.
    """
    local = time.tz_localize(None)
    stamps = local.to_numpy()
    days = np.append(0, _beginnings(stamps, "D", 1))  # every beginning but that of an hour is one of them
    best, unit = np.zeros(0, dtype=np.int64), "Y"
    for period, step in _CALENDAR:
        among = np.arange(len(stamps)) if period == "h" else days
        rows = among[_beginnings(stamps[among], period, step)]
        if len(rows) > most or (period == "h" and not has_hours(local)):  # a session label has no hour
            break
        best, unit = rows, period
    return _labelled(local, best.tolist(), unit, room)


def has_hours(time: pd.DatetimeIndex) -> bool:
    """Tell whether any of `time` is not a session label, which is midnight."""
    return bool((time.tz_localize(None).as_unit("ns").asi8 % 86_400_000_000_000).any())


def round_edges(low: float, high: float, most: int) -> FloatArray:
    """Edges of at most `most` + 1 bins of one round width that hold `low` and `high`; 0 is an edge or outside.

    >>> round_edges(-0.07, 0.12, 5).round(2).tolist()
    [-0.1, -0.05, 0.0, 0.05, 0.1, 0.15]
    """
    step = _round_step(max(high - low, 1e-3) / most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return step * np.arange(first, max(last, first + 1) + 1, dtype=np.float64)


def _labelled(time: pd.DatetimeIndex, rows: list[int], period: str, room: float) -> tuple[Tick, ...]:
    brief, full = _LABELS[period]
    scale = room / max(len(time) - 1, 1)
    ticks: list[Tick] = []
    said, free = "", 0.0
    for row in rows:
        context = time[row].strftime(_LEFT_OUT[period])
        label = time[row].strftime(brief if context == said else full)
        half = len(label) / 2.0
        if row * scale - half >= free and row * scale + half <= room + 1.0:
            ticks.append(Tick(float(row), label))
            said, free = context, row * scale + half + 1.0
    return tuple(ticks)


def _beginnings(stamps: NDArray[np.datetime64], period: str, step: int) -> IntArray:
    numbers = stamps.astype(f"M8[{period}]").astype(np.int64) // step
    return np.flatnonzero(np.diff(numbers)).astype(np.int64) + 1


def _round_step(rough: float) -> float:
    """Smallest of 1, 2 and 5 times a power of ten that is not below `rough`."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= rough * (1 - 1e-9))


def _label(value: float, step: float, unit: str) -> str:
    scale, ending = (100.0, "%") if unit == "fraction" else (1.0, "")
    if unit == "money" and step >= 1e6:
        scale, ending = (1e-9, "B") if step >= 1e9 else (1e-6, "M")
    decimals = max(0, -math.floor(math.log10(step * scale) + 1e-9))
    text = f"{value * scale + 0.0:,.{decimals}f}"
    return (text if text.strip("-0.") else text.removeprefix("-")) + ending
