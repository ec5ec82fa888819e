"""Tests of accuracy, calibration and economics of forecasts against plain Python, statsmodels and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from quantlab.errors import ForecastError
from quantlab.forecasting.accuracy_tests import clark_west, diebold_mariano
from quantlab.forecasting.calibration import calibration_error, coverage, share_below
from quantlab.forecasting.information import crps, hac_lags, quantile_losses
from quantlab.forecasting.signal import rank_autocorrelation, spread
from tests.naive import forecasting as naive
from tests.unit.forecasting.test_forecast_scores import scored

LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture
def panel():
    """Quantiles of two forecasters (120 bars, 12 symbols, 3 levels) and what came, with holes."""
    rng = np.random.default_rng(7)
    label = rng.normal(size=(120, 12))
    mine, theirs = (
        np.sort(noise * rng.normal(size=(120, 12, 1)) + np.array([-1.2, 0.1, 1.3]), axis=2)
        for noise in (0.2, 0.5)
    )
    mine[rng.random((120, 12)) < 0.1] = np.nan
    theirs[5] = np.nan
    label[rng.random(label.shape) < 0.1] = np.nan
    return mine, theirs, label


def losses_by_hand(values, other, label):
    """Mean loss of every bar over cells where both forecast."""
    cells = [
        [
            naive.quantile_loss(values[t, s], label[t, s], LEVELS)
            if np.isfinite([*values[t, s], *other[t, s], label[t, s]]).all()
            else math.nan
            for s in range(label.shape[1])
        ]
        for t in range(len(label))
    ]
    return naive.bar_means(cells)


@pytest.mark.parametrize("horizon", [1, 5, 9])
def test_diebold_mariano_equals_the_formula_and_a_hac_regression(panel, horizon):
    statsmodels = pytest.importorskip("statsmodels.api")
    mine, theirs, label = panel
    told = diebold_mariano(mine, theirs, label, LEVELS, horizon)
    a, b = losses_by_hand(mine, theirs, label), losses_by_hand(theirs, mine, label)
    lag = hac_lags(len(a), horizon)
    assert told.statistic == pytest.approx(naive.diebold_mariano(a, b, horizon, lag), rel=1e-10)
    gain, n = np.array(b) - np.array(a), len(a)
    fitted = statsmodels.OLS(gain, np.ones(n)).fit(cov_type="HAC", cov_kwds={"maxlags": lag})
    factor = math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    assert told.statistic == pytest.approx(factor * float(fitted.tvalues[0]), rel=1e-10)
    assert told.p_value == pytest.approx(2 * stats.t.sf(abs(told.statistic), n - 1), rel=1e-9)


def test_diebold_mariano_is_positive_for_the_better_and_changes_sign_with_the_sides(panel):
    mine, theirs, label = panel
    forth, back = (
        diebold_mariano(mine, theirs, label, LEVELS, 1),
        diebold_mariano(theirs, mine, label, LEVELS, 1),
    )
    assert forth.statistic > 2.0
    assert back.statistic == pytest.approx(-forth.statistic, rel=1e-12)
    assert all(map(math.isnan, diebold_mariano(mine, mine, label, LEVELS, 1)))
    assert all(map(math.isnan, diebold_mariano(mine[:9], theirs[:9], label[:9], LEVELS, 1)))


def test_clark_west_equals_plain_python(panel):
    mine, _, label = panel
    forecast, nested = mine[..., 1], np.zeros_like(label)
    told = clark_west(forecast, nested, label, 3)
    lag = hac_lags(len(naive.bar_means(forecast + label)), 3)
    assert told.statistic == pytest.approx(naive.clark_west(forecast, nested, label, lag), rel=1e-10)
    assert told.p_value == pytest.approx(stats.norm.sf(told.statistic), rel=1e-9)


def test_clark_west_by_hand():
    # nested 0, forecast f, label y: y² − (y − f)² + f² = 2·y·f, so the mean over bars of 2·y·f is what is tested
    rng = np.random.default_rng(0)
    f, y = rng.normal(size=(200, 1)), rng.normal(size=(200, 1))
    series = list(2.0 * (f * y)[:, 0])
    expected = naive.mean(series) / naive.newey_west_error(series, hac_lags(200, 1))
    assert clark_west(f, np.zeros_like(f), y, 1).statistic == pytest.approx(expected, rel=1e-10)
    assert math.isnan(clark_west(np.zeros_like(f), np.zeros_like(f), np.zeros_like(f), 1).statistic)


@pytest.mark.slow
def test_both_tests_reject_a_true_null_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    found = []
    for _ in range(300):
        label = rng.normal(size=(250, 1))
        one, other = (np.repeat(0.1 * rng.normal(size=(250, 1, 1)), 3, axis=2) for _ in range(2))
        found.append(
            (
                diebold_mariano(one, other, label, LEVELS, 1).p_value < 0.05,
                clark_west(one[..., 1], 0 * label, label, 1).p_value < 0.05,
            )
        )
    rates = np.mean(found, axis=0)
    assert (rates > 0.015).all()
    assert (rates < 0.1).all()


def test_crps_of_many_quantiles_is_the_integral_and_the_closed_form():
    levels = tuple((np.arange(400) + 0.5) / 400)
    quantiles = stats.norm.ppf(levels)
    for came in (-2.0, 0.3, 1.7):
        told = crps(quantiles[None, None, :], np.array([[came]]), levels)
        assert told == pytest.approx(naive.crps_of_quantiles(list(quantiles), came), rel=1e-9)
        integral = integrate.quad(
            lambda x, y=came: (stats.norm.cdf(x) - (y <= x)) ** 2, -8, 8, points=[came]
        )[0]
        assert told == pytest.approx(integral, rel=5e-3)
        # Gneiting and Raftery (2007), eq. 21: y(2Φ(y) − 1) + 2φ(y) − 1/√π for the standard normal
        closed = came * (2 * stats.norm.cdf(came) - 1) + 2 * stats.norm.pdf(came) - 1 / math.sqrt(math.pi)
        assert told == pytest.approx(closed, rel=5e-3)


def test_crps_of_a_median_is_the_mean_absolute_error():
    came = np.array([[1.0, -2.0], [0.5, np.nan]])
    assert crps(np.zeros((2, 2, 1)), came, (0.5,)) == pytest.approx((1.0 + 2.0 + 0.5) / 3)


def test_calibration_by_hand_and_plain_python(panel):
    values = np.array([[[-1.0, 0.0, 1.0]] * 4])
    label = np.array([[-2.0, -0.5, 0.0, 3.0]])
    assert share_below(values, label).tolist() == [0.25, 0.75, 0.75]
    assert coverage(values, label) == 0.5
    assert calibration_error(share_below(values, label), LEVELS) == pytest.approx((0.15 + 0.25 + 0.15) / 3)
    mine, _, came = panel
    np.testing.assert_allclose(share_below(mine, came), naive.share_below(mine.tolist(), came.tolist()))
    assert np.isnan(share_below(mine, np.full_like(came, np.nan))).all()
    assert math.isnan(coverage(mine[..., :1], came))


def test_spread_equals_plain_python_and_a_perfect_forecast_by_hand(panel):
    mine, _, label = panel
    earned = naive.fifths(mine[..., 1], label, 10)
    told, error = spread(mine[..., 1], label, 4)
    assert told == pytest.approx(naive.mean(earned), rel=1e-12)
    assert error == pytest.approx(naive.newey_west_error(earned, hac_lags(len(earned), 4)), rel=1e-10)
    ordered = np.tile(np.arange(10.0), (3, 1))
    assert spread(ordered, ordered, 1)[0] == 8.0  # (8 + 9)/2 − (0 + 1)/2
    assert np.isnan(spread(np.zeros((3, 10)), ordered, 1)).all()
    assert np.isnan(spread(ordered[:, :9], ordered[:, :9], 1)).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_sequence_of_symbols_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    forecast, label = rng.normal(size=(6, 11)).round(1), rng.normal(size=(6, 11))
    turned = rng.permutation(11)
    np.testing.assert_allclose(
        spread(forecast[:, turned], label[:, turned], 1), spread(forecast, label, 1), rtol=1e-9
    )
    assert rank_autocorrelation(forecast[:, turned]) == pytest.approx(
        rank_autocorrelation(forecast), nan_ok=True
    )


def test_rank_autocorrelation_is_scipys():
    forecast = np.random.default_rng(2).normal(size=(30, 12)).cumsum(axis=0)
    expected = np.mean([stats.spearmanr(forecast[t], forecast[t - 1]).statistic for t in range(1, 30)])
    assert rank_autocorrelation(forecast) == pytest.approx(expected, rel=1e-12)
    few = forecast[:, :3]
    assert rank_autocorrelation(few) == pytest.approx(
        stats.spearmanr(few[1:].ravel(), few[:-1].ravel()).statistic, rel=1e-12
    )
    assert rank_autocorrelation(np.tile(forecast[:1], (5, 1))) == pytest.approx(1.0)


def test_quantile_losses_keep_the_place_of_a_hole():
    losses = quantile_losses(np.array([[[0.0, 1.0]]]), np.array([[np.nan]]), (0.25, 0.5))
    assert np.isnan(losses).all()


def test_the_table_of_scores_holds_every_figure():
    table, bars, median, label = scored(12, share=0.1)
    scores = table.scores(bars)
    row = scores.frame.loc[("Mine", 2)]
    values, quiet = table.values[:, :, 0], table.beside["naive"].values[:, :, 0]
    quiet = np.where(np.isnan(label)[..., None], np.nan, quiet)
    a, b = (
        naive.bar_means(
            [
                [
                    naive.quantile_loss(x, y, table.levels) if np.isfinite([*x, y]).all() else math.nan
                    for x, y in zip(*rows, strict=True)
                ]
                for rows in zip(each, label, strict=True)
            ]
        )
        for each in (values, quiet)
    )
    lag = hac_lags(len(a), 2)
    assert row["dm_naive"] == pytest.approx(naive.diebold_mariano(a, b, 2, lag), rel=1e-9)
    assert row["clark_west"] == pytest.approx(
        naive.clark_west(median, np.zeros_like(median), label, lag), rel=1e-9
    )
    assert row["spread"] == pytest.approx(naive.mean(naive.fifths(median, label, 10)), rel=1e-9)
    assert row["crps"] == pytest.approx(2 * row["pinball"])
    assert math.isnan(row["dm_ridge"])
    np.testing.assert_allclose(
        scores.calibration.loc[("Mine", 2)], naive.share_below(values.tolist(), label.tolist())
    )
    assert list(scores.calibration.columns) == list(table.levels)
    assert scores.decay.loc[("Mine", 2), 2] == pytest.approx(row["ic"])
    assert np.isnan(scores.decay.loc[("naive", 2)]).all()


@pytest.mark.parametrize("n_symbols", [3, 12])
def test_the_rank_coefficient_decays_and_adds_up(n_symbols):
    table, bars, _, _ = scored(n_symbols, share=0.3)
    scores = table.scores(bars)
    row = scores.frame.loc[("Mine", 2)]
    by_bar = scores.rank_ic_by_bar.loc[("Mine", 2), "rank_ic"]
    assert by_bar.mean() == pytest.approx(row["rank_ic"], rel=1e-9)
    assert by_bar.index.isin(bars.time).all()
    assert by_bar.index[0] >= bars.time[50]  # the first forecast
    decay = scores.rank_decay.loc[("Mine", 2)]
    assert decay.loc[2].tolist() == pytest.approx([row["rank_ic"], row["rank_ic_error"]], rel=1e-9)
    assert decay.loc[60, "rank_ic"] < decay.loc[2, "rank_ic"]
    assert list(decay.index) == list(scores.decay.columns)
    changed = scored(n_symbols, share=0.3)[0]
    assert changed.scores(bars).rank_ic_by_bar.equals(scores.rank_ic_by_bar)


def test_the_wide_table_fits_a_page_and_says_how_to_read_it():
    table, bars, _, _ = scored(12, share=0.1)
    text = str(table.scores(bars))
    assert max(map(len, text.splitlines())) <= 100
    for word in ("spread", "Clark–West", "coverage", "beyond about 2 hardly by chance"):
        assert word in text


def test_figures_show_calibration_and_decay():
    table, bars, _, _ = scored(3, share=0.1)
    scores = table.scores(bars)
    names = [trace.name for trace in scores.plot().data]
    assert names == ["Mine, horizon 2", "naive, horizon 2", "calibrated"]
    decay = scores.plot("decay").data[0]
    assert list(decay.x) == list(scores.decay.columns)
    with pytest.raises(ForecastError, match="Did you mean 'decay'"):
        scores.plot("deacy")
