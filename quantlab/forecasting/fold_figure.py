"""What a figure of folds shows, as data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from quantlab.display.figures import Figure, Line, Panel
from quantlab.forecasting.folds import Fold

PURGE = "purge and embargo"


def fold_figure(title: str, folds: list[Fold]) -> Figure:
    """Draw a line of stretches for each fold over the rows of the bars, by what the rows are for."""
    used = [roles(fold) for fold in folds]
    lines = [_stretches(role, [each[role] for each in used]) for role in used[0]]
    return Figure(title, (Panel("fold", tuple(lines)),), "bar")


def roles(fold: Fold) -> dict[str, list[range]]:
    """Rows of a fold by what they are for: train, validation, test, and what is dropped between those."""
    used = {"train": list(fold.train_parts), "validation": [fold.validation], "test": [fold.test]}
    blocks = sorted((part for parts in used.values() for part in parts if part), key=lambda part: part.start)
    dropped = [range(one.stop, other.start) for one, other in pairwise(blocks) if one.stop < other.start]
    return {**{name: [part for part in parts if part] for name, parts in used.items()}, PURGE: dropped}


def _stretches(role: str, parts_of_folds: list[list[range]]) -> Line:
    """One curve for a role: a level stretch at the height of its fold for each block, gaps between them."""
    ends = [
        (each, float(place))
        for place, parts in enumerate(parts_of_folds)
        for part in parts
        for each in (part.start - 0.5, part.stop - 0.5, np.nan)
    ]
    x, y = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    return Line(role, x, np.where(np.isnan(x), np.nan, y))
