"""Comparisons between the symbols of one row: rank, z-score, mean. Shape (n_bars, n_symbols) in.

Numbers that are NaN take no part and read NaN in the result. Sums run over the sorted values, so the order of
the symbols does not show in a single bit. NumPy sorts rows well; nothing is compiled here.
"""

from __future__ import annotations

import numpy as np

from quantlab.typing import FloatArray


def rank_row(values: FloatArray) -> FloatArray:
    """Rank of each symbol in its row over their number: 1.0 is the largest; ties share the mean."""
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)  # NaN comes last
    places = np.arange(values.shape[1])
    differs = ordered[:, 1:] != ordered[:, :-1]
    edge = np.ones((values.shape[0], 1), dtype=np.bool_)
    starts = np.where(np.hstack([edge, differs]), places, 0)
    stops = np.where(np.hstack([differs, edge]), places, places[-1])
    lowest = np.maximum.accumulate(starts, axis=1)
    highest = np.minimum.accumulate(stops[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (lowest + highest + 2) / 2.0, axis=1)
    there = ~np.isnan(values)
    return np.where(there, ranks / np.maximum(there.sum(axis=1, keepdims=True), 1), np.nan)


def zscore_row(values: FloatArray) -> FloatArray:
    """(value − mean)/deviation (ddof = 1) within each row; NaN where all are equal or one is alone."""
    ordered, counts = _ordered(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Counted from the smallest value, so that equal values have exactly no spread.
        lowest = ordered[:, :1]
        mean = np.nansum(ordered - lowest, axis=1, keepdims=True) / counts
        squares = np.nansum(((ordered - lowest) - mean) ** 2, axis=1, keepdims=True)
        return np.asarray(((values - lowest) - mean) / np.sqrt(squares / (counts - 1.0)))


def mean_row(values: FloatArray) -> FloatArray:
    """Mean over the symbols of each row that have a number; NaN where none has. Shape (n_bars,)."""
    ordered, counts = _ordered(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(ordered, axis=1) / counts[:, 0])


def _ordered(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rows in rising order, NaN last, and how many numbers each has."""
    counts = (~np.isnan(values)).sum(axis=1, keepdims=True).astype(np.float64)
    return np.sort(values, axis=1), counts
