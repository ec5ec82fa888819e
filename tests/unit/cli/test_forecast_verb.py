from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantlab as ql

SMALL = ("--train", "60", "--test", "30")


@pytest.fixture(autouse=True)
def _walk(here) -> None:
    """A random walk of 150 bars in walk.csv."""
    close = 100.0 * np.cumprod(1.0 + 0.01 * np.random.default_rng(0).standard_normal(150))
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close))
    frame["volume"] = 1000.0 + np.arange(150) % 7
    frame.insert(0, "date", pd.bdate_range("2024-01-01", periods=150).date)
    frame.to_csv(here / "walk.csv", index=False)


def test_the_ridge_is_scored_beside_the_naive_forecast(quantlab):
    answer = quantlab("forecast", "ridge", "walk.csv", "--horizon", "2", *SMALL)
    assert (answer.code, answer.err) == (0, "")
    assert "RidgeForecaster(horizon=2)" in answer.out
    assert "naive" in answer.out


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("drift", "DriftForecaster(horizon=1)"),
        ("volatility", "HistoricalVolatilityForecaster(horizon=1, lookback=8)"),
        ("lstm", "LSTM(horizon=1, lookback=8)"),
    ],
)
def test_a_built_in_is_called_by_its_name(quantlab, name, recipe):
    lookback = () if name == "drift" else ("--lookback", "8")
    answer = quantlab("forecast", name, "walk.csv", *SMALL, *lookback)
    assert (answer.code, answer.err) == (0, "")
    assert recipe in answer.out


def test_a_target_other_than_the_return_is_an_option(quantlab):
    answer = quantlab("forecast", "ridge", "walk.csv", "--target", "volatility", *SMALL)
    assert (answer.code, answer.err) == (0, "")
    assert "RidgeForecaster(horizon=1, target=Volatility())" in answer.out
    answer = quantlab("tune", "ridge", "walk.csv", "--target", "direction", "--over", "lookback=1,2", *SMALL)
    assert "RidgeForecaster(horizon=1, target=Direction()" in answer.out


@pytest.mark.parametrize(("name", "kind"), [("arima", "ArimaForecaster"), ("garch", "GarchForecaster")])
def test_a_model_of_a_series_is_called_by_its_name(quantlab, name, kind):
    answer = quantlab("forecast", name, "walk.csv", "--train", "125", "--test", "20", "--lookback", "8")
    assert (answer.code, answer.err) == (0, "")
    assert f"{kind}(horizon=1, lookback=8)" in answer.out


def test_help_names_every_built_in(quantlab):
    from quantlab.cli.forecaster import BUILT_IN

    words = set(quantlab("forecast", "--help").out.replace(",", " ").split())
    assert set(BUILT_IN) <= words


def test_json_has_every_score_and_its_origin(quantlab):
    record = quantlab(
        "forecast", "ridge", "walk.csv", "--horizon", "3", "--horizon", "1", "--lookback", "2", "--seed", "7",
        *SMALL, "--json",
    ).json  # fmt: skip
    assert record["name"] == "RidgeForecaster(horizon=(1, 3), lookback=2)"
    assert [(row["horizon"]) for row in record["scores"]] == [1, 1, 3, 3]
    assert record["provenance"]["seed"] == 7
    assert "train=60, test=30" in record["provenance"]["folds"]


def test_save_writes_a_table_that_python_reads(quantlab, here):
    answer = quantlab("forecast", "naive", "walk.csv", *SMALL, "--save", "naive.npz")
    assert answer.err == "saved: naive.npz\n"
    assert ql.Forecasts.load(here / "naive.npz").horizons == (1,)


@pytest.mark.parametrize("spec", ["own.py", "own.py:recipe", "own.py:RidgeForecaster"])
def test_a_forecaster_may_come_from_a_file(quantlab, here, spec):
    (here / "own.py").write_text(
        "from quantlab import RidgeForecaster\nrecipe = RidgeForecaster(horizon=2, penalty=0.5)\n",
        encoding="utf-8",
    )
    record = quantlab("forecast", spec, "walk.csv", *SMALL, "--horizon", "4", "--json").json
    penalty = "" if spec.endswith("RidgeForecaster") else ", penalty=0.5"
    assert record["name"] == f"RidgeForecaster(horizon=4{penalty})"


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("ridge walk.csv --train 100000", "at least 100,003 bars"),
        ("ridge walk.csv --horizon 0", "whole number of bars"),
        ("ridge walk.csv --lookback 0", "lookback"),
        ("ridge walk.csv --target volatilty", "Did you mean 'volatility'?"),
        ("arima walk.csv --target volatility", "it speaks of return only"),
        ("hold.py walk.csv", "holds 0 forecasters"),
        ("hold.py:Hold walk.csv", "is no forecaster"),
        ("hold.py:Hodl walk.csv", "Did you mean 'Hold'?"),
    ],
)
def test_a_callers_mistake_is_one_message_and_exit_code_2(quantlab, line, advice):
    answer = quantlab("forecast", *line.split())
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert advice in answer.err


ENSEMBLE = """
import quantlab as ql
from quantlab import EnsembleForecaster

both = EnsembleForecaster(members=(ql.RidgeForecaster(), ql.NaiveForecaster()))
"""


def test_an_option_replaces_what_an_ensemble_takes(quantlab, here):
    (here / "own.py").write_text(ENSEMBLE, encoding="utf-8")
    record = quantlab("forecast", "own.py:both", "walk.csv", "--horizon", "2", *SMALL, "--json").json
    assert record["name"].startswith("EnsembleForecaster(horizon=2, members=(RidgeForecaster(horizon=2)")


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        (
            "own.py:both walk.csv --lookback 4",
            "--lookback 4: own.py:both is of EnsembleForecaster, which takes no ",
        ),
        ("own.py:EnsembleForecaster walk.csv --lookback 4", "leave --lookback out and change those where"),
        ("own.py:EnsembleForecaster walk.csv", "needs members=, which no option gives: make one in the file"),
    ],
)
def test_an_option_for_what_a_recipe_works_out_by_itself_is_refused(quantlab, here, line, advice):
    (here / "own.py").write_text(ENSEMBLE, encoding="utf-8")
    answer = quantlab("forecast", *line.split())
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert advice in answer.err
