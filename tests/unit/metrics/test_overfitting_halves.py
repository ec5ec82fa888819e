"""Combinatorially symmetric cross-validation, held against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab.metrics.overfitting import block_edges, symmetric_halves
from tests.naive import inference as naive


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(12, 60), st.integers(2, 6), st.sampled_from([2, 4, 6]))
def test_halves_agree_with_the_plain_loop(seed, n_bars, n_configurations, parts):
    returns = np.random.default_rng(seed).normal(0.001, 0.01, (n_bars, n_configurations))
    if seed % 3 == 0:
        returns[:, 0] = 0.0
    if seed % 3 == 1:
        returns[: n_bars // 2 + 1, -1] = 0.0  # does not move in some of the halves
    halves = symmetric_halves(returns, parts)
    expected = naive.overfitting(returns.T.tolist(), parts)
    assert halves.chosen.tolist() == [row[0] for row in expected]
    for k, values in enumerate((halves.inside, halves.outside, halves.logit), start=1):
        assert values.tolist() == pytest.approx(
            [row[k] for row in expected], rel=1e-9, abs=1e-12, nan_ok=True
        )


def test_a_large_mean_costs_no_digits():
    returns = 1e3 + np.random.default_rng(1).normal(0.0, 0.01, (40, 3))
    expected = naive.overfitting(returns.T.tolist(), 4)
    assert symmetric_halves(returns, 4).inside.tolist() == pytest.approx(
        [row[1] for row in expected], rel=1e-6
    )


@given(st.integers(4, 200), st.integers(1, 10).map(lambda k: 2 * k))
def test_blocks_cover_every_bar_and_differ_by_one_at_most(n_bars, parts):
    sizes = np.diff(block_edges(n_bars, parts))
    assert sizes.sum() == n_bars
    assert sizes.max() - sizes.min() <= 1
