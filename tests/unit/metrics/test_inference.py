from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length
from hypothesis import given
from hypothesis import strategies as st

from quantlab.errors import DataError
from quantlab.kernels.paths import stationary_rows
from quantlab.metrics.blocks import block_length
from quantlab.metrics.inference import (
    bootstrap,
    bootstrap_interval,
    minimum_track_record,
    probabilistic_sharpe,
    resampled_rows,
    sharpe_confidence,
    track_record_bars,
)
from quantlab.metrics.risk import sharpe
from tests.naive import metrics as naive


def _daily_sharpe(returns: np.ndarray) -> float:
    return sharpe(returns, 252)


def _autoregressive(phi: float, n_bars: int) -> np.ndarray:
    noise = np.random.default_rng(n_bars).normal(size=n_bars)
    series = np.zeros(n_bars)
    for t in range(1, n_bars):
        series[t] = phi * series[t - 1] + noise[t]
    return series


@pytest.mark.parametrize("seed", range(10))
def test_rows_of_a_resample_agree_with_the_plain_loop(seed: int) -> None:
    words = np.random.default_rng(seed).bit_generator.random_raw(40)
    often = np.uint64(2**32 // 5) if seed else np.uint64(2**32)
    rows = np.empty(40, dtype=np.int64)
    stationary_rows(words, often, rows)
    assert rows.tolist() == naive.stationary_rows(words.tolist(), int(often))


def test_every_row_is_drawn_as_often_as_another() -> None:
    counts = sum(np.bincount(rows, minlength=50) for rows in resampled_rows(50, 4000, 3.0))
    # Blocks of three hold together, so counts vary three times as much as those of single draws, and some more.
    assert np.abs(counts / 4000.0 - 1.0).max() < 4.5 * math.sqrt(2 * 3.0 / 4000.0)


def test_mean_block_length_is_the_one_asked_for() -> None:
    breaks = bootstrap(
        lambda r: float(np.mean(np.diff(r) != 1.0)), np.arange(5000.0), n_resamples=50, block_bars=8.0
    )
    assert 1.0 / breaks.mean() == pytest.approx(8.0, rel=0.05)


@pytest.mark.parametrize(
    ("phi", "n_bars"), [(0.0, 3000), (0.2, 500), (0.5, 3000), (0.9, 50), (0.9, 3000), (-0.5, 500)]
)
def test_block_length_equals_arch(phi: float, n_bars: int) -> None:
    series = _autoregressive(phi, n_bars)
    expected = float(optimal_block_length(series)["stationary"].iloc[0])
    assert block_length(series) == pytest.approx(expected, rel=1e-9)


def test_block_length_of_what_does_not_move_is_one_bar() -> None:
    assert block_length(np.zeros(100)) == 1.0
    assert block_length(np.tile([1.0, -1.0], 50)) >= 1.0


def test_interval_of_a_mean_is_the_textbook_one_for_independent_bars() -> None:
    returns = np.random.default_rng(3).normal(0.0, 1.0, 2000)
    interval = bootstrap_interval(lambda r: float(r.mean()), returns, n_resamples=4000, block_bars=1.0)
    half_width = 1.96 * returns.std() / math.sqrt(2000)
    assert (interval.high - interval.low) / 2.0 == pytest.approx(half_width, rel=0.05)
    assert interval.low < interval.estimate < interval.high


def test_clustered_bars_widen_the_interval() -> None:
    clustered = _autoregressive(0.9, 2000)
    chosen = bootstrap_interval(lambda r: float(r.mean()), clustered)
    alone = bootstrap_interval(lambda r: float(r.mean()), clustered, block_bars=1.0)
    assert chosen.block_bars > 20
    assert chosen.high - chosen.low > 2.0 * (alone.high - alone.low)


def test_coverage_of_the_sharpe_interval() -> None:
    true = 0.05 * math.sqrt(252)
    hits = 0
    for seed in range(100):
        returns = np.random.default_rng(seed).normal(0.0005, 0.01, 1000)
        interval = bootstrap_interval(_daily_sharpe, returns, n_resamples=200, seed=seed)
        hits += interval.low <= true <= interval.high
    assert 88 <= hits <= 100


def test_a_paired_difference_is_sharper_than_two_intervals() -> None:
    random = np.random.default_rng(5)
    market = random.normal(0.0005, 0.01, 1000)
    better = market + random.normal(0.0005, 0.001, 1000)
    paired = bootstrap_interval(lambda a, b: _daily_sharpe(a) - _daily_sharpe(b), better, market)
    alone = bootstrap_interval(_daily_sharpe, better)
    assert paired.low > 0.0
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_a_series_minus_itself_differs_by_nothing() -> None:
    returns = np.random.default_rng(5).normal(size=100)
    interval = bootstrap_interval(lambda a, b: _daily_sharpe(a) - _daily_sharpe(b), returns, returns)
    assert (interval.estimate, interval.low, interval.high) == (0.0, 0.0, 0.0)


def test_same_seed_same_interval() -> None:
    returns = np.random.default_rng(5).normal(size=100)
    assert bootstrap_interval(_daily_sharpe, returns) == bootstrap_interval(_daily_sharpe, returns)
    assert bootstrap_interval(_daily_sharpe, returns) != bootstrap_interval(_daily_sharpe, returns, seed=1)


def test_an_undefined_estimate_has_undefined_bounds() -> None:
    interval = bootstrap_interval(_daily_sharpe, np.zeros(50))
    assert all(math.isnan(value) for value in (interval.estimate, interval.low, interval.high))


def test_too_few_or_unequal_bars_are_refused() -> None:
    with pytest.raises(DataError, match="10 bars are too few"):
        bootstrap_interval(_daily_sharpe, np.zeros(10))
    with pytest.raises(DataError, match=r"\[30, 40\] bars cannot be resampled together"):
        bootstrap(lambda a, b: 0.0, np.zeros(30), np.zeros(40))


def test_probabilistic_sharpe_of_normal_returns_by_hand() -> None:
    # ±1 about a mean of 0.1: population skew 0, kurtosis 1, so the variance term is 1
    returns = np.tile([1.1, -0.9], 50)
    ratio = 0.1 / statistics.stdev(returns.tolist())
    expected = statistics.NormalDist().cdf(ratio * math.sqrt(99))
    assert probabilistic_sharpe(returns) == pytest.approx(expected, rel=1e-12)
    assert probabilistic_sharpe(returns, benchmark_per_bar=ratio) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("skew", "excess_kurtosis", "expected"), [(0.0, 0.0, 0.982), (-2.448, 10.164 - 3.0, 0.913)]
)
def test_sharpe_confidence_of_the_paper(skew: float, excess_kurtosis: float, expected: float) -> None:
    """Bailey and López de Prado (2012): two years of months of a fund with a Sharpe of 0.458 a month."""
    assert sharpe_confidence(0.458, 24, skew, excess_kurtosis) == pytest.approx(expected, abs=2e-3)


def test_probabilistic_sharpe_is_undefined_where_sharpe_is() -> None:
    assert math.isnan(probabilistic_sharpe(np.full(10, 0.01)))
    assert math.isnan(probabilistic_sharpe(np.array([0.01])))


def test_a_thousand_resamples_of_3000_bars_take_well_under_a_second() -> None:
    returns = np.random.default_rng(0).normal(0.0005, 0.01, 3000)
    walls = []
    for _ in range(3):
        started = time.perf_counter()
        bootstrap_interval(_daily_sharpe, returns)
        walls.append(time.perf_counter() - started)
    assert min(walls) < 0.8


def test_the_catalogue_imports_nothing_heavy() -> None:
    code = "import sys, quantlab.metrics.catalogue; print({'numba', 'scipy'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("bars_a_year", "skew", "kurtosis", "years"),
    [(250, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_minimum_track_record_of_the_paper(
    bars_a_year: int, skew: float, kurtosis: float, years: float
) -> None:
    """Bailey and López de Prado (2012): years until an annual Sharpe of 2 is above 1 with 95% confidence."""
    one = 1.0 / math.sqrt(bars_a_year)
    bars = track_record_bars(2.0 * one, skew, kurtosis - 3.0, benchmark_per_bar=one)
    assert bars / bars_a_year == pytest.approx(years, abs=0.011)


@given(st.floats(0.01, 0.5), st.floats(-2.0, 1.0), st.floats(1.0, 10.0), st.floats(0.55, 0.999))
def test_at_the_minimum_track_record_the_confidence_is_reached(
    ratio: float, skew: float, excess: float, confidence: float
) -> None:
    bars = track_record_bars(ratio, skew, excess, 0.0, confidence)
    score = sharpe_confidence(ratio, bars, skew, excess)  # type: ignore[arg-type]
    assert score == pytest.approx(confidence, rel=1e-9)


def test_no_record_is_long_enough_for_what_loses() -> None:
    returns = np.random.default_rng(5).normal(-0.001, 0.01, 300)
    assert math.isnan(minimum_track_record(returns))
    assert minimum_track_record(-returns) > 1.0
