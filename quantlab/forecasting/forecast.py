"""The forecast table: quantiles of a target per bar, symbol and horizon, each with its date of birth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from quantlab.forecasting.forecast_table import NEVER, ForecastTable
from quantlab.forecasting.table_checks import check_birth
from quantlab.forecasting.targets import Target, target_of
from quantlab.market.bars import Bars

__all__ = ["NEVER", "Forecasts"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Forecasts(ForecastTable):
    """Quantiles of a target, by default the return, over each horizon; one row a bar, built at that bar's close.

    A table that was trained on anything later than what it speaks at cannot be built.

    Parameters
    ----------
    values
        Quantile forecasts ``(n_bars, n_symbols, n_horizons, n_levels)``, fractions; NaN where there is no
        forecast. Of a probability or an expected value one number, at level 0.5.
    time, time_ns
        Stamps of the rows as `Bars` shows them, and their closes in nanoseconds UTC ``(n_bars,)``.
    symbols, horizons, levels
        Names of the other axes; horizons in bars, levels rising and with 0.5 among them.
    trained_through
        Close of the last bar touched by any label used for training, validation, early stopping, tuning or
        calibration, in nanoseconds UTC ``(n_bars,)``.
    as_of
        When each row became known, in nanoseconds UTC ``(n_bars,)``; never after its own close.
    target
        What they are forecasts of.
    name
        What made it, as the code that makes it.
    beside
        The tables to judge it against, by name: the naive and the linear forecast.
    provenance
        Where it comes from: recipe, folds, seed, fingerprint of the bars (json-able).

    Raises
    ------
    ForecastError
        Shapes that do not fit, infinite or crossing quantiles, a row known after its own close, or a row with
        `trained_through` after `as_of`.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        check_birth(self)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        trained_through: Any,
        as_of: Any = None,
        horizon: int = 1,
        target: Target | str = "return",
        name: str = "from_frame",
    ) -> Forecasts:
        """Take in forecasts made elsewhere: rows by time, columns by symbol, the median forecast.

        Parameters
        ----------
        frame
            Fractions (0.01 is 1%); NaN where there is none. Dates are session labels, stamped at 24:00 UTC
            until they are aligned to bars; clock times need a time zone and are closes.
        trained_through
            Last time that anything behind the forecasts was fitted to: one for all rows, or one a row.
        as_of
            When each row became known; its own time unless given.
        horizon, target
            What they are forecasts of: the return over one bar unless given.

        Raises
        ------
        ForecastError
            Clock times without a zone, times out of order, or a row known or trained after its own time.
        """
        from quantlab.forecasting.alignment import read_frame

        return cls(
            **read_frame(frame, trained_through, as_of),
            horizons=(horizon,),
            levels=(0.5,),
            target=target_of(target),
            name=name,
        )

    def recalibrated(
        self, bars: Bars, method: str = "adaptive", *, lookback: int = 250, rate: float = 0.01
    ) -> Forecasts:
        """Shift quantiles, bar by bar, by how far past returns fell from them; conformal and causal.

        At each bar only returns that have ended by its close are read, and `trained_through` says so. The median
        stays. What these forecasts were before lies in ``beside`` as ``raw``.

        Parameters
        ----------
        bars
            What the forecasts are for.
        method
            ``"split"``: each level moves to the matching empirical quantile of past errors (split conformal
            quantile regression). ``"adaptive"`` also moves the level asked for by `rate` after each bar on which
            it was missed too often or too seldom, so coverage holds when returns drift.
        lookback
            Bars of past forecasts that errors are taken from.
        rate
            Step of the adaptive level, from 1e-6 to 0.5.

        Raises
        ------
        ForecastError
            An unknown method, or numbers outside their range.
        """
        from quantlab.forecasting.conformal import recalibrate

        return recalibrate(self, bars, method, lookback, rate)
