"""What trading costs: commission and slippage."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from quantlab.errors import StrategyError


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What the broker charges for a fill and by how much its price is worse than expected.

    Commission of one fill of ``q`` units at price ``p`` is
    ``max(commission_minimum, commission·|q|·p + commission_per_unit·|q| + commission_fixed)``. A flip from
    long to short is a close and an open, hence two fills.

    The fill price is ``p·(1 ± (slippage + volume_slippage·|q|/volume)) ± spread/2``: above the reference
    price for a purchase, below it for a sale, never below zero where the price itself is positive.

    Parameters
    ----------
    commission
        Fraction of the value traded (0.001 is ten basis points).
    commission_per_unit, commission_fixed, commission_minimum
        Money per unit, per fill, and at least per fill.
    slippage
        Fraction of the price.
    spread
        Whole bid-ask spread in price units; half of it is paid on each fill.
    volume_slippage
        Slippage, as a fraction of the price, of a fill as large as the bar's whole volume; it grows linearly
        with the share of the volume. A fill in a bar whose volume is missing or zero is rejected
        (``no_volume``).

    Examples
    --------
    >>> Costs(commission=0.001)
    Costs(commission=0.001)
    """

    commission: float = 0.0
    commission_per_unit: float = 0.0
    commission_fixed: float = 0.0
    commission_minimum: float = 0.0
    slippage: float = 0.0
    spread: float = 0.0
    volume_slippage: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                value = value.item()
                object.__setattr__(self, field.name, value)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < math.inf:
                raise StrategyError(f"Costs({field.name}={value!r}): give a finite number of zero or more.")
        for name in ("commission", "slippage"):
            if getattr(self, name) >= 1.0:
                raise StrategyError(
                    f"Costs({name}={getattr(self, name)!r}) takes the whole trade: it is a fraction, so 0.1% is 0.001."
                )

    def __repr__(self) -> str:
        given = (f for f in fields(self) if getattr(self, f.name) != f.default)
        return f"Costs({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in given)})"
