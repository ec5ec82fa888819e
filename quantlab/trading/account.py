"""Whose money it is, and when an order meets its price."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from quantlab.errors import StrategyError
from quantlab.records import (
    FIXED,
    HALF_SPREAD,
    LATENCY,
    LEVERAGE,
    MINIMUM,
    N_TERMS,
    PARTICIPATION,
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
    decision was made on, which no real order can be sure of; every print and report says so. Orders that wait for a
    price begin with the next bar in either case.

    Parameters
    ----------
    fill
        ``"next_open"`` or ``"same_close"``.
    participation
        Largest share of a bar's volume that the fills of a symbol may take; what is left of an order rests. Without
        it volume does not matter.
    latency
        Whole bars that pass before an order reaches the market: 1 means that one decided at a close misses the next
        bar and meets the one after it.
    """

    fill: Literal["next_open", "same_close"] = "next_open"
    participation: float | None = None
    latency: int = 0

    def __post_init__(self) -> None:
        if self.fill not in ("next_open", "same_close"):
            raise StrategyError(
                f"Execution(fill={self.fill!r}) is not known: use 'next_open' or 'same_close'."
            )
        if self.participation is not None and not 0.0 < self.participation <= 1.0:
            raise StrategyError(
                f"Execution(participation={self.participation!r}): give a share of the volume, 10% is 0.1."
            )
        if isinstance(self.latency, bool) or not isinstance(self.latency, int) or self.latency < 0:
            raise StrategyError(f"Execution(latency={self.latency!r}): give a whole number of bars, from 0.")
        if self.fill == "same_close" and (self.participation is not None or self.latency):
            raise StrategyError(
                f"{self!r}: a fill at the very close of the decision knows no volume and no delay; "
                f"use fill='next_open'."
            )

    def __repr__(self) -> str:
        given = (f for f in fields(self) if getattr(self, f.name) != f.default)
        return f"Execution({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in given)})"


def terms_of(costs: Costs, account: Account, execution: Execution) -> FloatArray:
    """Put the numbers of `costs`, `account` and `execution` in the places where the execution kernels read them."""
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
    terms[PARTICIPATION] = execution.participation or 0.0
    terms[LATENCY] = execution.latency
    return terms
