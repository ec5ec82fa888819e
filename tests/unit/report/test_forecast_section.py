"""Decay and the way through time of forecasts, and their p-values."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from quantlab.report.charts import BOTTOM, TOP
from quantlab.report.decay_chart import HEIGHT, decay_chart
from quantlab.report.forecast_section import MOST_LINES, forecast_section
from tests.made_results import made_result

KEYS = ["forecaster", "horizon"]


def _decay(coefficients, errors):
    index = pd.MultiIndex.from_product([["CNN1D"], [5], [1, 5, 20]], names=[*KEYS, "bars_ahead"])
    return pd.DataFrame({"rank_ic": coefficients, "rank_ic_error": errors}, index)


def test_the_decay_stands_at_its_coefficient_with_its_error():
    (chart,) = decay_chart(_decay([0.04, 0.02, np.nan], [0.01, 0.01, np.nan]))
    high, low = 0.04 + 1.96 * 0.01, -0.01
    span = HEIGHT - TOP - BOTTOM

    def y(value):
        return round(TOP + span * (high - value) / (high - low), 1)

    assert [dot.y for dot in chart.dots] == [y(0.04), y(0.02)]
    assert chart.dots[0].text == "CNN1D, horizon 5\n1 bars ahead: +0.0400 ± 0.0196"
    ends = [tuple(map(float, pair)) for pair in re.findall(r" ([\d.]+)V([\d.]+)", chart.curves[0].path)]
    assert ends == [(y(0.04 - 0.0196), y(0.04 + 0.0196)), (y(0.02 - 0.0196), y(0.02 + 0.0196))]
    assert [tick.label for tick in chart.x_ticks] == ["1", "5"]
    assert decay_chart(_decay([np.nan] * 3, [0.1] * 3)) == ()


def _with(result, **tables):
    for name, table in tables.items():
        result.__dict__[name] = table
    return result


def test_a_page_has_what_was_judged():
    days = pd.bdate_range("2020-01-01", periods=4)
    keys = pd.MultiIndex.from_tuples([("CNN1D", 5), ("naive", 5)], names=KEYS)
    scores = pd.DataFrame(
        {"ic": [0.02, np.nan], "dm_naive": [2.5, np.nan], "dm_naive_p": [0.0124, np.nan]}, keys
    )
    by_bar = pd.DataFrame(
        {"rank_ic": [0.1, 0.2, -0.3]},
        pd.MultiIndex.from_product([["CNN1D"], [5], days[:3]], names=[*KEYS, "time"]),
    )
    result = _with(
        made_result([0.1] * 4, time=days, forecast_scores=scores),
        forecast_decay=_decay([0.02] * 3, [0.01] * 3),
        forecast_rank_ic=by_bar,
    )
    section = forecast_section(result)
    assert section.tables[1].rows[0][-1].text == "+2.50 (p 0.012)"
    assert section.tables[1].rows[1][-1].text == "n/a"
    assert section.tables[1].hints[-1].startswith("Diebold–Mariano against the naive forecast")
    time, decay = section.charts
    assert time.title.startswith("Rank information coefficient, added up")
    assert time.spots[1].text == "2020-01-02\nCNN1D, horizon 5: 0.30"
    assert decay.title.startswith("Rank information coefficient by bars ahead")
    assert len(forecast_section(made_result([0.1] * 4, forecast_scores=scores)).charts) == 0


def test_of_many_forecasters_the_first_are_drawn():
    days = pd.bdate_range("2020-01-01", periods=5)
    names = [f"F{k}" for k in range(9)]
    by_bar = pd.DataFrame(
        {"rank_ic": 0.1}, pd.MultiIndex.from_product([names, [1], days], names=[*KEYS, "time"])
    )
    scores = pd.DataFrame({"ic": 0.1}, pd.MultiIndex.from_product([names, [1]], names=KEYS))
    result = _with(made_result([0.1] * 5, time=days, forecast_scores=scores), forecast_rank_ic=by_bar)
    assert len(forecast_section(result).charts[0].curves) == MOST_LINES
