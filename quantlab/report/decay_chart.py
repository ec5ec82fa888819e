"""How a forecaster's rank information coefficient falls off with the bars ahead."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from quantlab.report.axes import Tick, value_ticks
from quantlab.report.charts import BOTTOM, LEFT, TOP, Chart, Curve, Dot

WIDTH, HEIGHT, RIGHT = 560, 240, 12  # pixels
REACH = 1.96  # errors to each side: a 95% interval of a normal estimate
COLOURS = (0, 2, 3, 4, 5, 6, 7)  # grey is the line of nothing known
APART = 5.0  # pixels between forecasters at the same bars ahead


@dataclass(frozen=True)
class _Plot:
    """From data to pixels: numbers of bars ahead stand equally far apart."""

    ahead: tuple[int, ...]
    n_lines: int
    low: float
    high: float

    def x(self, bars: int, line: float) -> float:
        room = (WIDTH - LEFT - RIGHT) / len(self.ahead)
        return LEFT + (self.ahead.index(bars) + 0.5) * room + (line - (self.n_lines - 1) / 2.0) * APART

    def y(self, value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / (self.high - self.low), 1)


def decay_chart(decay: pd.DataFrame) -> tuple[Chart, ...]:
    """Lay out the coefficient over bars ahead, with the 95% interval of each as an upright line.

    Parameters
    ----------
    decay
        Columns ``rank_ic, rank_ic_error``, a row a forecaster, horizon and ``bars_ahead``; rows where one of them is
        NaN have no dot, and without any other there is no chart.
    """
    known = decay[["rank_ic", "rank_ic_error"]].dropna()
    if known.empty:
        return ()
    lines = {f"{name}, horizon {n}": own.droplevel([0, 1]) for (name, n), own in known.groupby(level=[0, 1])}
    reach = REACH * known["rank_ic_error"]
    plot = _Plot(
        tuple(sorted(known.index.unique("bars_ahead"))),
        len(lines),
        min(-0.01, float((known["rank_ic"] - reach).min())),
        max(0.01, float((known["rank_ic"] + reach).max())),
    )
    zero = Curve(f"M{LEFT} {plot.y(0.0)}H{WIDTH - RIGHT}", "nothing known", "line guide", 1)
    middle = (len(lines) - 1) / 2.0
    drawn = [_line(plot, k, name, own) for k, (name, own) in enumerate(lines.items())]
    chart = Chart(
        title="Rank information coefficient by bars ahead, with 95% intervals",
        height=HEIGHT,
        curves=(*(curve for curve, _ in drawn), zero),
        columns=(),
        y_ticks=tuple(
            Tick(plot.y(tick.at), tick.label) for tick in value_ticks(plot.low, plot.high, "ratio")
        ),
        x_ticks=tuple(Tick(round(plot.x(bars, middle), 1), f"{bars}") for bars in plot.ahead),
        spots=(),
        dots=tuple(dot for _, dots in drawn for dot in dots),
        width=WIDTH,
        right=WIDTH - RIGHT,
    )
    return (chart,)


def _line(plot: _Plot, line: int, name: str, own: pd.DataFrame) -> tuple[Curve, list[Dot]]:
    """Draw one forecaster: upright intervals as one path, a dot in the middle of each."""
    colour = COLOURS[line % len(COLOURS)]
    pieces, dots = [], []
    for bars, coefficient, error in own.itertuples(name=None):
        x = round(plot.x(bars, line), 1)
        low, high = (plot.y(coefficient + side * REACH * error) for side in (-1.0, 1.0))
        pieces.append(f"M{x} {low}V{high}")
        said = f"{coefficient:+.4f} ± {REACH * error:.4f}"
        dots.append(Dot(x, plot.y(coefficient), colour, f"{name}\n{bars} bars ahead: {said}"))
    return Curve("".join(pieces), name, "line", colour), dots
