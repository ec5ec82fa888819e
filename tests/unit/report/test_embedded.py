from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab.report.embedded import DIGITS, as_json, exponent_of, packed, significant

NUMBERS = st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), max_size=60).map(np.array)


def _unpacked(data: dict) -> list[float]:
    total, values = 0, []
    for step in data["d"]:
        total += step or 0
        values.append(math.nan if step is None else total * 10.0 ** data["e"])
    return values


@given(NUMBERS, st.integers(-5, 2))
def test_packed_numbers_come_back_within_half_a_step(values: np.ndarray, exponent: int) -> None:
    data = json.loads(json.dumps(packed(values, exponent)))
    np.testing.assert_allclose(_unpacked(data), values, rtol=1e-12, atol=0.5001 * 10.0**exponent)


@given(st.lists(st.floats(1e-3, 1e9), min_size=1, max_size=60).map(np.array))
def test_enough_digits_are_kept(values: np.ndarray) -> None:
    step = 10.0 ** exponent_of(values)
    typical, largest = np.quantile(values, 0.05), values.max()
    assert step <= max(typical * 10.0 ** (1 - DIGITS), largest * 1e-9) * (1 + 1e-9)
    assert largest / step < 1e10


@given(st.text())
def test_no_text_ends_the_element_it_stands_in(text: str) -> None:
    written = as_json({text: [text]})
    assert not set(written) & set("<>&\u2028\u2029")
    assert written.isascii()
    assert json.loads(written) == {text: [text]}


def test_what_json_cannot_say_is_null_or_refused() -> None:
    assert significant([float("nan"), float("inf"), 0.1 + 0.2, 5.0]) == [None, None, 0.3, 5]
    with pytest.raises(ValueError):
        as_json({"value": float("nan")})
