"""Bars in groups, so that a bootstrap of a million bars draws some thousand things.

A block bootstrap must not draw blocks shorter than the dependence of a series; longer ones do no harm while there are
many of them. So very many bars are summed in groups of neighbours first, and groups are drawn (Carlstein 1986, *Annals
of Statistics* 14, draws such subseries). What is computed of sums over bars is the same as without groups; only the
blocks of a resample begin at the first bar of a group.
"""

from __future__ import annotations

import numpy as np

from quantlab.typing import FloatArray

MOST_GROUPS = 10_000  # forty years of days are not grouped


def group_bars(n_bars: int) -> int:
    """Bars of a group; 1 up to `MOST_GROUPS` bars.

    >>> group_bars(10_000), group_bars(1_000_000)
    (1, 100)
    """
    return max(1, -(-n_bars // MOST_GROUPS))


def grouped(values: FloatArray) -> FloatArray:
    """Sum neighbours of `values` (n_bars, ...) in groups (n_groups, ...), scaled to keep the mean.

    The last group may have fewer bars than the others.
    """
    size = group_bars(len(values))
    if size == 1:
        return values
    sums = np.add.reduceat(values, np.arange(0, len(values), size), axis=0)
    return np.asarray(sums * (len(sums) / len(values)))
