"""Parts of a page of a result: exposure, seasons, intervals, stress, totals, hints."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import ResultError
from quantlab.report.exposure_panels import exposure_panels
from quantlab.report.hints import with_hints
from quantlab.report.page import report
from quantlab.report.result_page import result_page
from quantlab.report.run_panels import run_panels
from quantlab.report.season_charts import season_charts
from quantlab.report.tables import Table, metric_table
from quantlab.report.trade_data import trade_data
from quantlab.research.exposures import exposure_frame
from quantlab.research.profits import profits
from quantlab.research.seasons import seasonal_profits
from tests.made_results import made_result, made_trades


def _held(weights):
    result = made_result(np.full(len(weights), 0.01))
    result.__dict__["weights"] = pd.DataFrame(weights, result.equity.index)
    return [one.panel for one in exposure_panels(exposure_frame(result))]


def test_long_and_short_are_drawn_where_there_are_both():
    exposure, held = _held([[0.5, -0.25, 0.25], [0.0, 0.0, 0.0]])
    assert {mark.name: mark.y.tolist() for mark in exposure.marks} == {
        "net": [0.5, 0.0], "long": [0.75, 0.0], "short": [-0.25, 0.0],
    }  # fmt: skip
    effective, symbols = held.marks
    assert effective.y[0] == pytest.approx(1.0 / (0.5**2 + 0.25**2 + 0.25**2))
    assert np.isnan(effective.y[1])
    assert symbols.y.tolist() == [3.0, 0.0]


def test_one_long_position_has_gross_and_net_alone():
    (exposure,) = _held([[0.5, 0.0], [0.0, 0.7]])
    assert [mark.name for mark in exposure.marks] == ["net", "gross"]


def test_seasons_are_told_by_the_clock_of_the_bars():
    times = pd.to_datetime(["2021-12-30 23:30", "2021-12-31 00:30", "2022-01-03 00:10", "2022-02-03 23:59"])
    amounts = pd.DataFrame({"time": times.tz_localize("America/New_York"), "amount": [1.0, -2.0, 4.0, 8.0]})
    seasons = {name: net.to_dict() for name, net in seasonal_profits(amounts).items()}
    assert seasons == {
        "hour": {"00": 2.0, "23": 9.0},
        "weekday": {"Mon": 4.0, "Thu": 9.0, "Fri": -2.0},
        "month": {"Jan": 4.0, "Feb": 8.0, "Dec": -1.0},
    }
    charts = season_charts(amounts)
    assert [chart.title for chart in charts] == [
        "Profit by hour of the close", "Profit by weekday", "Profit by month of the year",
    ]  # fmt: skip
    assert [column.text for column in charts[2].columns] == ["Jan: 4.00", "Feb: 8.00", "Dec: -1.00"]


def test_seasons_without_content_are_left_out():
    daily = made_result(np.full(30, 0.01))
    assert season_charts(profits(daily))[0].title == "Profit by weekday"
    assert season_charts(profits(made_result(np.zeros(30), n_fills=0))) == ()
    assert season_charts(profits(made_result([0.01]))) == ()


def test_intervals_stand_beside_the_ratios():
    result = made_result(np.random.default_rng(0).normal(0.001, 0.01, 300))
    metrics = next(one for one in result_page(result)["sections"] if one.title == "Metrics")
    table = next(one for one in metrics.groups if one.title == "Ratios")
    assert table.columns == ("", "run", "95% interval")
    told = {row[0].text: row[2].text for row in table.rows}
    found = ql.intervals(result).frame
    for label, name in (("Sharpe", "sharpe"), ("Sortino", "sortino"), ("Omega", "omega")):
        low, high = found.loc[name, ["low", "high"]]
        assert told[label] == f"[{low:.2f}, {high:.2f}]", "one figure, one interval, wherever it is printed"
    assert told["P(Sharpe > 0)"] == ""
    trades = next(one for one in metrics.groups if one.title == "Trades")
    assert trades.columns == ()


def test_small_costs_are_told_in_basis_points():
    table = metric_table("Costs", {"costs_of_traded_value": 0.00001}, {}, 252.0)
    assert table.rows[0][1].text == "0.10 bp"


def test_embedded_profits_add_up_to_the_cent():
    days = pd.bdate_range("2015-01-01", periods=2001)
    trades = made_trades(days, 2000)
    trades["profit"] = np.random.default_rng(0).normal(10.0, 9999.0, 2000)
    data = trade_data(made_result(np.full(2001, 1e-4), time=days, trades=trades))
    assert f"{sum(data['profit']):,.2f}" == f"{trades['profit'].sum():,.2f}"


@pytest.mark.parametrize(("grown", "expected"), [(3.9, False), (4.1, True)])
def test_curves_that_end_far_apart_start_on_a_logarithmic_scale(grown, expected):
    result = made_result(np.zeros(10))
    market = pd.Series(0.0, result.equity.index)
    market.iloc[-1] = grown - 1.0
    panels = run_panels(replace(result, benchmark=market, benchmark_name="B")).data["panels"]
    assert [one["starts_log"] for one in panels] == [expected, False, False]


def test_headings_have_meanings():
    table = with_hints(Table("", ("side", "price", "no such heading"), ()))
    assert [bool(hint) for hint in table.hints] == [True, True, False]


def test_an_idle_run_has_no_distribution():
    sections = {one.title: one for one in result_page(made_result(np.zeros(100), n_fills=0))["sections"]}
    assert sections["Returns and drawdowns"].charts == ()


class Hold(ql.Strategy):
    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now.position[i] == 0.0:
                now.target_weight(i, 0.5 / now.n_symbols)


def test_stress_has_a_section_and_belongs_to_a_result(tmp_path):
    bars = ql.read_bars("sample:us5", start="2012-01-01")
    told = ql.stress(Hold(), bars, index="AAPL")
    result = ql.backtest(Hold(), bars)
    page = ql.report(result, tmp_path / "page.html", stress=told).read_text(encoding="utf-8")
    assert '<section id="stress"' in page
    assert "fills delayed by 1" in page
    assert '<section id="stress"' not in report(result, tmp_path / "plain.html").read_text(encoding="utf-8")
    with pytest.raises(ResultError, match="stress= belongs to the page of one Result"):
        ql.report(ql.compare([result]), tmp_path / "page.html", stress=told)


def test_a_profit_and_its_sum_survive_the_page(tmp_path):
    days = pd.bdate_range("2020-01-01", periods=30)
    trades = made_trades(days, 3)
    trades["profit"] = [123456.789012, -0.005, 1.0]
    text = report(
        made_result(np.full(30, 0.01), time=days, trades=trades), tmp_path / "page.html"
    ).read_text()
    data = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', text)[0])
    assert data["trades"]["profit"] == [123456.789012, -0.005, 1]
