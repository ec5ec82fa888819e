"""Whose money it is, and when an order meets its price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quantlab.errors import StrategyError
from quantlab.records import (
    FIXED,
    HALF_SPREAD,
    LEVERAGE,
    MINIMUM,
    N_TERMS,
    PER_UNIT,
    RATE,
    SLIPPAGE,
    VOLUME_SLIPPAGE,
    WHOLE_UNITS,
)
from quantlab.trading.costs import Costs
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the account allows.

    Parameters
    ----------
    leverage
        Largest gross exposure that orders may open, as a multiple of equity: 1 lets an account be fully long,
        fully short, or half and half. Prices may carry an open position beyond it.
    whole_units
        Trade whole units only; a wish is cut towards zero.
    """

    leverage: float = 1.0
    whole_units: bool = False

    def __post_init__(self) -> None:
        number = isinstance(self.leverage, int | float) and not isinstance(self.leverage, bool)
        if not number or not 0.0 < self.leverage < math.inf:
            raise StrategyError(
                f"Account(leverage={self.leverage!r}): give a positive finite multiple of equity."
            )


SAME_CLOSE = "SAME CLOSE: orders fill at the very close they were decided on, which no real order can."


@dataclass(frozen=True, kw_only=True)
class Execution:
    """When an order decided at the close of a bar meets its price.

    ``"next_open"`` fills from the open of the symbol's next bar. ``"same_close"`` fills at the very close the
    decision was made on, which no real order can be sure of; every print and report says so.
    """

    fill: Literal["next_open", "same_close"] = "next_open"

    def __post_init__(self) -> None:
        if self.fill not in ("next_open", "same_close"):
            raise StrategyError(
                f"Execution(fill={self.fill!r}) is not known: use 'next_open' or 'same_close'."
            )


def terms_of(costs: Costs, account: Account) -> FloatArray:
    """Put the numbers of `costs` and `account` in the places where the execution kernels read them."""
    terms = np.zeros(N_TERMS)
    terms[RATE] = costs.commission
    terms[PER_UNIT] = costs.commission_per_unit
    terms[FIXED] = costs.commission_fixed
    terms[MINIMUM] = costs.commission_minimum
    terms[SLIPPAGE] = costs.slippage
    terms[HALF_SPREAD] = 0.5 * costs.spread
    terms[VOLUME_SLIPPAGE] = costs.volume_slippage
    terms[LEVERAGE] = account.leverage
    terms[WHOLE_UNITS] = float(account.whole_units)
    return terms
