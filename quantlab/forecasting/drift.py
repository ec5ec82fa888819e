"""The random walk with drift."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from quantlab.forecasting.baselines import TrainedNaive, naive_beside
from quantlab.forecasting.forecaster import Forecaster, State
from quantlab.forecasting.residuals import ENOUGH, all_labels, summary_by_symbol
from quantlab.forecasting.windows import TrainingWindow


@dataclass(frozen=True, kw_only=True, repr=False)
class DriftForecaster(Forecaster):
    """What came on average comes again: the median is the mean training label of the symbol.

    The other levels lie around it as far as training labels lay from their median. A symbol with fewer than 30
    labels gets the mean and the quantiles of all symbols pooled. It reads no features, and its median does not
    vary within a fold.

    Examples
    --------
    >>> DriftForecaster(horizon=5)
    DriftForecaster(horizon=5)

    References
    ----------
    R. J. Hyndman and G. Athanasopoulos (2021), "Forecasting: principles and practice", 3rd edition, section 5.2.
    """

    features: tuple[()] = ()
    known: tuple[()] = field(init=False, default=())
    static: tuple[()] = field(init=False, default=())

    taught_by: ClassVar[tuple[str, ...]] = (
        "quantlab.forecasting.baselines",
        "quantlab.forecasting.residuals",
    )

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedNaive:
        """Average the labels; nothing is drawn, so `seed` changes nothing."""
        symbols, labels = all_labels(window)
        n_symbols = window.learn.features.shape[0]
        stated = summary_by_symbol(self, symbols, labels, n_symbols)
        drift = np.empty(stated.shape[:2])
        for symbol in range(n_symbols):
            own = labels[symbols == symbol]
            drift[symbol] = (own if len(own) >= ENOUGH else labels).mean(axis=0)
        return TrainedNaive(drift[:, :, None] + stated - stated[:, :, [self.levels.index(0.5)]])

    def restore(self, state: State) -> TrainedNaive:
        """Make the trained forecaster whose `state` this is."""
        return TrainedNaive(state["quantiles"])

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster."""
        return (naive_beside(self),)
