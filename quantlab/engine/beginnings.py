"""Warnings about where bars begin: what still depends on bars before its warm-up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quantlab.engine.observation import Observation, Watched
from quantlab.typing import FloatArray

SETTLED = 1e-6  # relative difference below which two values are the same to any reader
DROPPED = 4  # the first 1/4 of the bars is taken away


def first_kept(n_bars: int) -> int:
    """First row of the bars that are left when their beginning is taken away."""
    return n_bars // DROPPED


def beginning_warnings(base: Observation, later: Observation, first: int) -> Iterator[str]:
    """Say which features differ, after their warm-up, when the first `first` rows are taken away (`later`)."""
    after = {each.name: each for each in later.watched}
    for each in base.watched:
        if each.name in after:
            yield from _warning(each, _distance(each, after[each.name], first), first)


def _distance(before: Watched, after: Watched, first: int) -> FloatArray:
    """Largest relative difference of each row of `after` from the same row of `before`, NaN where neither has values."""
    one, other = before.values[first:], after.values
    size = np.nanmax(np.abs(one), axis=0, initial=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nanmax(np.abs(one - other) / np.where(size > 0.0, size, 1.0), axis=1, initial=0.0))


def _warning(watched: Watched, distance: FloatArray, first: int) -> Iterator[str]:
    far = np.flatnonzero(distance > SETTLED)
    if not len(far):
        return
    tail = f"after {far[-1] + 1} bars" if far[-1] < len(distance) - 1 else "not within these bars"
    yield (
        f"{watched.name} = {watched.declaration} remembers more than its warm-up: without the first {first} bars it "
        f"differs by up to {distance.max():.2g} of its largest value, and settles {tail}. Start later in the bars, "
        "with start=, to give it time."
    )
