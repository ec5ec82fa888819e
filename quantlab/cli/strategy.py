"""A strategy as the command line names it: a class in a file, and its parameters as text; or a portfolio."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quantlab.cli.loading import Loaded, load
from quantlab.cli.names import snake_case
from quantlab.engine.portfolio import Portfolio
from quantlab.engine.strategy import Strategy
from quantlab.errors import StrategyError

_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def load_strategy(spec: str, params: Sequence[str]) -> Strategy:
    """Return the strategy that `spec` names with ``name=value`` parameters.

    Raises
    ------
    StrategyError
        A file, class, parameter or value that does not exist or does not fit.
    """
    return _made(load(spec), params)


def load_backtestable(spec: str, params: Sequence[str]) -> Strategy | Portfolio:
    """Return what `spec` names for a backtest: a strategy, as `load_strategy`, or a portfolio made in the file.

    A file without a name after it means its portfolio where it defines no strategy and one portfolio.

    Raises
    ------
    StrategyError
        As `load_strategy`; or parameters for a portfolio, whose strategies have their own.
    """
    loaded = load(spec)
    portfolio = _portfolio(loaded)
    if portfolio is None:
        return _made(loaded, params)
    if params:
        raise StrategyError(
            f"--param {params[0]}: {loaded.place} gives a portfolio, whose strategies have their parameters "
            f"in the file: write them there."
        )
    return portfolio


def _made(loaded: Loaded, params: Sequence[str]) -> Strategy:
    kind = _strategy_class(loaded)
    return kind(**_values(kind, params))


def _portfolio(loaded: Loaded) -> Portfolio | None:
    """Return the portfolio asked for, or the only one of a file without strategies of its own; else None."""
    if loaded.name is not None:
        found = loaded.named(loaded.name)
        return found if isinstance(found, Portfolio) else None
    if loaded.own(_is_strategy_class):
        return None
    portfolios: Mapping[str, Any] = loaded.own(lambda value: isinstance(value, Portfolio))
    return next(iter(portfolios.values())) if len(portfolios) == 1 else None


def _is_strategy_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Strategy)


def _strategy_class(loaded: Loaded) -> type[Strategy]:
    """Return the class asked for, else the only one of the file, else the one that the file is named for."""
    if loaded.name is not None:
        found = loaded.named(loaded.name)
        if isinstance(found, Portfolio):
            raise StrategyError(
                f"{loaded.place}:{loaded.name} is a portfolio, which only `quantlab backtest` runs: name a strategy."
            )
        if not _is_strategy_class(found):
            raise StrategyError(f"{loaded.place}:{loaded.name} is no strategy class: it is {found!r}.")
        return found  # type: ignore[return-value]
    own: Mapping[str, Any] = loaded.own(_is_strategy_class)
    if len(own) == 1:
        return next(iter(own.values()))  # type: ignore[no-any-return]
    for name, kind in own.items():
        if snake_case(name) == loaded.stem:
            return kind  # type: ignore[no-any-return]
    if not own:
        raise StrategyError(f"{loaded.place} defines no strategy: write a class that subclasses ql.Strategy.")
    names = ", ".join(own)
    raise StrategyError(
        f"{loaded.place} defines several strategies ({names}): name one, {loaded.place}:NAME."
    )


def _values(kind: type[Strategy], params: Sequence[str]) -> dict[str, Any]:
    defaults = kind().params
    values: dict[str, Any] = {}
    for given in params:
        name, sign, text = given.partition("=")
        name = name.strip()
        if not sign or not name:
            raise StrategyError(f"--param {given!r} is not NAME=VALUE, such as --param fast=20.")
        if name in values:
            raise StrategyError(f"--param {name} is given twice: {values[name]!r} and {text!r}.")
        known = name in defaults
        values[name] = read_value("--param", name, text.strip(), type(defaults[name])) if known else text
    return values


def read_value(option: str, name: str, text: str, kind: type) -> Any:
    """Read a value by the declared type of its parameter; a StrategyError names the `option` it was given to."""
    readers: Mapping[type, Callable[[str], Any]] = {
        int: int,
        float: float,
        bool: lambda word: _BOOLS[word.lower()],
    }
    try:
        return readers.get(kind, str)(text)
    except (ValueError, KeyError) as error:
        words = "true or false" if kind is bool else "a whole number" if kind is int else "a number"
        raise StrategyError(f"{option} {name}={text}: {name} is {words}.") from error
