"""Folds: the hand-made table, the oracle, skfolio itself, and the law of the purge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skfolio.model_selection import WalkForward as SkfolioWalkForward

from quantlab.errors import ForecastError
from quantlab.forecasting.folds import Fold, WalkForward
from tests.naive import forecasting as naive

# train=10, test=4, horizon 2: the purge is 3 bars. Blocks of 10 rows, the last 3 of them judge.
BY_HAND = [
    # number, train, validation, test, trained through
    (0, range(0, 4), range(7, 10), range(13, 17), 12),
    (1, range(4, 8), range(11, 14), range(17, 21), 16),
    (2, range(8, 12), range(15, 18), range(21, 23), 20),
]


def test_folds_equal_the_table_worked_by_hand():
    folds = WalkForward(train=10, test=4, validation=0.3).split(23, horizon=2)
    assert [(f.number, f.train, f.validation, f.test, f.trained_through) for f in folds] == BY_HAND


def test_expanding_folds_keep_every_earlier_bar():
    folds = list(WalkForward(train=10, test=4, validation=0.0, expanding=True).split(23, horizon=2))
    assert [f.train for f in folds] == [range(0, 10), range(0, 14), range(0, 18)]
    assert [f.test for f in folds] == [range(13, 17), range(17, 21), range(21, 23)]


def test_embargo_widens_the_gap_and_nothing_else():
    plain = next(WalkForward(train=20, test=4).split(60, horizon=1))
    wide = next(WalkForward(train=20, test=4, embargo=5).split(60, horizon=1))
    assert plain.test.start - plain.validation.stop == 2
    assert wide.test.start - wide.validation.stop == 7
    assert wide.validation.start - wide.train.stop == 7


sizes = st.fixed_dictionaries(
    {
        "n_bars": st.integers(40, 160),
        "train": st.integers(20, 60),
        "test": st.integers(1, 30),
        "horizon": st.integers(1, 6),
        "expanding": st.booleans(),
        "validation": st.sampled_from([0.0, 0.1, 0.3]),
        "embargo": st.integers(0, 3),
    }
)


def made(case):
    """Folds of a case, or none when it is refused."""
    walk = WalkForward(**{k: v for k, v in case.items() if k not in ("n_bars", "horizon")})
    try:
        return list(walk.split(case["n_bars"], case["horizon"]))
    except ForecastError:
        return []


@settings(max_examples=80, deadline=None)
@given(case=sizes)
def test_folds_equal_the_plain_python_ones(case):
    folds = made(case)
    expected = naive.folds(
        case["n_bars"],
        case["train"],
        case["test"],
        case["horizon"],
        **{k: case[k] for k in ("expanding", "validation", "embargo")},
    )
    if folds:
        assert [
            (list(f.train), list(f.validation), list(f.test), f.trained_through) for f in folds
        ] == expected


@settings(max_examples=80, deadline=None)
@given(case=sizes)
def test_no_label_of_training_reaches_what_it_is_judged_on(case):
    horizon = case["horizon"]
    for fold in made(case):
        learnt = set().union(*(naive.rows_touched_by_label(row, horizon) for row in fold.train))
        judged = set().union(*(naive.rows_touched_by_label(row, horizon) for row in fold.validation))
        assert learnt.isdisjoint(fold.validation)
        assert (learnt | judged).isdisjoint(fold.test)
        assert max(learnt | judged) == fold.trained_through < fold.test.start


@settings(max_examples=40, deadline=None)
@given(case=sizes, more=st.integers(1, 50))
def test_later_bars_never_move_a_fold(case, more):
    before, after = made(case), made({**case, "n_bars": case["n_bars"] + more})
    whole = [fold for fold in before if len(fold.test) == case["test"]]
    assert after[: len(whole)] == whole


@settings(max_examples=40, deadline=None)
@given(case=sizes)
def test_every_bar_after_the_first_block_is_tested_once(case):
    folds = made(case)
    if folds:
        assert [row for fold in folds for row in fold.test] == list(
            range(folds[0].test.start, case["n_bars"])
        )


def test_test_blocks_are_skfolios():
    ours = WalkForward(train=252, test=63, validation=0.0).split(1000, horizon=5)
    theirs = SkfolioWalkForward(train_size=252, test_size=63, purged_size=6, reduce_test=True).split(
        np.zeros((1000, 1))
    )
    for fold, (train, test) in zip(ours, theirs, strict=True):
        assert list(fold.train) == train.tolist()
        assert list(fold.test) == test.tolist()


def test_the_default_serves_thirteen_years_of_sessions():
    folds = list(WalkForward().split(3270, horizon=5))
    assert len(folds) == 9
    assert folds[-1].test.stop == 3270


def test_too_few_bars_says_how_many_are_needed():
    with pytest.raises(ForecastError, match=r"needs at least 1,015 bars at horizon 5, these are 1,014"):
        list(WalkForward().split(1014, horizon=5))
    assert len(list(WalkForward().split(1015, horizon=5))) == 1


def test_a_purge_that_eats_the_training_block_is_refused():
    with pytest.raises(ForecastError, match="leave none to learn from"):
        list(WalkForward(train=10, test=5, validation=0.5).split(100, horizon=20))


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"train": 1}, "at least 2"),
        ({"test": 0}, "at least 1"),
        ({"test": 2.5}, "whole number"),
        ({"embargo": -1}, "at least 0"),
        ({"validation": 0.9}, "from 0 to 0.5"),
    ],
)
def test_wrong_sizes_are_refused_with_their_range(wrong, advice):
    with pytest.raises(ForecastError, match=advice):
        WalkForward(**wrong)


def test_a_fold_and_its_plan_print_as_the_code_that_makes_them():
    walk = WalkForward(train=100, test=20)
    assert eval(repr(walk)) == walk
    fold = next(walk.split(200, horizon=1))
    assert eval(repr(fold), {"Fold": Fold, "range": range}) == fold
