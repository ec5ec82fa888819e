"""How a run can be made again: its strategy, its bars and its settings, as plain values."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from quantlab.engine.as_code import read_code
from quantlab.engine.own_files import import_file
from quantlab.engine.portfolio import Portfolio
from quantlab.engine.strategy import Strategy
from quantlab.errors import ResultError, StrategyError, did_you_mean
from quantlab.forecasting.folds import WalkForward
from quantlab.market.bars import Bars
from quantlab.market.reading import Reading, still_at
from quantlab.trading.account import Account, Execution, Instrument
from quantlab.trading.costs import Costs

# What settings print as, and are read back from.
WORDS = {
    "Account": Account, "Costs": Costs, "Execution": Execution, "Instrument": Instrument, "WalkForward": WalkForward,
    "np.float64": float, "np.int64": int,
}  # fmt: skip
CODED = ("costs", "account", "execution", "folds")


def recipe_of(
    strategy: Strategy | Portfolio, bars: Bars, forecasts: object, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe a run so that `remade` can make its parts again, or say why it cannot.

    Parameters
    ----------
    strategy, bars, forecasts
        As `backtest` was given them.
    settings
        Its other arguments by name.

    Returns
    -------
    dict
        ``strategy``, ``bars``, ``settings``, ``rerunnable`` and ``why_not``: plain values, sentences in the last.
    """
    reasons = [*_about_strategy(strategy), *_about_bars(bars), *_about_settings(settings)]
    if forecasts is not None:
        reasons.append("its forecasts were given as tables: let the strategy declare them, ql.forecast(…).")
    return {
        "strategy": _strategy(strategy),
        "bars": None
        if bars.reading is None
        else {**vars(bars.reading), "steps": [*map(list, bars.reading.steps)]},
        "settings": {name: _told(name, value) for name, value in settings.items()},
        "rerunnable": not reasons,
        "why_not": reasons,
    }


def remade(recipe: Mapping[str, Any]) -> tuple[Strategy | Portfolio, Bars, dict[str, Any]]:
    """Return the strategy, the bars and the settings that a recipe describes, from what is there today.

    Raises
    ------
    ResultError, StrategyError, DataError
        A recipe that cannot be followed, a file that is gone, a class or a parameter that it no longer has.
    """
    if not recipe["rerunnable"]:
        raise ResultError("the run cannot be made again: " + " ".join(recipe["why_not"]))
    reading = recipe["bars"]
    bars = Reading(**{**reading, "steps": tuple(map(tuple, reading["steps"]))}).again()
    settings = {
        name: read_code(value, WORDS) if name in CODED else value
        for name, value in recipe["settings"].items()
    }
    return _remade_strategy(recipe["strategy"]), bars, settings


def source_files(recipe: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Name and hash of the file that a strategy is written in, by its name in the portfolio; alone it has none."""
    strategy = recipe["strategy"]
    parts = strategy.get("portfolio", {"": strategy})
    return {
        name: (Path(part["file"]["path"]).name, part["file"]["sha256"])
        for name, part in parts.items()
        if part["file"]
    }


def _strategy(strategy: Strategy | Portfolio) -> dict[str, Any]:
    if isinstance(strategy, Portfolio):
        parts = {name: _strategy(each) for name, each in strategy.strategies.items()}
        return {"portfolio": parts, "shares": strategy.shares, "books": strategy.books}
    kind = type(strategy)
    file = _source(kind)
    return {
        "class": kind.__qualname__,
        "package": getattr(sys.modules.get(kind.__module__), "__package__", None) or "",
        "file": None if file is None else _file(file),
        "params": {
            name: value if _is_plain(value) else repr(value) for name, value in strategy.params.items()
        },
    }


def _remade_strategy(told: Mapping[str, Any]) -> Strategy | Portfolio:
    if "portfolio" in told:
        parts = {name: _remade_strategy(each) for name, each in told["portfolio"].items()}
        return Portfolio(parts, shares=told["shares"], books=told["books"])  # type: ignore[arg-type]
    path = Path(still_at(told["file"]["path"], told["file"]["place"]))
    if not path.is_file():
        raise StrategyError(f"{path}, which has {told['class']}, does not exist any more.")
    try:
        module = import_file(path, told["package"])
    except (Exception, SystemExit) as error:
        raise StrategyError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    kind = getattr(module, told["class"], None)
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        raise StrategyError(
            f"{path} has no strategy {told['class']!r} any more. {did_you_mean(told['class'], vars(module))}"
        )
    return kind(**told["params"])


def _source(kind: type) -> Path | None:
    """Return the file that a class is defined in, where there is one."""
    name = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return Path(name).absolute() if name is not None and Path(name).is_file() else None


def _file(path: Path) -> dict[str, str]:
    """Describe a source file: from the working directory, from anywhere, and what is in it."""
    here = Path.cwd()
    given = path.relative_to(here) if path.is_relative_to(here) else path
    return {"path": str(given), "place": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _told(name: str, value: Any) -> Any:
    if name in CODED:
        return repr(value)
    if name == "benchmark" and not isinstance(value, str | None):
        return f"a {type(value).__name__}"
    value = value.item() if isinstance(value, np.generic) else value
    return value if value is None or _is_plain(value) else str(value)


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))


def _about_strategy(strategy: Strategy | Portfolio) -> Iterator[str]:
    """Say what keeps a strategy from being made again out of its file and its parameters."""
    if isinstance(strategy, Portfolio):
        for each in strategy.strategies.values():
            yield from _about_strategy(each)
        return
    kind = type(strategy)
    if kind.__init__ is not Strategy.__init__ or not all(map(_is_plain, strategy.params.values())):
        yield f"{strategy!r} is made of more than numbers and words."
    elif kind.__module__ == "__main__" or _source(kind) is None:
        yield f"{kind.__name__} is defined in a notebook or in the script that ran: give it a file of its own."
    elif getattr(sys.modules[kind.__module__], kind.__qualname__, None) is not kind:
        yield f"{kind.__name__} is defined inside a function, or was replaced: define it at the top of its file."


def _about_bars(bars: Bars) -> Iterator[str]:
    if bars.reading is None:
        yield (
            "its bars were not read from a place with a name (but from a frame, arrays or quotes, or from an address "
            "that asks or logs in), or were changed afterwards."
        )


def _about_settings(settings: Mapping[str, Any]) -> Iterator[str]:
    for name in CODED:
        try:
            same = read_code(repr(settings[name]), WORDS) == settings[name]
        except ValueError:
            same = False
        if not same:
            yield f"{name}={settings[name]!r} holds more than numbers and words."
    if not isinstance(settings["benchmark"], str | None):
        yield "its benchmark is no symbol of the bars."
