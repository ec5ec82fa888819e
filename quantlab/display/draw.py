"""Interactive figures: the only file that imports plotly."""

from __future__ import annotations

from html import escape
from typing import Any

from quantlab.display.figures import Area, Bars, Figure, HeatMap, Line, Mark, Panel

COLOURS = ("#2563eb", "#94a3b8", "#d97706", "#059669", "#7c3aed", "#dc2626", "#0891b2", "#65a30d")
_FORMATS = {"fraction": ".0%", "money": ",.0f", "ratio": ",.2f"}


def draw(figure: Figure) -> Any:
    """Make a plotly `Figure` of a figure's panels, one above the other on one x axis.

    Names are escaped: plotly reads some HTML in them.
    """
    from plotly.subplots import make_subplots  # plotly takes most of a second to import

    total = sum(panel.share for panel in figure.panels)
    plot = make_subplots(
        rows=len(figure.panels),
        shared_xaxes=True,
        vertical_spacing=0.04,
        row_heights=[panel.share / total for panel in figure.panels],
    )
    for row, panel in enumerate(figure.panels, start=1):
        _add_panel(plot, panel, row)
    plot.update_layout(
        title=escape(figure.title), template="plotly_white", colorway=COLOURS, hovermode="x unified",
        margin={"l": 60, "r": 20, "t": 60, "b": 40},
    )  # fmt: skip
    return plot


def _add_panel(plot: Any, panel: Panel, row: int) -> None:
    for mark in panel.marks:
        plot.add_trace(_trace(mark), row=row, col=1)
    if not any(isinstance(mark, HeatMap) for mark in panel.marks):
        plot.update_yaxes(title=escape(panel.title), tickformat=_FORMATS.get(panel.unit), row=row, col=1)


def _trace(mark: Mark) -> Any:
    import plotly.graph_objects as go

    match mark:
        case Line():
            return go.Scatter(name=escape(mark.name), x=mark.x, y=mark.y, mode="lines")
        case Area():
            return go.Scatter(name=escape(mark.name), x=mark.x, y=mark.y, mode="lines", fill="tozeroy")
        case Bars():
            return go.Bar(name=escape(mark.name), x=mark.x, y=mark.y)
        case HeatMap():
            return go.Heatmap(x=mark.columns, y=mark.rows, z=mark.values, colorscale="RdBu", zmid=0.0)
