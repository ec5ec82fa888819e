from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

SMALL = ("--train", "60", "--test", "30")


@pytest.fixture(autouse=True)
def _walk(here) -> None:
    """A random walk of 160 bars in walk.csv."""
    close = 100.0 * np.cumprod(1.0 + 0.01 * np.random.default_rng(0).standard_normal(160))
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close))
    frame["volume"] = 1000.0 + np.arange(160) % 7
    frame.insert(0, "date", pd.bdate_range("2024-01-01", periods=160).date)
    frame.to_csv(here / "walk.csv", index=False)


def test_a_grid_tries_every_value_and_goes_on_from_its_file(quantlab, here):
    line = (
        "tune",
        "ridge",
        "walk.csv",
        "--over",
        "lookback=1,2",
        "--sampler",
        "grid",
        *SMALL,
        "--path",
        "s.db",
    )
    record = quantlab(*line, "--json").json
    assert sorted(row["lookback"] for row in record["trials"]) == [1, 2]
    assert record["n_trials"] == 2
    assert record["best"].startswith("RidgeForecaster(horizon=1")
    assert (here / "s.db").exists()
    answer = quantlab(*line)
    assert answer.code == 0
    assert "2 trials (2 done)" in answer.out


@pytest.mark.parametrize(
    ("over", "advice"),
    [
        ("lookbak=1,2", "Did you mean 'lookback'?"),
        ("lookback", "NAME=VALUES"),
        ("lookback=one", "a word needs quotes"),
        ("penalty=5:1", "low is less than high"),
        ("horizon=1,2", "cannot be tuned"),
    ],
)
def test_a_callers_mistake_is_one_message_and_exit_code_2(quantlab, over, advice):
    answer = quantlab("tune", "ridge", "walk.csv", "--over", over, *SMALL)
    assert (answer.code, answer.out) == (2, "")
    assert advice in answer.err


def test_a_field_that_a_recipe_works_out_by_itself_is_not_tuned(quantlab, here):
    (here / "own.py").write_text(
        "import quantlab as ql\n"
        "both = ql.EnsembleForecaster(members=(ql.RidgeForecaster(), ql.NaiveForecaster()))\n",
        encoding="utf-8",
    )
    answer = quantlab("tune", "own.py:both", "walk.csv", "--over", "lookback=1,2", *SMALL)
    assert (answer.code, answer.out) == (2, "")
    assert (
        "EnsembleForecaster works its lookback out from its other fields: tune one of members." in answer.err
    )
