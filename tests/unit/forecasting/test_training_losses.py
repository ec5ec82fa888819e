"""Every loss against plain NumPy, scipy, scikit-learn and finite differences, and the quantiles it comes to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import log_loss

from quantlab.errors import ForecastError
from quantlab.forecasting.baselines import RidgeForecaster
from quantlab.forecasting.losses import (
    BY_NAME,
    Correlation,
    CrossEntropy,
    Decision,
    Direction,
    Gaussian,
    Huber,
    Pinball,
    Ranking,
    SquaredError,
    Student,
    loss_of,
)
from quantlab.forecasting.losses.loss import Labels
from quantlab.forecasting.served_quantiles import Calibration
from tests.naive import forecasting as naive_forecasting
from tests.naive import training as naive

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
RECIPE = RidgeForecaster(levels=LEVELS)
RNG = np.random.default_rng(0)


def labels_of(values, present=None, spread=0.02, horizon=1):
    """Labels as a loss is told them."""
    return Labels(
        values=torch.tensor(values),
        present=None if present is None else torch.tensor(present),
        levels=torch.tensor(LEVELS, dtype=torch.float64),
        spread=torch.tensor([spread], dtype=torch.float64),
        horizons=torch.tensor([float(horizon)], dtype=torch.float64),
    )


def pooled(loss, n_numbers, n=40):
    """A loss of random numbers, what it was told, and the labels ``(n, 1)``."""
    raw = torch.tensor(RNG.normal(size=(n, n_numbers)))
    output = loss.head(1, LEVELS)(raw)
    label = RNG.normal(size=(n, 1))
    return float(loss.value(output, labels_of(label))), output.numpy(), label


def grid(n_bars=9, n_symbols=5, seed=0):
    """Scores, labels and where they are, with one empty bar and one of a single symbol."""
    rng = np.random.default_rng(seed)
    present = rng.random((n_bars, n_symbols)) > 0.2
    present[3], present[4] = False, np.arange(n_symbols) == 2
    scores, labels = (np.where(present, rng.normal(size=present.shape), 0.0) for _ in range(2))
    return scores, labels, present


def test_pinball():
    told, output, label = pooled(Pinball(), 5)
    assert told == pytest.approx(naive_forecasting.pinball(output, label, LEVELS), rel=1e-12)


def test_squared_error_and_huber():
    told, output, label = pooled(SquaredError(), 1)
    assert told == pytest.approx(np.mean((output[..., 0] - label) ** 2), rel=1e-12)
    told, output, label = pooled(Huber(threshold=0.7), 1)
    expected = [naive.huber(error, 0.7) for error in (label - output[..., 0]).ravel()]
    assert told == pytest.approx(np.mean(expected), rel=1e-12)


def test_likelihoods_are_those_of_scipy():
    told, output, label = pooled(Gaussian(), 2)
    assert told == pytest.approx(-stats.norm.logpdf(label, output[..., 0], output[..., 1]).mean(), rel=1e-12)
    told, output, label = pooled(Student(), 3)
    location, scale, freedom = np.moveaxis(output, -1, 0)
    assert told == pytest.approx(-stats.t.logpdf(label, freedom, location, scale).mean(), rel=1e-12)
    assert freedom.min() > 2.0


def test_quantiles_of_likelihoods_are_those_of_scipy():
    output = pooled(Gaussian(), 2)[1]
    expected = stats.norm.ppf(LEVELS, output[..., :1], output[..., 1:])
    np.testing.assert_allclose(Gaussian().quantiles(output, LEVELS), expected, rtol=1e-12, atol=1e-12)
    output = pooled(Student(), 3)[1]
    expected = stats.t.ppf(LEVELS, output[..., 2:], output[..., :1], output[..., 1:2])
    np.testing.assert_allclose(Student().quantiles(output, LEVELS), expected, rtol=1e-9, atol=1e-9)


def test_direction_is_the_log_loss_of_scikit_learn():
    told, output, label = pooled(Direction(), 1)
    chance = 1.0 / (1.0 + np.exp(-output.ravel()))
    assert told == pytest.approx(log_loss(label.ravel() > 0, chance), rel=1e-12)
    nothing = Direction().value(torch.zeros(3, 1, 1, dtype=torch.float64), labels_of(np.zeros((3, 1))))
    assert float(nothing) == pytest.approx(np.log(2.0))


@pytest.mark.parametrize("seed", range(3))
def test_correlation_and_ranking(seed):
    scores, labels, present = grid(seed=seed)
    output, told = torch.tensor(scores)[..., None, None], labels_of(labels[..., None], present)
    assert float(Correlation().value(output, told)) == pytest.approx(naive.ic_loss(scores, labels, present))
    assert float(Ranking().value(output, told)) == pytest.approx(naive.rank_loss(scores, labels, present))


def test_losses_over_bars_survive_what_does_not_vary():
    present = np.ones((2, 3), dtype=bool)
    for loss in (Correlation(), Ranking()):
        output = torch.zeros(2, 3, 1, 1, dtype=torch.float64, requires_grad=True)
        value = loss.value(output, labels_of(np.zeros((2, 3, 1)), present))
        value.backward()
        assert float(value.detach()) == 0.0
        assert torch.isfinite(output.grad).all()


@pytest.mark.parametrize("horizon", [1, 5])
def test_decision(horizon):
    scores, labels, present = grid()
    loss, spread = Decision(costs=0.002, risk_aversion=7.0), 0.03
    told = labels_of(labels[..., None], present, spread, horizon)
    expected = naive.decision_loss(scores, labels * spread, present, spread, horizon, 0.002, 7.0)
    assert float(loss.value(torch.tensor(scores)[..., None, None], told)) == pytest.approx(
        expected, rel=1e-10
    )


def test_the_gradient_of_decision_is_that_of_finite_differences():
    scores, labels, present = grid(seed=5)
    loss, told = Decision(costs=0.002), labels_of(labels[..., None], present)
    output = torch.tensor(scores)[..., None, None].requires_grad_()
    loss.value(output, told).backward()
    moved = np.zeros_like(scores)
    for place in np.ndindex(scores.shape):
        sides = []
        for step in (1e-6, -1e-6):
            other = scores.copy()
            other[place] += step
            sides.append(float(loss.value(torch.tensor(other)[..., None, None], told)))
        moved[place] = (sides[0] - sides[1]) / 2e-6
    np.testing.assert_allclose(output.grad[..., 0, 0].numpy(), moved, rtol=1e-5, atol=1e-8)
    assert np.abs(moved).max() > 0.01


def test_costs_make_the_best_position_move_less():
    labels, present = np.array([[[1.0]], [[-0.05]], [[1.0]]]), np.ones((3, 1), dtype=bool)
    output = torch.zeros(3, 1, 1, 1, dtype=torch.float64)
    flip = torch.tensor([2.0, -2.0, 2.0], dtype=torch.float64).reshape(3, 1, 1, 1)
    hold = output + 2.0
    told = labels_of(labels, present, spread=0.01)
    free, dear = Decision(costs=0.0, risk_aversion=0.0), Decision(costs=0.001, risk_aversion=0.0)
    assert float(free.value(flip, told)) < float(free.value(hold, told))
    assert float(dear.value(hold, told)) < float(dear.value(flip, told))


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_losses_are_values_that_print_as_code(name):
    loss = loss_of(name)
    assert eval(repr(loss), {type(loss).__name__: type(loss)}) == loss
    assert loss_of(loss) is loss


def test_wrong_numbers_of_losses_are_refused():
    for make, advice in (
        (lambda: Huber(threshold=0.0), "from 0.001 to 1000"),
        (lambda: Decision(costs=0.5), "from 0 to 0.1"),
        (lambda: Decision(run=1), "at least 2"),
    ):
        with pytest.raises(ForecastError, match=advice):
            make()
    assert eval(repr(Decision(costs=0.0005)), {"Decision": Decision}) == Decision(costs=0.0005)


def test_cross_entropy_of_a_probability_is_scikit_learns_and_serves_the_probability():
    _, output, _ = pooled(CrossEntropy(), 1)
    events = RNG.random((40, 1)) < 0.3
    value = float(CrossEntropy().value(torch.tensor(output), labels_of(events.astype(float))))
    told = CrossEntropy().quantiles(output, (0.5,))
    assert told.shape == (40, 1, 1)
    assert value == pytest.approx(log_loss(events[:, 0], told[:, 0, 0]))
    assert told[:, 0, 0] == pytest.approx(stats.logistic.cdf(output[:, 0, 0]))


@pytest.mark.parametrize("slope", [2.0, -2.0])
def test_a_score_becomes_a_line_of_numpy_and_never_falls(slope):
    rng = np.random.default_rng(1)
    scores = rng.normal(3.0, 2.0, size=(200, 1))
    labels = slope * scores + rng.normal(size=(200, 1))
    symbols = np.repeat([0, 1], 100)
    made = Calibration.of_scores(RECIPE, scores, labels, symbols, 2)
    line = np.polyfit(scores[:, 0], labels[:, 0], 1) if slope > 0 else [0.0, labels.mean()]
    np.testing.assert_allclose([made.slope[0], made.intercept[0]], line, rtol=1e-9, atol=1e-12)
    fitted = scores * line[0] + line[1]
    expected = [np.quantile((labels - fitted)[symbols == s], LEVELS) for s in (0, 1)]
    np.testing.assert_allclose(made.residuals[:, 0], expected, rtol=1e-9, atol=1e-12)
    told = made.quantiles(scores, symbols)
    np.testing.assert_allclose(told[:, 0], fitted + np.array(expected)[symbols], atol=1e-9)


@given(seed=st.integers(0, 500), flat=st.booleans())
def test_calibrated_quantiles_never_cross(seed, flat):
    rng = np.random.default_rng(seed)
    scores = np.full((50, 2), 3.0) if flat else rng.normal(size=(50, 2))
    labels, symbols = rng.standard_t(3, size=(50, 2)), rng.integers(0, 3, 50)
    for make in (Calibration.of_scores, Calibration.of_points):
        made = make(RECIPE, scores, labels, symbols, 3)
        told = made.quantiles(scores, symbols)
        assert np.isfinite(told).all()
        assert (np.diff(told, axis=-1) >= 0.0).all()
        back = Calibration.restore(made.state())
        np.testing.assert_array_equal(back.quantiles(scores, symbols), told)
