from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from quantlab.report.calendar_tables import drawdown_table, monthly_table, period_returns, yearly_table
from quantlab.report.calibration_chart import LEFT, SIDE, calibration_chart
from quantlab.report.charts import BOTTOM, TOP
from quantlab.report.difference_table import difference_table
from quantlab.report.parameters import parameter_table
from quantlab.report.tables import Table, metric_table, origin_table
from quantlab.report.trading_tables import MOST_TRADES, order_table, symbol_table, trade_table
from quantlab.research.differing import differing, parameters
from tests.made_results import made_orders, made_trades

DAYS = pd.to_datetime(["2020-01-30", "2020-01-31", "2020-02-28", "2021-01-04", "2021-01-05"])
EQUITY = pd.Series([90.0, 110.0, 121.0, 60.5, 72.6], DAYS)


def _texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_months_and_years_by_hand() -> None:
    assert period_returns(EQUITY, 100.0, "M") == {"2020-01": 0.1, "2020-02": 0.1, "2021-01": -0.4}
    assert period_returns(EQUITY, 100.0, "Y") == {"2020": 0.21, "2021": -0.4}


def test_months_follow_the_wall_clock() -> None:
    late = pd.DatetimeIndex(["2020-01-31 23:00", "2020-02-01 01:00"]).tz_localize("America/New_York")
    assert list(period_returns(pd.Series([1.0, 2.0], late), 1.0, "M")) == ["2020-01", "2020-02"]


def test_monthly_table_has_a_row_a_year_and_blanks_where_there_was_no_bar() -> None:
    table = monthly_table(EQUITY, 100.0)
    assert _texts(table)[0] == ["2020", "10.0%", "10.0%", *[""] * 10, "21.0%"]
    assert _texts(table)[1] == ["2021", "-40.0%", *[""] * 11, "-40.0%"]
    assert table.rows[1][1].shade < 0 < table.rows[0][1].shade


def test_yearly_table_by_hand() -> None:
    benchmark = pd.Series([0.0, 0.0, 0.5, 0.0, 0.1], DAYS)
    rows = _texts(yearly_table(EQUITY, 100.0, 252, benchmark))
    assert rows[0][:4] == ["2020", "21.0%", "50.0%", "-29.0%"]
    assert rows[0][5:] == ["-10.0%", "3"]
    assert rows[1][5:] == ["-50.0%", "2"]
    assert len(yearly_table(EQUITY, 100.0, 252, None).columns) == 5


def test_after_ruin_years_are_undefined_not_an_error() -> None:
    rows = _texts(yearly_table(pd.Series([50.0, 0.0, 0.0, 0.0, 0.0], DAYS), 100.0, 252, None))
    assert rows[0][1] == "-100.0%"
    assert rows[1][1:4] == ["n/a", "0.00%", "n/a"]


def test_drawdown_table_by_hand() -> None:
    assert _texts(drawdown_table(EQUITY, 100.0)) == [
        ["2020-02-28", "2021-01-04", "not yet", "-50.0%", "2"],
        ["start", "2020-01-30", "2020-01-31", "-10.0%", "1"],
    ]


def test_only_the_first_trades_are_shown_and_the_note_says_how_many_are_not() -> None:
    days = pd.bdate_range("2000-01-03", periods=2001)
    table = trade_table(made_trades(days, 2000), "Closed trades")
    assert len(table.rows) == MOST_TRADES
    assert table.note == "The first 100 of 2,000: 1,900 not shown; result.trades has all."
    assert trade_table(made_trades(days, 3), "Closed trades").note == ""
    assert trade_table(made_trades(days, 0), "Closed trades").rows == ()


def test_trades_by_symbol() -> None:
    days = pd.bdate_range("2000-01-03", periods=10)
    trades = pd.concat([made_trades(days, 3, "AAA"), made_trades(days, 1, "BBB")])
    assert _texts(symbol_table(trades)) == [
        ["AAA", "3", "66.7%", "10.0%", "30.00"],
        ["BBB", "1", "100.0%", "20.0%", "20.00"],
    ]


def test_rejected_orders_by_reason() -> None:
    days = pd.bdate_range("2000-01-03", periods=10)
    orders = pd.concat([made_orders(days, 2), made_orders(days, 3, "no_price")])
    assert _texts(order_table(orders)) == [["rejected", "no_price", "3"], ["rejected", "no_cash", "2"]]
    assert order_table(made_orders(days, 0)).rows == ()


def test_a_metric_group_carries_its_definitions_and_vanishes_when_undefined() -> None:
    table = metric_table("Ratios", {"sharpe": 0.5, "calmar": float("nan")}, {"sharpe": 1.5}, 252.0)
    assert _texts(table) == [["Sharpe", "0.50", "1.50"], ["Calmar", "n/a", ""]]
    assert table.rows[0][0].hint == "mean(r − rf)/std(r − rf, ddof=1)·√N (Sharpe 1994); N = 252"
    assert metric_table("Benchmark", {"beta": float("nan")}, {}, 252.0).rows == ()
    assert _texts(metric_table("Ratios", {"sharpe": float("nan")}, {}, 252.0)) == [["Sharpe", "n/a"]]


def test_any_origin_becomes_texts() -> None:
    origin = {"bars": {"symbols": [f"S{k}" for k in range(40)], "end": None}, "seed": 0}
    rows = dict(_texts(origin_table(origin)))
    assert rows["bars.symbols"].endswith("S29 … and 10 more")
    assert (rows["bars.end"], rows["seed"]) == ("none", "0")


@pytest.mark.parametrize("period", ["M", "Y"])
def test_period_returns_compound_to_the_whole(period: str) -> None:
    random = np.random.default_rng(0)
    equity = pd.Series(
        100.0 * np.cumprod(1.0 + random.normal(0, 0.01, 600)), pd.bdate_range("2019-05-06", periods=600)
    )
    growth = np.prod([1.0 + value for value in period_returns(equity, 100.0, period).values()])
    assert growth == pytest.approx(equity.iloc[-1] / 100.0, rel=1e-9)


def test_parameters_that_differ() -> None:
    origins = {
        "one": {"strategy": {"code": "Sma(fast=10, slow=50)"}, "settings": {"cash": 100.0, "seed": 0}},
        "two": {"strategy": {"code": "Sma(fast=20, slow=50)"}, "settings": {"cash": 100.0, "seed": 0}},
        "three": {"strategy": {"code": "Hold()"}, "settings": {"cash": 100.0, "seed": 0}},
    }
    keys, made = {"one": "one", "two": "two", "three": "C"}, dict.fromkeys(origins, "")
    table = difference_table(differing(origins), made, keys)
    assert table.columns == ("run", "strategy", "fast", "slow")
    assert _texts(table) == [
        ["one", "Sma", "10", "50"],
        ["two", "Sma", "20", "50"],
        ["C: three", "Hold", "–", "–"],
    ]
    assert [cell.is_number for cell in table.rows[2]] == [False, False, True, True]
    assert difference_table(differing({"one": origins["one"]}), made, keys).rows == ()
    (alone,) = difference_table(differing({"one": origins["one"]}), {"one": "runs/a"}, keys).rows
    assert [cell.text for cell in alone] == ["one", "runs/a"]


@pytest.mark.parametrize("code", ["", "my best run", "f(", "3 + 4", "x" * 10 + "(" * 200])
def test_what_is_no_call_has_no_parameters(code: str) -> None:
    assert parameters(code) == {}
    assert parameter_table(code).rows == ()


def test_parameters_are_shown_as_code() -> None:
    rows = _texts(parameter_table("Rank(forecaster=CNN1D(lookback=64), weights=(1, 2), name='<b>')"))
    assert rows == [["forecaster", "CNN1D(lookback=64)"], ["weights", "(1, 2)"], ["name", "'<b>'"]]


def test_a_calibrated_forecaster_lies_on_the_diagonal() -> None:
    levels = np.array([0.1, 0.5, 0.9])
    chart = calibration_chart(["good", "bold"], levels, np.array([levels, [0.2, 0.5, 0.7]]))
    diagonal = [
        SIDE - BOTTOM - (dot.x - LEFT) * (SIDE - TOP - BOTTOM) / (chart.right - LEFT) for dot in chart.dots
    ]
    gaps = [round(dot.y - on, 0) for dot, on in zip(chart.dots, diagonal, strict=True)]
    assert gaps[:3] == [0.0, 0.0, 0.0]
    assert gaps[3] < 0.0 < gaps[5]  # more labels below the low quantile, fewer below the high one
    assert chart.dots[5].text == "bold\nlevel 90.0%: 70.0% of labels"
