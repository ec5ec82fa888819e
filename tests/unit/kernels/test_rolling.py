"""Rolling and recursive kernels: no drift, only the window shows, and plain Python gives the same bits."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from quantlab.kernels import moments, order_statistics, rolling, smoothing
from quantlab.kernels.cross_section import mean_row, rank_row, zscore_row

LOOKBACKS = (1, 2, 3, 4, 5, 7, 8, 10, 20, 31, 50, 64, 97, 200)
WINDOWED = {
    "sum": rolling.rolling_sum,
    "mean": rolling.rolling_mean,
    "max": rolling.rolling_max,
    "min": rolling.rolling_min,
    "weighted": rolling.rolling_weighted_mean,
    "average": lambda x, n: moments.rolling_mean_squares(x, n)[0],
    "squares": lambda x, n: moments.rolling_mean_squares(x, n)[1],
    "std": lambda x, n: moments.rolling_std(x, n, 0),
    "zscore": lambda x, n: moments.rolling_zscore(x, max(n, 2)),
    "skewness": lambda x, n: moments.rolling_skewness(x, max(n, 3)),
    "products": lambda x, n: moments.rolling_products(x, np.sqrt(np.abs(x)), max(n, 2))[2],
    "rank": order_statistics.rolling_rank,
    "median": order_statistics.rolling_median,
}
EACH = pytest.mark.parametrize("kernel", WINDOWED.values(), ids=WINDOWED)


def prices(n, seed=0):
    return 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.001, n)))


def measured(window):
    """What each kernel should say of one window, with correctly rounded sums."""
    n = len(window)
    moves = [value - window[0] for value in window]
    mean = math.fsum(moves) / n
    squares = math.fsum((m - mean) ** 2 for m in moves)
    cubes = math.fsum((m - mean) ** 3 for m in moves)
    roots = [math.sqrt(abs(value)) for value in window]
    root = math.fsum(roots) / n
    return {
        "sum": math.fsum(window),
        "mean": math.fsum(window) / n,
        "max": max(window),
        "min": min(window),
        "weighted": math.fsum((k + 1) * v for k, v in enumerate(window)) / (n * (n + 1) / 2),
        "average": math.fsum(window) / n,
        "squares": squares,
        "std": math.sqrt(squares / n),
        "zscore": (moves[-1] - mean) / math.sqrt(squares / (n - 1)),
        "skewness": math.sqrt(n * (n - 1)) / (n - 2) * (cubes / n) / (squares / n) ** 1.5,
        "products": math.fsum((m - mean) * (r - root) for m, r in zip(moves, roots, strict=True)),
        "rank": sum(value <= window[-1] for value in window) / n,
        "median": float(np.median(window)),
    }


@pytest.mark.parametrize("lookback", [5, 50, 200])
def test_no_drift_over_a_million_bars(lookback):
    """Every kernel within 1e-9 of exact sums at sampled rows, right after a spike of 1e12 and at the end."""
    values = prices(1_000_000)
    spike = 400_000
    values[spike] = 1e12
    after = spike + lookback
    rows = np.random.default_rng(1).integers(lookback, 1_000_000, 60)
    rows = [int(t) for t in (*rows, after, after + 1, 999_999) if not spike <= t < after]
    expected = {t: measured([float(v) for v in values[t - lookback + 1 : t + 1]]) for t in rows}
    for name, kernel in WINDOWED.items():
        got = kernel(values, lookback)
        np.testing.assert_allclose(
            [got[t] for t in rows],
            [expected[t][name] for t in rows],
            rtol=1e-9,
            atol=1e-9 if name in ("zscore", "skewness") else 0.0,
            err_msg=name,
        )


@EACH
@pytest.mark.parametrize("lookback", LOOKBACKS)
def test_only_the_window_shows(kernel, lookback):
    """The same bits wherever the series starts or ends, and after a spike, an infinity or a NaN has left."""
    values = prices(9000, seed=lookback)
    whole = kernel(values, lookback)
    for first, stop in ((1, 9000), (3, 8999), (1234, 5000), (700, 700 + max(lookback, 3)), (5000, 9000)):
        part = kernel(values[first:stop].copy(), lookback)
        warm = max(lookback, 3) - 1
        assert np.array_equal(part[warm:], whole[first + warm : stop], equal_nan=True)
    for strange in (1e12, np.inf, np.nan):
        marked = values.copy()
        marked[2500] = strange
        got = kernel(marked, lookback)
        assert np.array_equal(got[:2500], whole[:2500], equal_nan=True)
        assert np.array_equal(got[2503 + lookback :], whole[2503 + lookback :], equal_nan=True)
    assert np.isnan(got[2500 : 2500 + lookback]).all()


@EACH
def test_short_series(kernel):
    for n in (0, 1, 2, 5):
        assert np.isnan(kernel(prices(n), 6)).all()
    assert np.isfinite(kernel(np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6]), 6)[5])


@EACH
def test_read_only_series_stay_as_they_are(kernel):
    values = prices(300)
    kept = values.copy()
    values.flags.writeable = False
    assert np.array_equal(kernel(values, 9), kernel(kept, 9), equal_nan=True)
    assert np.array_equal(values, kept)


@pytest.mark.parametrize("level", [2.0**-10, 1.0, 2.0**30])
def test_a_small_spread_on_a_high_level_keeps_its_digits(level):
    """A running sum of squares would have lost them all."""
    steps = np.random.default_rng(2).integers(-8, 9, 500) * 2.0**-20 * level
    values = level * 4096.0 + steps  # exact in float64
    expected = moments.rolling_std(steps, 30, 1)
    np.testing.assert_allclose(moments.rolling_std(values, 30, 1), expected, rtol=1e-14)


def test_equal_values_have_no_spread_at_all():
    values = np.full(500, 0.1)
    for lookback in LOOKBACKS[1:]:
        mean, squares = moments.rolling_mean_squares(values, lookback)
        assert (mean[lookback - 1 :] == 0.1).all()
        assert (squares[lookback - 1 :] == 0.0).all()


def test_recursions_by_hand():
    values = np.array([1.0, 2.0, 3.0, 5.0, np.nan, 4.0, 6.0])
    nan = np.nan
    assert smoothing.exponential_mean(values, 3) == pytest.approx(
        [nan, nan, 2, 3.5, nan, nan, nan], nan_ok=True
    )
    assert smoothing.wilder_mean(values, 2) == pytest.approx(
        [nan, 1.5, 2.25, 3.625, nan, nan, 5], nan_ok=True
    )
    assert smoothing.wilder_sum(values, 2) == pytest.approx([nan, 2.5, 4.25, 7.125, nan, nan, 8], nan_ok=True)
    assert smoothing.running_total(values) == pytest.approx([1, 3, 6, 11, nan, 4, 10], nan_ok=True)


def test_a_running_total_does_not_drift():
    steps = np.random.default_rng(3).normal(0, 1e6, 1_000_000) + 1e-3
    steps[1000], steps[2000] = 1e16, -1e16
    totals = smoothing.running_total(steps)
    for t in (999, 2000, 500_000, 999_999):
        assert totals[t] == pytest.approx(math.fsum(steps[: t + 1]), rel=1e-12)


def test_a_smoothed_million_forgets_a_spike():
    values = prices(1_000_000)
    marked = values.copy()
    marked[1000] = 1e12
    for kernel in (smoothing.exponential_mean, smoothing.wilder_mean):
        np.testing.assert_allclose(kernel(marked, 20)[3000:], kernel(values, 20)[3000:], rtol=1e-9)


def test_rows_across_symbols_by_hand():
    nan = np.nan
    rows = np.array([[3.0, 1.0, nan, 3.0], [nan, nan, 5.0, nan], [2.0, 2.0, 2.0, 2.0], [1.0, 2.0, 3.0, nan]])
    assert np.array_equal(
        rank_row(rows),
        [[2.5 / 3, 1 / 3, nan, 2.5 / 3], [nan, nan, 1, nan], [0.625] * 4, [1 / 3, 2 / 3, 1, nan]],
        equal_nan=True,
    )
    assert np.array_equal(mean_row(rows), [7 / 3, 5.0, 2.0, 2.0])
    scores = zscore_row(rows)
    assert np.isnan(scores[1:3]).all()
    assert scores[3] == pytest.approx([-1.0, 0.0, 1.0, nan], nan_ok=True)


PRINT_BITS = """
import hashlib, warnings
import numpy as np
warnings.simplefilter("ignore")
from tests.unit.kernels import test_rolling as t
values = t.prices(2500)
values[[700, 1500]] = np.nan, 1e12
digest = hashlib.sha256()
for n in (1, 3, 13):
    for kernel in t.WINDOWED.values():
        digest.update(kernel(values, n).tobytes())
    for kernel in (t.smoothing.exponential_mean, t.smoothing.wilder_mean, t.smoothing.wilder_sum):
        digest.update(kernel(values, n).tobytes())
digest.update(t.smoothing.running_total(values).tobytes())
panel = values.reshape(-1, 10)
for kernel in (t.rank_row, t.zscore_row, t.mean_row):
    digest.update(kernel(panel).tobytes())
print(digest.hexdigest())
"""


def test_plain_python_gives_the_same_bits():
    """The kernels' own source, run without Numba."""
    said = {
        disabled: subprocess.run(
            [sys.executable, "-c", PRINT_BITS],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
        ).stdout
        for disabled in ("0", "1")
    }
    assert said["0"] == said["1"] != ""
