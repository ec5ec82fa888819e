"""A metric over one parameter or two, as a table of coloured cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.metrics.metric import Metric
from quantlab.report.tables import Cell, Table, numeric
from quantlab.typing import FloatArray

FAINTEST = 0.08  # shade of the cell at the weak end of a scale, told from no colour at all


def heat_table(title: str, metric: Metric, cells: pd.Series) -> Table:
    """Lay out `cells` of a metric, indexed by one parameter or two."""
    two = cells.index.nlevels == 2
    frame = cells.unstack(0) if two else cells.to_frame(metric.label)
    values = frame.to_numpy(dtype=np.float64)
    rows = tuple(
        (Cell(_place(place)), *(_cell(*one, metric) for one in zip(row, shaded, strict=True)))
        for place, row, shaded in zip(
            frame.index, values.tolist(), shades(values, metric.better).tolist(), strict=True
        )
    )
    corner = f"{frame.index.name} ↓ {frame.columns.name} →" if two else str(frame.index.name)
    return Table(title, (corner, *(_place(each) for each in frame.columns)), rows, wide=True)


def shades(values: FloatArray, better: str | None) -> FloatArray:
    """Shade of every cell, from −1 (worst) to 1 (best); 0 where a value is undefined.

    Where all values lie on one side of zero the scale runs from the lowest to the highest of them, so that neighbours
    can be told apart; else it is centred at zero.

    >>> shades(np.array([[0.52, 0.685, 0.85]]), "higher").round(2).tolist()
    [[0.08, 0.54, 1.0]]
    >>> shades(np.array([[-0.2, 0.4]]), "higher").tolist()
    [[-0.5, 1.0]]
    """
    known = values[np.isfinite(values)]
    if not known.size or known.min() == known.max() == 0.0:
        return np.zeros_like(values)
    low, high = float(known.min()), float(known.max())
    if low < 0.0 < high:
        return np.nan_to_num(values / max(-low, high), posinf=0.0, neginf=0.0)
    place = (values - low) / (high - low) if high > low else np.ones_like(values)
    strong = 1.0 - place if (better == "lower") == (low >= 0.0) and high > low else place
    shaded = FAINTEST + (1.0 - FAINTEST) * strong
    return np.where(np.isfinite(values), shaded if low >= 0.0 else -shaded, 0.0)


def _cell(value: float, shade: float, metric: Metric) -> Cell:
    return numeric(value, metric.unit)._replace(shade=round(shade, 2))


def _place(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
