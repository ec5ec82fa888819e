"""Times written as text: which text is a time, and whether its day or its month comes first."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd

from quantlab.errors import DataError

REMEDY = "Write times as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS+00:00."

_OFFSET = r"(?:Z|UTC|[+-]\d{2}:?\d{2})\s*$"
_SLASHED = r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{4}"
_SHORT_YEAR = r"^\s*\d{1,2}[/.\-](\d{1,2})[/.\-]\d{2}(?!\d)"
_LIKE_A_TIME = (
    r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{1,4}|^\s*\d{8}(?!\d)|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
)
_LOOKED_AT = 100


def looks_like_times(values: pd.Index[Any]) -> bool:
    """Whether most of the first values are written like dates, as text or as the number yyyymmdd.

    >>> looks_like_times(pd.Index(["2020-01-01", "soon", "2020-01-03"]))
    True
    >>> looks_like_times(pd.Index(["AAPL", "MSFT"]))
    False
    """
    shown = values[:_LOOKED_AT]
    shown = shown[shown.notna()]
    if len(shown) == 0:
        return False
    if pd.api.types.is_integer_dtype(shown):
        return bool(shown.min() >= 1800_01_01 and shown.max() <= 2200_12_31)
    if not (pd.api.types.is_object_dtype(shown) or pd.api.types.is_string_dtype(shown)):
        return False
    return bool(shown.astype(str).str.contains(_LIKE_A_TIME, regex=True).mean() >= 0.5)


def parse_texts(values: pd.Index[Any], tz: str | None) -> pd.DatetimeIndex:
    """Read times from text (n,), all written in one way; missing values stay missing.

    Raises
    ------
    DataError
        Text that is no time, with its row; dates that may be day-first or month-first; offsets from UTC in
        some rows only, or several of them without `tz`.
    """
    text = pd.Series(values[values.notna()].astype(str))
    several = _several_offsets(text, tz)
    day_first = _day_first(text)
    try:
        found = pd.DatetimeIndex(_read(values, day_first, utc=several))
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"timestamps cannot be read: {_first_bad(values, day_first)}. {REMEDY}") from error
    return found.tz_convert(tz) if several else found


def _read(values: pd.Index[Any], day_first: bool, *, utc: bool, errors: Any = "raise") -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # text of which no format can be inferred
        return pd.to_datetime(values, dayfirst=day_first, utc=utc, errors=errors)


def _several_offsets(text: pd.Series, tz: str | None) -> bool:
    """Whether rows lie at different offsets from UTC, as they do when clocks change."""
    offsets = text.str.contains(_OFFSET, regex=True)
    if offsets.any() and not offsets.all():
        with_zone, without = text[offsets].iloc[0], text[~offsets].iloc[0]
        raise DataError(
            f"timestamps cannot be read: some have a time zone ({with_zone}) and some have none ({without}). "
            f"{REMEDY}"
        )
    several = bool(offsets.any() and text.str.extract(f"({_OFFSET})")[0].nunique() > 1)
    if several and tz is None:
        raise DataError(
            "timestamps cannot be read: their offsets from UTC differ; say which zone they are in, "
            "tz='America/New_York'"
        )
    return several


def _day_first(text: pd.Series) -> bool:
    """Whether 01/02/2020 is in February, by the only order that fits all rows."""
    if text.empty:
        return False
    if re.match(_SHORT_YEAR, text.iloc[0]):
        _require_month_first(text)
    if not re.match(_SLASHED, text.iloc[0]):
        return False
    parts = text.str.extract(_SLASHED).astype(float)
    only_day_first, only_month_first = parts[0] > 12, parts[1] > 12
    if only_day_first.any() and only_month_first.any():
        one, other = text[only_day_first].iloc[0], text[only_month_first].iloc[0]
        raise DataError(
            f"timestamps cannot be read: {one!r} is day-first, but {other!r} is month-first. {REMEDY}"
        )
    if not (only_day_first.any() or only_month_first.any()) and (parts[0] != parts[1]).any():
        raise DataError(f"{text.iloc[0]!r} may be day-first or month-first, and no row tells. {REMEDY}")
    return bool(only_day_first.any())


def _require_month_first(text: pd.Series) -> None:
    """Refuse years of two digits, which may stand first or last, unless the middle is seen to be a day."""
    if not (text.str.extract(_SHORT_YEAR)[0].astype(float) > 12).any():
        raise DataError(
            f"{text.iloc[0]!r} has a year of two digits, and no row tells the order of day, month and year. "
            f"Say it: pd.to_datetime(frame['date'], format='%d/%m/%y'). {REMEDY}"
        )


def _first_bad(values: pd.Index[Any], day_first: bool) -> str:
    """Describe the first text that is no time, or else is not written as the first one is."""
    unread = np.flatnonzero(_read(values, day_first, utc=True, errors="coerce").isna() & values.notna())
    if len(unread) == 0:
        return "they are of several kinds"
    row = int(unread[0])
    alone = pd.isna(_read(values[row : row + 1], day_first, utc=True, errors="coerce")[0])
    reason = "is no time" if alone else f"is not written like {values[0]!r} in row 0"
    more = f" ({len(unread):,} such rows)" if len(unread) > 1 else ""
    return f"{values[row]!r} in row {row} {reason}{more}"
