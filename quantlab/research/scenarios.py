"""What a scenario changes: the bars of a run, its costs, or when its orders are filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from quantlab.engine.result import Result
from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.research.crises import crisis_named
from quantlab.research.replays import DIGITS, replayed
from quantlab.research.shocks import price_shock, volatility_shock
from quantlab.trading.account import Execution
from quantlab.trading.costs import Costs


class Terms(NamedTuple):
    """What a run meets, and a sentence about it where one is needed."""

    bars: Bars
    costs: Costs
    execution: Execution
    note: str = ""


# Raises a QuantlabError where it cannot be.
Scenario = Callable[[Terms], Terms]


def dearer(times: float) -> Scenario:
    """Multiply every cost."""

    def change(terms: Terms) -> Terms:
        costs = terms.costs
        if isinstance(costs.spread, str):
            raise DataError(
                f"the spread is the field {costs.spread!r} of the bars: give it as a number, or bars with a wider one."
            )
        scaled = {field.name: getattr(costs, field.name) * times for field in fields(costs)}
        return terms._replace(costs=replace(costs, **scaled))

    return change


def later(n_bars: int) -> Scenario:
    """Fill so many bars later; the next open is one bar later than the same close."""

    def change(terms: Terms) -> Terms:
        when = terms.execution
        if n_bars < 1:
            raise DataError(f"delays: {n_bars} bars is no delay; give 1 or more.")
        if when.fill == "same_close":
            return terms._replace(execution=replace(when, fill="next_open", latency=n_bars - 1))
        return terms._replace(execution=replace(when, latency=when.latency + n_bars))

    return change


def moved(size: float, base: Result) -> Scenario:
    """Move all prices by a fraction before the bar after that with the largest net exposure of the run `base`."""

    def change(terms: Terms) -> Terms:
        bars = _shockable(terms)
        exposure = np.abs(base.figures.net_exposure[:-1]).round(DIGITS)  # the bar after it is one of the run
        if not exposure.any():
            raise DataError("the run holds nothing before its last bar.")
        return terms._replace(
            bars=price_shock(bars, _first_row(base, bars) + int(exposure.argmax()) + 1, size)
        )

    return change


def wilder(times: float) -> Scenario:
    """Multiply every symbol's swings."""

    def change(terms: Terms) -> Terms:
        return terms._replace(bars=volatility_shock(_shockable(terms), times))

    return change


def through(crisis: str, index: pd.Series, base: Result) -> Scenario:
    """Put a crisis of an index among the bars, where the net exposure of the run `base` was the largest."""
    found = crisis_named(crisis)

    def change(terms: Terms) -> Terms:
        bars = _shockable(terms)
        replay = replayed(bars, found, index, base.figures.net_exposure, _first_row(base, bars))
        return terms._replace(bars=replay.bars, note=replay.note)

    return change


def _shockable(terms: Terms) -> Bars:
    if terms.execution.inside is not None or terms.execution.quotes:
        raise DataError("finer bars and quotes would have to be shocked alike: run it without them.")
    return terms.bars


def _first_row(base: Result, bars: Bars) -> int:
    return int(bars.time.get_indexer(base.equity.index[:1])[0])
