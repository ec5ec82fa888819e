"""What was chosen differently, and which runs lie on a grid of numbers."""

from __future__ import annotations

from quantlab.research.differing import differing, searched


def origin(code, cash=100.0, **more):
    return {"strategy": {"code": code}, "settings": {"cash": cash}, "bars": {"fingerprint": "b"}, **more}


def named(*codes, **settings):
    return {code: origin(code, **settings) for code in codes}


def test_only_what_differs_is_told():
    found = differing({"a": origin("Sma(fast=1, slow=9)"), "b": origin("Sma(fast=2, slow=9)", cash=5.0)})
    told = {"a": {"fast": "1", "cash": "100.0"}, "b": {"fast": "2", "cash": "5.0"}}
    assert found.to_dict("index") == told
    assert differing(named("Sma(fast=1)")).empty


def test_runs_that_differ_in_two_numbers_lie_on_a_grid_and_others_are_left_out():
    runs = named("Sma(fast=1, slow=9)", "Sma(fast=2, slow=9)", "Sma(fast=2, slow=12)", "Hold()")
    grid = searched(runs)
    assert grid.to_dict("list") == {"fast": [1, 2, 2], "slow": [9, 9, 12]}
    assert list(grid.index) == list(runs)[:3]


def test_one_number_text_or_three_numbers_are_no_grid():
    assert searched(named("S(a=1)", "S(a=2)", "S(a=3)")).empty
    assert searched(named("S(a=1, b='x')", "S(a=2, b='y')", "S(a=3, b='x')")).empty
    three = named("S(a=1, b=1, c=1)", "S(a=2, b=1, c=2)", "S(a=2, b=2, c=3)")
    assert searched(three).empty
    sweep = {"trials": 8, "sharpe_variance": 0.1}
    of_one_sweep = {name: {**one, "sweep": sweep} for name, one in three.items()}
    assert list(searched(of_one_sweep).columns) == ["a", "b", "c"]
    assert searched({}).empty
