"""Claimed against observed: how many labels lay below each forecast quantile."""

from __future__ import annotations

from collections.abc import Sequence

from quantlab.display.numbers import number
from quantlab.report.axes import Tick, value_ticks
from quantlab.report.charts import BOTTOM, RIGHT, TOP, Chart, Curve, Dot
from quantlab.typing import FloatArray

SIDE = 400  # pixels
LEFT = 56


def calibration_chart(names: Sequence[str], levels: FloatArray, below: FloatArray) -> Chart:
    """Lay out the share of labels at or below each quantile `below` (n_names, n_levels) over its level (n_levels,).

    A calibrated forecaster lies on the diagonal; a curve that is flatter claims too much certainty in its tails.
    """
    diagonal = Curve(f"M{_x(0.0)} {_y(0.0)}L{_x(1.0)} {_y(1.0)}", "calibrated", "line guide", 1)
    curves = tuple(
        Curve("M" + "L".join(f"{_x(level)} {_y(share)}" for level, share in pairs), name, "line", _colour(k))
        for k, (name, pairs) in enumerate(_pairs(names, levels, below))
    )
    dots = tuple(
        Dot(_x(level), _y(share), _colour(k), f"{name}\n{_said(level, share)}")
        for k, (name, pairs) in enumerate(_pairs(names, levels, below))
        for level, share in pairs
    )
    ticks = value_ticks(0.0, 1.0, "fraction")
    return Chart(
        title="Calibration: share of labels at or below each forecast quantile",
        height=SIDE,
        curves=(*curves, diagonal),
        columns=(),
        y_ticks=tuple(Tick(_y(tick.at), tick.label) for tick in ticks),
        x_ticks=tuple(Tick(_x(tick.at), tick.label) for tick in ticks),
        spots=(),
        dots=dots,
        width=SIDE,
        left=LEFT,
        right=SIDE - RIGHT - 10,
    )


def _pairs(
    names: Sequence[str], levels: FloatArray, below: FloatArray
) -> list[tuple[str, list[tuple[float, float]]]]:
    pairs = (list(zip(levels.tolist(), shares, strict=True)) for shares in below.tolist())
    return list(zip(names, pairs, strict=True))


def _said(level: float, share: float) -> str:
    return f"level {number(level, 'fraction')}: {number(share, 'fraction')} of labels"


def _colour(k: int) -> int:
    return (0, 2, 3, 4, 5, 6, 7)[k % 7]  # grey is the diagonal's


def _x(level: float) -> float:
    return round(LEFT + (SIDE - LEFT - RIGHT - 10) * level, 1)


def _y(share: float) -> float:
    return round(TOP + (SIDE - TOP - BOTTOM) * (1.0 - share), 1)
