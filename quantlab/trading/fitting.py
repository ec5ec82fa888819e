"""Whether the rules of a run fit its bars; found out before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantlab.errors import DataError, StrategyError, did_you_mean
from quantlab.trading.account import Account, Execution, Rules
from quantlab.trading.inside import must_agree
from quantlab.trading.quotes import must_have_quotes

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


def must_fit(rules: Rules, bars: Bars) -> None:
    """Refuse rules that name fields or symbols which the bars do not have, or finer bars that tell another story.

    Raises
    ------
    DataError
        Naming what is missing, or where two prices differ.
    StrategyError
        If a spread is given beside quotes.
    """
    _account_must_fit(rules.account, bars)
    _execution_must_fit(rules.execution, bars)
    if rules.execution.quotes and rules.costs.spread:
        raise StrategyError(
            f"Execution(quotes=True) and Costs(spread={rules.costs.spread!r}) exclude each other: "
            f"quotes are the spread."
        )


def _execution_must_fit(execution: Execution, bars: Bars) -> None:
    inside = execution.inside
    if execution.quotes:
        must_have_quotes(bars)
        if inside is not None:
            must_have_quotes(inside)
    if inside is not None:
        for side in ("bid_", "ask_") if execution.quotes else ("",):
            must_agree(inside, bars, side)


def _account_must_fit(account: Account, bars: Bars) -> None:
    for name in ("borrow_annual", "shortable", "payout", "funding"):
        value = getattr(account, name)
        if isinstance(value, str) and value not in bars.fields:
            raise DataError(
                f"Account({name}={value!r}): the bars have no such field. {did_you_mean(value, bars.fields)}"
            )
    for symbol in account.instruments:
        if symbol not in bars.symbols:
            raise DataError(
                f"Account(instruments=…) names {symbol!r}, which the bars do not have. "
                f"{did_you_mean(symbol, bars.symbols)}"
            )
