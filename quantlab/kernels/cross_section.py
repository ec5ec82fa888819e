"""Comparisons between the symbols of one row: rank, z-score, mean. Shape (n_bars, n_symbols) in.

Numbers that are NaN take no part and read NaN in the result. Sums run over the sorted values, so the order of
the symbols does not show in a single bit.
"""

from __future__ import annotations

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray


@jit
def rank_row(values: FloatArray) -> FloatArray:
    """Rank of each symbol in its row over their number: 1.0 is the largest; ties share the mean."""
    out = np.full(values.shape, np.nan)
    for t in range(values.shape[0]):
        row = values[t]
        ordered = np.sort(row[~np.isnan(row)])
        for i in range(row.size):
            if row[i] == row[i]:
                below = np.searchsorted(ordered, row[i], side="left")
                through = np.searchsorted(ordered, row[i], side="right")
                out[t, i] = (below + through + 1) / 2.0 / ordered.size
    return out


@jit
def zscore_row(values: FloatArray) -> FloatArray:
    """(value − mean)/deviation (ddof = 1) within each row; NaN where all are equal or one is alone."""
    out = np.full(values.shape, np.nan)
    for t in range(values.shape[0]):
        row = values[t]
        ordered = np.sort(row[~np.isnan(row)])
        if ordered.size < 2 or ordered[0] == ordered[-1]:
            continue
        total = 0.0
        for value in ordered:
            total += value
        mean = total / ordered.size
        squares = 0.0
        for value in ordered:
            squares += (value - mean) ** 2
        deviation = np.sqrt(squares / (ordered.size - 1))
        for i in range(row.size):
            out[t, i] = (row[i] - mean) / deviation
    return out


@jit
def mean_row(values: FloatArray) -> FloatArray:
    """Mean over the symbols of each row that have a number; NaN where none has. Shape (n_bars,)."""
    out = np.full(values.shape[0], np.nan)
    for t in range(values.shape[0]):
        row = values[t]
        ordered = np.sort(row[~np.isnan(row)])
        if ordered.size:
            total = 0.0
            for value in ordered:
                total += value
            out[t] = total / ordered.size
    return out
