"""Where an axis has its ticks, and what they say."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from quantlab.typing import IntArray


class Tick(NamedTuple):
    """A mark on an axis: where in data (a value, or a row number), and its label."""

    at: float
    label: str


# Calendar steps of a time axis, coarse to fine: pandas period, how many of them a tick, label.
_CALENDAR = (
    ("Y", 10, "%Y"), ("Y", 5, "%Y"), ("Y", 2, "%Y"), ("Y", 1, "%Y"), ("M", 6, "%b %Y"), ("M", 3, "%b %Y"),
    ("M", 1, "%b %Y"), ("D", 7, "%d %b"), ("D", 1, "%d %b"), ("h", 3, "%H:%M"), ("h", 1, "%H:%M"),
)  # fmt: skip


def value_ticks(low: float, high: float, unit: str, most: int = 5) -> tuple[Tick, ...]:
    """Round values between `low` and `high`, at most `most` + 1 of them.

    >>> [tick.label for tick in value_ticks(-0.23, 0.0, "fraction")]
    ['-20%', '-15%', '-10%', '-5%', '0%']
    """
    step = _round_step((high - low) / most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(Tick(k * step, _label(k * step, step, unit)) for k in range(first, last + 1))


def time_ticks(time: pd.DatetimeIndex, most: int = 10) -> tuple[Tick, ...]:
    """Rows of `time` (n,) at which a year, month, day or hour begins, at most `most` of them.

    The finest calendar step that fits is taken; the first row is no beginning.
    """
    local = time.tz_localize(None)
    best: tuple[Tick, ...] = ()
    for period, step, label in _CALENDAR:
        rows = _beginnings(local, period, step)
        if len(rows) > most:
            break
        best = tuple(Tick(float(row), local[row].strftime(label)) for row in rows)
    return best


def _beginnings(time: pd.DatetimeIndex, period: str, step: int) -> IntArray:
    numbers = time.to_period(period).asi8 // step
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
