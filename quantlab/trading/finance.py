"""What holding costs and pays, as the kernels read it: from an account and the fields of its bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantlab.errors import DataError
from quantlab.kernels.books import Finance
from quantlab.trading.account import Account
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars

NS_PER_YEAR = 365 * 86_400_000_000_000  # actual/365


def finance_of(account: Account, bars: Bars) -> Finance:
    """Return the terms of holding for every bar.

    Raises
    ------
    DataError
        If a rate or a number of units that can be borrowed is negative or missing where its symbol has a bar.
    """
    # Read by accounts alone for which holding costs or pays something.
    years = np.diff(bars.time_ns, prepend=bars.time_ns[:1]) / NS_PER_YEAR if account.accrues else np.zeros(1)
    return Finance(
        years,
        _panel(account.borrow_annual, "borrow_annual", bars),
        _panel(account.shortable, "shortable", bars),
        _field(account.payout, bars),
        _field(account.funding, bars),
    )


def _field(name: str | None, bars: Bars) -> FloatArray:
    return np.zeros((1, bars.n_symbols)) if name is None else bars[name]


def _panel(value: float | str, name: str, bars: Bars) -> FloatArray:
    if not isinstance(value, str):
        return np.full((1, bars.n_symbols), float(value))
    panel: FloatArray = np.ascontiguousarray(bars[value])
    wrong = np.argwhere(bars.present & ~(panel >= 0.0))
    if len(wrong):
        t, i = wrong[0]
        raise DataError(
            f"field {value!r} ({name}) of {bars.symbols[i]} is {panel[t, i]!r} at {bars.time[t]}: "
            f"give a number of zero or more wherever the symbol has a bar."
        )
    # Where a symbol has no bar, what was last known holds.
    rows = np.maximum.accumulate(np.where(np.isnan(panel), 0, np.arange(len(panel))[:, None]), axis=0)
    return np.nan_to_num(np.take_along_axis(panel, rows, axis=0))
