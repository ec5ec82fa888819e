"""How a symbol ended: delisting is given, never inferred from a gap."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from quantlab.errors import DataError, did_you_mean


@dataclass(frozen=True)
class Ending:
    """The last moment of a symbol, and what its holders received after its last close.

    Parameters
    ----------
    time
        Session label (a naive date), or an aware instant; the symbol is alive up to and including it.
    delisting_return
        Simple return from the last close to what was paid out, at least −1 (worthless). 0 closes at the last
        close.
    """

    time: pd.Timestamp
    delisting_return: float = 0.0


def read_endings(ends: Mapping[str, Any] | None, symbols: tuple[str, ...]) -> dict[str, Ending]:
    """Read endings by symbol from dates, ``(date, delisting_return)`` pairs or `Ending` values.

    Raises
    ------
    DataError
        A symbol that the bars do not have, a time that is none, a return below −1 or not finite.
    """
    found: dict[str, Ending] = {}
    for symbol, given in (ends or {}).items():
        if symbol not in symbols:
            raise DataError(
                f"ends names {symbol!r}, which is not among the bars. {did_you_mean(symbol, symbols)}"
            )
        found[symbol] = _ending(symbol, given)
    return found


def _ending(symbol: str, given: Any) -> Ending:
    if isinstance(given, Ending):
        time, delisting_return = given.time, given.delisting_return
    elif isinstance(given, tuple) and len(given) == 2:
        time, delisting_return = given
    else:
        time, delisting_return = given, 0.0
    try:
        ending = Ending(pd.Timestamp(time), float(delisting_return))
    except (TypeError, ValueError):
        ending = Ending(pd.Timestamp("NaT"), 0.0)
    _check(symbol, given, ending)
    return ending


def _check(symbol: str, given: Any, ending: Ending) -> None:
    if pd.isna(ending.time):
        raise DataError(f"ends[{symbol!r}] = {given!r} is neither a date nor a pair (date, delisting_return)")
    if ending.time.tzinfo is None and ending.time != ending.time.normalize():
        raise DataError(
            f"ends[{symbol!r}] = {ending.time} has a clock time but no zone; give a date or an aware time"
        )
    if not (math.isfinite(ending.delisting_return) and ending.delisting_return >= -1.0):
        raise DataError(
            f"ends[{symbol!r}]: delisting return {ending.delisting_return!r} is not a fraction "
            "of at least -1 (-1 is worthless, 0 pays the last close)"
        )
