"""Features as ranks among the symbols of a bar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.forecasting.baselines import NaiveForecaster, RidgeForecaster
from quantlab.forecasting.drift import DriftForecaster
from quantlab.forecasting.ensemble import EnsembleForecaster
from quantlab.forecasting.ewma import EwmaForecaster
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.networks.mlp import MLP
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.ranks import ranks_across
from quantlab.forecasting.trees import TreesForecaster
from tests.naive import forecasting as naive

NAN = np.nan
READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
PANELS = arrays(
    np.float64, (3, 5), elements=st.one_of(st.just(NAN), st.sampled_from([-2.0, 0.0, 1.0]), st.floats(-1e9, 1e9))
)  # fmt: skip


def test_ranks_by_hand():
    told = ranks_across(
        np.array(
            [
                [30.0, 10.0, 20.0, 1e9, -5.0],  # ranks 4 2 3 5 1 of 5
                [1.0, 1.0, 2.0, NAN, NAN],  # 1.5 1.5 3 of 3
                [7.0, 7.0, 7.0, 7.0, 7.0],  # all share rank 3
                [NAN, NAN, -4.0, NAN, NAN],  # alone
                [NAN, NAN, NAN, NAN, NAN],
                [np.inf, 1.0, 2.0, -np.inf, NAN],  # infinity is not counted
            ]
        )
    )
    expected = [
        [0.25, -0.25, 0.0, 0.5, -0.5],
        [-0.25, -0.25, 0.5, NAN, NAN],
        [0.0] * 5,
        [NAN, NAN, 0.0, NAN, NAN],
        [NAN] * 5,
        [NAN, -0.5, 0.5, NAN, NAN],
    ]
    np.testing.assert_array_equal(told, expected)


@given(PANELS)
def test_ranks_are_those_of_the_plain_loops_and_balance(values):
    told = ranks_across(values)
    np.testing.assert_array_equal(np.isnan(told), np.isnan(values))
    for row, ranked in zip(values, told, strict=True):
        here = np.isfinite(row)
        plain = naive.ranks(row[here].tolist())
        n = len(plain)
        np.testing.assert_allclose(ranked[here], [(r - 1) / (n - 1) - 0.5 if n > 1 else 0.0 for r in plain])
    np.testing.assert_allclose(np.nansum(told, axis=1), 0.0, atol=1e-12)


@given(PANELS, st.permutations(range(5)))
def test_ranks_move_with_their_columns_and_see_through_rising_functions(values, sequence):
    told = ranks_across(values)
    np.testing.assert_array_equal(ranks_across(values[:, sequence]), told[:, sequence])
    np.testing.assert_array_equal(ranks_across(3.0 * values), told)
    other = np.vstack([values[:1], -values[1:]])  # a bar is ranked by itself
    np.testing.assert_array_equal(ranks_across(other)[0], told[0])


def test_a_ranked_recipe_reads_ranks_at_the_same_windows():
    walk = naive.random_walk(60, 4, seed=1)
    for panel in walk.values():
        panel[20:23, 1] = NAN
    bars = naive.as_bars(walk)
    plain, ranked = (Panel.read(RidgeForecaster(features=READ, ranked=each), bars) for each in (False, True))
    np.testing.assert_array_equal(ranked.ready, plain.ready)
    np.testing.assert_array_equal(ranked.labels, plain.labels)
    for position in range(2):
        np.testing.assert_array_equal(
            ranked.features[:, :, position].T, ranks_across(plain.features[:, :, position].T)
        )


@pytest.mark.parametrize("kind", [RidgeForecaster, MLP, TreesForecaster])
def test_being_ranked_is_part_of_a_recipe_and_of_its_baselines(kind):
    recipe = kind(ranked=True)
    assert recipe_key(recipe, 0) != recipe_key(kind(), 0)
    assert eval(repr(recipe), {kind.__name__: kind}) == recipe
    assert all(each.ranked for each in recipe.baselines() if each.features)


def test_an_ensemble_is_ranked_where_its_members_are():
    members = (RidgeForecaster(ranked=True), MLP(ranked=True), NaiveForecaster())
    assert EnsembleForecaster(members=members).ranked
    assert not EnsembleForecaster(members=(RidgeForecaster(), DriftForecaster())).ranked
    with pytest.raises(ForecastError, match="give all of them the same ranked="):
        EnsembleForecaster(members=(RidgeForecaster(ranked=True), MLP()))


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(ForecastError, match=r"NaiveForecaster\(ranked=True\): it reads no features"):
        NaiveForecaster(ranked=True)
    with pytest.raises(ForecastError, match=r"ranked='yes'"):
        RidgeForecaster(ranked="yes")
    with pytest.raises(TypeError):
        EwmaForecaster(ranked=True)  # it reads returns as returns
