"""The space of a sweep as the command line names it: ``fast=5:50:5``, ``slow=50,100``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from quantlab.cli.strategy import read_value
from quantlab.engine.param import Param, param
from quantlab.engine.strategy import Strategy
from quantlab.errors import StrategyError, did_you_mean

MOST_STEPS = 100_000


def read_space(base: Strategy, given: Sequence[str]) -> dict[str, Any] | None:
    """Read ``NAME=VALUES`` texts as `quantlab.sweep` takes ``over``; None when there are none.

    Values are separated by commas. ``LOW:HIGH:STEP`` counts from LOW up to HIGH, which is included when a step
    meets it; ``LOW:HIGH`` is a range for random draws, or every whole number in it.

    Raises
    ------
    StrategyError
        A parameter that does not exist, or values that cannot be read.
    """
    declared = type(base)._params
    space: dict[str, Any] = {}
    for text in given:
        name, sign, values = (part.strip() for part in text.partition("="))
        if not (sign and name and values):
            raise StrategyError(
                f"--over {text!r} is not NAME=VALUES, such as --over fast=5:50:5 or fast=5,10."
            )
        if name not in declared:
            raise StrategyError(
                f"{type(base).__name__} has no parameter {name!r}. {did_you_mean(name, declared)}"
            )
        if name in space:
            raise StrategyError(f"--over {name} is given twice: put all values into one, {name}=5,10.")
        space[name] = _values(declared[name], values)
    return space or None


def _values(declared: Param, text: str) -> Any:
    kind = type(declared.default)
    if ":" not in text or kind in (str, bool):
        return [read_value("--over", declared.name, part.strip(), kind) for part in text.split(",")]
    parts = [read_value("--over", declared.name, part.strip(), kind) for part in text.split(":")]
    if len(parts) == 2:
        low, high = parts
        return param(default=low, low=low, high=high)
    if len(parts) != 3 or not parts[2] > 0 or not parts[0] <= parts[1]:
        raise StrategyError(
            f"--over {declared.name}={text}: give LOW:HIGH:STEP, as 5:50:5, with a step above 0."
        )
    low, high, step = parts
    n = math.floor((high - low) / step + 1e-9)  # 0.1 + 0.1 + 0.1 must not miss 0.3
    if n > MOST_STEPS:
        raise StrategyError(f"--over {declared.name}={text} has {n + 1:,} values: take a larger step.")
    return (
        [low + k * step for k in range(n + 1)]
        if kind is int
        else [min(low + k * step, high) for k in range(n + 1)]
    )
