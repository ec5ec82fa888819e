"""An exponentially weighted average of past returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantlab.forecasting.checks import between
from quantlab.forecasting.forecaster import State
from quantlab.forecasting.one_return import ReturnsForecaster, returns_of
from quantlab.forecasting.residuals import TrainedPoint, around
from quantlab.forecasting.targets import Volatility
from quantlab.forecasting.windows import TrainingWindow, Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True, repr=False)
class EwmaForecaster(ReturnsForecaster):
    """What went on lately goes on: a weighted mean of past log returns, or of their squares.

    With m the mean of the window's one-bar log returns, a return k bars old weighing 0.5^(k / half_life), the
    point forecast of a return is e^(horizon · m) − 1 (simple exponential smoothing), and that of volatility √m
    with m the mean of squared returns (RiskMetrics). Level q is that plus the empirical quantile q of the
    symbol's residuals over the training block.

    Parameters
    ----------
    half_life
        Bars after which a return weighs half, above 0.

    Examples
    --------
    >>> EwmaForecaster(horizon=5, half_life=20)
    EwmaForecaster(horizon=5, half_life=20)

    References
    ----------
    R. G. Brown (1959), "Statistical forecasting for inventory control", McGraw-Hill. J. P. Morgan and Reuters (1996),
    "RiskMetrics technical document", 4th edition.
    """

    half_life: float = 10.0

    taught_by: ClassVar[tuple[str, ...]] = ("quantlab.forecasting.residuals", "quantlab.forecasting.windows")

    def __post_init__(self) -> None:
        super().__post_init__()
        between(type(self).__name__, "half_life", self.half_life, 1e-3)

    def train(self, window: TrainingWindow, *, seed: int = 0) -> TrainedPoint:
        """Measure the residuals; nothing is drawn, so `seed` changes nothing."""
        return around(self._point, window, self, {})

    def restore(self, state: State) -> TrainedPoint:
        """Make the trained forecaster whose `state` this is."""
        return TrainedPoint(self._point, state["residuals"], {})

    def _point(self, windows: Windows) -> FloatArray:
        weights = 0.5 ** (np.arange(self.lookback)[::-1] / self.half_life)
        of_volatility = self.spoken == Volatility()
        returns = returns_of(windows)
        means = ((returns**2 if of_volatility else returns) * (weights / weights.sum())).sum(axis=1)[:, None]
        if of_volatility:
            return np.repeat(np.sqrt(means), len(self.horizons), axis=1)
        carried: FloatArray = np.expm1(means * np.array(self.horizons))
        return carried
