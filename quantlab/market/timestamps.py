"""What the timestamps of a source mean: names of sessions, or instants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import pandas as pd

from quantlab.errors import DataError
from quantlab.market.calendar import DAY_NS, day_text
from quantlab.market.suggest import near_or_else
from quantlab.market.texts import REMEDY, parse_texts
from quantlab.typing import IntArray


@dataclass(frozen=True)
class Stamps:
    """Timestamps of rows, in one of two kinds.

    Parameters
    ----------
    values
        Session labels as day numbers (`tz` is None), or instants in ns UTC (`tz` names the zone they are
        shown in).
    tz
        Time zone of instants; None for session labels.
    """

    values: IntArray
    tz: str | None

    def text(self, row: int) -> str:
        """Write the timestamp of one row, for a message."""
        if self.tz is None:
            return day_text(int(self.values[row]))
        return str(pd.Timestamp(int(self.values[row]), tz="UTC").tz_convert(self.tz))


def parse_stamps(raw: Any, tz: str | None) -> Stamps:
    """Session labels or instants from timestamps as people have them.

    Stamps that all lie at midnight are session labels, whether naive or in their own zone: a day's vendor bar
    carries the date of the day, and reading it as the instant that the day begins would know its close a day
    early. All other stamps are instants; naive ones need `tz`.

    Raises
    ------
    DataError
        Text that is no time, missing stamps, naive intraday times without `tz`, mixed zones, times that a
        change of clocks skips or repeats.
    """
    _check_zone(tz)
    index = _to_index(raw, tz)
    if len(index) == 0:
        raise DataError("no rows: there is not one bar to read")
    if index.hasnans:
        row = int(np.flatnonzero(index.isna())[0])
        raise DataError(
            f"{int(np.sum(index.isna()))} timestamps are missing, the first in row {row}. Drop those rows."
        )
    naive = index if index.tz is None else index.tz_convert(tz or index.tz).tz_localize(None)
    if np.all(naive.asi8 % DAY_NS == 0):
        return Stamps(naive.asi8 // DAY_NS, None)
    aware = _localize(index, tz) if index.tz is None else index
    return Stamps(aware.asi8, str(tz or aware.tz))


def _check_zone(tz: str | None) -> None:
    try:
        pd.Timestamp(0, tz=tz)
    except (KeyError, ValueError, TypeError) as error:
        advice = near_or_else(
            str(tz),
            available_timezones(),
            "Zones are named like 'America/New_York'; zoneinfo.available_timezones() lists them.",
        )
        raise DataError(f"unknown time zone tz={tz!r}. {advice}") from error


def _to_index(raw: Any, tz: str | None) -> pd.DatetimeIndex:
    values = raw.to_timestamp(how="end").normalize() if isinstance(raw, pd.PeriodIndex) else pd.Index(raw)
    if isinstance(values, pd.DatetimeIndex):
        return values.as_unit("ns")
    if pd.api.types.is_integer_dtype(values):
        return _from_numbers(values)
    if pd.api.types.is_numeric_dtype(values):
        raise DataError(f"timestamp {values[0]!r} is a number, not a time. {REMEDY}")
    return parse_texts(values, tz).as_unit("ns")


def _from_numbers(values: pd.Index[Any]) -> pd.DatetimeIndex:
    """Dates written as the number yyyymmdd; a count since some epoch does not say its unit and is refused."""
    if values.min() < 1800_01_01 or values.max() > 2200_12_31:
        raise DataError(
            f"timestamp {values[0]} is a number without a unit; pass pd.to_datetime(…, unit=…, utc=True)"
        )
    try:
        return pd.DatetimeIndex(pd.to_datetime(values.astype(str), format="%Y%m%d")).as_unit("ns")
    except ValueError as error:
        raise DataError(f"timestamps look like yyyymmdd but one is no date: {error}") from error


def _localize(index: pd.DatetimeIndex, tz: str | None) -> pd.DatetimeIndex:
    if tz is None:
        raise DataError(
            f"timestamp {index[0]} is a clock time without a time zone. Say where that clock hangs: "
            "tz='America/New_York' or tz='UTC'."
        )
    try:
        return index.tz_localize(tz, ambiguous="raise", nonexistent="raise")
    except ValueError as error:
        raise DataError(
            f"a time does not name one instant in {tz}, where clocks change: {error}. "
            "Give times with their offset from UTC, or in UTC with tz='UTC'."
        ) from error
