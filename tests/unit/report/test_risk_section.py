"""What a page says about risk, told by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from quantlab.metrics.exceedances import proportion_test
from quantlab.report.charts import BOTTOM, TOP
from quantlab.report.page import report
from quantlab.report.risk_section import LEAST_TESTED, N_BARS, risk_section
from quantlab.report.tables import Cell, Table
from quantlab.research.attribution import attribute
from tests.made_results import made_result

N = 600


def _section(returns, **settings):
    return risk_section(attribute(made_result(returns, **settings)), ())


def test_exceedances_are_counted_by_hand_and_drawn_where_they_are():
    returns = np.random.default_rng(5).normal(0.0, 0.01, N)
    section = _section(returns)
    risk = [np.quantile(returns[row - N_BARS : row], 0.05) for row in range(N_BARS, N)]
    below = returns[N_BARS:] < risk
    (table,) = section.tables
    assert table.title == "Tests of the value at risk"
    assert f"{below.sum()} of {N - N_BARS} bars fell below" in table.note
    assert table.rows[0][2].text == f"{proportion_test(below, 0.05).p_value:.4f}"
    (chart,) = section.charts
    assert [curve.name for curve in chart.curves] == ["exceedance", "value at risk", "return"]
    drawn = [tuple(map(int, pair)) for pair in re.findall(r"M(\d+) (\d+)m", chart.curves[0].path)]
    assert 0.8 * below.sum() <= len(drawn) <= below.sum()  # those that would cover each other once
    low, high = returns[N_BARS:].min(), returns[N_BARS:].max()
    span = chart.height - TOP - BOTTOM
    places = {round(TOP + span * (high - value) / (high - low)) for value in returns[N_BARS:][below]}
    assert {y for _, y in drawn} <= places


def test_bars_before_anything_was_held_are_not_judged():
    returns = np.random.default_rng(5).normal(0.0, 0.01, N)
    late = _section(np.concatenate([np.zeros(400), returns]))
    assert late.tables[0].note == _section(returns).tables[0].note


def test_the_regression_stands_beside_a_benchmark():
    random = np.random.default_rng(2)
    days = pd.bdate_range("2020-01-01", periods=200)
    market = pd.Series(random.normal(0.0, 0.01, 200), days)
    result = made_result(
        0.5 * market + random.normal(0.0, 0.002, 200), time=days, benchmark=market, benchmark_name="SPY"
    )
    (table,) = risk_section(attribute(result), ()).tables
    assert table.title == "Regression on SPY"
    assert [row[0].text for row in table.rows] == ["alpha", "SPY"]
    beta, t, p = (cell.text for cell in table.rows[1][1:])
    assert float(beta) == pytest.approx(np.cov(result.returns, market)[0, 1] / market.var(), abs=6e-4)
    assert float(t) > 20.0
    assert p == "0.0000"


@pytest.mark.parametrize(
    ("returns", "benchmark"),
    [
        ([0.01], None),
        ([0.01], [0.01]),
        (np.zeros(N), np.zeros(N)),
        (np.zeros(N), np.full(N, 0.01)),
        (np.full(N_BARS + LEAST_TESTED - 1, 0.01), None),
        ([0.1, -1.0], [0.1, 0.1]),
    ],
)
def test_what_cannot_be_judged_is_left_out(returns, benchmark):
    result = made_result(returns)
    if benchmark is not None:
        result = replace(result, benchmark=pd.Series(benchmark, result.equity.index), benchmark_name="B")
    crises = Table("Crises", ("crisis",), ((Cell("one"),),))
    section = risk_section(attribute(result), (crises,))
    assert (section.tables, section.charts) == ((crises,), ())


def test_a_run_that_hardly_ever_loses_has_its_page(tmp_path):
    random = np.random.default_rng(2)
    idle = made_result(np.full(700, 0.0001) + random.uniform(0.0, 1e-5, 700))
    assert "Tests of the value at risk" in report(idle, tmp_path / "page.html").read_text(encoding="utf-8")
