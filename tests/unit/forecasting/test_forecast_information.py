"""Correlations, losses and their errors against plain Python, scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from quantlab.forecasting.information import cross_section, hit_rate, mean_error, pinball, pooled
from tests.naive import forecasting as naive


@pytest.fixture
def panel():
    """Forecasts and labels (60 bars, 14 symbols) that are weakly related, with holes and ties."""
    rng = np.random.default_rng(3)
    forecast = rng.normal(size=(60, 14)).round(1)
    label = 0.3 * forecast + rng.normal(size=(60, 14))
    forecast[rng.random(forecast.shape) < 0.1] = np.nan
    label[rng.random(label.shape) < 0.1] = np.nan
    return forecast, label


def test_cross_section_equals_plain_python(panel):
    told = cross_section(*panel, horizon=1)
    ics = naive.cross_section_ics(*panel, at_least=10)
    ranked = naive.cross_section_ics(*panel, at_least=10, ranked=True)
    assert told.ic == pytest.approx(naive.mean(ics), abs=1e-14)
    assert told.rank_ic == pytest.approx(naive.mean(ranked), abs=1e-14)
    assert told.icir == pytest.approx(np.mean(ics) / np.std(ics, ddof=1), rel=1e-12)


def test_pooled_equals_scipy_and_plain_python(panel):
    told = pooled(*panel, horizon=1)
    both = np.isfinite(panel[0]) & np.isfinite(panel[1])
    x, y = panel[0][both], panel[1][both]
    assert told.ic == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-14)
    assert told.rank_ic == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-14)
    assert told.ic == pytest.approx(naive.pooled_ic(*panel), abs=1e-14)
    assert np.isnan(told.icir)


def test_one_bar_of_the_cross_section_is_scipys():
    rng = np.random.default_rng(0)
    forecast, label = rng.normal(size=(2, 12)), rng.normal(size=(2, 12))
    expected = np.mean([stats.pearsonr(forecast[i], label[i]).statistic for i in (0, 1)])
    assert cross_section(forecast, label, 1).ic == pytest.approx(expected, abs=1e-14)


def test_bars_with_fewer_than_ten_symbols_are_left_out():
    rng = np.random.default_rng(0)
    forecast, label = rng.normal(size=(3, 10)), rng.normal(size=(3, 10))
    label[2, 0] = np.nan
    assert cross_section(forecast, label, 1).ic == cross_section(forecast[:2], label[:2], 1).ic


def test_a_forecast_that_never_varies_has_no_correlation():
    label = np.random.default_rng(0).normal(size=(30, 12))
    assert np.isnan(cross_section(np.zeros_like(label), label, 1).ic)
    assert np.isnan(pooled(np.zeros_like(label), label, 1).ic)


@pytest.mark.parametrize("horizon", [1, 5, 20])
def test_mean_error_equals_plain_python_and_statsmodels(horizon):
    statsmodels = pytest.importorskip("statsmodels.api")
    series = np.convolve(np.random.default_rng(1).normal(size=300), np.ones(5), mode="valid")
    lag = max(horizon - 1, int(4 * (len(series) / 100) ** (2 / 9)))
    fitted = statsmodels.OLS(series, np.ones_like(series)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": False}
    )
    assert mean_error(series, horizon) == pytest.approx(float(fitted.bse[0]), rel=1e-10)
    assert mean_error(series, horizon) == pytest.approx(naive.newey_west_error(list(series), lag), rel=1e-10)


def test_overlapping_returns_do_not_count_as_independent():
    steps = np.random.default_rng(5).normal(size=4000)
    overlapping = np.convolve(steps, np.ones(20), mode="valid")
    naive_error = overlapping.std() / np.sqrt(len(overlapping))
    assert mean_error(overlapping, 20) > 3.0 * naive_error


def test_pooled_error_does_not_take_copies_for_evidence():
    rng = np.random.default_rng(2)
    forecast, label = rng.normal(size=(500, 1)), rng.normal(size=(500, 1))
    one, copies = (pooled(np.tile(forecast, k), np.tile(label, k), 1) for k in (1, 8))
    assert copies.ic == pytest.approx(one.ic, abs=1e-14)
    assert copies.ic_error == pytest.approx(one.ic_error, rel=1e-12)


def test_pooled_error_of_independent_cells_is_the_textbook_one():
    rng = np.random.default_rng(9)
    told = pooled(rng.normal(size=(3000, 4)), rng.normal(size=(3000, 4)), 1)
    assert told.ic_error == pytest.approx(1.0 / np.sqrt(12_000), rel=0.1)


def test_hits_and_losses_equal_plain_python(panel):
    forecast, label = panel
    levels = (0.1, 0.5, 0.9)
    values = np.stack([forecast - 1.0, forecast, forecast + 1.5], axis=2)
    assert hit_rate(forecast, label) == pytest.approx(naive.hit_rate(forecast, label), abs=1e-14)
    assert pinball(values, label, levels) == pytest.approx(naive.pinball(values, label, levels), rel=1e-12)


def test_pinball_by_hand():
    # label 3, forecasts 1, 2, 5 at 0.1, 0.5, 0.9: 0.1·2, 0.5·1, (1 − 0.9)·2 → (0.2 + 0.5 + 0.2) / 3
    assert pinball(np.array([[[1.0, 2.0, 5.0]]]), np.array([[3.0]]), (0.1, 0.5, 0.9)) == pytest.approx(0.3)


@settings(max_examples=30, deadline=None)
@given(level=st.sampled_from([0.1, 0.25, 0.5, 0.9]), seed=st.integers(0, 1000))
def test_no_constant_beats_the_empirical_quantile(level, seed):
    label = np.random.default_rng(seed).normal(size=(101, 1))
    best = np.quantile(label, level, method="inverted_cdf")
    losses = [
        pinball(np.full((101, 1, 1), best + off), label, (level,)) for off in (-0.3, -0.05, 0.0, 0.05, 0.3)
    ]
    assert min(losses) == losses[2]
