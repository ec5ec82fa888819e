"""Well-known bad times of markets, by their dates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.metrics.drawdown import drawdown_path, max_drawdown
from quantlab.typing import BoolArray, FloatArray


class Crisis(NamedTuple):
    """A span of sessions, both ends included: from a peak of the S&P 500 to its trough, or the days of an event."""

    name: str
    start: str
    end: str


CRISES = (
    Crisis("Black Monday 1987", "1987-10-05", "1987-12-04"),
    Crisis("Asia and Russia 1998", "1998-07-17", "1998-10-08"),
    Crisis("Dot-com bust", "2000-03-24", "2002-10-09"),
    Crisis("September 2001", "2001-09-10", "2001-09-21"),
    Crisis("Quant quake 2007", "2007-08-06", "2007-08-10"),
    Crisis("Financial crisis", "2007-10-09", "2009-03-09"),
    Crisis("Lehman autumn 2008", "2008-09-12", "2008-11-20"),
    Crisis("Flash crash 2010", "2010-05-05", "2010-05-07"),
    Crisis("Euro crisis 2011", "2011-07-22", "2011-10-03"),
    Crisis("China devaluation 2015", "2015-08-17", "2015-08-25"),
    Crisis("Early 2016", "2015-12-29", "2016-02-11"),
    Crisis("Volatility shock 2018", "2018-01-26", "2018-02-08"),
    Crisis("Last quarter of 2018", "2018-09-20", "2018-12-24"),
    Crisis("Pandemic crash 2020", "2020-02-19", "2020-03-23"),
    Crisis("Inflation bear 2022", "2022-01-03", "2022-10-12"),
    Crisis("Yen carry unwind 2024", "2024-07-31", "2024-08-05"),
)


def crisis_named(name: str) -> Crisis:
    """Find a crisis of `CRISES`; a DataError with the nearest name when there is none."""
    known = {crisis.name: crisis for crisis in CRISES}
    if name not in known:
        raise DataError(f"there is no crisis {name!r}. {did_you_mean(str(name), known)}")
    return known[name]


def crisis_frame(returns: pd.Series, benchmark: pd.Series | None) -> pd.DataFrame:
    """Return, deepest drawdown and the benchmark's return in every crisis that the run saw a part of.

    Parameters
    ----------
    returns, benchmark
        Simple returns by time. The return of the first session of a crisis is left out: it ended at the peak.

    Returns
    -------
    Rows by crisis, columns ``first, last, bars, return, max_drawdown, benchmark``: from which bar to which.
    """
    days = sessions_of(returns)
    rows = {}
    for crisis in CRISES:
        inside = during(days, crisis)
        if inside.any():
            rows[crisis.name] = _row(returns[inside], None if benchmark is None else benchmark[inside])
    columns = ["first", "last", "bars", "return", "max_drawdown", "benchmark"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("crisis")


def sessions_of(series: pd.Series) -> pd.DatetimeIndex:
    """Dates of a series by time."""
    return pd.DatetimeIndex(series.index).tz_localize(None).normalize()


def during(days: pd.DatetimeIndex, crisis: Crisis) -> BoolArray:
    """Whether each date lies after the first session of a crisis and not after its last, (n,)."""
    return np.asarray(
        (days > pd.Timestamp(crisis.start)) & (days <= pd.Timestamp(crisis.end)), dtype=np.bool_
    )


def covers(days: pd.DatetimeIndex, crisis: Crisis) -> bool:
    """Whether dates in ascending sequence reach from the beginning of a crisis to its end."""
    return bool(days[0] <= pd.Timestamp(crisis.start) and pd.Timestamp(crisis.end) <= days[-1])


def passed_through(returns: FloatArray) -> tuple[float, float]:
    """Return of all bars (n_bars,) together, and the deepest drawdown on the way."""
    growth: FloatArray = np.cumprod(1.0 + returns, dtype=np.float64)
    return growth[-1] - 1.0, max_drawdown(drawdown_path(growth, 1.0))


def _row(returns: pd.Series, benchmark: pd.Series | None) -> tuple[object, ...]:
    theirs = np.nan if benchmark is None else float(np.prod(1.0 + benchmark.to_numpy())) - 1.0
    first, last = returns.index[0], returns.index[-1]
    return first, last, len(returns), *passed_through(returns.to_numpy(dtype=np.float64)), theirs
