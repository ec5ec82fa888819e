"""A strategy that listens to a forecaster and does nothing, so that what strategies are asked can be asked of it."""

from __future__ import annotations

from quantlab.engine.now import Now
from quantlab.engine.strategy import Strategy
from quantlab.forecasting.declaration import forecast
from quantlab.forecasting.forecaster import Forecaster


class Listener(Strategy):
    """Declares forecasts in its subclasses, and gives no orders."""

    def on_bar(self, now: Now) -> None:
        """Do nothing."""


def listener(forecaster: Forecaster) -> Listener:
    """Make a strategy that declares every horizon of `forecaster` as an input."""
    horizons = forecaster.horizons
    names = ["forecast"] if len(horizons) == 1 else [f"forecast_{horizon}" for horizon in horizons]
    declared = {
        name: forecast(forecaster, horizon=horizon) for name, horizon in zip(names, horizons, strict=True)
    }
    kind: type[Listener] = type("ForecastsAlone", (Listener,), declared)
    return kind()
