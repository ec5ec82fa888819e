"""Several strategies with one sum of money: who they are, what each may use, whose books are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from quantlab.engine.strategy import Strategy
from quantlab.errors import ForecastError, StrategyError, did_you_mean

BOOKS = ("separate", "netted")
# Shares that add up to this much above one are rounded, not greedy.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Portfolio:
    """Strategies by name, each with a share of the capital; `quantlab.backtest` runs it like a strategy.

    Each strategy decides from books of its own that begin with its share of the cash: what the others do
    changes none of its decisions. The result has them as ``result.parts``, one result a strategy, each to the
    last bit what ``ql.backtest(strategy, bars, cash=share * cash, …)`` gives. Capital that nobody has a share of
    stays as idle cash. Nothing is ever moved between the strategies.

    ``books="separate"``: an account a strategy. Equity, cash and positions of the whole are the sums over the
    accounts and the idle cash; every fill pays its own costs, and idle cash earns no interest. A strategy that is
    ruined stops, and what it ended with (a debt, where equity fell below zero) stays in the sum. The whole is
    ruined, and ends, at the first close where its own equity is zero or below; the accounts that still hold
    something then are shown as they stand.

    ``books="netted"``: one account. The fills of the strategies' own books in one bar and symbol at one reference
    price (before slippage) go to the market as one fill of their sum, a flip as ever as a close and an open.
    What crosses inside costs nothing. The rest fills at the volume-weighted fill price of the larger side and
    pays the commission of `Costs` on its part of what that side traded; as in a single run, delistings and
    the liquidation of a ruined strategy pay none. Interest, borrowing and payouts are those of the netted position
    and of all the cash, from the first bar on which some strategy decides. Not netted: slippage that grows with
    size, `participation`, `leverage`, `maintenance` and `shortable` are those of each strategy's own books, and
    so are its orders. Equity of zero or below at a close ends the run: everything is closed there by fills of no
    order.

    Parameters
    ----------
    strategies
        Strategies by name; one instance may stand under several names.
    shares
        Fraction of the cash that each begins with: positive, 1 together at most. Equal parts of all by default.
    books
        ``"separate"`` or ``"netted"``.

    Raises
    ------
    StrategyError
        No strategies, something else than strategies, or shares that do not fit them.

    Examples
    --------
    >>> import quantlab as ql
    >>> class Hold(ql.Strategy):
    ...     symbol: int = ql.param(default=0, low=0, high=9)
    ...     def on_bar(self, now: ql.Now) -> None:
    ...         now.target_weight(self.symbol, 1.0)
    >>> portfolio = ql.Portfolio({"first": Hold(), "second": Hold(symbol=1)}, shares={"first": 0.5, "second": 0.3})
    >>> portfolio
    Portfolio({'first': Hold(symbol=0), 'second': Hold(symbol=1)}, shares={'first': 0.5, 'second': 0.3})
    >>> bars = ql.read_bars("sample:indices").rows(0, 60)
    >>> result = ql.backtest(portfolio, bars, cash=1000.0)
    >>> {name: part.initial_cash for name, part in result.parts.items()}
    {'first': 500.0, 'second': 300.0}
    """

    strategies: Mapping[str, Strategy]
    shares: Mapping[str, float] | None = field(default=None, kw_only=True)
    books: Literal["separate", "netted"] = field(default="separate", kw_only=True)

    def __post_init__(self) -> None:
        _check_strategies(self.strategies)
        if self.shares is not None:
            _check_shares(self.shares, self.strategies)
            # In the sequence of the strategies, as plain numbers, so that it prints as code.
            shares = {name: float(self.shares[name]) for name in self.strategies}
            object.__setattr__(self, "shares", shares)
        if self.books not in BOOKS:
            raise StrategyError(
                f"Portfolio(books={self.books!r}) is not known. {did_you_mean(str(self.books), BOOKS)}"
            )
        object.__setattr__(self, "strategies", dict(self.strategies))

    def __repr__(self) -> str:
        given = [repr(self.strategies)]
        if self.shares is not None:
            given.append(f"shares={self.shares!r}")
        if self.books != BOOKS[0]:
            given.append(f"books={self.books!r}")
        return f"Portfolio({', '.join(given)})"

    def __hash__(self) -> int:
        return hash((tuple(self.strategies.items()), self.books))

    def share(self, name: str) -> float:
        """Fraction of the cash that the strategy called `name` begins with."""
        return 1.0 / len(self.strategies) if self.shares is None else self.shares[name]


def own_forecasts(portfolio: Portfolio, forecasts: Any) -> Mapping[str, Any]:
    """Return what ``forecasts=`` gives to each strategy, by its name."""
    if forecasts is None:
        return {}
    example = f"forecasts={{{next(iter(portfolio.strategies))!r}: table}}"
    if not isinstance(forecasts, Mapping):
        raise ForecastError(
            f"forecasts= is one {type(forecasts).__name__}, but {portfolio!r} has {len(portfolio.strategies)} "
            f"strategies: say whose it is, {example}."
        )
    for name in forecasts:
        if name not in portfolio.strategies:
            raise ForecastError(
                f"forecasts={{{name!r}: …}}: no strategy of the portfolio is called so. "
                f"{did_you_mean(str(name), portfolio.strategies)} Write {example}."
            )
    return forecasts


def _check_strategies(strategies: object) -> None:
    if not isinstance(strategies, Mapping):
        raise StrategyError(
            f"Portfolio({strategies!r}): give strategies by name, ql.Portfolio({{'trend': SmaCross()}})."
        )
    if not strategies:
        raise StrategyError("Portfolio({}) has no strategies: give one or more by name.")
    for name, strategy in strategies.items():
        if not isinstance(name, str) or not name:
            raise StrategyError(f"Portfolio({{{name!r}: …}}): a strategy's name is a text that is not empty.")
        _check_strategy(name, strategy)


def _check_strategy(name: str, strategy: object) -> None:
    if isinstance(strategy, type) and issubclass(strategy, Strategy):
        raise StrategyError(
            f"Portfolio({{{name!r}: {strategy.__name__}}}): that is a class; give an instance, "
            f"{strategy.__name__}()."
        )
    if not isinstance(strategy, Strategy):
        raise StrategyError(
            f"Portfolio({{{name!r}: {strategy!r}}}): that is no strategy; give an instance of a ql.Strategy."
        )


def _check_shares(shares: object, strategies: Mapping[str, Strategy]) -> None:
    example = "shares={" + ", ".join(f"{name!r}: {1.0 / len(strategies):.2g}" for name in strategies) + "}"
    if not isinstance(shares, Mapping):
        raise StrategyError(f"Portfolio(shares={shares!r}): give a share by name, {example}.")
    for name in shares:
        if name not in strategies:
            raise StrategyError(
                f"Portfolio(shares={{{name!r}: …}}): no strategy is called so. {did_you_mean(str(name), strategies)}"
            )
    for name in strategies:
        if name not in shares:
            raise StrategyError(f"Portfolio(shares={shares!r}) has none for {name!r}: write {example}.")
        _check_share(name, shares[name])
    total = math.fsum(shares.values())
    if total > 1.0 + ROUNDING:
        raise StrategyError(
            f"Portfolio(shares={shares!r}): together they are {total:.15g} of the capital; they must not be above 1."
        )


def _check_share(name: str, share: object) -> None:
    number = isinstance(share, int | float | np.number) and not isinstance(share, bool)
    if not number or not 0.0 < share < math.inf:  # type: ignore[operator]
        raise StrategyError(
            f"Portfolio(shares={{{name!r}: {share!r}}}): give a positive fraction of the capital, a third is 0.33."
        )
