"""Times as people read them."""

from __future__ import annotations

import pandas as pd


def moment(time: pd.Timestamp) -> str:
    """Print a session by its date, an instant in full.

    >>> moment(pd.Timestamp("2024-01-02")), moment(pd.Timestamp("2024-01-02 15:30", tz="UTC"))
    ('2024-01-02', '2024-01-02 15:30:00+00:00')
    """
    return str(time.date()) if time.tz is None and time == time.normalize() else str(time)
