"""What a run earned at which hour, on which weekday and in which month of the year."""

from __future__ import annotations

import pandas as pd

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def seasonal_profits(profits: pd.DataFrame) -> dict[str, pd.Series]:
    """Sum money by ``hour``, ``weekday`` and ``month`` of the bar's close, by the clock of the bars.

    Parameters
    ----------
    profits
        `quantlab.research.profits.profits`: amounts by time.

    Returns
    -------
    By season, the net profit by name: ``"09"``, ``"Mon"``, ``"Jan"``, in the sequence of the clock; only names that
    occur. Each adds up to the change of equity.
    """
    time, amounts = pd.DatetimeIndex(profits["time"]), profits["amount"].to_numpy()
    hours = {k: f"{k:02}" for k in range(24)}
    seasons = {
        "hour": (time.hour, hours),
        "weekday": (time.day_of_week, dict(enumerate(WEEKDAYS))),
        "month": (time.month, dict(enumerate(MONTHS, 1))),
    }
    return {
        season: pd.Series(amounts).groupby(numbers).sum().rename(names).rename_axis(season).rename("net")
        for season, (numbers, names) in seasons.items()
    }
