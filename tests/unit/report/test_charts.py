from __future__ import annotations

import re

import numpy as np
import pandas as pd

from quantlab.display.figures import Area, Bars, Line, Panel
from quantlab.report.charts import (
    BOTTOM,
    COLUMN_RIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    column_chart,
    histogram_chart,
    time_chart,
)

DAYS = pd.bdate_range("2020-01-01", periods=5)


def _points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def test_a_line_runs_from_margin_to_margin_and_low_is_below_high() -> None:
    chart = time_chart(Panel("Equity", (Line("run", DAYS, np.array([1.0, 3.0, 2.0, 2.0, 2.0])),)), height=134)
    points = _points(chart.curves[0].path)
    assert points[0] == (LEFT, 134 - BOTTOM)
    assert points[1] == (LEFT + (WIDTH - LEFT - RIGHT) / 4, TOP)
    assert points[-1] == (WIDTH - RIGHT, 60.0)


def test_a_gap_lifts_the_pen() -> None:
    chart = time_chart(Panel("Equity", (Line("run", DAYS, np.array([1.0, np.nan, 2.0, 2.0, 1.0])),)))
    assert chart.curves[0].path.count("M") == 2
    assert "nan" not in chart.curves[0].path


def test_an_area_stands_on_zero_and_is_closed() -> None:
    chart = time_chart(Panel("Drawdown", (Area("d", DAYS, np.array([-0.1, -0.2, -0.1, -0.1, -0.1])),)))
    points = _points(chart.curves[0].path)
    assert points[0] == (LEFT, TOP)
    assert points[-1] == (WIDTH - RIGHT, TOP)
    assert chart.curves[0].path.endswith("Z")


def test_a_flat_curve_and_one_bar_can_be_drawn() -> None:
    for y in (np.zeros(1), np.full(1, 100.0), np.full(1, np.nan)):
        chart = time_chart(Panel("Equity", (Line("run", DAYS[:1], y),)))
        assert chart.y_ticks
        assert "nan" not in chart.curves[0].path


def test_hover_says_the_day_and_every_value() -> None:
    lines = (Line("run", DAYS, np.arange(5.0)), Line("other", DAYS, np.arange(5.0) * 2))
    chart = time_chart(Panel("Equity", lines, "money"), colours=[4, 1])
    assert chart.spots[1].text == "2020-01-02\nrun: 1.00\nother: 2.00"
    assert [curve.colour for curve in chart.curves] == [4, 1]


def test_columns_stand_and_hang_from_zero() -> None:
    panel = Panel("Years", (Bars("r", ["2020", "2021"], np.array([0.1, -0.2])),), "fraction")
    up, down = column_chart(panel, height=134).columns
    zero = TOP + 100 * 0.1 / 0.3
    np.testing.assert_allclose([up.y, up.height, down.y, down.height], [TOP, zero - TOP, zero, 110 - zero])
    assert (up.below, down.below) == (False, True)
    assert (up.text, down.text) == ("2020: 10.0%", "2021: -20.0%")


def test_a_histogram_has_round_ticks_at_their_place() -> None:
    edges = np.array([-0.1, -0.05, 0.0, 0.05])
    chart = histogram_chart("Trades", edges, np.array([1.0, 2.0, 3.0]), "fraction")
    assert chart.columns[1].text == "-5.00% to 0.00%: 2"
    zero = next(tick for tick in chart.x_ticks if tick.label == "0%")
    assert zero.at == round(LEFT + (WIDTH - LEFT - COLUMN_RIGHT) * 2 / 3, 1)
    assert all(tick.at < WIDTH - 16 for tick in chart.x_ticks)
