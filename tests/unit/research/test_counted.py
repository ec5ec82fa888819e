"""Runs of one class that are shown side by side count as trials of one another."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from quantlab.metrics.deflation import expected_max_sharpe
from quantlab.metrics.inference import probabilistic_sharpe
from quantlab.research.compare import compare
from tests.made_results import made_result


def run(code, seed, **origin):
    made = made_result(np.random.default_rng(seed).normal(0.0006, 0.01, 400), name=code)
    made.provenance.update({"strategy": {"code": code}, "fingerprint": f"{code} {seed}", **origin})
    return made


def ratio(made):
    returns = made.returns.to_numpy()
    return returns.mean() / returns.std(ddof=1)


def test_runs_of_one_class_are_deflated_by_their_number():
    runs = [run(f"Sma(fast={k})", k) for k in range(3)]
    compared = compare([*runs, run("Hold()", 9)], n_resamples=10)
    luck = expected_max_sharpe(float(np.var([ratio(one) for one in runs], ddof=1)), 3)
    for one in runs:
        expected = probabilistic_sharpe(one.returns.to_numpy(), benchmark_per_bar=luck)
        assert compared.frame.loc[one.name, "deflated_sharpe"] == pytest.approx(expected, rel=1e-9)
    plain = compare([run("Hold()", 9)], n_resamples=10).frame["deflated_sharpe"]
    assert compared.frame.loc["Hold()", "deflated_sharpe"] == pytest.approx(plain.iloc[0], rel=1e-12)
    assert "Deflated Sharpe counts 3 runs of Sma that are shown as trials." in compared.notes
    assert compared.runs["trials"].tolist() == [1, 1, 1, 1]


def test_more_trials_that_are_known_count_in_full():
    sweep = {"trials": 40, "tuned": 2, "sharpe_variance": 0.001}
    picked = run("Sma(fast=1)", 1, sweep=sweep, trials=80)
    alone = compare([picked], n_resamples=10).frame["deflated_sharpe"].iloc[0]
    compared = compare([picked, run("Sma(fast=2)", 2)], n_resamples=10)
    assert compared.frame.loc["Sma(fast=1)", "deflated_sharpe"] == pytest.approx(alone, rel=1e-12)
    assert compared.runs.loc["Sma(fast=1)", "trials"] == 80
    assert "up to 80 trials" in " ".join(compared.notes)


def test_the_same_run_twice_and_idle_runs_change_nothing():
    one = run("Sma(fast=1)", 1)
    idle = made_result(np.zeros(400), name="idle", n_fills=0)
    idle.provenance.update({"strategy": {"code": "Sma(fast=9)"}, "fingerprint": "idle"})
    alone = compare([one], n_resamples=10).frame["deflated_sharpe"].iloc[0]
    frame = compare([one, one, idle], n_resamples=10).frame["deflated_sharpe"]
    assert frame.tolist()[:2] == pytest.approx([alone, alone], rel=1e-12)
    assert math.isnan(frame["idle"])


def test_one_run_has_one_figure_whatever_it_was_run_beside():
    one, other = run("Sma(fast=1)", 1), run("Sma(fast=2)", 2)
    beside = replace(one, provenance={**one.provenance, "fingerprint": "with a benchmark"})
    compared = compare([one, other, beside], n_resamples=10)
    expected = compare([one, other], n_resamples=10).frame["deflated_sharpe"]
    for name in ("Sma(fast=1)", "Sma(fast=1) (2)"):
        assert compared.frame.loc[name, "deflated_sharpe"] == pytest.approx(
            expected["Sma(fast=1)"], rel=1e-12
        )
    assert "counts 2 runs of Sma" in " ".join(compared.notes)
