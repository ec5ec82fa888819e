"""A forecaster as a declared input of a strategy."""

from __future__ import annotations

from dataclasses import dataclass

from quantlab.errors import ForecastError
from quantlab.forecasting.axes import is_level, level_index
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
    level
        One of its quantile levels.
    """

    forecaster: Forecaster
    horizon: int
    level: float = 0.5

    def __repr__(self) -> str:
        horizon = f", horizon={self.horizon}" if len(self.forecaster.horizons) > 1 else ""
        level = f", level={self.level:g}" if self.level != 0.5 else ""
        return f"forecast({self.forecaster!r}{horizon}{level})"


def forecast(forecaster: Forecaster, *, horizon: int | None = None, level: float = 0.5) -> ForecastInput:
    """Declare a forecaster as an input: ``outlook = ql.forecast(ql.CNN1D(horizon=5))``.

    ``now[self.outlook]`` is then the median forecast return ``(n_symbols,)``, NaN where there is none; or what the
    recipe's ``target`` is, such as a volatility or the probability of a drawdown.

    Parameters
    ----------
    forecaster
        A recipe such as ``CNN1D()``.
    horizon
        Which of its horizons, in bars; may be left out where it has one.
    level
        Which of its quantile levels ``now[self.outlook]`` reads: 0.05 is a value at risk, the return that one
        outcome in twenty falls below. All levels are ``now.quantile(self.outlook, level)``.

    Raises
    ------
    ForecastError
        Something that is not a forecaster, or a horizon or level that it does not have.

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
    if forecaster.spoken.is_mean and not is_level(forecaster.levels[0], level):
        raise ForecastError(f"{forecaster!r} states one expected value, without quantiles: leave level= out.")
    place = level_index(repr(forecaster), forecaster.levels, level)
    chosen = forecaster.horizons[0] if horizon is None else horizon
    return ForecastInput(forecaster, chosen, forecaster.levels[place])
