"""Loops over whole paths: the rows of a stationary bootstrap."""

from __future__ import annotations

from quantlab.kernels._jit import jit
from quantlab.typing import BoolArray, IntArray


@jit
def stationary_rows(starts: IntArray, restarts: BoolArray, rows: IntArray) -> None:
    """Fill `rows` (n,) with one resample of the stationary bootstrap of Politis and Romano (1994).

    Where `restarts[t]` (and at t = 0) a block begins at row `starts[t]`; elsewhere the row after the last one
    follows, and after row n − 1 comes row 0.
    """
    n = rows.shape[0]
    row = 0
    for t in range(n):
        row = starts[t] if t == 0 or restarts[t] else row + 1
        if row == n:
            row = 0
        rows[t] = row
