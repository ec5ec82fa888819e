"""The probability of overfitting: noise, skill, mirror images, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import DataError


def noise(seed, n_bars=1000, n=20):
    values = np.random.default_rng(seed).normal(0.0, 0.01, (n_bars, n))
    return pd.DataFrame(values, pd.bdate_range("2020-01-01", periods=n_bars), [f"c{k}" for k in range(n)])


def test_of_noise_about_half_is_overfitted():
    found = [ql.overfitting(noise(seed), parts=8).probability for seed in range(30)]
    assert 0.4 < np.mean(found) < 0.65


def test_skill_is_found_again():
    returns = noise(1)
    returns["c7"] += 0.003
    found = ql.overfitting(returns)
    assert len(found.frame) == 12_870  # 16 over 8
    assert found.probability < 0.01
    assert found.loss_probability < 0.01
    assert (found.frame["chosen"] == "c7").mean() > 0.99


def test_what_earns_in_one_half_and_loses_in_the_other_is_all_overfitting():
    # Every configuration is the mirror image of itself: the sum of the blocks is zero, as in the paper's section on
    # memory. The better one half looks, the worse is the other.
    returns = noise(2, 800, 10)
    returns -= returns.mean()
    found = ql.overfitting(returns, parts=8)
    assert found.probability == 1.0
    assert found.loss_probability == 1.0
    assert found.slope < 0.0


def test_scale_and_sequence_of_configurations_do_not_matter():
    returns = noise(3)
    plain, other = ql.overfitting(returns, parts=8), ql.overfitting(returns.iloc[:, ::-1] * 3.0, parts=8)
    assert other.probability == plain.probability
    assert other.slope == pytest.approx(plain.slope, rel=1e-9)
    annual = ql.overfitting(returns, parts=8, periods_per_year=1.0)
    assert plain.frame["inside"].iloc[0] == pytest.approx(annual.frame["inside"].iloc[0] * 252**0.5)


def test_it_prints_and_refuses():
    found = ql.overfitting(noise(1, 100), parts=4)
    for expected in ("probability of overfitting", "6 halves of 4 blocks; 20 configurations, 100 bars"):
        assert expected in " ".join(str(found).split())
    assert "<table>" in found._repr_html_()
    bad = noise(1, 100)
    bad.iloc[5, 2] = np.nan
    with pytest.raises(DataError, match="return of 'c2' at 2020-01-08"):
        ql.overfitting(bad, parts=4)
    for frame, parts, message in (
        (noise(1, 100), 5, "even number of blocks"),
        (noise(1, 20), 16, "20 bars are too few for 16 blocks"),
        (noise(1, 100, 1), 4, "Fewer than two configurations"),
    ):
        with pytest.raises(DataError, match=message):
            ql.overfitting(frame, parts=parts)
