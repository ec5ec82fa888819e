"""What a forecaster states of labels: their quantiles, or their mean, around a point forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray, IntArray

ENOUGH = 30  # training labels of a symbol below which it is given the quantiles of all symbols
ROWS = 256  # windows of one call: the bits of some routines depend on how many rows they are given

Point = Callable[[Windows], FloatArray]


@dataclass(frozen=True, eq=False)
class TrainedPoint:
    """A point forecast plus the quantiles, or the mean, of its residuals.

    Parameters
    ----------
    point
        From windows to ``(n_windows, n_horizons)``.
    residuals
        Quantiles (or the mean) of label − point of each symbol ``(n_symbols, n_horizons, n_levels)``.
    kept
        What `point` was made of, as named arrays.
    """

    point: Point
    residuals: FloatArray
    kept: State

    def predict(self, windows: Windows) -> FloatArray:
        """Add the residual quantiles to the point forecast ``(n_windows, n_horizons, n_levels)``."""
        return self.point(windows)[:, :, None] + self.residuals[windows.symbols]

    def state(self) -> State:
        """Give what was learnt, as named arrays."""
        return {**self.kept, "residuals": self.residuals}


def around(point: Point, window: TrainingWindow, recipe: Forecaster, kept: State) -> TrainedPoint:
    """Put what the training block, learning and validation part, leaves of `point` around it."""
    symbols, labels = all_labels(window)
    told = np.concatenate([point(each) for each in (window.learn, window.validation)])
    n_symbols = window.learn.features.shape[0]
    return TrainedPoint(point, summary_by_symbol(recipe, symbols, labels - told, n_symbols), kept)


def summary_by_symbol(
    recipe: Forecaster, symbols: IntArray, values: FloatArray, n_symbols: int
) -> FloatArray:
    """Take the quantiles of each symbol, or its mean where `recipe` states one; those of all where it has few.

    `values` is ``(n, n_horizons)``, the answer ``(n_symbols, n_horizons, n_levels)``.
    """
    pooled = recipe.spoken.summary(values, recipe.levels)
    stated = np.empty((n_symbols, *pooled.shape))
    for symbol in range(n_symbols):
        own = values[symbols == symbol]
        stated[symbol] = recipe.spoken.summary(own, recipe.levels) if len(own) >= ENOUGH else pooled
    return stated


def all_labels(window: TrainingWindow) -> tuple[IntArray, FloatArray]:
    """Symbols ``(n,)`` and labels ``(n, n_horizons)`` of the learning and validation part together."""
    symbols = np.concatenate([window.learn.symbols, window.validation.symbols])
    return symbols, np.concatenate([window.learn_labels, window.validation_labels])


def in_equal_parts(answer: Callable[[FloatArray], FloatArray], inputs: FloatArray) -> FloatArray:
    """Ask for `ROWS` rows at a time, the last part filled up with its last row.

    So what is said about a row does not depend on how many were asked.
    """
    if not len(inputs):
        return answer(np.zeros((ROWS, *inputs.shape[1:])))[:0]
    told = []
    for start in range(0, len(inputs), ROWS):
        part = inputs[start : start + ROWS]
        filled = part[np.minimum(np.arange(ROWS), len(part) - 1)]
        told.append(answer(filled)[: len(part)])
    return np.concatenate(told)
