"""Which trials a sweep runs."""

from __future__ import annotations

import numpy as np
import pytest

import quantlab as ql
from quantlab.errors import StrategyError
from quantlab.research.space import space_of
from quantlab.research.trials import drawn, grid
from tests.unit.research.swept import Choosy, Cross, made_bars

BASE = Cross(slow=40)
CHOOSY = Choosy()
WIDE = {"share": ql.param(default=0.5, low=0.0, high=1.0), "free": range(1000), "word": ["a", "b"]}


def listed(trials):
    return [tuple(trials.searched(number).values()) for number in range(len(trials))]


def of_grid(over, where=None, base=BASE):
    return grid(base, space_of(base, over, drawn=False), where)


def of_draws(over, n, seed=0, where=None, base=CHOOSY):
    return drawn(base, space_of(base, over, drawn=True), where, n, seed)


def test_a_grid_is_every_combination_the_last_parameter_fastest():
    assert listed(of_grid({"slow": [8, 9], "fast": range(2, 5)})) == [
        (8, 2),
        (8, 3),
        (8, 4),
        (9, 2),
        (9, 3),
        (9, 4),
    ]


def test_a_trial_is_the_strategy_that_its_parameters_make():
    trials = of_grid({"fast": np.arange(2, 5)})
    assert list(trials) == [Cross(fast=2, slow=40), Cross(fast=3, slow=40), Cross(fast=4, slow=40)]
    assert trials.params(2) == {"fast": 4, "slow": 40}
    assert list(trials[1:]) == [Cross(fast=3, slow=40), Cross(fast=4, slow=40)]
    assert list(trials.only([2, 0])) == [Cross(fast=4, slow=40), Cross(fast=2, slow=40)]
    assert type(trials[0].fast) is int


def test_a_value_given_twice_is_tried_once_and_held_in_its_type():
    trials = of_grid({"share": [0, 0.0, 1, np.float64(0.5)]}, base=Choosy())
    assert listed(trials) == [(0.0,), (1.0,), (0.5,)]
    assert all(type(value) is float for (value,) in listed(trials))
    assert listed(of_grid({"fast": (value for value in (2, 3))})) == [(2,), (3,)]


def test_where_leaves_out_combinations_and_sees_all_parameters():
    over = {"fast": [3, 10, 20], "slow": [5, 15]}
    assert listed(of_grid(over, lambda p: p.fast < p.slow)) == [(3, 5), (3, 15), (10, 15)]
    assert listed(of_grid({"fast": [3, 10, 20]}, lambda p: 2 * p.fast < p.slow)) == [(3,), (10,)]
    assert listed(of_grid({"fast": [3, 20]}, lambda p: np.bool_(p.fast == 20))) == [(20,)]


def test_a_range_that_was_given_or_declared_is_searched_at_random():
    trials = of_draws(WIDE, 200)
    shares = [share for share, _, _ in listed(trials)]
    assert len(set(listed(trials))) == 200
    assert 0.0 <= min(shares) < 0.1
    assert 0.9 < max(shares) <= 1.0
    assert np.mean(shares) == pytest.approx(0.5, abs=0.08)
    narrow = {"share": ql.param(default=0.3, low=0.2, high=0.4)}
    assert all(0.2 <= share <= 0.4 for (share,) in listed(of_draws(narrow, 50)))
    everything = of_draws(None, 100, base=Choosy())
    assert everything.names == ("share", "word", "loud")  # `free` declares no range
    assert {word for _, word, _ in listed(everything)} == {"a", "b", "c"}
    assert {loud for *_, loud in listed(everything)} == {False, True}


def test_more_draws_with_the_same_seed_begin_with_the_same():
    for over in (WIDE, {"free": range(50), "word": ["a", "b", "c"]}):
        few, many = listed(of_draws(over, 20, seed=3)), listed(of_draws(over, 60, seed=3))
        assert many[:20] == few
        assert listed(of_draws(over, 20, seed=4)) != few


def test_draws_are_distinct_and_end_with_the_space():
    over = {"free": range(5), "word": ["a", "b"]}
    every = listed(of_draws(over, 1000))
    assert sorted(every) == sorted((free, word) for free in range(5) for word in "ab")
    assert all(free > 2 for free, _ in listed(of_draws(over, 1000, where=lambda p: p.free > 2)))
    swept = ql.sweep(Choosy, made_bars(30), over=over, trials=1000, workers=1, engine="python")
    assert len(swept) == 10
    assert "1000 trials were asked for; no more than 10 different ones were found." in swept.notes


def test_where_is_heard_over_ranges_too():
    trials = of_draws(WIDE, 50, where=lambda p: p.share < 0.1 and p.free < 500)
    assert len(trials) == 50
    assert all(share < 0.1 and free < 500 for share, free, _ in listed(trials))


def test_whole_numbers_include_both_ends():
    over = {"free": ql.param(default=1, low=1, high=3)}
    assert sorted(listed(of_draws(over, 9))) == [(1,), (2,), (3,)]
    assert listed(of_grid(over, base=Choosy())) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"fats": [2]}, "Cross has no parameter 'fats'. Did you mean 'fast'"),
        ({"fast": [2, 21]}, r"Cross\(fast=21\) is outside its range"),
        ({"fast": [2.5]}, r"Cross\(fast=2.5\): give int"),
        ({"fast": []}, "holds no value"),
        ({"fast": 5}, r"give the values to try in a list, \[5\]"),
        ({"fast": "12"}, "in a list"),
        ({}, "over= is empty"),
        (["fast"], "give a dict"),
        ({"fast": range(2, 20), "slow": ql.param(default=9, low=3, high=99)}, "outside its range"),
    ],
)
def test_what_cannot_be_tried_is_refused(over, words):
    with pytest.raises(StrategyError, match=words):
        of_grid(over)


def test_a_choice_outside_the_declared_ones_is_refused():
    with pytest.raises(StrategyError, match="is not a choice"):
        of_grid({"word": ["a", "z"]}, base=Choosy())


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (lambda p: p.fsat < 3, "p.fsat, which is no parameter. Did you mean 'fast'"),
        (lambda p: None, "answered None"),
        (lambda p: p.fast, "answered 2"),
        (lambda p: p.fast > 100, "nothing is left to run"),
        ("fast < slow", "give a function"),
    ],
)
def test_a_wrong_where_is_refused(where, words):
    with pytest.raises(StrategyError, match=words):
        of_grid({"fast": [2, 3]}, where)


def test_an_error_of_where_says_for_which_parameters():
    with pytest.raises(ZeroDivisionError) as told:
        of_grid({"fast": [2]}, lambda p: p.fast < 1 // 0)
    assert told.value.__notes__ == ["in where= at fast=2, slow=40"]


def test_grids_need_values_and_draws_a_range():
    with pytest.raises(StrategyError, match=r"share has a range, not values.*trials="):
        of_grid({"share": ql.param(default=0.5, low=0.0, high=1.0)}, base=Choosy())
    with pytest.raises(StrategyError, match="declares no range to search"):
        of_draws({"free": None}, 5)
    with pytest.raises(
        StrategyError, match=r"two values or a range: write \[5, 50\] .* ql.param\(default=5, low=5"
    ):
        of_draws({"free": (5, 50)}, 5)
    assert listed(of_grid({"fast": (5, 15)})) == [(5,), (15,)]
    with pytest.raises(StrategyError, match="combinations"):
        of_grid({"free": range(100_000), "share": np.linspace(0.0, 1.0, 1000)}, base=Choosy())


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_a_wrong_number_of_trials(n):
    with pytest.raises(StrategyError, match="how many random draws"):
        of_draws(WIDE, n)


def test_strategies_without_parameters_or_ranges():
    class Bare(ql.Strategy):
        def on_bar(self, now):
            pass

    class Free(ql.Strategy):
        level: int = ql.param(default=1)

        def on_bar(self, now):
            pass

    with pytest.raises(StrategyError, match="Bare has no parameters"):
        space_of(Bare(), {"x": [1]}, drawn=False)
    with pytest.raises(StrategyError, match="No parameter of Free declares a range"):
        space_of(Free(), None, drawn=True)


def test_a_constructor_of_ones_own_is_called():
    class Checked(ql.Strategy):
        fast: int = ql.param(default=2)
        slow: int = ql.param(default=5)

        def __init__(self, **params):
            super().__init__(**params)
            if self.fast >= self.slow:
                raise ValueError("fast must be below slow")

        def on_bar(self, now):
            now.target_weight(0, 1.0)

    swept = ql.sweep(Checked, made_bars(30), over={"fast": [2, 7]}, workers=1, engine="python")
    assert swept.frame["error"].tolist() == ["", "ValueError: fast must be below slow"]
