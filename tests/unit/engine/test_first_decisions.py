"""Where the trials of a sweep decide first: what `Inputs.first_decision` says of each, found for all at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlab.engine.compiled.batch import first_decisions
from quantlab.engine.shared_inputs import Matrix, SharedInputs
from tests.identities.cases import random_bars


@given(
    seed=st.integers(0, 2**32 - 1),
    n_symbols=st.integers(1, 3),
    start=st.integers(0, 10),
    known=st.sampled_from([0.02, 0.3, 0.9]),
    n_inputs=st.integers(0, 3),
)
def test_all_at_once_is_one_by_one(seed, n_symbols, start, known, n_inputs):
    bars = random_bars(seed, 30, n_symbols, absent=0.3)
    rng = np.random.default_rng(seed)
    matrices = tuple(
        Matrix(np.where(rng.random((30, n_symbols)) < known, 1.0, np.nan)) for _ in range(max(4, n_inputs))
    )
    which = rng.integers(0, len(matrices), (6, n_inputs))
    inputs = SharedInputs(tuple(f"f{k}" for k in range(n_inputs)), matrices, which)
    expected = [inputs.of(number).first_decision(bars, start, 25) for number in range(6)]
    assert first_decisions(inputs, bars, start, 25).tolist() == expected
