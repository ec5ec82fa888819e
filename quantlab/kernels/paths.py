"""Loops over whole paths: the rows of a stationary bootstrap."""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import IntArray, WordArray

HALF = np.uint64(32)
LOW = np.uint64(2**32 - 1)


@jit
def stationary_rows(words: WordArray, often: np.uint64, rows: IntArray) -> None:
    """Fill `rows` (n,) with one resample of the stationary bootstrap of Politis and Romano (1994).

    Each of `words` (n,) are 64 random bits. Where the upper half is below `often`, of 2³², and at t = 0, a block begins
    at the row that the lower half chooses, n · half / 2³² (for n up to 10⁶ no row is likelier than another by more than
    one part in 4,000); elsewhere the row after the last one follows, and after row n − 1 comes row 0.
    """
    n = rows.shape[0]
    for t in range(n):
        if t == 0 or (words[t] >> HALF) < often:
            rows[t] = np.int64(((words[t] & LOW) * np.uint64(n)) >> HALF)
        else:
            rows[t] = rows[t - 1] + 1 if rows[t - 1] + 1 < n else 0
