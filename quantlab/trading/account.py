"""Whose money it is, what it may do, and when an order meets its price."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np

from quantlab.errors import StrategyError
from quantlab.market.bars import Bars
from quantlab.records import (
    FIXED,
    IMPACT,
    INTEREST_RATE,
    LATENCY,
    LEVERAGE,
    LOAN_RATE,
    MAINTENANCE,
    MINIMUM,
    N_TERMS,
    PARTICIPATION,
    PER_UNIT,
    QUOTED,
    RATE,
    VOLUME_SLIPPAGE,
)
from quantlab.trading.costs import Costs
from quantlab.typing import FloatArray


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """What a symbol's prices and units mean.

    Parameters
    ----------
    multiplier
        Money per unit and point of price: 50 for a future on an index, 100 for an option on shares.
    tick
        Smallest step of price; fills are rounded to it, to the worse side. 0 takes any price.
    lot
        Smallest step of units; a wish is cut towards zero. 0 takes any fraction.
    """

    multiplier: float = 1.0
    tick: float = 0.0
    lot: float = 0.0

    def __post_init__(self) -> None:
        _must_be_number(self, "multiplier", low=0.0, positive=True)
        _must_be_number(self, "tick", low=0.0)
        _must_be_number(self, "lot", low=0.0)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the account allows, and what holding costs and pays.

    Without other terms it is a cash account with leverage 1: nothing is owed, nothing is earned on cash.

    Parameters
    ----------
    leverage
        Largest gross exposure that orders may open, as a multiple of equity: 1 lets an account be fully long,
        fully short, or half and half; the initial margin is its reciprocal. Prices may carry an open position
        beyond it.
    whole_units
        Trade whole units only; a wish is cut towards zero. An instrument's own lot comes first.
    maintenance
        Least equity as a fraction of gross exposure. Below it, at a close, every position is reduced alike until
        gross exposure is leverage × equity again; the orders are of the kind ``margin_call``. 0: never.
    interest_annual, loan_annual
        Simple annual rates (actual/365): earned on cash less the value of shorts, and paid on it where it is negative.
    borrow_annual
        Annual rate on the value of what is sold short, or the name of a field of the bars that has it per symbol.
    shortable
        Units of each symbol that can be borrowed: a number, or the name of a field of the bars. 0 forbids shorts.
    payout
        Name of a field of the bars: money per unit, paid to those who held at the close before the bar and by those
        who were short (a dividend of unadjusted prices, a coupon).
    funding
        Name of a field of the bars: the rate of a perpetual future that falls due in the bar, as a fraction. Those who
        held at the close before pay it on the value there, those who were short receive it; below zero it is the
        other way round.
    instruments
        What prices and units mean, by symbol; the others have multiplier 1 and trade in any step.
    """

    leverage: float = 1.0
    whole_units: bool = False
    maintenance: float = 0.0
    interest_annual: float = 0.0
    loan_annual: float = 0.0
    borrow_annual: float | str = 0.0
    shortable: float | str = math.inf
    payout: str | None = None
    funding: str | None = None
    instruments: Mapping[str, Instrument] = field(default_factory=dict)

    def __post_init__(self) -> None:
        number = isinstance(self.leverage, int | float) and not isinstance(self.leverage, bool)
        if not number or not 0.0 < self.leverage < math.inf:
            raise StrategyError(
                f"Account(leverage={self.leverage!r}): give a positive finite multiple of equity."
            )
        _must_be_number(self, "maintenance", low=0.0)
        if self.maintenance > 1.0 / self.leverage:
            raise StrategyError(
                f"Account(leverage={self.leverage!r}, maintenance={self.maintenance!r}): an account at its leverage "
                f"has equity of 1/leverage = {1.0 / self.leverage:g} of its exposure; maintenance must not be above it."
            )
        _must_be_number(self, "interest_annual", low=-1.0)
        _must_be_number(self, "loan_annual", low=0.0)
        if not isinstance(self.borrow_annual, str):
            _must_be_number(self, "borrow_annual", low=0.0)
        if not isinstance(self.shortable, str):
            _must_be_number(self, "shortable", low=0.0, most=math.inf)
        for symbol, instrument in self.instruments.items():
            if not isinstance(instrument, Instrument):
                raise StrategyError(
                    f"Account(instruments={{{symbol!r}: {instrument!r}}}): give a ql.Instrument(multiplier=…)."
                )

    def __repr__(self) -> str:
        return _given(self)

    @property
    def accrues(self) -> bool:
        """Whether holding costs or pays anything."""
        rates = (self.interest_annual, self.loan_annual, self.borrow_annual)
        return any(rate != 0.0 for rate in rates) or self.payout is not None or self.funding is not None

    def steps(self, symbols: tuple[str, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return multiplier, tick and lot of each symbol, ``(n_symbols,)``."""
        n = len(symbols)
        multiplier, tick, lot = np.ones(n), np.zeros(n), np.full(n, float(self.whole_units))
        for symbol, own in self.instruments.items():
            i = symbols.index(symbol)
            multiplier[i], tick[i], lot[i] = own.multiplier, own.tick, own.lot or lot[i]
        return multiplier, tick, lot


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
        bar and meets the one after it. A target replaces that of its symbol when it reaches the market, before
        anything is filled there (at once where both were decided at one close); until then the earlier one may be
        filled. So a strategy that asks anew until it sees a position trades on its first signal, and what it asked on
        the way trades as well: a weight asked twice is adjusted once more.
    inside
        Finer bars (a minute series under a daily one) that decide what happened inside each bar: which of two prices
        came first, and what followed an entry. They must have the prices of the bars they lie in, like
        ``inside.resample("1D")`` has.
    quotes
        Buy at the ask and sell at the bid: the bars (and `inside`) come from `Bars.from_quotes`. What waits for a
        price watches its own side. Where quotes cross, both sides are their mean.
    """

    fill: Literal["next_open", "same_close"] = "next_open"
    participation: float | None = None
    latency: int = 0
    inside: Bars | None = None
    quotes: bool = False

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
        if self.inside is not None and not isinstance(self.inside, Bars):
            raise StrategyError(
                f"Execution(inside={self.inside!r}): give ql.Bars, finer than those of the run."
            )
        if not isinstance(self.quotes, bool):
            raise StrategyError(f"Execution(quotes={self.quotes!r}): give True or False.")
        if self.fill == "same_close" and (self.participation is not None or self.latency):
            raise StrategyError(
                f"{self!r}: a fill at the very close of the decision knows no volume and no delay; "
                f"use fill='next_open'."
            )

    def __repr__(self) -> str:
        return _given(self)


SAME_CLOSE = "SAME CLOSE: orders fill at the very close they were decided on, which no real order can."


@dataclass(frozen=True)
class Rules:
    """The costs, the account and the execution of a run."""

    costs: Costs
    account: Account
    execution: Execution

    @property
    def same_close(self) -> bool:
        """Whether orders meet the close they were decided on."""
        return self.execution.fill == "same_close"

    @property
    def concern_every_order(self) -> bool:
        """Whether no order is a plain market order: volume, delay or a lender may keep something out of each."""
        own = self.execution
        return own.participation is not None or own.latency > 0 or self.account.shortable != math.inf

    def numbers(self) -> FloatArray:
        """Put the numbers of the rules in the places where the execution kernels read them."""
        terms = np.zeros(N_TERMS)
        costs, account = self.costs, self.account
        terms[RATE] = costs.commission
        terms[PER_UNIT] = costs.commission_per_unit
        terms[FIXED] = costs.commission_fixed
        terms[MINIMUM] = costs.commission_minimum
        terms[VOLUME_SLIPPAGE] = costs.volume_slippage
        terms[IMPACT] = costs.impact
        terms[LEVERAGE] = account.leverage
        terms[MAINTENANCE] = account.maintenance
        terms[INTEREST_RATE] = account.interest_annual
        terms[LOAN_RATE] = account.loan_annual
        terms[PARTICIPATION] = self.execution.participation or 0.0
        terms[LATENCY] = self.execution.latency
        terms[QUOTED] = self.execution.quotes
        return terms


def _must_be_number(
    owner: Any, name: str, *, low: float, most: float = math.nan, positive: bool = False
) -> None:
    value = getattr(owner, name)
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    fits = (
        number and value >= low and (value == most or math.isfinite(value)) and not (positive and value == 0)
    )
    if not fits:
        least = "above zero" if positive else f"of {low:g} or more"
        raise StrategyError(f"{type(owner).__name__}({name}={value!r}): give a finite number {least}.")


def _given(owner: Any) -> str:
    """Print an object as the code that makes it: only what differs from the defaults."""
    plain = type(owner)()
    names = [f.name for f in fields(owner) if getattr(owner, f.name) != getattr(plain, f.name)]
    return f"{type(owner).__name__}({', '.join(f'{name}={_shown(getattr(owner, name))}' for name in names)})"


def _shown(value: Any) -> str:
    """Print a value; bars, which do not fit into a line, by the beginning of their fingerprint."""
    return f"<Bars {value.fingerprint[:12]}>" if isinstance(value, Bars) else repr(value)
