"""Tuning: what is tried, what is counted, what survives a kill, and what the winner may not forecast."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

import quantlab as ql
from quantlab.errors import ForecastError
from quantlab.features.features import feature
from quantlab.features.labels import forward_return
from quantlab.forecasting.information import pinball
from quantlab.forecasting.tuning import tune
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive

FOLDS = ql.WalkForward(train=90, test=40)
RIDGE = ql.RidgeForecaster(horizon=2, features=(feature("log_return", lookback=1),))
QUIET = {"store": False, "progress": False, "folds": FOLDS}


@pytest.fixture(scope="module")
def bars():
    """Two planted walks of 400 bars."""
    return naive.as_bars(naive.planted(400, 2, seed=3)[0])


@pytest.fixture(scope="module")
def inner(bars):
    """The bars before those that judge."""
    return bars.rows(0, 250)


def test_a_grid_tries_every_combination_and_judges_it_on_the_test_blocks(inner):
    tuning = tune(
        RIDGE, inner, over={"lookback": [1, 3], "penalty": [0.1, 10.0]}, sampler="grid", prune=False, **QUIET
    )
    assert sorted(zip(tuning.frame["lookback"], tuning.frame["penalty"], strict=True)) == [
        (1, 0.1), (1, 10.0), (3, 0.1), (3, 10.0),
    ]  # fmt: skip
    row = tuning.frame.iloc[0]
    recipe = replace(RIDGE, lookback=int(row["lookback"]), penalty=row["penalty"])
    table = walk_forward(recipe, inner, FOLDS, store=False, progress=False, baselines=False)
    losses = []
    for fold in FOLDS.split(inner.n_bars, 2):
        rows = slice(fold.test.start, fold.test.stop)
        losses.append(pinball(table.values[rows, :, 0], forward_return(inner, 2)[rows], table.levels))
    assert row["value"] == pytest.approx(np.mean(losses), rel=1e-12)
    best = tuning.frame.loc[tuning.frame["value"].idxmin()]
    assert (tuning.best.lookback, tuning.best.penalty) == (best["lookback"], best["penalty"])


@pytest.mark.parametrize("sampler", ["tpe", "random", "gp"])
def test_every_sampler_searches_ranges_and_repeats_itself(inner, sampler):
    over = {"penalty": ql.Span(0.001, 100.0, log=True), "lookback": ql.Span(1, 4)}
    one, other = (tune(RIDGE, inner, over=over, sampler=sampler, trials=4, seed=5, **QUIET) for _ in range(2))
    assert one.frame.drop(columns="seconds").equals(other.frame.drop(columns="seconds"))
    assert one.frame["penalty"].between(0.001, 100.0).all()
    assert one.frame["lookback"].nunique() > 1
    assert isinstance(one.best.lookback, int)


def test_the_greatest_information_is_best_where_that_is_asked_for(inner):
    tuning = tune(
        RIDGE, inner, over={"lookback": [1, 2, 4]}, sampler="grid", by="rank_ic", prune=False, **QUIET
    )
    assert tuning.best.lookback == tuning.frame.loc[tuning.frame["value"].idxmax(), "lookback"]
    assert "by rank_ic" in str(tuning)


def test_a_file_goes_on_where_it_stopped_and_equals_one_that_never_did(inner, tmp_path):
    options = {"over": {"penalty": ql.Span(0.01, 10.0)}, "seed": 1, **QUIET}
    path = tmp_path / "study.db"
    tune(RIDGE, inner, trials=3, path=path, **options)
    resumed = tune(RIDGE, inner, trials=6, path=path, **options)
    straight = tune(RIDGE, inner, trials=6, **options)
    assert resumed.n_trials == 6
    assert resumed.frame.drop(columns="seconds").equals(straight.frame.drop(columns="seconds"))
    again = tune(RIDGE, inner, trials=2, path=path, **options)
    assert again.n_trials == 6, "trials that were run stay counted"


def test_a_file_of_another_tuning_or_no_study_is_refused(inner, tmp_path):
    path = tmp_path / "study.db"
    tune(RIDGE, inner, over={"lookback": [1, 2]}, trials=1, path=path, **QUIET)
    with pytest.raises(ForecastError, match="holds another tuning: its over was"):
        tune(RIDGE, inner, over={"lookback": [1, 3]}, trials=1, path=path, **QUIET)
    with pytest.raises(ForecastError, match="its bars was"):
        tune(RIDGE, inner.rows(0, 240), over={"lookback": [1, 2]}, trials=1, path=path, **QUIET)
    path.write_text("this is a diary\n" * 100, encoding="utf-8")
    with pytest.raises(ForecastError, match="cannot be used as a study"):
        tune(RIDGE, inner, over={"lookback": [1, 2]}, trials=1, path=path, **QUIET)


KILLED = """
    import sys
    import time
    import quantlab as ql
    from quantlab.forecasting.tuning import tune
    from tests.naive import forecasting as naive
    import tests.unit.forecasting.test_tuning as shared

    class Slow(ql.RidgeForecaster):
        def train(self, window, *, seed=0):
            time.sleep(0.2)
            return super().train(window, seed=seed)

    bars = naive.as_bars(naive.planted(400, 2, seed=3)[0]).rows(0, 250)
    over = {"penalty": ql.Span(0.01, 10.0)}
    made = tune(Slow(horizon=2), bars, over=over, trials=int(sys.argv[1]), path="PATH", **shared.QUIET)
    print(made.n_trials, len(made.frame))
"""


@pytest.mark.slow
def test_a_killed_tuning_loses_only_the_trial_it_was_in(tmp_path):
    path = tmp_path / "study.db"
    script = tmp_path / "run.py"

    text = textwrap.dedent(KILLED).replace("PATH", str(path))
    script.write_text(text, encoding="utf-8")  # one file for both runs: a recipe's code is part of the study

    def command(trials):
        return [sys.executable, str(script), str(trials)]

    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    running = subprocess.Popen(command(50), env=environment)
    import sqlite3

    finished = 0
    for _ in range(600):
        time.sleep(0.1)
        if path.exists():
            try:
                with sqlite3.connect(path) as database:
                    finished = database.execute(
                        "select count(*) from trials where state in ('COMPLETE', 'PRUNED')"
                    ).fetchone()[0]
            except sqlite3.OperationalError:
                continue
        if finished >= 2:
            break
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = subprocess.run(command(4), env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["4", "4"]


@dataclass(frozen=True, kw_only=True, repr=False)
class Fragile(ql.RidgeForecaster):
    """Fails where it is told to."""

    fails: bool = False

    def train(self, window, *, seed=0):
        if self.fails:
            raise ForecastError("told to fail")
        return super().train(window, seed=seed)


def test_a_failed_trial_is_recorded_and_counted_and_the_others_go_on(inner):
    recipe = Fragile(horizon=2, features=RIDGE.features)
    tuning = tune(recipe, inner, over={"fails": [True, False]}, sampler="grid", **QUIET)
    failed = tuning.frame[tuning.frame["state"] == "failed"]
    assert failed["error"].tolist() == ["told to fail"]
    assert tuning.n_trials == 2
    assert tuning.best.fails is False
    with pytest.raises(ForecastError, match="all 1 trials failed; the first: told to fail"):
        tune(recipe, inner, over={"fails": [True]}, sampler="grid", **QUIET)


def test_hopeless_trials_are_given_up_and_still_counted(inner):
    # a line that follows noise exactly over long windows, tried after five that do not
    over = {"penalty": ql.Span(1e-6, 100.0, log=True), "lookback": [1, 30]}
    tuning = tune(
        replace(RIDGE, features=RIDGE.features), inner, over=over, trials=14, sampler="random", **QUIET
    )
    pruned = tuning.frame[tuning.frame["state"] == "pruned"]
    assert len(pruned) > 0
    assert pruned["value"].isna().all()
    assert tuning.n_trials == 14


def test_the_winner_forecasts_nothing_that_it_was_chosen_by(bars, inner):
    best = tune(RIDGE, inner, over={"lookback": [1, 2]}, sampler="grid", **QUIET).best
    table = walk_forward(best, bars, FOLDS, store=False, progress=False)
    plain = walk_forward(replace(best, choice=None), bars, FOLDS, store=False, progress=False)
    assert plain.known[200].all()
    assert not table.known[:249].any()
    np.testing.assert_array_equal(table.values[249:], plain.values[249:])
    assert (table.trained_through[249:] >= inner.time_ns[-1]).all()
    assert (table.provenance["trials"], plain.provenance["trials"]) == (2, 1)
    with pytest.raises(ForecastError, match="Tune on earlier bars"):
        walk_forward(best, inner.rows(0, 240), FOLDS, store=False, progress=False)


def test_the_bars_that_judge_cannot_change_what_is_chosen(bars):
    other = naive.as_bars(naive.other_future(naive.planted(400, 2, seed=3)[0], 249, seed=9))
    one, two = (
        tune(RIDGE, each.rows(0, 250), over={"lookback": [1, 2, 4]}, sampler="grid", **QUIET)
        for each in (bars, other)
    )
    assert one.frame.drop(columns="seconds").equals(two.frame.drop(columns="seconds"))
    assert one.best == two.best


def test_a_result_carries_the_number_of_trials(bars, inner):
    best = tune(RIDGE, inner, over={"lookback": [1, 2, 3]}, sampler="grid", **QUIET).best

    class Follow(ql.Strategy):
        outlook = ql.forecast(best)

        def on_bar(self, now: ql.Now) -> None:
            if now[self.outlook, 0] > 0.0:
                now.target_weight(0, 0.5)

    table = walk_forward(best, bars, FOLDS, store=False, progress=False)
    assert ql.backtest(Follow(), bars, forecasts=table, engine="python").provenance["trials"] == 3


def test_a_recipe_tuned_twice_counts_both_times(inner):
    first = tune(RIDGE, inner, over={"lookback": [1, 2, 3]}, sampler="grid", **QUIET)
    second = tune(first.best, inner, over={"penalty": [0.1, 1.0]}, sampler="grid", **QUIET)
    assert (first.n_trials, second.n_trials) == (3, 5)


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"over": {}}, "say what to try"),
        ({"over": {"lookbak": [1]}}, "Did you mean 'lookback'"),
        ({"over": {"levels": [(0.5,)]}}, "cannot be tuned"),
        ({"over": {"lookback": [1, 0]}}, "lookback"),
        ({"over": {"lookback": 3}}, "give a list of values"),
        ({"over": {"lookback": [1]}, "sampler": "tpee"}, "one of 'tpe'"),
        ({"over": {"lookback": [1]}, "by": "sharpe"}, "one of 'pinball'"),
        ({"over": {"penalty": ql.Span(0.1, 1.0)}, "sampler": "grid"}, "needs a list of values"),
        ({"over": {"lookback": [1]}, "trials": 0}, "at least 1"),
        ({"over": {"lookback": [1]}, "folds": 5}, "WalkForward"),
    ],
)
def test_a_callers_mistake_is_refused_with_advice(inner, options, advice):
    with pytest.raises(ForecastError, match=advice):
        tune(RIDGE, inner, **{**QUIET, **options})


def test_a_span_must_rise():
    with pytest.raises(ForecastError, match="low is less than high"):
        ql.Span(3, 1)
    with pytest.raises(ForecastError, match="above 0"):
        ql.Span(0.0, 1.0, log=True)
