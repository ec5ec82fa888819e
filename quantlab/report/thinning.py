"""Fewer points, same picture: what a curve of many bars looks like on a screen of few pixels."""

from __future__ import annotations

import numpy as np

from quantlab.typing import FloatArray, IntArray


def kept_rows(values: FloatArray, n_columns: int) -> IntArray:
    """Rows of `values` (n,) that draw the same curve on `n_columns` pixel columns, in order.

    Of every column the first, last, lowest and highest row stay, so no spike and no trough is lost. All rows
    stay when there are at most four a column. NaN is neither low nor high.

    >>> kept_rows(np.array([0.0, 1.0, 9.0, 2.0, 3.0, 4.0, -5.0, 5.0, 6.0, 7.0]), 1).tolist()
    [0, 2, 6, 9]
    """
    n = values.size
    if n <= 4 * n_columns:
        return np.arange(n, dtype=np.int64)
    edges = np.linspace(0, n, n_columns + 1).astype(np.int64)
    starts, stops = edges[:-1], edges[1:]
    # Columns as rows of a matrix; a short one repeats its last row, which moves neither extreme.
    inside = np.minimum(starts[:, None] + np.arange((stops - starts).max()), stops[:, None] - 1)
    unknown = np.isnan(values)
    lowest = starts + np.where(unknown, np.inf, values)[inside].argmin(axis=1)
    highest = starts + np.where(unknown, -np.inf, values)[inside].argmax(axis=1)
    return np.unique(np.concatenate([starts, stops - 1, lowest, highest])).astype(np.int64)
