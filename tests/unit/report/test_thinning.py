from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantlab.report.thinning import kept_rows

CURVES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300).map(np.array)


@given(CURVES, st.integers(1, 20))
def test_every_pixel_column_keeps_its_ends_and_extremes(values: np.ndarray, n_columns: int) -> None:
    rows = kept_rows(values, n_columns)
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert {0, values.size - 1} <= set(rows.tolist())
    if values.size <= 4 * n_columns:
        assert rows.size == values.size
        return
    assert rows.size <= 4 * n_columns
    edges = [k * values.size // n_columns for k in range(n_columns + 1)]
    for start, stop in pairwise(edges):
        kept = values[rows[(rows >= start) & (rows < stop)]]
        assert (kept.min(), kept.max()) == (values[start:stop].min(), values[start:stop].max())


def test_a_single_spike_survives_and_nan_is_no_extreme() -> None:
    values = np.full(100_000, np.nan)
    values[::2] = 1.0
    values[77_778] = 5.0
    values[12_346] = -5.0
    rows = kept_rows(values, 400)
    assert {77_778, 12_346} <= set(rows.tolist())
    assert rows.size <= 1600
