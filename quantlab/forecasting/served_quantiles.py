"""From one number of a network to what is stated of the label: a line, and how far training labels fell from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.residuals import summary_by_symbol
from quantlab.typing import FloatArray, IntArray

_PREFIX = "calibration/"


@dataclass(frozen=True, eq=False)
class Calibration:
    """A line through the scores of a training block, and the quantiles of what it leaves.

    Parameters
    ----------
    slope, intercept
        ``(n_horizons,)``; 1 and 0 where the network's number is itself a forecast of the label.
    residuals
        Quantiles (or the mean) of label − line ``(n_symbols, n_horizons, n_levels)``, of each symbol; of all
        symbols where one has few labels.
    """

    slope: FloatArray
    intercept: FloatArray
    residuals: FloatArray

    @classmethod
    def of_points(
        cls,
        recipe: Forecaster,
        points: FloatArray,
        labels: FloatArray,
        symbols: IntArray,
        n_symbols: int,
    ) -> Calibration:
        """Take points ``(n, n_horizons)`` for what they are, and measure the labels around them."""
        n_horizons = points.shape[1]
        residuals = summary_by_symbol(recipe, symbols, labels - points, n_symbols)
        return cls(np.ones(n_horizons), np.zeros(n_horizons), residuals)

    @classmethod
    def of_scores(
        cls,
        recipe: Forecaster,
        scores: FloatArray,
        labels: FloatArray,
        symbols: IntArray,
        n_symbols: int,
    ) -> Calibration:
        """Fit the least-squares line from scores ``(n, n_horizons)`` to labels, and measure the labels around it.

        The slope is never negative: a score that falls as labels rise says nothing, and gets slope 0.
        """
        centre, middle = scores.mean(axis=0), labels.mean(axis=0)
        spread = ((scores - centre) ** 2).mean(axis=0)
        together = ((scores - centre) * (labels - middle)).mean(axis=0)
        slope = np.maximum(together, 0.0) / np.where(spread > 1e-20, spread, 1.0)
        slope[spread <= 1e-20] = 0.0
        intercept = middle - slope * centre
        line = scores * slope + intercept
        return cls(slope, intercept, summary_by_symbol(recipe, symbols, labels - line, n_symbols))

    def quantiles(self, numbers: FloatArray, symbols: IntArray) -> FloatArray:
        """Turn numbers ``(n, n_horizons)`` into quantiles ``(n, n_horizons, n_levels)``."""
        line = numbers * self.slope + self.intercept
        made: FloatArray = line[:, :, None] + self.residuals[symbols]
        return made

    def state(self) -> State:
        """Give the arrays that `restore` reads."""
        return {_PREFIX + name: getattr(self, name) for name in ("slope", "intercept", "residuals")}

    @classmethod
    def restore(cls, state: State) -> Calibration | None:
        """Read what `state` gave; None where there is nothing."""
        if _PREFIX + "slope" not in state:
            return None
        return cls(*(state[_PREFIX + name] for name in ("slope", "intercept", "residuals")))
