"""What can go wrong, as one tree.

::

    QuantlabError
    ├── DataError        bars or frames that cannot be true, or cannot be read
    ├── StrategyError    a strategy declared or parameterised wrongly
    ├── OrderError       an order that has no meaning (NaN quantity, order in ``on_end``)
    ├── ForecastError    a forecaster, fold or forecast table used wrongly
    ├── CausalityError   something that was computed from the future
    └── ResultError      a stored result that is missing, foreign or damaged

Every message names the value, the place (symbol, timestamp, column, parameter) and the remedy.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_NAMES = 12  # more in one message are not read


class QuantlabError(Exception):
    """Root of every error that quantlab raises on purpose."""


class DataError(QuantlabError, ValueError):
    """Bars or frames that cannot be true, or cannot be read."""


class StrategyError(QuantlabError, ValueError):
    """A strategy declared or parameterised wrongly."""


class OrderError(QuantlabError, ValueError):
    """An order that has no meaning."""


class ForecastError(QuantlabError, ValueError):
    """A forecaster, fold or forecast table used wrongly."""


class CausalityError(QuantlabError, ValueError):
    """Something that was computed from the future."""


class ResultError(QuantlabError, ValueError):
    """A stored result that is missing, foreign or damaged."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Advice for a misspelt `name`: the nearest known one, or the known ones, the first twelve of many.

    >>> did_you_mean("smaa", ["sma", "ema", "rsi"])
    "Did you mean 'sma'?"
    >>> did_you_mean("zzz", ["ema", "sma"])
    'Known: ema, sma.'
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    listed = ", ".join(names[:MOST_NAMES])
    return f"Known: {listed}, … ({len(names)} in all)." if len(names) > MOST_NAMES else f"Known: {listed}."
