"""The probability of overfitting from sums over blocks, beside a plain loop over the halves."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.metrics.overfitting import block_edges
from tests.benchmarks.timing import medians

pytestmark = pytest.mark.benchmark

PARTS = 16


def looped(returns):
    """Each half cut out and judged by NumPy."""
    edges = block_edges(len(returns), PARTS)
    blocks = [np.arange(start, stop) for start, stop in pairwise(edges)]
    worse = []
    for half in combinations(range(PARTS), PARTS // 2):
        inside = np.concatenate([blocks[k] for k in half])
        outside = np.concatenate([blocks[k] for k in range(PARTS) if k not in half])
        here, there = (
            returns[rows].mean(axis=0) / returns[rows].std(axis=0, ddof=1) for rows in (inside, outside)
        )
        chosen = here.argmax()
        rank = (there < there[chosen]).sum() + 1
        worse.append(rank <= (returns.shape[1] + 1) / 2)
    return float(np.mean(worse))


def test_sixteen_blocks_of_fifty_configurations():
    frame = pd.DataFrame(np.random.default_rng(0).normal(0.0, 0.01, (1000, 50)))
    assert ql.overfitting(frame, parts=PARTS).probability == looped(frame.to_numpy())
    taken = medians(5, sums=lambda: ql.overfitting(frame, parts=PARTS))
    loop = medians(1, loop=lambda: looped(frame.to_numpy()))
    print(f"\n12,870 halves, 50 configurations × 1,000 bars: {taken['sums'] * 1e3:.0f} ms by sums over blocks, "
          f"{loop['loop'] * 1e3:.0f} ms by a loop: {loop['loop'] / taken['sums']:.0f} ×")  # fmt: skip
