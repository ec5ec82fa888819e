"""A panel as geometry: paths, ticks and hover texts that a template draws as SVG, without a script."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

from quantlab.display.figures import Area, Bars, Line, Panel
from quantlab.display.numbers import number
from quantlab.report.axes import Tick, time_ticks, value_ticks
from quantlab.report.thinning import kept_rows
from quantlab.typing import FloatArray, IntArray

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 72, 8, 10, 24  # margins, in pixels
COLUMN_RIGHT = 28  # below columns the last label stands at the very end of the axis
CHARACTER = 8.0  # pixels of a character of a label, at most
N_SPOTS = 120  # columns that tell their values on hover
TALL = 240  # pixels; lower charts are drawn with half the columns
MIDNIGHT = datetime.time()
COVERED = 3.0  # pixels between events of which one is drawn
# Tips that point at the price: from below at a purchase, from above at a short sale; a diamond where a trade ends.
SHAPES = {"long": "l4 7h-8z", "short": "l4-7h-8z", "exit": "m-3 0l3-3 3 3-3 3z"}


class Curve(NamedTuple):
    """One mark: the `d` of its path, what it is called, "line" or "area", and which colour it has."""

    path: str
    name: str
    kind: str
    colour: int


class Column(NamedTuple):
    """An upright bar: its upper left corner, its size, what it says on hover, whether it hangs below zero."""

    x: float
    y: float
    width: float
    height: float
    text: str
    below: bool


class Marker(NamedTuple):
    """Places of one kind of event, "long", "short" or "exit", as the `d` of a path."""

    kind: str
    path: str


class Dot(NamedTuple):
    """A point with a colour, and what it says on hover."""

    x: float
    y: float
    colour: int
    text: str


class Spot(NamedTuple):
    """A column that tells its values on hover."""

    x: float
    width: float
    text: str


@dataclass(frozen=True)
class Chart:
    """All that a template needs to draw a panel; positions are pixels from the upper left."""

    title: str
    height: int
    curves: tuple[Curve, ...]
    columns: tuple[Column, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    spots: tuple[Spot, ...]
    markers: tuple[Marker, ...] = ()
    dots: tuple[Dot, ...] = ()
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = BOTTOM


Place = TypeVar("Place", float, FloatArray)


@dataclass(frozen=True)
class _Scale:
    """From data to pixels: rows to x, values to y."""

    n_rows: int
    low: float
    high: float
    height: int

    def x(self, row: Place) -> Place:
        return LEFT + (WIDTH - LEFT - RIGHT) * row / max(self.n_rows - 1, 1)

    def y(self, value: Place) -> Place:
        return TOP + (self.height - TOP - BOTTOM) * (self.high - value) / (self.high - self.low)


def time_chart(
    panel: Panel,
    height: int = 260,
    colours: Sequence[int] = range(8),
    events: Mapping[str, tuple[IntArray, FloatArray]] = MappingProxyType({}),
) -> Chart:
    """Lay out lines and areas over one time axis on which bars are equally wide and gaps do not show.

    All marks share their `x`. Curves keep every extreme, whatever the number of bars; `colours` are taken in
    turn. `events` are rows (n,) and values (n,) by kind.
    """
    marks = [mark for mark in panel.marks if isinstance(mark, Line | Area)]
    time = pd.DatetimeIndex(marks[0].x)
    zero = any(isinstance(mark, Area) for mark in marks)
    detail = 1 if height >= TALL else 2
    scale = _scale(len(time), [mark.y for mark in marks], height, with_zero=zero)
    return Chart(
        title=panel.title,
        height=height,
        curves=tuple(
            _curve(mark, scale, colour, _share(WIDTH // 2 // detail, len(marks)))
            for mark, colour in zip(marks, cycle(colours), strict=False)
        ),
        columns=(),
        y_ticks=_placed(value_ticks(scale.low, scale.high, panel.unit), scale.y),
        x_ticks=_placed(time_ticks(time, room=(WIDTH - LEFT - RIGHT) / CHARACTER), scale.x),
        spots=_spots(marks, time, panel.unit, scale, N_SPOTS // detail),
        markers=tuple(_marker(kind, *places, scale) for kind, places in events.items()),
    )


def marked(chart: Chart, panel: Panel, name: str, rows: IntArray, values: FloatArray, colour: int) -> Chart:
    """Add diamonds at rows (n,) and values (n,) to the `time_chart` of a panel without areas."""
    lines = [mark.y for mark in panel.marks if isinstance(mark, Line)]
    scale = _scale(len(lines[0]), lines, chart.height, with_zero=False)
    diamonds = Curve(_marker("exit", rows, values, scale).path, name, "line", colour)
    return replace(chart, curves=(diamonds, *chart.curves))


def column_chart(panel: Panel, height: int = 180, width: int = WIDTH) -> Chart:
    """Lay out the first mark of `panel`, bars at named places, as columns that stand on zero."""
    bars = next(mark for mark in panel.marks if isinstance(mark, Bars))
    names = [str(name) for name in bars.x]
    scale = _scale(len(names), [bars.y], height, with_zero=True)
    step = (width - LEFT - COLUMN_RIGHT) / len(names)
    columns = []
    for k, (name, value) in enumerate(zip(names, bars.y.tolist(), strict=True)):
        top, foot = sorted((scale.y(value), scale.y(0.0)))
        text = f"{name}: {number(value, panel.unit)}"
        columns.append(
            Column(LEFT + k * step + 1.0, top, max(step - 2.0, 0.5), foot - top, text, value < 0.0)
        )
    every = math.ceil(max(map(len, names)) * CHARACTER / step)
    ticks = tuple(Tick(round(LEFT + (k + 0.5) * step, 1), names[k]) for k in range(0, len(names), every))
    y_ticks = _placed(value_ticks(scale.low, scale.high, panel.unit, 4), scale.y)
    right = width - COLUMN_RIGHT
    return Chart(panel.title, height, (), tuple(columns), y_ticks, ticks, (), width=width, right=right)


def histogram_chart(title: str, edges: FloatArray, counts: FloatArray, unit: str, height: int = 180) -> Chart:
    """Lay out counts (n,) of values between edges (n + 1,) as columns over an axis of round values."""
    spans = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    names = [f"{number(low, unit)} to {number(high, unit)}" for low, high in spans]
    low, high = float(edges[0]), float(edges[-1])
    room = WIDTH - LEFT - COLUMN_RIGHT
    ticks = _placed(value_ticks(low, high, unit, 12), lambda at: LEFT + room * (at - low) / (high - low))
    inside = tuple(tick for tick in ticks if tick.at + len(tick.label) * CHARACTER / 2.0 <= WIDTH)
    columns = column_chart(Panel(title, (Bars("values", names, counts),), "count"), height)
    return replace(columns, x_ticks=inside)


def _scale(n_rows: int, curves: list[FloatArray], height: int, *, with_zero: bool) -> _Scale:
    values = np.concatenate([curve[np.isfinite(curve)] for curve in curves] or [np.zeros(0)])
    values = np.append(values, 0.0) if with_zero or not values.size else values
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-12 * max(abs(low), abs(high), 1.0):
        low, high = low - 0.5 * max(abs(low), 1e-2), high + 0.5 * max(abs(high), 1e-2)
    return _Scale(n_rows, low, high, height)


def _share(most: int, n_curves: int) -> int:
    """Columns of each of many curves, so that a picture of fifty is no larger than one of eight."""
    return most if n_curves <= 8 else max(40, most * 8 // n_curves)


def _curve(mark: Line | Area, scale: _Scale, colour: int, n_columns: int) -> Curve:
    rows = kept_rows(mark.y, n_columns)
    x, y = scale.x(rows.astype(np.float64)), scale.y(mark.y[rows])
    if isinstance(mark, Line):
        return Curve(_path(x, y), mark.name, "line", colour)
    foot = [scale.y(0.0)]
    closed = _path(np.concatenate([x[:1], x, x[-1:]]), np.concatenate([foot, y, foot]))
    return Curve(closed + "Z", mark.name, "area", colour)


def _marker(kind: str, rows: IntArray, values: FloatArray, scale: _Scale) -> Marker:
    """Draw each event once, and of those that would cover each other the first."""
    places = np.column_stack([scale.x(rows.astype(np.float64)), scale.y(values)])
    _, first = np.unique(np.rint(places / COVERED), axis=0, return_index=True)
    kept = places[np.sort(first)]
    return Marker(kind, (f"M%.0f %.0f{SHAPES[kind]}" * len(kept)) % tuple(kept.ravel().tolist()))


def _path(x: FloatArray, y: FloatArray) -> str:
    """SVG path through points (n,); a NaN lifts the pen."""
    known = np.flatnonzero(~np.isnan(y))
    pen_up = np.diff(known, prepend=-2) > 1
    pieces = "".join(np.where(pen_up, "M%.1f %.1f", "L%.1f %.1f").tolist())
    return pieces % tuple(np.column_stack([x, y])[known].ravel().tolist())


def _placed(ticks: tuple[Tick, ...], place: Callable[[float], float]) -> tuple[Tick, ...]:
    return tuple(Tick(round(place(tick.at), 1), tick.label) for tick in ticks)


def _spots(
    marks: list[Line | Area], time: pd.DatetimeIndex, unit: str, scale: _Scale, most: int
) -> tuple[Spot, ...]:
    n_spots = min(_share(most, len(marks)), len(time))
    width = (WIDTH - LEFT - RIGHT) / n_spots
    rows = np.linspace(0, len(time) - 1, n_spots).round().astype(np.int64)
    told = [[f"{mark.name}: {number(value, unit)}" for value in mark.y[rows].tolist()] for mark in marks]
    places = (scale.x(rows.astype(np.float64)) - width / 2.0).round(1).tolist()
    texts = map("\n".join, zip(map(day, time[rows]), *told, strict=True))
    return tuple(Spot(x, round(width, 1), text) for x, text in zip(places, texts, strict=True))


def day(time: pd.Timestamp) -> str:
    """Print a session label without its midnight, an intraday stamp to the minute."""
    stamp = time.isoformat(" ", "minutes")
    return stamp[:10] if time.time() == MIDNIGHT else stamp[:16]
