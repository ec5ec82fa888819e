"""What to draw, as data: marks in panels above each other. `draw` and the report turn it into pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Line:
    """A curve: `y` (n,) over `x` (n,), which are times or numbers. NaN leaves a gap."""

    name: str
    x: Any
    y: FloatArray


@dataclass(frozen=True, eq=False)
class Area:
    """A curve filled down to zero, as a drawdown."""

    name: str
    x: Any
    y: FloatArray


@dataclass(frozen=True, eq=False)
class Bars:
    """Upright bars of height `y` (n,) at `x` (n,)."""

    name: str
    x: Any
    y: FloatArray


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Coloured cells: `values` (n_rows, n_columns) with a name for every row and column."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: FloatArray


Mark = Line | Area | Bars | HeatMap


@dataclass(frozen=True, eq=False)
class Panel:
    """Marks on common axes.

    `unit` says how the y axis prints ("fraction", "ratio", "money"); `share` is the panel's height relative
    to the other panels of its figure.
    """

    title: str
    marks: tuple[Mark, ...]
    unit: str = "ratio"
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Figure:
    """Panels above each other on one x axis; `x` names what it shows where that is not time."""

    title: str
    panels: tuple[Panel, ...]
    x: str = ""


def run_figure(title: str, equity: Mapping[str, pd.Series], drawdown: pd.Series) -> Figure:
    """Equity curves by name (the run first, then its benchmark) in money, above the run's drawdown."""
    curves = tuple(_line(name, series) for name, series in equity.items())
    fall = Area("drawdown", drawdown.index, drawdown.to_numpy(dtype=np.float64))
    return Figure(title, (Panel("equity", curves, "money", 3.0), Panel("drawdown", (fall,), "fraction")))


def growth_figure(title: str, curves: Mapping[str, pd.Series]) -> Figure:
    """Curves by name, each as growth of 1: several runs on common axes."""
    return Figure(title, (Panel("growth of 1", tuple(_line(n, s) for n, s in curves.items())),))


def heat_figure(title: str, frame: pd.DataFrame, unit: str = "ratio") -> Figure:
    """Cells of a frame, coloured by value: a sweep over two params, the names of its index and columns."""
    cells = HeatMap(
        tuple(map(str, frame.index)), tuple(map(str, frame.columns)), frame.to_numpy(dtype=np.float64)
    )
    return Figure(title, (Panel(str(frame.index.name or ""), (cells,), unit),), str(frame.columns.name or ""))


def _line(name: str, series: pd.Series) -> Line:
    return Line(name, series.index, series.to_numpy(dtype=np.float64))
