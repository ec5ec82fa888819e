"""Laying a forecast table on other rows and symbols, and reading one from a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from quantlab.errors import ForecastError
from quantlab.market.bars import Bars
from quantlab.market.calendar import DAY_NS
from quantlab.typing import IntArray

if TYPE_CHECKING:
    from quantlab.forecasting.forecast_table import ForecastTable

Table = TypeVar("Table", bound="ForecastTable")


def align(table: Table, bars: Bars) -> Table:
    """`table` on the rows and symbols of `bars`, and those beside it too; NaN where it has no forecast."""
    from quantlab.forecasting.forecast_table import NEVER

    source = _source_rows(table, bars)
    columns = pd.Index(table.symbols).get_indexer(pd.Index(bars.symbols))
    values = np.full((bars.n_bars, bars.n_symbols, *table.values.shape[2:]), np.nan)
    here, symbols = np.flatnonzero(source >= 0), np.flatnonzero(columns >= 0)
    values[np.ix_(here, symbols)] = table.values[np.ix_(source[here], columns[symbols])]
    as_of, trained_through = bars.time_ns.copy(), np.full(bars.n_bars, NEVER)
    restamped = bars.time_ns[here] - table.time_ns[source[here]]
    as_of[here] = table.as_of[source[here]] + restamped
    trained_through[here] = _shifted(table.trained_through[source[here]], restamped, NEVER)
    return type(table)(
        values=values,
        time=bars.time,
        time_ns=bars.time_ns,
        symbols=bars.symbols,
        horizons=table.horizons,
        levels=table.levels,
        trained_through=trained_through,
        as_of=as_of,
        target=table.target,
        name=table.name,
        beside={name: align(other, bars) for name, other in table.beside.items()},
        provenance=table.provenance,
    )


def _source_rows(table: ForecastTable, bars: Bars) -> IntArray:
    """Find the row of `table` for each row of `bars` (n_bars,), -1 where there is none."""
    if table.time.tz is None and bars.time.tz is None:
        return table.time.as_unit("ns").get_indexer(bars.time.as_unit("ns")).astype(np.int64)
    return pd.Index(table.time_ns).get_indexer(pd.Index(bars.time_ns)).astype(np.int64)


def _shifted(stamps: IntArray, by: IntArray, never: int) -> IntArray:
    return np.where(stamps == never, stamps, stamps + np.where(stamps == never, 0, by))


def read_frame(frame: pd.DataFrame, trained_through: Any, as_of: Any) -> dict[str, Any]:
    """Read the axes and arrays of a frame of medians, ready for `Forecasts`."""
    time = pd.DatetimeIndex(frame.index).as_unit("ns")
    if time.tz is None and bool((time != time.normalize()).any()):
        raise ForecastError(
            f"time {time[0]} is a clock time without a zone; frame.tz_localize('UTC') or its own zone."
        )
    closes = _closes(time)
    return {
        "values": frame.to_numpy(dtype=np.float64)[:, :, None, None],
        "time": time,
        "time_ns": closes,
        "symbols": tuple(map(str, frame.columns)),
        "trained_through": _stamps(trained_through, len(time)),
        "as_of": closes if as_of is None else _stamps(as_of, len(time)),
    }


def _stamps(given: Any, n_bars: int) -> IntArray:
    """One time, or one a row, as nanoseconds UTC (n_bars,)."""
    one = isinstance(given, str) or not hasattr(given, "__len__")
    stamps = _closes(pd.DatetimeIndex([given] if one else given).as_unit("ns"))
    return np.full(n_bars, stamps[0]) if one else stamps


def _closes(time: pd.DatetimeIndex) -> IntArray:
    """Nanoseconds UTC of each stamp; a date without a zone is a session and ends at 24:00 UTC."""
    stamps = time.asi8 if time.tz is not None else time.asi8 + DAY_NS * (time == time.normalize())
    return np.array(stamps, dtype=np.int64)
