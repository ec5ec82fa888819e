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

    The fill price is ``p·(1 ± f) ± spread/2`` with f = slippage + volatility_slippage·σ +
    volume_slippage·|q|/volume + impact·σ·√(|q|/volume): above the reference price for a purchase, below it for a
    sale, never below zero where the price itself is positive.

    Parameters
    ----------
    commission
        Fraction of the value traded (0.001 is ten basis points).
    commission_per_unit, commission_fixed, commission_minimum
        Money per unit, per fill, and at least per fill.
    slippage
        Fraction of the price.
    spread
        Whole bid-ask spread in price units, or the name of a field of the bars that has it per bar (negative where
        quotes cross: none is paid then); half of it is paid on each fill.
    volume_slippage
        Slippage, as a fraction of the price, of a fill as large as the bar's whole volume; it grows linearly
        with the share of the volume. A fill in a bar whose volume is missing or zero is rejected
        (``no_volume``).
    volatility_slippage
        Slippage as a share of the volatility of a bar: the standard deviation σ of the symbol's last 20 log returns
        before the bar, nothing as long as there are fewer.
    impact
        Slippage, as a share of the same volatility, of a fill as large as the bar's whole volume; it grows with the
        square root of the share (Tóth et al. 2011, "Anomalous price impact and the critical nature of liquidity in
        financial markets"; about 1 for a day's volume). Needs volume like `volume_slippage`.

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
    spread: float | str = 0.0
    volume_slippage: float = 0.0
    volatility_slippage: float = 0.0
    impact: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                value = value.item()
                object.__setattr__(self, field.name, value)
            if field.name == "spread" and isinstance(value, str):
                continue
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
