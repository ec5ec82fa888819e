"""A forecaster as a declared input of a strategy."""

from __future__ import annotations

from dataclasses import dataclass

from quantlab.errors import ForecastError
from quantlab.forecasting.forecaster import Forecaster


@dataclass(frozen=True)
class ForecastInput:
    """The forecasts of one forecaster at one of its horizons, read bar by bar.

    Parameters
    ----------
    forecaster
        The recipe; strategies that declare equal recipes share one walk-forward.
    horizon
        One of its horizons, in bars.
    """

    forecaster: Forecaster
    horizon: int

    def __repr__(self) -> str:
        several = len(self.forecaster.horizons) > 1
        return f"forecast({self.forecaster!r}{f', horizon={self.horizon}' if several else ''})"


def forecast(forecaster: Forecaster, *, horizon: int | None = None) -> ForecastInput:
    """Declare a forecaster as an input: ``outlook = ql.forecast(ql.CNN1D(horizon=5))``.

    ``now[self.outlook]`` is then the median forecast return ``(n_symbols,)``, NaN where there is none.

    Parameters
    ----------
    forecaster
        A recipe such as ``CNN1D()``.
    horizon
        Which of its horizons, in bars; may be left out where it has one.

    Raises
    ------
    ForecastError
        Something that is not a forecaster, or a horizon that it does not have.

    Examples
    --------
    >>> from quantlab.forecasting.baselines import RidgeForecaster
    >>> forecast(RidgeForecaster(horizon=(1, 5)), horizon=5)
    forecast(RidgeForecaster(horizon=(1, 5)), horizon=5)
    """
    if not isinstance(forecaster, Forecaster):
        raise ForecastError(
            f"forecast({forecaster!r}): give a forecaster made by a call, such as CNN1D(horizon=5)."
        )
    declared = ", ".join(map(str, forecaster.horizons))
    if horizon is None and len(forecaster.horizons) > 1:
        raise ForecastError(
            f"{forecaster!r} speaks at several horizons: say which, horizon= one of {declared}."
        )
    if horizon is not None and horizon not in forecaster.horizons:
        raise ForecastError(f"{forecaster!r} has no horizon of {horizon!r} bars; it has {declared}.")
    return ForecastInput(forecaster, forecaster.horizons[0] if horizon is None else horizon)
