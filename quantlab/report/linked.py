"""Panels over one time axis: drawn as SVG for every reader, embedded as numbers for the script that moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pandas as pd

from quantlab.display.figures import Area, Line, Panel
from quantlab.report.charts import Chart, time_chart
from quantlab.report.embedded import exponent_of, packed
from quantlab.report.thinning import kept_rows
from quantlab.typing import IntArray

MOST_VALUES = 8_000  # of one curve, embedded
ROOM = 100_000  # numbers that all curves of a page take
FRACTION_EXPONENT = -5  # a thousandth of a percent, finer than any pixel


@dataclass(frozen=True, eq=False)
class LinkedPanel:
    """One panel: what is drawn, and how.

    Parameters
    ----------
    panel
        Lines and areas; all have a value for each of `rows`.
    rows : (n_rows,) array, optional
        Bars that the values belong to; every bar by default.
    height
        In pixels.
    colours
        Of the marks, in turn.
    can_log
        Whether a logarithmic scale makes sense.
    starts_log
        Whether the scale is logarithmic until the reader wants it otherwise.
    chooses
        Whether one mark at a time is shown, chosen by its name, with its trades.
    drawn
        The panel without a script, where that is not all of its marks.
    """

    panel: Panel
    rows: IntArray | None = None
    height: int = 140
    colours: Sequence[int] = range(8)
    can_log: bool = False
    starts_log: bool = False
    chooses: bool = False
    drawn: Chart | None = None

    @property
    def curves(self) -> list[Line | Area]:
        """The marks that stand over time."""
        return [mark for mark in self.panel.marks if isinstance(mark, Line | Area)]

    def bars(self, places: IntArray) -> IntArray:
        """Bars at which values stand, by their place."""
        return places if self.rows is None else self.rows[places]


@dataclass(frozen=True, eq=False)
class Linked:
    """Panels that share their time axis, with a sentence that says what they show.

    Curves are embedded whole where they fit in `room` numbers together; otherwise each is thinned, and every
    value it keeps needs its bar as a second number.
    """

    time: pd.DatetimeIndex
    panels: tuple[LinkedPanel, ...]
    summary: str
    trades: Mapping[str, Any] | None = None
    room: int = ROOM

    @property
    def charts(self) -> list[Chart]:
        """The panels as SVG."""
        return [one.drawn or time_chart(one.panel, one.height, one.colours) for one in self.panels]

    @property
    def note(self) -> str:
        """Say where not every bar of a long run is embedded."""
        most = self._most_values()
        if len(self.time) <= most:
            return ""
        return (
            f"Each curve shows the first, last, lowest and highest of every {len(self.time) * 4 // most:,} of its "
            f"{len(self.time):,} bars; between them the pointer tells the last one shown."
        )

    @property
    def data(self) -> dict[str, Any]:
        """All that the script needs, as plain values."""
        most = self._most_values()
        return {
            "axis": self._axis(self._pointed(most)),
            "panels": [self._panel(one, most) for one in self.panels],
            "trades": self.trades,
        }

    def _most_values(self) -> int:
        n_curves = sum(len(one.panel.marks) for one in self.panels)
        share = self.room // n_curves
        return min(MOST_VALUES, share if len(self.time) <= share else share // 2)

    def _panel(self, one: LinkedPanel, most: int) -> dict[str, Any]:
        return {
            "title": one.panel.title,
            "unit": one.panel.unit,
            "height": one.height,
            "log": one.can_log,
            "starts_log": one.starts_log,
            "chooses": one.chooses,
            "series": [
                self._series(mark, one, colour, most)
                for mark, colour in zip(one.curves, cycle(one.colours), strict=False)
            ],
        }

    def _series(self, mark: Line | Area, one: LinkedPanel, colour: int, most: int) -> dict[str, Any]:
        kept = kept_rows(mark.y, most // 4)
        exponent = FRACTION_EXPONENT if one.panel.unit == "fraction" else exponent_of(mark.y)
        return {
            "name": mark.name,
            "kind": "area" if isinstance(mark, Area) else "line",
            "colour": colour,
            "rows": None if kept.size == len(self.time) else packed(one.bars(kept), 0),
            "values": packed(mark.y[kept], exponent),
        }

    def _pointed(self, most: int) -> IntArray:
        """Bars that the pointer can stand on: those of the curve with most of them."""
        curves = [(one, mark) for one in self.panels if not one.chooses for mark in one.curves]
        kept = (one.bars(kept_rows(mark.y, most // 4)) for one, mark in curves)
        return max(kept, key=len)

    def _axis(self, rows: IntArray) -> dict[str, Any]:
        seconds = self.time.tz_localize(None).as_unit("s").asi8
        unit = next(unit for unit in (86_400, 60, 1) if not (seconds % unit).any())
        return {
            "n": len(self.time),
            "unit": unit,
            "rows": None if rows.size == len(self.time) else packed(rows, 0),
            "time": packed(seconds[rows] // unit, 0),
        }
