"""One forecast, of the newest bar, with its date of birth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quantlab.forecasting.axes import horizon_index, level_index
from quantlab.forecasting.table_checks import utc
from quantlab.typing import BoolArray, FloatArray


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LiveForecast:
    """Quantiles of what the newest bar leads to, as the row of that bar in a `Forecasts` table has them.

    Parameters
    ----------
    quantiles
        ``(n_symbols, n_horizons, n_levels)``, read-only; NaN where a symbol's window is not complete.
    symbols, horizons, levels
        Names of the axes; horizons in bars.
    time
        The bar, as `Bars` shows it.
    as_of
        Its close, in nanoseconds UTC.
    trained_through
        Close of the last bar that training, or the choice of the recipe, has seen, in nanoseconds UTC.
    name
        What made it, as the code that makes it.
    """

    quantiles: FloatArray
    symbols: tuple[str, ...]
    horizons: tuple[int, ...]
    levels: tuple[float, ...]
    time: pd.Timestamp
    as_of: int
    trained_through: int
    name: str

    def __post_init__(self) -> None:
        self.quantiles.flags.writeable = False

    @property
    def known(self) -> BoolArray:
        """Which symbols it speaks of ``(n_symbols,)``."""
        known: BoolArray = np.all(np.isfinite(self.quantiles), axis=(1, 2))
        return known

    def median(self, horizon: int | None = None) -> FloatArray:
        """Read the median forecast ``(n_symbols,)``; one of a single horizon needs no `horizon`."""
        return self.quantile(0.5, horizon)

    def quantile(self, level: float, horizon: int | None = None) -> FloatArray:
        """Read the forecast at a declared `level` ``(n_symbols,)``; another level is a ForecastError."""
        place = horizon_index(self.name, self.horizons, horizon)
        return self.quantiles[:, place, level_index(self.name, self.levels, level)]

    def __repr__(self) -> str:
        from quantlab.display.text import table

        columns = [f"{level:g}" for level in self.levels]
        rows = [
            [symbol, horizon, *map(float, self.quantiles[i, k])]
            for i, symbol in enumerate(self.symbols)
            for k, horizon in enumerate(self.horizons)
        ]
        return table(
            f"Forecast at {self.time.date() if self.time.tz is None else self.time} by {self.name}",
            ["symbol", "horizon", *columns],
            rows,
            units={"horizon": "bars", **dict.fromkeys(columns, "fraction")},
            notes=(f"known at {utc(self.as_of)}; trained through {utc(self.trained_through)}",),
        )
