"""How often the best of many configurations in one half of the bars is a poor one in the other.

Combinatorially symmetric cross-validation: Bailey, Borwein, López de Prado and Zhu (2017), "The probability of backtest
overfitting", *Journal of Computational Finance* 20. All arrays are (n_halves, n_configurations) or (n_halves,).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from quantlab.metrics.returns import NO_DEVIATION
from quantlab.typing import FloatArray, IntArray

PIECE = 1024  # halves judged at a time, so that their numbers stay in the processor's cache


class Halves(NamedTuple):
    """What the best configuration of each half was worth in the other half.

    `chosen` is its number, `inside` and `outside` its Sharpe ratios per bar in the two halves, `logit`
    ln(ω/(1 − ω)) with ω its rank in the other half over the number of configurations + 1: 0 is the median, below it is
    worse.
    """

    chosen: IntArray
    inside: FloatArray
    outside: FloatArray
    logit: FloatArray


def symmetric_halves(returns: FloatArray, parts: int) -> Halves:
    """Cut the bars into `parts` blocks, and judge on each choice of half of them what the other half chose.

    Parameters
    ----------
    returns
        Of every configuration on the same bars, (n_bars, n_configurations). What does not move in a half has no Sharpe
        ratio there: it is never the best and ranks last.
    parts
        Even, at least 2; the blocks are as equal as can be. There are (parts over parts/2) halves: 12,870 of 16.

    Notes
    -----
    Sharpe ratios of halves come from sums over blocks: two products of matrices instead of 2·12,870 passes over the
    bars. The other half of combination k is combination −1 − k, which is how `itertools.combinations` counts.
    """
    inside = half_sharpes(returns, parts)
    outside = inside[::-1]
    ranked = np.where(np.isnan(inside), -np.inf, inside)
    chosen = ranked.argmax(axis=1)
    places = np.arange(len(inside))
    ranked = ranked[::-1]
    own = ranked[places, chosen]
    lower = np.count_nonzero(ranked < own[:, None], axis=1)
    not_above = np.count_nonzero(ranked <= own[:, None], axis=1)
    # Of equals, and it is one of them itself, the chosen one stands in the middle.
    rank = np.where(np.isneginf(own), 1.0, (lower + not_above + 1.0) / 2.0)
    share = rank / (returns.shape[1] + 1.0)
    return Halves(chosen, inside[places, chosen], outside[places, chosen], np.log(share / (1.0 - share)))


def half_sharpes(returns: FloatArray, parts: int) -> FloatArray:
    """Sharpe ratio per bar of every configuration on every choice of half the blocks; NaN where nothing moves."""
    edges = block_edges(len(returns), parts)
    centre = returns.mean(axis=0)
    centred = returns - centre  # small numbers: squares of sums then lose nothing
    sums, squares = (np.add.reduceat(one, edges[:-1], axis=0) for one in (centred, centred * centred))
    lengths, picked = np.diff(edges).astype(np.float64), _picked(parts)
    found = np.empty((len(picked), returns.shape[1]))
    for start in range(0, len(picked), PIECE):
        piece = picked[start : start + PIECE]
        found[start : start + PIECE] = _sharpes(
            (piece @ lengths)[:, None], piece @ sums, piece @ squares, centre
        )
    return found


def _sharpes(counts: FloatArray, sums: FloatArray, squares: FloatArray, centre: FloatArray) -> FloatArray:
    """Sharpe ratios from how many bars there are, and the sums of their distances from `centre` and of the squares."""
    means = sums / counts
    variance = squares - counts * (means * means)
    # What stands still in a half leaves rounding errors of its distance from the centre.
    variance[variance < np.maximum(1e-12 * squares, NO_DEVIATION**2 * counts)] = np.nan
    return np.asarray((means + centre) / np.sqrt(variance / (counts - 1.0)), dtype=np.float64)


def block_edges(n_bars: int, parts: int) -> IntArray:
    """First bar of every block, and the bar after the last, (parts + 1,); the first blocks take what is left over."""
    size, more = divmod(n_bars, parts)
    return np.concatenate([[0], np.cumsum([size + (k < more) for k in range(parts)])]).astype(np.int64)


@lru_cache(maxsize=4)
def _picked(parts: int) -> FloatArray:
    """1 where a block is in a half, (n_halves, parts); read-only."""
    chosen = np.array(list(combinations(range(parts), parts // 2)))
    picked = np.zeros((len(chosen), parts))
    picked[np.arange(len(chosen))[:, None], chosen] = 1.0
    picked.flags.writeable = False
    return picked
