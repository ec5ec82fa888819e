"""What a row of the catalogue says: what a declaration may contain, and when the first value comes.

The function of the same name in ``quantlab/features/<family>.py`` computes it.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

WarmUp = Callable[[int, Mapping[str, Any], str | None], int]


@dataclass(frozen=True)
class Setting:
    """A further parameter of a feature: its default, and what may stand there instead.

    Parameters
    ----------
    default
        Value when it is not given.
    accepts
        Whether a value is allowed.
    wants
        The same in words, for the error.
    """

    default: object
    accepts: Callable[[Any], bool]
    wants: str


def is_whole(value: object) -> bool:
    """Whether `value` is a whole number; True and False are not."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def count(default: int, least: int = 1) -> Setting:
    """Count bars: a whole number of them."""
    return Setting(default, lambda v: is_whole(v) and v >= least, f"a whole number of bars, {least} or more")


def flag(default: bool) -> Setting:
    """Take True or False."""
    return Setting(default, lambda v: isinstance(v, bool), "True or False")


def positive(default: float) -> Setting:
    """Take a number above zero."""
    return Setting(
        default, lambda v: isinstance(v, numbers.Real) and 0.0 < float(v) < float("inf"), "a number above 0"
    )


def at_once(lookback: int, settings: Mapping[str, Any], output: str | None) -> int:
    """Need no bars."""
    return 0


@dataclass(frozen=True)
class BuiltIn:
    """One built-in feature.

    Parameters
    ----------
    name
        What `feature` is called with.
    family
        Module of this room that holds its function.
    summary
        One line for people.
    warm_up
        From (lookback, settings, output) to the number of a symbol's own bars before its first value.
    function
        Name of its function where that is not `name`.
    lookback
        Whether `lookback` must, may or cannot be given.
    least
        Smallest lookback that makes sense.
    fields
        Fields that it reads; empty for one that reads the field it is declared `of`.
    outputs
        Names to choose from where it computes several; the first is the default.
    settings
        Further parameters.
    cross_sectional
        Whether it looks across symbols; then its function takes the panel.
    by_row
        Whether it only compares a few bars with each other: then its function takes panels as well as series.
    reads
        What its function is given: bars; their `Outline`, which holds no price; or what an extra field says of
        announced events.
    settles
        Further bars until a recursion has forgotten where it started, to ten digits; 0 for a window, None for a total
        that never forgets.
    known
        Outputs that say it whole to a line or a network, which is what a recipe's `known` reads; all of them when
        empty.
    reference
        Where the definition comes from.
    """

    name: str
    family: str
    summary: str
    warm_up: WarmUp
    function: str = ""
    lookback: Literal["required", "optional", "none"] = "required"
    least: int = 1
    fields: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    cross_sectional: bool = False
    by_row: bool = False
    reads: Literal["bars", "outline", "events"] = "bars"
    settles: WarmUp | None = at_once
    known: tuple[str, ...] = ()
    reference: str = ""

    @property
    def is_ahead(self) -> bool:
        """Whether it speaks of a bar to come."""
        return "ahead" in self.settings
