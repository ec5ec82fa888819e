"""Column names as people write them, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from quantlab.errors import DataError

NEEDED = ("open", "high", "low", "close")
TIME = ("datetime", "timestamp", "date", "time", "ts")
SYMBOL = ("symbol", "ticker", "asset", "instrument", "security")

_SYNONYMS = {
    "o": "open",
    "h": "high",
    "l": "low",
    "c": "close",
    "v": "volume",
    "vol": "volume",
    "adjclose": "adj_close",
    "adjusted_close": "adj_close",
    "close_adj": "adj_close",
}


def canonical(name: object) -> str:
    """Name of a column in lower case with underscores, and in our word where it has several.

    >>> canonical("Adj Close"), canonical("Vol.")
    ('adj_close', 'volume')
    """
    plain = re.sub(r"[^0-9a-z]+", "_", str(name).strip().lower()).strip("_")
    return _SYNONYMS.get(plain, plain)


def rename(frame: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Give `frame` canonical column names and refuse two columns of one name."""
    names = [canonical(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"{origin} has more than one column {twice[0]!r} (letter case does not count); drop one"
        )
    return frame.set_axis(names, axis=1)


def find_time(names: Iterable[str], origin: str) -> tuple[str, ...]:
    """Name the column that holds the time; two where date and time of day are apart.

    Raises
    ------
    DataError
        No such column, or several that could be it.
    """
    found = list(dict.fromkeys(names))
    there = tuple(name for name in TIME if name in found)
    if there in (("date", "time"), *((name,) for name in TIME)):
        return there
    if not there:
        raise DataError(
            f"{origin} has no timestamps: name a column date, datetime, time or timestamp, or index by time; "
            f"its columns are {', '.join(found) or 'none'}"
        )
    raise DataError(
        f"{origin} has several columns that may be its time: {', '.join(there)}. Drop all but one"
    )


def find_symbol(names: Iterable[str]) -> str | None:
    """Name the column that holds the symbol, if there is one."""
    present = set(names)
    return next((name for name in SYMBOL if name in present), None)
