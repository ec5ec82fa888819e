"""How a window of any length is put together from windows of 1, 2, 4 … bars.

The textbook way to roll a window adds the bar that enters and subtracts the one that leaves, so every
rounding error stays for good: after a spike of 1e12 the mean of a price of 100 is wrong for ever, and one NaN
poisons the rest. Here a window is joined from halves: 13 bars are 1 + 4 + 8, and 8 are 4 + 4. That takes
about log2(lookback) joins a bar, each a loop over many windows at once that the processor runs four to eight
at a time, and it has three consequences that tests hold:

- a value depends on the bars of its own window and on nothing else: not on what came before, nor on what
  comes after, nor on where the series starts, to the last bit. A spike, an infinity or a NaN is gone when it
  leaves;
- the rounding error grows with log2(lookback) and not with the number of bars (pairwise summation: Higham,
  *Accuracy and Stability of Numerical Algorithms*, 2nd ed. 2002, §4.2);
- anything that can be joined can be rolled: sum, extreme, weighted sum, mean with variance, skewness,
  covariance.

Work is done in chunks that fit the processor's cache; chunks do not show in the result.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from quantlab.typing import FloatArray, IntArray

ROOMS = 4


class Plan(NamedTuple):
    """Joins to carry out in order, and where the results lie.

    Attributes
    ----------
    joins
        Rows of (older, newer, a, b, out): join the windows of `a` bars in room `older` with those of `b` bars
        that begin `a` bars later, in room `newer`; write to room `out`. Room 0 holds the single bars and is
        kept.
    level
        Room of the windows of the longest power of two that was asked for.
    window, covered
        Room of the windows of the `covered` oldest bars; 0 covered means there are none.
    """

    joins: IntArray
    level: int
    window: int
    covered: int


@lru_cache(maxsize=1024)
def plan(lookback: int, *, halves: bool = False) -> Plan:
    """Plan the joins for windows of `lookback` bars.

    With `halves` it stops before the longest power of two, whose two halves then lie in room `level`: a
    kernel can do the last two joins and the finish in one go.

    >>> plan(5).joins.tolist()
    [[0, 0, 1, 1, 1], [1, 1, 2, 2, 2], [0, 2, 1, 4, 1]]
    """
    top = 1 << (lookback.bit_length() - 1 - halves)
    joins: list[tuple[int, int, int, int, int]] = []
    level = window = covered = 0
    span = 1
    while True:
        if lookback & span:
            if covered:
                out = _free(level, window)
                joins.append((window, level, covered, span, out))
                window = out
            else:
                window = level
            covered += span
        if span == top:
            return Plan(np.array(joins, dtype=np.int64).reshape(-1, 5), level, window, covered)
        out = _free(level, window)
        joins.append((level, level, span, span, out))
        level, span = out, span * 2


def read_only(values: FloatArray) -> FloatArray:
    """View `values` without the right to write: Numba would compile a kernel once for each kind of array."""
    view = values.view()
    view.flags.writeable = False
    return view


def _free(level: int, window: int) -> int:
    return next(room for room in range(1, ROOMS) if room not in (level, window))
