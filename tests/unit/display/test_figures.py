from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.display.draw import draw
from quantlab.display.figures import Bars, Figure, Panel, growth_figure, heat_figure, run_figure

DAYS = pd.date_range("2020-01-01", periods=4)


def test_a_run_is_drawn_as_equity_above_drawdown() -> None:
    equity = pd.Series([100.0, 90.0, 95.0, 110.0], DAYS)
    fall = pd.Series([0.0, -0.1, -0.05, 0.0], DAYS)
    plot = draw(run_figure("A <b>run</b>", {"run": equity, "benchmark": equity * 2}, fall))
    assert [trace.name for trace in plot.data] == ["run", "benchmark", "drawdown"]
    assert list(plot.data[1].y) == [200.0, 180.0, 190.0, 220.0]
    assert plot.data[2].fill == "tozeroy"
    assert plot.layout.title.text == "A &lt;b&gt;run&lt;/b&gt;"
    assert plot.layout.yaxis2.tickformat == ".0%"


def test_growth_has_a_line_a_run() -> None:
    figure = growth_figure(
        "runs", {"a": pd.Series([1.0, 2.0, 3.0, 4.0], DAYS), "b": pd.Series([1.0] * 4, DAYS)}
    )
    assert [trace.name for trace in draw(figure).data] == ["a", "b"]


def test_a_sweep_is_drawn_as_coloured_cells_of_one_size_with_named_axes() -> None:
    frame = pd.DataFrame([[0.5, np.nan], [1.0, -0.5]], index=pd.Index([5, 10], name="fast"), columns=[20, 40])
    plot = draw(heat_figure("Sharpe", frame.rename_axis(columns="slow")))
    assert (plot.data[0].x, plot.data[0].y) == (("20", "40"), ("5", "10"))
    np.testing.assert_array_equal(plot.data[0].z, frame.to_numpy())
    assert (plot.layout.xaxis.title.text, plot.layout.yaxis.title.text) == ("slow", "fast")
    assert (plot.layout.xaxis.type, plot.layout.hovermode) == ("category", "closest")


def test_colours_meet_at_zero_where_values_lie_on_both_sides() -> None:
    def scale(*values: float) -> tuple[float | None, str]:
        cells = draw(heat_figure("x", pd.DataFrame([values]))).data[0]
        return cells.zmid, cells.colorscale[0][1]

    assert scale(-1.0, 2.0)[0] == 0.0
    assert scale(1.0, 2.0)[0] is scale(-1.0, -2.0)[0] is scale(np.nan)[0] is None
    assert scale(1.0, 2.0)[1] != scale(-1.0, -2.0)[1]


def test_bars_are_drawn_upright() -> None:
    figure = Figure(
        "years", (Panel("return", (Bars("year", ["2020", "2021"], np.array([0.1, -0.1])),), "fraction"),)
    )
    assert list(draw(figure).data[0].y) == [0.1, -0.1]
