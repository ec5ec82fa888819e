"""What a forecast table refuses to be."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.errors import ForecastError

if TYPE_CHECKING:
    from quantlab.forecasting.forecast_table import ForecastTable


def check_levels(owner: str, levels: tuple[float, ...]) -> None:
    """Refuse quantile levels that do not rise strictly inside (0, 1) or lack the median."""
    inside = all(isinstance(level, float) and 0.0 < level < 1.0 for level in levels)
    if not inside or any(low >= high for low, high in pairwise(levels)):
        raise ForecastError(f"{owner}(levels={levels!r}): levels rise strictly between 0.0 and 1.0.")
    if 0.5 not in levels:
        raise ForecastError(f"{owner}(levels={levels!r}): add 0.5, the median is what strategies read.")


def check_horizons(owner: str, horizons: tuple[int, ...]) -> None:
    """Refuse horizons that are not strictly rising whole numbers of bars."""
    whole = all(isinstance(each, int) and not isinstance(each, bool) and each >= 1 for each in horizons)
    if not horizons or not whole or any(low >= high for low, high in pairwise(horizons)):
        raise ForecastError(
            f"{owner}(horizon={horizons!r}): a horizon is a whole number of bars from 1; several rise."
        )


def check_shapes(table: ForecastTable) -> None:
    """Refuse axes that do not fit the values, and rows out of time order."""
    check_levels("Forecasts", table.levels)
    check_horizons("Forecasts", table.horizons)
    shape = (len(table.time), len(table.symbols), len(table.horizons), len(table.levels))
    if table.values.shape != shape:
        raise ForecastError(f"values have the shape {table.values.shape}, their axes say {shape}.")
    for name in ("time_ns", "trained_through", "as_of"):
        if getattr(table, name).shape != shape[:1]:
            raise ForecastError(
                f"{name} has the shape {getattr(table, name).shape}, it needs one number a row: {shape[:1]}."
            )
    for name, other in table.beside.items():
        if other.target != table.target:
            raise ForecastError(
                f"{table.name} forecasts {table.target!r}, but {name} beside it {other.target!r}: what is judged "
                "together has one target; score them one by one."
            )
    if len(set(table.symbols)) < len(table.symbols):
        raise ForecastError(f"symbols {table.symbols} name one twice; rename or drop it.")
    back = np.flatnonzero(np.diff(table.time_ns) <= 0)
    if len(back):
        raise ForecastError(
            f"time does not rise after {table.time[back[0]]} (row {back[0]}); sort the rows, one a time."
        )


def check_values(table: ForecastTable) -> None:
    """Refuse forecasts that are infinite, partly missing, where no label lies, or have quantiles that cross."""
    target = table.target
    finite = np.isfinite(table.values)
    whole = finite.all(axis=(2, 3)) | np.isnan(table.values).all(axis=(2, 3))
    with np.errstate(invalid="ignore"):
        crossing = (np.diff(table.values, axis=3) < 0.0).any(axis=(2, 3))
    outside = ((table.values < target.low) | (table.values > target.high)).any(axis=(2, 3))
    for bad, what in (
        (~whole, "is infinite or partly missing"),
        (crossing, "has quantiles that cross"),
        (outside, f"is none of {target!r}, which lies from {target.low:g} to {target.high:g}"),
    ):
        if bad.any():
            row, column = map(int, np.argwhere(bad)[0])
            raise ForecastError(
                f"the forecast of {table.symbols[column]} at {table.time[row]} (row {row}) {what}: "
                f"{table.values[row, column].tolist()}; give rising finite quantiles, or NaN for all of them."
            )


def check_birth(table: ForecastTable) -> None:
    """Refuse a row that became known after its own close, or that was trained on what came after it."""
    used = table.known.any(axis=1)
    pairs = (
        (
            table.as_of,
            table.time_ns,
            "became known (as_of)",
            "its own close",
            "move the row to the bar it was known at",
        ),
        (
            table.trained_through,
            table.as_of,
            "was trained through",
            "it was made (as_of)",
            "train on earlier bars",
        ),
    )
    for late, limit, what, by, remedy in pairs:
        bad = np.flatnonzero(used & (late > limit))
        if len(bad):
            row = int(bad[0])
            raise ForecastError(
                f"the forecast of {table.time[row]} (row {row}) {what} {utc(int(late[row]))}, after {by} at "
                f"{utc(int(limit[row]))}: it would know the future; {remedy}."
            )


def utc(nanoseconds: int) -> str:
    """Say an instant, to the second."""
    return f"{pd.Timestamp(nanoseconds, tz='UTC'):%Y-%m-%d %H:%M:%S} UTC"
