"""Sums as NumPy makes them: pairwise, with its blocks and its eight partial sums, so that the bits agree.

Adding n numbers one after the other loses up to n roundings; adding halves loses log n (Higham, *SIAM Journal on
Scientific Computing* 14, 1993). NumPy stops halving at blocks of 128 and fills eight partial sums in each. Which
additions are made is fixed by the length alone, so a compiled sum in the same sequence is equal to ``np.sum``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quantlab.kernels._jit import jit
from quantlab.typing import FloatArray

BLOCK = 128
LANES = 8
MOST_HALVINGS = 64
U = np.uint64  # an unsigned index needs no test for counting from the end


@jit
def _block(values: Any, first: Any, count: Any, zero: Any) -> Any:
    """Add at most `BLOCK` values from `first` on."""
    if count < LANES:
        total = zero
        for i in range(first, first + count):
            total += values[i]
        return total
    at = U(first)
    a, b, c, d = (
        zero + values[at],
        zero + values[at + U(1)],
        zero + values[at + U(2)],
        zero + values[at + U(3)],
    )
    e, f, g, h = (
        zero + values[at + U(4)],
        zero + values[at + U(5)],
        zero + values[at + U(6)],
        zero + values[at + U(7)],
    )
    for k in range(1, count // LANES):
        at = U(first) + U(LANES * k)
        a += values[at]
        b += values[at + U(1)]
        c += values[at + U(2)]
        d += values[at + U(3)]
        e += values[at + U(4)]
        f += values[at + U(5)]
        g += values[at + U(6)]
        h += values[at + U(7)]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for j in range(first + count - count % LANES, first + count):
        total += values[j]
    return total


@jit
def _halved(values: Any, first: Any, count: Any, zero: Any) -> Any:
    """Add in halves, down to blocks; without recursion, which Numba cannot keep on disk."""
    left = np.full(MOST_HALVINGS, zero)  # sums of first halves
    right = np.empty(MOST_HALVINGS, np.int64)  # lengths of second halves that are still to be added; 0 in one
    depth = 0
    while True:
        while count > BLOCK:
            half = count // 2
            half -= half % LANES
            right[depth] = count - half
            depth += 1
            count = half
        total = _block(values, first, count, zero)
        first += count
        while depth > 0 and right[depth - 1] == 0:
            depth -= 1
            total = left[depth] + total
        if depth == 0:
            return total
        left[depth - 1] = total
        count = right[depth - 1]
        right[depth - 1] = 0


@jit
def pairwise(values: Any, first: Any, count: Any, zero: Any) -> Any:
    """Add `count` numbers of a 1-D array from `first` on, as NumPy does.

    `zero` is that of the type of the sum: 0.0, or 0 for whole numbers and truth values.
    """
    if count <= BLOCK:
        return _block(values, first, count, zero)
    return _halved(values, first, count, zero)


@jit
def pairwise_sum(values: FloatArray) -> float:
    """Sum of `values` (n,), equal in every bit to ``np.sum(values)``; 0.0 of nothing.

    NaN and infinity spread as in any sum.

    >>> tenths = np.full(1000, 0.1)
    >>> bool(pairwise_sum(tenths) == tenths.sum())
    True
    """
    return 0.0 + pairwise(values, 0, len(values), 0.0)  # NumPy begins with zero too: the sum of -0.0 is 0.0


@jit
def pairwise_mean(values: FloatArray) -> float:
    """Mean of `values` (n,), equal in every bit to ``np.mean(values)``; NaN of nothing."""
    return pairwise_sum(values) / len(values) if len(values) > 0 else math.nan
