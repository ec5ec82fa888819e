"""Folds that train on both sides of a test block: laws, the audit, and what may be done with their forecasts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

import quantlab as ql
from quantlab.errors import ForecastError, StrategyError
from quantlab.features.features import feature
from quantlab.features.labels import forward_return, label_end
from quantlab.forecasting.cross_folds import CombinatorialPurged, PurgedKFold
from quantlab.forecasting.fold_audit import audit
from quantlab.forecasting.fold_figure import roles
from quantlab.forecasting.folds import WalkForward
from quantlab.forecasting.hindsight import HindsightForecasts
from quantlab.forecasting.information import pooled
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.walk_forward import walk_forward
from tests.naive import forecasting as naive

READ = (feature("log_return", lookback=1), feature("volatility", lookback=5))
RIDGE = ql.RidgeForecaster(horizon=3, features=READ)

cases = st.fixed_dictionaries(
    {
        "n_bars": st.integers(60, 200),
        "blocks": st.integers(3, 6),
        "horizon": st.integers(1, 5),
        "embargo": st.integers(0, 2),
        "validation": st.sampled_from([0.0, 0.1, 0.3]),
    }
)


def folds_of(case, kind):
    """Folds of a case, none when it is refused."""
    folds = kind(**{name: case[name] for name in ("blocks", "embargo", "validation")})
    try:
        return list(folds.split(case["n_bars"], case["horizon"]))
    except ForecastError:
        return []


def touched(rows, horizon):
    """All rows that labels of `rows` touch."""
    return set().union(set(), *(naive.rows_touched_by_label(row, horizon) for row in rows))


@pytest.mark.parametrize("kind", [PurgedKFold, CombinatorialPurged])
@settings(max_examples=60, deadline=None)
@given(case=cases)
def test_no_training_label_meets_a_test_block_or_its_labels(kind, case):
    horizon = case["horizon"]
    for fold in folds_of(case, kind):
        learnt = [row for part in fold.train_parts for row in part]
        labels = touched(learnt, horizon), touched(fold.validation, horizon)
        for each in labels:
            assert each.isdisjoint(fold.test)
            spans = {row for row in touched(fold.test, horizon) if row not in fold.test}
            # one open may end a test label and begin no training label before the purge is over
            later = [row for row in (*learnt, *fold.validation) if row > fold.test[-1]]
            assert not later or min(later) > max(spans)
        assert labels[0].isdisjoint(fold.validation)
        assert set(learnt).isdisjoint(fold.validation)
        assert min(max(labels[0] | labels[1]), case["n_bars"] - 1) == fold.trained_through


@settings(max_examples=60, deadline=None)
@given(case=cases)
def test_the_purge_is_horizon_and_execution_lag_on_both_sides(case):
    for fold in folds_of({**case, "validation": 0.0}, PurgedKFold):
        before = [part for part in fold.train_parts if part.stop <= fold.test.start]
        after = [part for part in fold.train_parts if part.start >= fold.test.stop]
        assert all(fold.test.start - part.stop == case["horizon"] + 1 for part in before)
        assert all(part.start - fold.test.stop == case["horizon"] + 1 + case["embargo"] for part in after)


@settings(max_examples=30, deadline=None)
@given(case=cases)
def test_k_folds_equal_the_plain_python_ones(case):
    case = {**case, "validation": 0.0}
    made = [
        ([row for part in f.train_parts for row in part], list(f.test)) for f in folds_of(case, PurgedKFold)
    ]
    if made:
        assert made == naive.k_folds(case["n_bars"], case["blocks"], case["horizon"], case["embargo"])


@settings(max_examples=40, deadline=None)
@given(case=cases)
def test_k_folds_test_every_bar_once(case):
    tested = [row for fold in folds_of(case, PurgedKFold) for row in fold.test]
    assert tested in ([], list(range(case["n_bars"])))


@settings(max_examples=25, deadline=None)
@given(n_bars=st.integers(90, 150), blocks=st.integers(3, 6), tested=st.integers(2, 4))
def test_every_path_tests_every_bar_once_and_no_two_share_a_forecast(n_bars, blocks, tested):
    if tested >= blocks:
        return
    folds = CombinatorialPurged(blocks=blocks, tested=tested)
    assert folds.n_paths == math.comb(blocks, tested) * tested // blocks
    walked = [list(path.split(n_bars, 1)) for path in folds.paths()]
    for path in walked:
        assert [row for fold in path for row in fold.test] == list(range(n_bars))
    made = [(fold.number, fold.test.start) for path in walked for fold in path]
    assert len(set(made)) == len(made) == folds.n_trainings * tested
    trainings = {}
    for fold in (fold for path in walked for fold in path):
        trained = (fold.train_parts, fold.validation)
        assert trainings.setdefault(fold.number, trained) == trained


def test_refitting_less_often_keeps_the_test_blocks_and_shares_the_training():
    plain = list(WalkForward(train=40, test=10).split(120, 1))
    seldom = list(WalkForward(train=40, test=10, refit_every=3).split(120, 1))
    assert [fold.test for fold in seldom] == [fold.test for fold in plain]
    assert [fold.number for fold in seldom] == [0, 0, 0, 1, 1, 1, 2, 2]
    for place, fold in enumerate(seldom):
        first = plain[place - place % 3]
        assert (fold.train, fold.validation, fold.trained_through) == (
            first.train,
            first.validation,
            first.trained_through,
        )


@pytest.fixture(scope="module")
def bars():
    """Three random walks of 260 bars, one with a gap."""
    arrays = naive.random_walk(260, 3, seed=4)
    for panel in arrays.values():
        panel[118:133, 1] = np.nan
    return naive.as_bars(arrays)


def walk(recipe, bars, folds, **options):
    """A quiet walk without a store."""
    return walk_forward(recipe, bars, folds, **{"store": False, "progress": False, **options})


def test_one_training_serves_the_blocks_that_share_it(bars):
    folds = WalkForward(train=90, test=20, refit_every=4)
    table = walk(RIDGE, bars, folds)
    assert table.provenance["folds_trained"] == 3  # nine blocks of 20 rows from row 94
    np.testing.assert_array_equal(table.values, walk(RIDGE, bars, WalkForward(train=90, test=80)).values)


@pytest.mark.parametrize("folds", [PurgedKFold(blocks=4), CombinatorialPurged(blocks=4, path=1)])
def test_what_is_really_learnt_overlaps_no_test_label_even_across_a_gap(bars, folds):
    panel = Panel.read(RIDGE, bars)
    ends = label_end(bars, 3)
    for fold in folds.split(bars.n_bars, 3):
        learnt = panel.learnt(fold, *fold.train_parts, fold.validation)
        for symbol in range(bars.n_symbols):
            spans = [(row, ends[row, symbol]) for row in np.flatnonzero(learnt[symbol])]
            tested = [(row, ends[row, symbol]) for row in fold.test if ends[row, symbol] < bars.n_bars]
            for start, stop in spans:
                assert stop < fold.test.start or start >= fold.test.stop
                assert all(stop < s + 1 or start >= e for s, e in tested)


def test_cross_validation_gives_hindsight_that_says_so_and_can_be_scored(bars):
    table = walk(RIDGE, bars, PurgedKFold(blocks=4))
    assert type(table) is HindsightForecasts
    assert type(table.beside["naive"]) is HindsightForecasts
    assert (table.trained_through > table.as_of).any()
    assert np.isfinite(table.scores(bars).frame.loc[("RidgeForecaster", 3), "ic"])
    assert str(table).startswith("HindsightForecasts by RidgeForecaster")


class Follow(ql.Strategy):
    """Hold what is forecast to rise."""

    outlook = ql.forecast(RIDGE)

    def on_bar(self, now: ql.Now) -> None:
        """Do nothing."""


def test_a_backtest_refuses_hindsight(bars):
    table = walk(RIDGE, bars, PurgedKFold(blocks=4))
    with pytest.raises(StrategyError, match="HindsightForecasts"):
        ql.backtest(Follow(), bars, forecasts=table)
    with pytest.raises(ForecastError, match="can only be scored"):
        ql.backtest(Follow(), bars, forecasts={"outlook": table})
    with pytest.raises(StrategyError, match="folds"):
        ql.backtest(Follow(), bars, folds=PurgedKFold(blocks=4))
    with pytest.raises(ForecastError, match="would know the future"):
        ql.Forecasts(**{name: getattr(table, name) for name in (
            "values", "time", "time_ns", "symbols", "horizons", "levels", "trained_through", "as_of"
        )})  # fmt: skip


def test_audit_passes_our_folds_and_counts_labels(bars):
    for folds in (WalkForward(train=90, test=40), CombinatorialPurged(blocks=4)):
        assert audit(folds, bars, 3) > 0
    whole = naive.as_bars(naive.random_walk(60, 2))
    assert audit(PurgedKFold(blocks=3, validation=0.0), whole, 1) == sum(
        2 * len([row for row in kept if row + 2 < 60]) for kept, _ in naive.k_folds(60, 3, 1)
    )


def test_audit_refuses_shuffled_folds_as_soon_as_labels_overlap(bars):
    shuffled = KFold(5, shuffle=True, random_state=0).split(np.zeros(bars.n_bars))
    with pytest.raises(ForecastError, match=r"fold 0 leaks: the label of S0 at .* \(row \d+\), learnt from"):
        audit(shuffled, bars, 5)
    with pytest.raises(ForecastError, match="leaks"):
        audit(KFold(5).split(np.zeros(bars.n_bars)), bars, 5)


def test_audit_sees_one_row_too_many_on_either_side():
    bars = naive.as_bars(naive.random_walk(40, 1))
    assert audit([(range(0, 7), range(10, 20))], bars, 2) == 7
    with pytest.raises(ForecastError, match="row 7"):
        audit([(range(0, 8), range(10, 20))], bars, 2)
    assert audit([(range(22, 30), range(10, 20))], bars, 2) == 8
    with pytest.raises(ForecastError, match="judged on"):
        audit([(range(21, 30), range(10, 20))], bars, 2)


def test_what_shuffling_makes_up_is_what_the_audit_prevents():
    """Overlapping labels and shuffled folds find information in a random walk; purged folds find none."""
    bars = naive.as_bars(naive.random_walk(600, 4, seed=6))
    horizon, lags = 20, 5
    label = forward_return(bars, horizon)
    past = np.stack([bars.close / np.roll(bars.close, lag, axis=0) - 1.0 for lag in (10, 20, 40)], axis=2)
    usable = np.isfinite(label).all(axis=1) & (np.arange(600) >= 40)

    def nearest(pairs):
        """Forecast each test row by the labels of the training rows with the nearest past: a learner that remembers."""
        guess = np.full(label.shape, np.nan)
        for train, test in pairs:
            train, test = (np.array([row for row in rows if usable[row]]) for rows in (train, test))
            for symbol in range(4):
                far = np.abs(past[test, symbol][:, None] - past[train, symbol][None]).sum(axis=2)
                guess[test, symbol] = label[train[np.argsort(far, axis=1)[:, :lags]], symbol].mean(axis=1)
        return pooled(guess, label, horizon).ic

    shuffled = list(KFold(5, shuffle=True, random_state=0).split(np.zeros(600)))
    purged = [
        ([row for part in fold.train_parts for row in part], fold.test)
        for fold in PurgedKFold(blocks=5, validation=0.0).split(600, horizon)
    ]
    assert nearest(shuffled) > 0.25
    assert nearest(purged) < 0.1
    with pytest.raises(ForecastError, match="leaks"):
        audit(shuffled, bars, horizon)
    assert audit(purged, bars, horizon) > 0


def test_roles_and_the_figure_cover_every_row():
    folds = PurgedKFold(blocks=3, validation=0.3)
    for fold in folds.split(60, 2):
        used = roles(fold)
        rows = sorted(row for parts in used.values() for part in parts for row in part)
        assert len(set(rows)) == len(rows)
        assert set(rows) | set(range(fold.test.stop, 60)) | set(range(fold.test.start)) == set(range(60))
        assert used["purge and embargo"]
    assert [trace.name for trace in folds.plot(60, 2).data] == [
        "train",
        "validation",
        "test",
        "purge and embargo",
    ]
    assert WalkForward(train=20, test=10).plot(60).data[0].name == "train"


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: PurgedKFold(blocks=1), "at least 2"),
        (lambda: CombinatorialPurged(blocks=4, tested=4), "tested is less than blocks"),
        (lambda: CombinatorialPurged(blocks=4, tested=2, path=3), "there are 3 paths"),
        (lambda: list(PurgedKFold(blocks=10).split(60, 5)), "needs at least 80 bars"),
        (lambda: WalkForward(refit_every=0), "at least 1"),
    ],
)
def test_wrong_sizes_are_refused_with_their_range(make, advice):
    with pytest.raises(ForecastError, match=advice):
        make()


def test_hindsight_is_kept_in_a_file_of_its_own_kind(tmp_path):
    bars = naive.as_bars(naive.random_walk(120, 2, seed=3))
    hindsight = walk_forward(RIDGE, bars, PurgedKFold(blocks=3), store=False, progress=False)
    hindsight.save(tmp_path / "hindsight.npz")
    back = ql.HindsightForecasts.load(tmp_path / "hindsight.npz")
    assert type(back) is HindsightForecasts
    assert (back.fingerprint, back.name, list(back.beside)) == (
        hindsight.fingerprint,
        hindsight.name,
        ["naive"],
    )
    assert (back.trained_through > back.as_of).any()
    assert back.scores(bars).frame.equals(hindsight.scores(bars).frame)


def test_hindsight_and_forecasts_are_not_read_as_each_other(tmp_path):
    bars = naive.as_bars(naive.random_walk(120, 2, seed=3))
    told = {"store": False, "progress": False, "baselines": False}
    walk_forward(RIDGE, bars, PurgedKFold(blocks=3), **told).save(tmp_path / "hindsight.npz")
    walk_forward(RIDGE, bars, WalkForward(train=60, test=30), **told).save(tmp_path / "forecasts.npz")
    with pytest.raises(ForecastError, match=r"judged, and not traded. Read it with HindsightForecasts\.load"):
        ql.Forecasts.load(tmp_path / "hindsight.npz")
    with pytest.raises(ForecastError, match=r"nothing of what comes later. Read it with Forecasts\.load"):
        HindsightForecasts.load(tmp_path / "forecasts.npz")
