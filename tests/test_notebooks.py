"""What a notebook shows of the nouns: HTML in which every text is escaped."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.forecasting.forecaster import Choice
from strategies.sma_cross import SmaCross
from tests.made_results import made_result

EVIL = "<script>alert('&')</script>"
DAYS = pd.bdate_range("2020-01-01", periods=160)


@pytest.fixture(scope="module")
def bars():
    close = 50.0 + np.sin(np.arange(160) / 5.0)
    opens = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    return ql.Bars.from_arrays(time=DAYS, symbols=[EVIL], open=opens, high=high, low=low, close=close)


@pytest.fixture(scope="module")
def forecasts(bars):
    frame = pd.DataFrame({EVIL: np.sin(np.arange(160) / 3.0) / 100.0}, DAYS)
    return ql.Forecasts.from_frame(frame, trained_through="2019-12-01", name=EVIL)


@pytest.fixture(scope="module")
def nouns(bars, forecasts):
    one, other = (made_result([step, -0.005] * 15, name=f"{EVIL}{step}") for step in (0.01, 0.02))
    frame = pd.DataFrame({EVIL: ["a"], "value": [0.1], "state": ["done"], "seconds": [1.0], "error": [""]})
    tuning = ql.Tuning(
        forecaster=ql.NaiveForecaster(), frame=frame.assign(lookback=[EVIL]), params=("lookback",), by=EVIL,
        greatest=False, choice=Choice(trials=1, through_ns=0),
    )  # fmt: skip
    tuning.__dict__["best"] = EVIL
    return {
        "Bars": bars,
        "Forecasts": forecasts,
        "Scores": forecasts.scores(bars),
        "Result": one,
        "Comparison": ql.compare([one, other], benchmark=1),
        "Sweep": dataclasses.replace(ql.sweep(SmaCross, bars, over={"fast": [2, 3]}), notes=(EVIL,)),
        "Tuning": tuning,
    }


@pytest.mark.parametrize("name", ["Bars", "Forecasts", "Scores", "Result", "Comparison", "Sweep", "Tuning"])
def test_a_noun_is_text_for_a_terminal_and_escaped_html_for_a_notebook(nouns, name):
    page, text = nouns[name]._repr_html_(), str(nouns[name])
    assert "<script>" in "".join(text.split())
    assert "&lt;script&gt;" in page
    assert not re.search(r"<script|alert\('&'", page)
    assert "<table" in page
