"""Where days, weeks, months, quarters and years of sessions begin."""

from __future__ import annotations

import numpy as np

from quantlab.errors import StrategyError, did_you_mean
from quantlab.kernels.places import PERIODS
from quantlab.typing import BoolArray, IntArray


def period_starts(sessions: IntArray, period: str) -> BoolArray:
    """Rows whose session lies in another period than the row before; the first row starts every period."""
    if period not in PERIODS:
        raise StrategyError(f"now.is_new({period!r}) is not a period. {did_you_mean(str(period), PERIODS)}")
    days = sessions.astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64)
    number = {
        "day": sessions,
        "week": (sessions + 3) // 7,  # 1970-01-01 was a Thursday; weeks begin on Monday
        "month": months,
        "quarter": months // 3,
        "year": months // 12,
    }[period]
    return np.concatenate([[True], number[1:] != number[:-1]])
