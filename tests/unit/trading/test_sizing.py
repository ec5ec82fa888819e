"""Sizing: hand arithmetic, laws, a plain-Python oracle, and another library's risk parity."""

import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantlab as ql
from tests.naive import sizing as naive

NAN = math.nan
AWAY = st.sampled_from([NAN, 0.0, -0.01, math.inf])
LAW = {"rtol": 1e-12, "atol": 1e-15}


def some(numbers, most=8):
    return st.lists(numbers, min_size=1, max_size=most).map(np.array)


def volatilities(low=1e-4, high=1.0):
    return st.floats(low, high, allow_subnormal=False)


def weights_and_current():
    weight = st.floats(-1.0, 1.0)
    pairs = st.lists(st.tuples(weight | st.sampled_from([NAN, 0.0]), weight), min_size=1, max_size=8)
    return pairs.map(lambda rows: tuple(np.array(column, np.float64) for column in zip(*rows, strict=True)))


@st.composite
def covariances(draw, most=8):
    """Of returns with a common part, as stocks have."""
    n = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    returns = rng.normal(0.0, 1.0, (4 * n + 10, n)) + rng.normal(
        0.0, draw(st.floats(0.0, 2.0)), (4 * n + 10, 1)
    )
    return ql.sizing.sample_covariance(returns * rng.uniform(0.001, 0.05, n))


def contributions(weights, covariance):
    return weights * (covariance @ weights)


# Hand arithmetic --------------------------------------------------------------------------------------------------


def test_equal_weights():
    assert ql.sizing.equal_weight(np.array([True, False, True])).tolist() == [0.5, 0.0, 0.5]
    assert ql.sizing.equal_weight(np.array([True, True]), gross=-1.0).tolist() == [-0.5, -0.5]
    assert ql.sizing.equal_weight(np.array([False, False])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("k", "chosen"),
    [(0, []), (1, [2]), (2, [2, 1]), (3, [2, 1, 3]), (4, [2, 1, 3, 5]), (9, [2, 1, 3, 5])],
)
def test_the_highest_scores_and_the_lower_number_of_equal_ones(k, chosen):
    scores = np.array([NAN, 0.2, 0.5, 0.2, NAN, -math.inf])
    assert np.flatnonzero(ql.sizing.top_k(scores, k)).tolist() == sorted(chosen)


def test_inverse_volatilities():
    # 1/0.1 : 1/0.2 : 1/0.4 = 4 : 2 : 1
    weights = ql.sizing.inverse_volatility(np.array([0.1, NAN, 0.2, 0.0, 0.4, math.inf, -0.1]), gross=0.7)
    np.testing.assert_allclose(weights, [0.4, 0, 0.2, 0, 0.1, 0, 0], **LAW)
    assert ql.sizing.inverse_volatility(np.array([NAN, 0.0])).tolist() == [0.0, 0.0]


def test_kelly():
    mean, variance = np.array([0.02, -0.01, NAN, 0.05, 0.01]), np.array([0.04, 0.04, 0.04, 0.0, NAN])
    assert ql.sizing.kelly_fraction(mean, variance).tolist() == [0.25, -0.125, 0.0, 0.0, 0.0]
    assert ql.sizing.kelly_fraction(mean, variance, 1.0, 10.0).tolist() == [0.5, -0.25, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(
        ql.sizing.kelly_fraction(mean, variance, 1.0, 0.375), [0.25, -0.125, 0, 0, 0], **LAW
    )


def test_kelly_is_where_growth_is_largest():
    """Growth of a continuous bet: w·μ − w²·σ²/2; half of the best bet gives three quarters of the best growth."""
    mean, variance = np.array([0.03]), np.array([0.09])
    bets = np.linspace(0.0, 1.0, 30001)
    growth = bets * mean - bets**2 * variance / 2.0
    best = ql.sizing.kelly_fraction(mean, variance, fraction=1.0)[0]
    half = ql.sizing.kelly_fraction(mean, variance)[0]
    assert bets[growth.argmax()] == pytest.approx(best, abs=1e-4)
    assert half * mean - half**2 * variance / 2.0 == pytest.approx(0.75 * growth.max(), rel=1e-8)


def test_two_symbols_share_the_risk_by_inverse_volatility_whatever_their_correlation():
    """Maillard, Roncalli and Teïletche (2010), section 3.1."""
    for correlation in (-0.9, 0.0, 0.5, 0.99):
        covariance = np.array([[0.04, 0.02 * correlation], [0.02 * correlation, 0.01]])
        np.testing.assert_allclose(ql.sizing.risk_parity(covariance), [1 / 3, 2 / 3], rtol=1e-9)


def test_risk_parity_leaves_out_what_has_no_variance():
    covariance = np.array([[NAN, NAN, NAN], [NAN, 0.04, 0.0], [NAN, 0.0, 0.01]])
    np.testing.assert_allclose(ql.sizing.risk_parity(covariance, gross=0.3), [0.0, 0.1, 0.2], rtol=1e-9)
    assert ql.sizing.risk_parity(np.full((2, 2), NAN)).tolist() == [0.0, 0.0]
    assert ql.sizing.risk_parity(np.zeros((2, 2))).tolist() == [0.0, 0.0]


def test_a_volatility_target():
    covariance = np.diag([0.04, 0.09, NAN])
    weights = np.array([0.6, -0.4, 0.5])  # the last has no variance; √(0.36·0.04 + 0.16·0.09) = 0.12·√2
    scaled = ql.sizing.volatility_target(weights, covariance, target=0.06 * math.sqrt(2.0))
    np.testing.assert_allclose(scaled, [0.3, -0.2, 0.0], **LAW)
    scaled = ql.sizing.volatility_target(weights, covariance, target=10.0, max_gross=2.0)
    np.testing.assert_allclose(scaled, [1.2, -0.8, 0.0], **LAW)
    assert ql.sizing.volatility_target(weights, covariance, target=0.0).tolist() == [0.0, 0.0, 0.0]
    nothing = np.array([0.0, NAN, 1.0])
    assert ql.sizing.volatility_target(nothing, covariance, target=0.1).tolist() == [0.0, 0.0, 0.0]


def test_a_perfect_hedge_is_scaled_to_the_gross_limit():
    covariance = np.array([[0.04, 0.04], [0.04, 0.04]])
    scaled = ql.sizing.volatility_target(np.array([0.1, -0.1]), covariance, target=0.1, max_gross=1.5)
    np.testing.assert_allclose(scaled, [0.75, -0.75], **LAW)


def test_small_trades_are_not_made():
    weights, current = (
        np.array([0.30, 0.31, 0.29, 0.0, NAN, 0.005]),
        np.array([0.3, 0.3, 0.3, 0.004, 0.004, 0.0]),
    )
    kept = ql.sizing.minimum_trade(weights, current, 0.0101)
    assert kept.tolist() == [0.3, 0.3, 0.3, 0.0, 0.0, 0.0]
    assert ql.sizing.minimum_trade(weights, current, 0.005).tolist() == [0.3, 0.31, 0.29, 0.0, 0.0, 0.005]


def test_a_band_is_left_alone_inside_and_met_at_its_edge_from_outside():
    weights = np.array([0.5, 0.5, 0.5, -0.5, 0.0, NAN, 0.01])
    current = np.array([0.51, 0.40, 0.70, 0.10, 0.01, 0.01, 0.0])
    moved = ql.sizing.no_trade_band(weights, current, 0.0625)
    assert moved.tolist() == [0.51, 0.4375, 0.5625, -0.4375, 0.0, 0.0, 0.0]


# Misuse -----------------------------------------------------------------------------------------------------------

ONE, TWO = np.ones(1), np.ones(2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ql.sizing.top_k(TWO, -1), "cannot choose -1 symbols"),
        (lambda: ql.sizing.kelly_fraction(TWO, TWO, -0.5), "fraction of -0.5"),
        (lambda: ql.sizing.kelly_fraction(TWO, TWO, max_gross=NAN), "max_gross nan"),
        (lambda: ql.sizing.kelly_fraction(TWO, ONE), "1 numbers for 2 symbols"),
        (lambda: ql.sizing.risk_parity(np.ones((2, 3))), "2 rows and 3 columns for 2 symbols"),
        (lambda: ql.sizing.risk_parity(np.array([[1.0, NAN], [NAN, 1.0]])), "covariance of 2 symbols"),
        (lambda: ql.sizing.risk_parity(np.array([[1.0, -1.0], [-1.0, 1.0]])), "more returns than symbols"),
        (lambda: ql.sizing.volatility_target(TWO, np.eye(3), 0.1), "3 rows and 3 columns for 2 symbols"),
        (lambda: ql.sizing.volatility_target(TWO, np.eye(2), -0.1), "target of -0.1"),
        (lambda: ql.sizing.volatility_target(TWO, np.eye(2), 0.1, -1.0), "max_gross -1.0"),
        (
            lambda: ql.sizing.volatility_target(TWO, np.array([[1.0, NAN], [NAN, 1.0]]), 0.1),
            "is NaN; fill it",
        ),
        (lambda: ql.sizing.minimum_trade(TWO, TWO, -0.1), "least trade of -0.1"),
        (lambda: ql.sizing.minimum_trade(TWO, ONE, 0.1), "1 numbers for 2 symbols"),
        (lambda: ql.sizing.no_trade_band(TWO, TWO, NAN), "band of nan"),
        (lambda: ql.sizing.no_trade_band(TWO, ONE, 0.1), "1 numbers for 2 symbols"),
    ],
)
def test_what_has_no_meaning_is_said(call, words):
    with pytest.raises(ql.sizing.SizingError, match=words) as caught:
        call()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


# Laws -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.booleans(), min_size=1, max_size=20), st.floats(-2.0, 2.0))
def test_equal_weights_add_up(chosen, gross):
    weights = ql.sizing.equal_weight(np.array(chosen), gross)
    np.testing.assert_allclose(weights, naive.equal_weight(chosen, gross), **LAW)
    assert weights.sum() == pytest.approx(gross if any(chosen) else 0.0, rel=1e-12)


@given(some(st.floats(allow_nan=True) | st.sampled_from([0.0, -0.0, 1.0, NAN]), most=20), st.integers(0, 25))
def test_the_choice_is_the_oracles(scores, k):
    chosen = ql.sizing.top_k(scores, k)
    assert chosen.tolist() == naive.top_k(scores.tolist(), k)
    assert chosen.sum() == min(k, (~np.isnan(scores)).sum())


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=20, unique=True), st.integers(0, 20), st.randoms())
def test_the_choice_does_not_depend_on_the_sequence_of_symbols(scores, k, random):
    shuffled = random.sample(range(len(scores)), len(scores))
    chosen = ql.sizing.top_k(np.array(scores), k)
    assert ql.sizing.top_k(np.array(scores)[shuffled], k).tolist() == chosen[shuffled].tolist()


@given(some(volatilities() | AWAY), st.floats(0.1, 3.0), st.floats(1e-3, 1e3))
def test_inverse_volatility_adds_up_and_has_no_unit(volatility, gross, unit):
    weights = ql.sizing.inverse_volatility(volatility, gross)
    np.testing.assert_allclose(weights, naive.inverse_volatility(volatility.tolist(), gross), **LAW)
    assert weights.sum() == pytest.approx(gross if weights.any() else 0.0, rel=1e-12)
    np.testing.assert_allclose(ql.sizing.inverse_volatility(volatility * unit, gross), weights, rtol=1e-12)


@given(
    st.lists(st.tuples(st.floats(-0.1, 0.1) | AWAY, volatilities(1e-6) | AWAY), min_size=1, max_size=8),
    st.floats(0.0, 1.0),
    st.floats(0.0, 5.0, allow_subnormal=False),  # below them two halves may round to twice the whole
)
def test_kelly_is_the_oracles(rows, fraction, max_gross):
    mean, variance = (np.array(column) for column in zip(*rows, strict=True))
    weights = ql.sizing.kelly_fraction(mean, variance, fraction, max_gross)
    expected = naive.kelly_fraction(mean.tolist(), variance.tolist(), fraction, max_gross)
    np.testing.assert_allclose(weights, expected, rtol=1e-9, atol=1e-15)
    assert np.abs(weights).sum() <= max_gross * (1.0 + 1e-12)


@given(st.integers(0, 12), st.integers(1, 5), st.integers(0, 2**32))
def test_covariances_are_numpys(n, n_symbols, seed):
    rng = np.random.default_rng(seed)
    returns = rng.normal(0.001, 0.02, (n, n_symbols))
    returns[:, rng.random(n_symbols) < 0.2] = NAN
    covariance = ql.sizing.sample_covariance(returns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.atleast_2d(np.cov(returns.T)) if n >= 2 else np.full((n_symbols, n_symbols), NAN)
    np.testing.assert_allclose(covariance, expected, rtol=1e-11, atol=1e-17)
    np.testing.assert_array_equal(covariance, covariance.T)
    if n:
        np.testing.assert_allclose(
            covariance, naive.sample_covariance(returns.tolist()), rtol=1e-11, atol=1e-17
        )


@given(covariances())
def test_risk_contributions_are_equal(covariance):
    weights = ql.sizing.risk_parity(covariance)
    parts = contributions(weights, covariance)
    np.testing.assert_allclose(parts / parts.sum(), 1.0 / len(weights), rtol=1e-8)
    assert weights.min() > 0.0
    assert weights.sum() == pytest.approx(1.0, rel=1e-12)
    np.testing.assert_allclose(weights, naive.risk_parity(covariance.tolist()), rtol=1e-8)


@given(covariances(), st.randoms(), st.floats(-2.0, 2.0), st.floats(1e-3, 1e3))
def test_risk_parity_has_no_unit_and_no_sequence(covariance, random, gross, unit):
    weights = ql.sizing.risk_parity(covariance)
    shuffled = random.sample(range(len(weights)), len(weights))
    np.testing.assert_allclose(
        ql.sizing.risk_parity(covariance[np.ix_(shuffled, shuffled)]), weights[shuffled], rtol=1e-8
    )
    np.testing.assert_allclose(ql.sizing.risk_parity(covariance * unit, gross), weights * gross, rtol=1e-8)


@given(st.integers(2, 8), st.floats(0.0, 0.9), st.integers(0, 2**32))
def test_risk_parity_is_inverse_volatility_where_correlations_are_equal(n, correlation, seed):
    deviation = np.random.default_rng(seed).uniform(0.001, 0.05, n)
    covariance = np.outer(deviation, deviation) * (correlation + (1.0 - correlation) * np.eye(n))
    np.testing.assert_allclose(
        ql.sizing.risk_parity(covariance), ql.sizing.inverse_volatility(deviation), rtol=1e-8
    )


def test_risk_parity_of_five_hundred_symbols():
    rng = np.random.default_rng(7)
    market = rng.normal(0.0, 0.01, (252, 1)) * rng.uniform(0.5, 1.5, 500)
    covariance = ql.sizing.sample_covariance(market + rng.normal(0.0, 0.02, (252, 500)))
    parts = contributions(ql.sizing.risk_parity(covariance), covariance)
    np.testing.assert_allclose(parts / parts.mean(), 1.0, rtol=1e-8)


@given(
    covariances(),
    st.integers(0, 2**32),
    st.floats(0.0, 0.1, allow_subnormal=False),
    st.floats(0.0, 3.0, allow_subnormal=False),
)
def test_a_volatility_target_is_met_or_the_gross_limit_is(covariance, seed, target, max_gross):
    weights = np.random.default_rng(seed).normal(0.0, 1.0, len(covariance))
    scaled = ql.sizing.volatility_target(weights, covariance, target, max_gross)
    expected = naive.volatility_target(weights.tolist(), covariance.tolist(), target, max_gross)
    np.testing.assert_allclose(scaled, expected, rtol=1e-9, atol=1e-15)
    volatility, gross = math.sqrt(scaled @ covariance @ scaled), np.abs(scaled).sum()
    assert volatility <= target * (1.0 + 1e-9) + 1e-300
    assert gross <= max_gross * (1.0 + 1e-9)
    assert volatility == pytest.approx(target) or gross == pytest.approx(max_gross)
    again = ql.sizing.volatility_target(weights * 7.0, covariance, target, max_gross)
    np.testing.assert_allclose(again, scaled, rtol=1e-9, atol=1e-15)


@given(weights_and_current(), st.floats(0.0, 0.5))
def test_small_trades_are_the_oracles(pair, least):
    weights, current = pair
    kept = ql.sizing.minimum_trade(weights, current, least)
    assert kept.tolist() == naive.minimum_trade(weights.tolist(), current.tolist(), least)
    assert ql.sizing.minimum_trade(kept, current, least).tolist() == kept.tolist()


@given(weights_and_current(), st.floats(0.0, 0.5))
def test_bands_are_the_oracles(pair, band):
    weights, current = pair
    moved = ql.sizing.no_trade_band(weights, current, band)
    assert moved.tolist() == naive.no_trade_band(weights.tolist(), current.tolist(), band)
    assert ql.sizing.no_trade_band(weights, moved, band).tolist() == moved.tolist()  # at rest
    np.testing.assert_array_equal(ql.sizing.no_trade_band(weights, current, 0.0), np.nan_to_num(weights))


@pytest.mark.parametrize("seed", range(3))
def test_risk_parity_is_skfolios(seed):
    """skfolio 1.12 finds it by a convex solver, with tolerances near 1e-5; both hold long positions only."""
    from skfolio.optimization import RiskBudgeting

    rng = np.random.default_rng(seed)
    returns = rng.normal(0.0, 0.01, (250, 6)) * rng.uniform(0.5, 3.0, 6) + rng.normal(0.0, 0.01, (250, 1))
    theirs = RiskBudgeting().fit(returns).weights_
    ours = ql.sizing.risk_parity(ql.sizing.sample_covariance(returns))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
