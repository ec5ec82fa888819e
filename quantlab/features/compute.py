"""From a declared built-in to its values: find the function, run it on each symbol's own bars.

Those whose future is known are not given any bars.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from quantlab.features.catalogue import BuiltIn
from quantlab.features.own_bars import OwnBars, by_symbol
from quantlab.market.outline import Outline
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


def function_of(row: BuiltIn) -> Callable[..., Any]:
    """Import the function that computes a built-in; this is where its family, and with it Numba, comes in."""
    family = import_module(f"quantlab.features.{row.family}")
    return cast("Callable[..., Any]", getattr(family, row.function or row.name))


def compute_built_in(
    row: BuiltIn, bars: Bars, of: str, lookback: int | None, output: str | None, settings: Mapping[str, Any]
) -> FloatArray:
    """Values of a built-in, (n_bars, n_symbols), NaN on absent rows and before the warm-up is over."""
    function = function_of(row)
    arguments = dict(settings) if row.lookback == "none" else {"lookback": lookback, **settings}
    # NaN and 0/0 are answers here (no value), not accidents.
    with np.errstate(all="ignore"):
        if row.reads != "bars":
            return _without_prices(row, bars, of, output, settings)
        if row.cross_sectional:
            return cast("FloatArray", function(bars, of, **arguments))

        def one(own: OwnBars) -> FloatArray:
            answer = function(own, **arguments)
            return cast("FloatArray", answer[output] if row.outputs else answer)

        return by_symbol(bars, of, one, at_once=row.by_row)


def _without_prices(
    row: BuiltIn, bars: Bars, of: str, output: str | None, settings: Mapping[str, Any]
) -> FloatArray:
    """Values of a built-in that is given an outline of the bars, or the fields of announced events."""
    given = (Outline.of(bars),) if row.reads == "outline" else (bars[of], bars[f"{of}_value"])
    return np.where(bars.present, function_of(row)(*given, output, **settings), np.nan)
