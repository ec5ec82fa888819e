"""Quantiles from recent volatility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantlab.errors import ForecastError
from quantlab.forecasting.forecaster import State
from quantlab.forecasting.one_return import ReturnsForecaster, returns_of
from quantlab.forecasting.residuals import all_labels, summary_by_symbol
from quantlab.forecasting.targets import Volatility
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class HistoricalVolatilityForecaster(ReturnsForecaster):
    """The volatility of the last `lookback` bars goes on: as the spread of returns without a direction, or as itself.

    With s the standard deviation of the window's one-bar log returns, level q is s·√horizon·z(q), where z(q) is
    the empirical quantile of training labels divided by their own s·√horizon, less their median (filtered
    historical simulation). Of volatility, level q is s·z(q), z(q) being the quantile of training labels divided
    by their own s. A symbol with fewer than 30 labels gets the z of all symbols. Windows in which the
    price stood still teach nothing, and are given a spread of 0.

    Examples
    --------
    >>> HistoricalVolatilityForecaster(horizon=5, lookback=60)
    HistoricalVolatilityForecaster(horizon=5, lookback=60)

    References
    ----------
    G. Barone-Adesi, K. Giannopoulos and L. Vosper (1999), "VaR without correlations for portfolios of derivative
    securities", Journal of Futures Markets 19(5).
    """

    lookback: int = 20

    taught_by: ClassVar[tuple[str, ...]] = ("quantlab.forecasting.residuals", "quantlab.forecasting.windows")

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedVolatility:
        """Measure z; nothing is drawn, so `seed` changes nothing."""
        symbols, labels = all_labels(window)
        spread = np.concatenate([self._spread(each) for each in (window.learn, window.validation)])
        moved = spread[:, 0] > 0.0
        if not moved.any():
            raise ForecastError(
                f"{self!r}: no price moved in {len(moved):,} windows of a training block; give bars that do."
            )
        shape = summary_by_symbol(
            self, symbols[moved], labels[moved] / spread[moved], window.learn.features.shape[0]
        )
        if not self._of_volatility:
            shape = shape - shape[:, :, [self.levels.index(0.5)]]
        return TrainedVolatility(self, shape)

    def restore(self, state: State) -> TrainedVolatility:
        """Make the trained forecaster whose `state` this is."""
        return TrainedVolatility(self, state["shape"])

    def _spread(self, windows: Windows) -> FloatArray:
        """Deviation over each horizon, or per bar where volatility is asked for ``(n_windows, n_horizons)``."""
        bars = np.ones(len(self.horizons)) if self._of_volatility else np.array(self.horizons)
        spread: FloatArray = returns_of(windows).std(axis=1, ddof=1)[:, None] * np.sqrt(bars)
        return spread

    @property
    def _of_volatility(self) -> bool:
        return self.spoken == Volatility()


@dataclass(frozen=True, eq=False)
class TrainedVolatility:
    """Quantiles of standardised labels of each symbol ``(n_symbols, n_horizons, n_levels)``."""

    recipe: HistoricalVolatilityForecaster
    shape: FloatArray

    def predict(self, windows: Windows) -> FloatArray:
        """Stretch them by each window's volatility ``(n_windows, n_horizons, n_levels)``."""
        return self.recipe._spread(windows)[:, :, None] * self.shape[windows.symbols]

    def state(self) -> State:
        """Give what was learnt, as named arrays."""
        return {"shape": self.shape}
