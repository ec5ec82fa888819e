"""Functions of users: shape, and the test for looking ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from quantlab.errors import CausalityError, StrategyError
from quantlab.features.features import compute_input, feature


def average(bars, lookback):
    return pd.DataFrame(bars.close).rolling(lookback).mean()


def test_an_honest_function_is_checked_and_masked(gappy):
    values, unchecked = compute_input(feature(average, lookback=1), gappy)
    assert unchecked is None
    assert np.array_equal(values, gappy.close, equal_nan=True)
    assert not values.flags.writeable
    constant = feature(lambda bars, lookback: np.ones(bars.close.shape, dtype=np.int64)).compute(gappy)
    assert np.array_equal(np.isnan(constant), ~gappy.present)


def tomorrow(bars, lookback):
    return np.roll(bars.close, -1, axis=0)


def whole_mean(bars, lookback):
    return bars.close - np.nanmean(bars.close, axis=0)


def backfilled(bars, lookback):
    sparse = bars.close.copy()
    sparse[np.arange(bars.n_bars) % 7 != 0] = np.nan
    return pd.DataFrame(sparse).bfill().to_numpy()


def drawn(bars, lookback):
    return np.random.default_rng().normal(size=bars.close.shape)


def appearing(bars, lookback):
    """A NaN that becomes a number when more is known is a leak too."""
    return np.where(bars.n_bars > 150, bars.close, np.nan)


@pytest.mark.parametrize("function", [tomorrow, whole_mean, backfilled, drawn])
def test_looking_ahead_is_refused(gappy, function):
    with pytest.raises(CausalityError) as caught:
        feature(function).compute(gappy)
    message = str(caught.value)
    for part in (f"feature({function.__name__})", "at bar", "2020-", "symbol", "with all 160 bars but"):
        assert part in message


def test_a_value_that_appears_later_is_refused(gappy):
    with pytest.raises(CausalityError, match="with all 160 bars but nan"):
        feature(appearing).compute(gappy)


def test_the_place_is_named(gappy):
    def peeking(bars, lookback):
        values = np.zeros(bars.close.shape)
        if bars.n_bars > row:
            values[row, 2] = bars.n_bars
        return values

    row = 90 + int(np.argmax(gappy.present[90:, 2]))
    with pytest.raises(CausalityError) as caught:
        feature(peeking).compute(gappy)
    assert f"at bar {row} ({gappy.time[row]}), symbol 'C', it is 160.0 with all 160 bars but 120.0" in str(
        caught.value
    )


def test_what_cannot_be_checked_says_why(gappy):
    def fussy(bars, lookback):
        if bars.n_bars < 160:
            raise RuntimeError("too short for me")
        return bars.close

    values, unchecked = compute_input(feature(fussy), gappy)
    assert np.array_equal(values, gappy.close, equal_nan=True)
    assert "fussy raised RuntimeError on the first" in unchecked
    assert "too short for me" in unchecked
    assert "too few values" in compute_input(feature(average, lookback=200), gappy).unchecked
    assert "too few values" in compute_input(feature(average, lookback=2), gappy.rows(0, 4)).unchecked


@pytest.mark.parametrize(
    "answer",
    [lambda bars: bars.close[1:], lambda bars: bars.close[:, 0], lambda bars: bars.close.astype(str), None],
)
def test_what_is_no_panel_of_numbers_is_refused(gappy, answer):
    def function(bars, lookback):
        return answer(bars) if answer else None

    with pytest.raises(StrategyError, match=r"return numbers of shape \(n_bars, n_symbols\) = \(160, 4\)"):
        feature(function).compute(gappy)


def test_the_check_is_made_once_for_the_same_code_parameters_and_bars(gappy, whole):
    calls = []

    def counted(bars, lookback, weight=1.0):
        calls.append(bars.n_bars)
        return bars.close * weight

    for bars, weight, expected in ((gappy, 1.0, 4), (gappy, 1.0, 1), (gappy, 2.0, 4), (whole, 1.0, 4)):
        calls.clear()
        feature(counted, weight=weight).compute(bars)
        assert len(calls) == expected


def test_a_leak_is_refused_every_time(gappy):
    for _ in range(2):
        with pytest.raises(CausalityError):
            feature(tomorrow).compute(gappy)


def test_methods_and_objects_will_do(gappy):
    class Scaled:
        def __call__(self, bars, lookback):
            return bars.close

        def method(self, bars, lookback):
            return bars.close

    assert compute_input(feature(Scaled()), gappy).unchecked is None
    assert compute_input(feature(Scaled().method), gappy).unchecked is None
    assert repr(feature(Scaled())) == "feature(Scaled)"
