"""Recipes that read nothing but the past one-bar log returns of a symbol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from quantlab.errors import ForecastError
from quantlab.features.features import Feature, feature
from quantlab.forecasting.baselines import naive_beside
from quantlab.forecasting.forecaster import Forecaster
from quantlab.forecasting.windows import Windows
from quantlab.typing import FloatArray

LOG_RETURN = feature("log_return", lookback=1)


@dataclass(frozen=True, kw_only=True, repr=False)
class ReturnsForecaster(Forecaster):
    """A recipe whose only feature is the one-bar log return.

    Parameters
    ----------
    lookback
        Bars of returns that it reads, ending now, from 2.
    """

    lookback: int = 60
    features: tuple[Feature | str | tuple[str, int], ...] = (LOG_RETURN,)
    ranked: bool = field(init=False, default=False)

    speaks_of: ClassVar[tuple[str, ...]] = ("return", "volatility")

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        if self.inputs != (LOG_RETURN,):
            raise ForecastError(
                f"{owner}(features={self.features!r}): it reads one-bar log returns and nothing else; "
                "leave features, known and static out."
            )
        if self.lookback < 2:
            raise ForecastError(f"{owner}(lookback={self.lookback}): give at least 2 bars of returns.")

    def baselines(self) -> tuple[Forecaster, ...]:
        """Compare with the naive forecaster."""
        return (naive_beside(self),)


def returns_of(windows: Windows) -> FloatArray:
    """Copy the returns of every window ``(n_windows, lookback)``, oldest first."""
    return windows.flat()
