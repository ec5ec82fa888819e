"""Pairwise sums and means: NumPy's bits, at every length."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np

from quantlab.kernels.sums import pairwise_mean, pairwise_sum


def uneven(n, seed):
    """Numbers of very different size, whose sum depends on the sequence of additions."""
    random = np.random.default_rng(seed)
    return random.normal(size=n) * 10.0 ** random.uniform(-8.0, 8.0, n)


def test_sum_and_mean_are_numpys_to_the_last_bit():
    for n in (*range(1201), 4095, 8192, 8193, 65_537, 1_000_003):
        values = uneven(n, n)
        assert pairwise_sum(values) == np.sum(values), n
        assert n == 0 or pairwise_mean(values) == np.mean(values), n


def test_the_sequence_of_additions_matters_here():
    assert pairwise_sum(uneven(5000, 1)) != sum(uneven(5000, 1).tolist())


def test_strided_read_only_and_shifted_arrays():
    table = uneven(3000, 2).reshape(1000, 3)
    table.flags.writeable = False
    for column in table.T:
        assert pairwise_sum(column) == np.sum(column)
    assert pairwise_sum(table.ravel()[7:]) == np.sum(table.ravel()[7:])


def test_nothing_zeros_and_what_is_not_finite():
    assert pairwise_sum(np.zeros(0)) == 0.0
    assert math.isnan(pairwise_mean(np.zeros(0)))
    assert math.copysign(1.0, pairwise_sum(np.full(3, -0.0))) == math.copysign(1.0, np.sum(np.full(3, -0.0)))
    assert math.isnan(pairwise_sum(np.array([1.0, np.nan] * 100)))
    assert pairwise_sum(np.array([1.0, np.inf] * 100)) == math.inf


def test_the_kept_machine_code_of_another_process_gives_the_same():
    """Code that calls itself cannot be kept on disk: a second process would find nothing to call."""
    code = (
        "import numpy as np; from quantlab.kernels.sums import pairwise_sum; "
        "print(pairwise_sum(np.full(5000, 0.1)) == np.full(5000, 0.1).sum())"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert answers == ["True", "True"]
