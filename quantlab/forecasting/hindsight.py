"""Forecasts by forecasters that also learnt from what came later: fit to be judged, never to be traded."""

from __future__ import annotations

from dataclasses import dataclass

from quantlab.forecasting.forecast_table import ForecastTable


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HindsightForecasts(ForecastTable):
    """What cross-validation gives: rows whose `trained_through` may lie after their `as_of`, and says so.

    `scores` judges them like any table. They are no `Forecasts`, so `backtest` refuses them: a strategy that read
    them would profit from bars its forecaster had already seen.
    """
