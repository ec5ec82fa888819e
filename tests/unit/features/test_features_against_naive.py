"""Every built-in equals its plain-Python definition, on random bars with gaps and on real ones."""

from __future__ import annotations

import numpy as np
import pytest

from quantlab.features.catalogue import BUILT_INS
from quantlab.features.features import feature
from tests.naive import features as naive

OF_BARS = {name: row for name, row in BUILT_INS.items() if row.reads == "bars"}
CASES = [
    (name, lookback, {"output": output} if output else {})
    for name, row in OF_BARS.items()
    for lookback in {"required": (3, 14, 37), "optional": (None, 5), "none": (None,)}[row.lookback]
    for output in row.outputs or (None,)
]
SETTINGS = [
    ("macd", None, {"output": "signal", "fast": 3, "slow": 8, "signal": 4}),
    ("macd", None, {"output": "line", "fast": 20, "slow": 5}),
    ("bollinger", 10, {"output": "upper", "deviations": 3.5}),
    ("donchian", 10, {"output": "lower", "skip": 1}),
    ("stochastic", 9, {"output": "d", "smooth": 1, "signal": 5}),
    ("momentum", 30, {"skip": 5}),
    ("volatility", 10, {"annualise": True}),
    ("parkinson", 10, {"annualise": True}),
    ("garman_klass", 10, {"annualise": True}),
    ("field_correlation", 10, {"field": "high"}),
    ("beta", 10, {"against": "A"}),
    ("correlation", 10, {"against": "C"}),
    ("sma", 1, {}),
    ("atr", 1, {}),
    ("adx", 1, {"output": "adx"}),
    ("adx", 2, {"output": "adx"}),
    ("wma", 64, {}),
    ("sma", 63, {}),
    ("std", 2, {}),
]
# A field that may be missing, zero or negative, for each feature that reads what it is told to.
LOGARITHMS = ("volatility", "log_return")
OF = [(name, "mood") for name, row in OF_BARS.items() if not row.fields and name not in LOGARITHMS]


def assert_equal(feature_values, naive_values):
    """Equal to 1e-12 of the value, or of the feature's own size where values pass through zero."""
    expected = np.array(naive_values)
    size = np.nanmax(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(feature_values, expected, rtol=1e-12, atol=1e-12 * size)


@pytest.mark.parametrize(("name", "lookback", "params"), CASES + SETTINGS)
def test_random_bars_with_gaps(gappy, name, lookback, params):
    values = feature(name, lookback=lookback, **params).compute(gappy)
    assert np.isfinite(values).any()
    assert_equal(values, naive.compute(name, gappy, lookback, **params))


@pytest.mark.parametrize(("name", "lookback", "params"), CASES)
def test_real_bars(real, name, lookback, params):
    values = feature(name, lookback=lookback, **params).compute(real)
    assert np.isfinite(values).any()
    assert_equal(values, naive.compute(name, real, lookback, **params))


@pytest.mark.parametrize(("name", "field"), OF)
def test_any_field_with_missing_values(gappy, name, field):
    row = BUILT_INS[name]
    lookback = None if row.lookback == "none" else 7
    params = {"output": row.outputs[0]} if row.outputs else {}
    values = feature(name, lookback=lookback, of=field, **params).compute(gappy)
    assert np.isfinite(values).any()
    # A ratio to a number near zero, or a variance of the same, is ill-conditioned: compare row by row.
    np.testing.assert_allclose(
        values, np.array(naive.compute(name, gappy, lookback, of=field, **params)), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("name", OF_BARS)
def test_warm_up_is_the_row_of_the_first_value(whole, name):
    row = BUILT_INS[name]
    for output in row.outputs or (None,):
        declared = feature(name, lookback=None if row.lookback == "none" else 13, output=output)
        there = np.isfinite(declared.compute(whole)).all(axis=1)
        assert np.flatnonzero(there)[0] == declared.warm_up
        assert there[declared.warm_up :].all()


def test_momentum_of_20_has_its_first_value_at_row_20(whole):
    values = feature("momentum", lookback=20).compute(whole)
    assert np.isnan(values[:20]).all()
    assert np.array_equal(values[20:], whole.close[20:] / whole.close[:-20] - 1.0)
