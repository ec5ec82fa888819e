"""Whether a run beats the benchmark: what luck and skill look like, and the words for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import MCS, SPA

from quantlab.errors import DataError
from quantlab.research.compare import compare
from quantlab.research.quick_spa import QuickSPA
from tests.made_results import made_result

MARKET = np.random.default_rng(100).normal(0.0004, 0.01, 750)


def run(name, seed, gain=0.0, **facts):
    noise = np.random.default_rng(seed).normal(gain, 0.006, len(MARKET))
    return made_result(0.8 * MARKET + 0.00008 + noise, name=name, **facts)


@pytest.fixture(scope="module")
def compared():
    runs = [run("good", 1, 0.0012), run("idle", 2), run("poor", 3, -0.0015), made_result(MARKET, name="hold")]
    return compare([*runs, made_result(MARKET, name="twin")], "hold", n_resamples=500)


def test_p_values_are_archs(compared):
    returns = pd.DataFrame({name: compared.growth[name] for name in compared.growth})
    returns = returns / returns.shift(fill_value=1.0) - 1.0
    found = compared.superiority
    size = int(np.ceil(found.block_bars))
    others = [name for name in returns if name not in ("hold", "twin")]
    spa = SPA(-returns["hold"], -returns[others], block_size=size, reps=500, seed=0)
    spa.compute()
    assert [found.spa_p_lower, found.spa_p, found.spa_p_upper] == pytest.approx(list(spa.pvalues))
    tested = MCS(-returns[[*others, "hold"]], 0.05, block_size=size, reps=500, seed=0)
    tested.compute()
    for name in others:
        assert found.confidence_set[name] == pytest.approx(tested.pvalues.loc[name, "Pvalue"], abs=0.05)


@pytest.mark.parametrize("block", [1, 4, 30])
def test_variances_by_fourier_are_archs(block):
    random = np.random.default_rng(block)
    losses = random.normal(size=(301, 3)).cumsum(axis=0) * 0.01
    found, expected = (each(losses[:, 0], losses[:, 1:], block, reps=2, seed=0) for each in (QuickSPA, SPA))
    for test in (found, expected):
        test.compute()
    np.testing.assert_allclose(found._loss_diff_var, expected._loss_diff_var, rtol=1e-9)


def test_skill_luck_and_loss_get_their_words(compared):
    said = {line[:4]: line for line in compared.verdict().splitlines()}
    good, idle, poor, twin, of_all = (said[word] for word in ("good", "idle", "poor", "twin", "All "))
    assert good.startswith("good: better than hold: p ")
    assert idle.startswith("idle: not distinguishable from hold: p = 0.")
    assert poor.startswith("poor: worse than hold: p ")
    assert twin.startswith("twin: no different from hold")
    assert of_all.startswith("All 4 runs: the best earns more than hold, their number considered")
    found = compared.superiority
    assert found.spa_p < 0.05
    assert found.confidence_set["good"] == 1.0
    assert found.confidence_set["poor"] < 0.05
    assert found.confidence_set["twin"] == found.confidence_set["hold"]


@pytest.mark.slow
def test_many_lucky_runs_are_seen_through():
    alone, together = [], []
    for seed in range(12):
        runs = [run(f"r{k}", 1000 * seed + k) for k in range(12)]
        found = compare(
            [*runs, made_result(MARKET, name="hold")], "hold", n_resamples=199, seed=seed
        ).superiority
        alone.append(found.frame["mean_p"].min())
        together.append(found.spa_p)
    assert sum(p < 0.1 for p in alone) >= 6  # the best of twelve looks good by itself
    assert sum(p < 0.1 for p in together) <= 4
    assert np.mean(together) > 0.3


def test_it_prints_with_every_test(compared):
    text = " ".join(str(compared.superiority).split())
    for expected in ("against hold", "SPA p", "reality check p", "95% bounds; 500 resamples", "good: better"):
        assert expected in text
    assert "<table>" in compared.superiority._repr_html_()


def test_units_are_a_year_and_the_riskless_rate_counts():
    runs = [
        run("a", 1, 0.0012, risk_free_annual=0.05),
        made_result(MARKET, name="hold", risk_free_annual=0.05),
    ]
    compared = compare(runs, "hold", n_resamples=50)
    row = compared.superiority.frame.loc["a"]
    assert row["sharpe_difference"] == pytest.approx(compared.frame.loc["a", "sharpe_difference"], rel=2e-3)
    assert row["mean_difference"] == pytest.approx((runs[0].returns - runs[1].returns).mean() * 252, rel=1e-9)
    # one other run: a line for it, none for all
    assert len(compared.verdict().splitlines()) == 1


def test_a_ruined_run_is_left_out_and_said():
    ruined = made_result([0.1, -1.0], name="broke", ruined=True)
    runs = [ruined, run("a", 1), made_result(MARKET, name="hold")]
    found = compare(runs, "hold", n_resamples=50).superiority
    assert found.left_out == ("broke",)
    assert "broke was ruined and is not tested" in str(found)
    with pytest.raises(DataError, match="Too few runs"):
        _ = compare([ruined, made_result(MARKET, name="hold")], "hold", n_resamples=50).superiority


def test_without_a_benchmark_or_bars_there_is_no_test():
    with pytest.raises(DataError, match="names a benchmark"):
        _ = compare([run("a", 1), run("b", 2)], n_resamples=10).superiority
    short = [made_result(MARKET[:15], name="a"), made_result(-MARKET[:15], name="b")]
    with pytest.raises(DataError, match="15 common bars are too few"):
        compare(short, "b", n_resamples=10).verdict()


def test_scalings_of_one_run_are_compared_all_the_same(monkeypatch):
    def tied(self):
        raise ValueError("The truth value of an array with more than one element is ambiguous.")

    monkeypatch.setattr(MCS, "compute", tied)
    runs = [made_result(k / 5 * MARKET, name=f"{k}") for k in range(1, 4)]
    found = compare([*runs, run("a", 1)], "a", n_resamples=50).superiority
    assert found.confidence_set.isna().all()
    assert "n/a" in str(found)


@pytest.mark.parametrize("settings", [{"level": 1.5}, {"n_resamples": 0}])
def test_what_no_interval_can_be_made_of_is_refused(settings):
    with pytest.raises(DataError, match=f"{next(iter(settings))}={next(iter(settings.values()))}"):
        compare([run("a", 1), run("b", 2)], **settings)


def test_a_benchmark_that_was_ruined_is_named():
    broke = made_result([*MARKET[:100], -1.0], name="broke", ruined=True)
    with pytest.raises(DataError, match="against broke: it was ruined itself"):
        _ = compare([broke, run("a", 1), run("b", 2)], "broke", n_resamples=50).superiority
