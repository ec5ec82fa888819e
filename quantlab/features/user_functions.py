"""Features computed by a user's function: checked for shape, then for looking ahead.

A function sees all bars at once, so nothing but a test keeps it from the future. It is run again on bars that
end earlier, at three places, and every value up to there must be the same to the last bit. What passes may
still look ahead in cases that the three places do not meet; `quantlab.check` replays whole strategies for
that.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from quantlab.errors import CausalityError, StrategyError
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.features.features import Feature
    from quantlab.market.bars import Bars

# Function → {(its code, parameters, bars): why it could not be checked, or None}, for this process. An edited
# function in a notebook is a new object, and its code is part of the key for those who replace it in place.
_VERDICTS: weakref.WeakKeyDictionary[Any, dict[Hashable, str | None]] = weakref.WeakKeyDictionary()


def compute_function(feature: Feature, bars: Bars, *, tested: bool = True) -> tuple[FloatArray, str | None]:
    """Values of a function's feature, and why it was not checked, or None; `tested` as in `compute_input`.

    Raises
    ------
    StrategyError
        If the function does not return numbers of shape (n_bars, n_symbols).
    CausalityError
        If a value changes when later bars are taken away.
    """
    values = _run(feature, bars)
    return values, _remembered(feature, bars, values) if tested else None


def _run(feature: Feature, bars: Bars) -> FloatArray:
    function = cast("Any", feature.source)
    answer = np.asarray(function(bars, feature.lookback, **dict(feature.params)))
    shape = (bars.n_bars, bars.n_symbols)
    if answer.shape != shape or answer.dtype.kind not in "fiub":
        raise StrategyError(
            f"{feature!r} returned shape {answer.shape} of {answer.dtype}; return numbers of shape "
            f"(n_bars, n_symbols) = {shape}."
        )
    return np.where(bars.present, answer.astype(np.float64), np.nan)


def _remembered(feature: Feature, bars: Bars, values: FloatArray) -> str | None:
    function = feature.source
    if not hasattr(function, "__code__") or hasattr(function, "__self__"):
        return _verdict(feature, bars, values)  # a method or an object may change inside: ask every time
    key = (function.__code__, feature.lookback, feature.params, bars.fingerprint)
    verdicts = _VERDICTS.setdefault(function, {})
    if key not in verdicts:
        verdicts[key] = _verdict(feature, bars, values)
    return verdicts[key]


def _verdict(feature: Feature, bars: Bars, values: FloatArray) -> str | None:
    cuts = _cuts(values)
    if not cuts:
        return f"{feature.name} has too few values over {bars.n_bars} bars to compare."
    for stop in cuts:
        try:
            earlier = _run(feature, bars.rows(0, stop))
        except Exception as error:
            return f"{feature.name} raised {type(error).__name__} on the first {stop} bars: {error}"
        _demand_same(feature, bars, values[:stop], earlier)
    return None


def _cuts(values: FloatArray) -> list[int]:
    """Three places that split the rows from the first value to the last in four; none if there is no room."""
    rows = np.flatnonzero(~np.isnan(values).all(axis=1))
    if rows.size == 0 or rows[-1] - rows[0] < 4:
        return []
    return [int(rows[0] + (rows[-1] - rows[0]) * quarter // 4) + 1 for quarter in (1, 2, 3)]


def _demand_same(feature: Feature, bars: Bars, whole: FloatArray, cut: FloatArray) -> None:
    differs = (whole != cut) & ~(np.isnan(whole) & np.isnan(cut))
    if not differs.any():
        return
    row, column = np.argwhere(differs)[0]
    raise CausalityError(
        f"{feature!r} depends on later bars: at bar {row} ({bars.time[row]}), symbol "
        f"{bars.symbols[column]!r}, it is {whole[row, column]} with all {bars.n_bars} bars but "
        f"{cut[row, column]} when the bars end at bar {len(cut) - 1}. Use only rows up to the one that is "
        "written (no shift(-1), no mean over all rows, no interpolation, no random numbers)."
    )
