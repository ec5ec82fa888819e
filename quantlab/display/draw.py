"""Interactive figures: the only file that imports plotly."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from quantlab.display.figures import Area, Bars, Figure, HeatMap, Line, Mark, Panel
from quantlab.typing import FloatArray

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
    plot.update_xaxes(title=escape(figure.x), row=len(figure.panels), col=1)
    plot.update_layout(
        title=escape(figure.title), template="plotly_white", colorway=COLOURS,
        hovermode="closest" if any(map(_has_cells, figure.panels)) else "x unified",
        margin={"l": 60, "r": 20, "t": 60, "b": 60 if figure.x else 40},
    )  # fmt: skip
    return plot


def _add_panel(plot: Any, panel: Panel, row: int) -> None:
    for mark in panel.marks:
        plot.add_trace(_trace(mark, panel.unit), row=row, col=1)
    plot.update_yaxes(title=escape(panel.title), row=row, col=1)
    if _has_cells(panel):
        # Cells of one size, whatever their numbers.
        plot.update_xaxes(type="category", showgrid=False, row=row, col=1)
        plot.update_yaxes(type="category", showgrid=False, row=row, col=1)
    else:
        plot.update_yaxes(tickformat=_FORMATS.get(panel.unit), row=row, col=1)


def _has_cells(panel: Panel) -> bool:
    return any(isinstance(mark, HeatMap) for mark in panel.marks)


def _trace(mark: Mark, unit: str) -> Any:
    import plotly.graph_objects as go

    match mark:
        case Line():
            return go.Scatter(name=escape(mark.name), x=mark.x, y=mark.y, mode="lines")
        case Area():
            return go.Scatter(name=escape(mark.name), x=mark.x, y=mark.y, mode="lines", fill="tozeroy")
        case Bars():
            return go.Bar(name=escape(mark.name), x=mark.x, y=mark.y)
        case HeatMap():
            shown = _FORMATS.get(unit)
            return go.Heatmap(
                x=mark.columns, y=mark.rows, z=mark.values, colorbar={"tickformat": shown}, zhoverformat=shown,
                **_colours(mark.values),
            )  # fmt: skip


def _colours(values: FloatArray) -> dict[str, Any]:
    """Two colours that meet at zero where values lie on both sides of it, else one that is darker away from it."""
    known = values[np.isfinite(values)]
    if known.size and known.min() < 0.0 < known.max():
        return {"colorscale": "RdBu", "zmid": 0.0}
    return {"colorscale": "Reds_r" if known.size and known.max() <= 0.0 else "Blues"}
