"""Other futures: what is known up to a cut, and something else after it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from quantlab.market.bars import Bars
from quantlab.typing import FloatArray

# A replaced future moves against the real one, twice as far, on top of noise of the usual size: what foresaw
# the real one, its sign, its rank or its size, is wrong about this one.
AGAINST = -2.0
# Logarithm of the largest price move: a real price never gets there, and exp does not overflow.
FARTHEST = 30.0
LARGEST = 10_000  # entries of a list or dict that are looked into for series


@dataclass(frozen=True)
class Change:
    """What becomes of `bars` after row `cut`: other plausible bars in rows before `stop`, none from there.

    Prices are the real ones mirrored at the close of `cut`, in logarithms where a symbol's prices are
    positive, so that what was highest becomes lowest and bars stay bars; volumes and extra fields are the
    real ones in reverse, times noise. What is absent stays absent.
    """

    bars: Bars
    cut: int
    stop: int

    @property
    def kind(self) -> str:
        """``"removed"`` or ``"replaced"``."""
        return "removed" if self.stop == self.cut + 1 else "replaced"

    def apply(self, rng: np.random.Generator) -> Bars:
        """Return the changed bars."""
        known, cut = self.bars.rows(0, self.stop), self.cut
        if self.kind == "removed":
            return known
        sources = np.stack([known.open, known.low, known.high, known.close])
        later = dict(
            zip(("open", "high", "low", "close"), _mirrored(sources, known.mark, cut, rng), strict=True)
        )
        for name in ("volume", *known.fields):
            reverse = known[name][cut + 1 :][::-1]
            later[name] = reverse * np.exp(0.5 * rng.standard_normal(reverse.shape))
        return known.with_arrays(**{name: _spliced(known[name], cut, panel) for name, panel in later.items()})


def has_time(value: Any, bars: Bars) -> bool:
    """Tell whether `value` has a row, or a number, for each bar or time, or is a container of such."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return isinstance(value.index, pd.DatetimeIndex) or len(value) == bars.n_bars
    if isinstance(value, np.ndarray):
        return value.ndim > 0 and len(value) == bars.n_bars
    if isinstance(value, dict | list | tuple):
        if _by_time(value, bars) is not None:
            return True
        parts = value.values() if isinstance(value, dict) else value
        return len(value) <= LARGEST and any(has_time(each, bars) for each in parts)
    return isinstance(value, Bars)


def with_other_future(value: Any, change: Change, rng: np.random.Generator) -> Any:
    """Return `value` with the future that `change` makes; itself where it has no time."""
    if not has_time(value, change.bars):
        return value
    if isinstance(value, dict | list | tuple):
        return _other_container(value, change, rng)
    row, stop = _rows(value, change)
    if isinstance(value, Bars):
        return Change(value, row, stop).apply(rng)
    if isinstance(value, np.ndarray):
        return _other_array(value[:stop], row, rng)
    if isinstance(value, pd.Series):
        changed = _other_frame(value.to_frame(), row, stop, rng).iloc[:, 0]
        changed.name = value.name
        return changed
    return _other_frame(value, row, stop, rng)


def _by_time(value: Any, bars: Bars) -> pd.Series | None:
    """Make a series of a dict or list that holds a number for each bar or time, None of any other."""
    keys: Any = pd.RangeIndex(len(value))
    if isinstance(value, dict) and value:
        keys, by_time = list(value), isinstance(next(iter(value)), datetime | np.datetime64)
        keys = pd.Index(keys) if by_time or len(keys) == bars.n_bars else pd.Index([None])
    if not isinstance(keys, pd.DatetimeIndex) and not keys.equals(pd.RangeIndex(bars.n_bars)):
        return None
    series = pd.Series(list(value.values() if isinstance(value, dict) else value), keys)
    return series if series.dtype.kind in "fiub" else None


def _other_container(value: Any, change: Change, rng: np.random.Generator) -> Any:
    series = _by_time(value, change.bars)
    if isinstance(value, dict):
        keys = list(value)
        if series is None:
            parts = [with_other_future(each, change, rng) for each in value.values()]
        else:
            keys = [
                keys[place] for place in series.index.argsort()
            ]  # the keys themselves, not pandas' reading
            parts = with_other_future(series.sort_index(), change, rng).tolist()
        other = copy(value)  # a defaultdict stays one
        other.clear()
        other.update(zip(keys, parts, strict=False))
        return other
    if series is not None:
        parts = with_other_future(series, change, rng).tolist()
    else:
        parts = [with_other_future(each, change, rng) for each in value]
    return value._make(parts) if hasattr(value, "_make") else type(value)(parts)


def _other_frame(frame: pd.DataFrame, row: int, stop: int, rng: np.random.Generator) -> pd.DataFrame:
    changed = frame.iloc[:stop].copy()
    for column in range(changed.shape[1]):
        changed.isetitem(column, _other_array(changed.iloc[:, column].to_numpy(), row, rng))
    return changed


def _rows(value: Any, change: Change) -> tuple[int, int]:
    """Last row of `value` that is known at the cut (−1: none), and the row after the last one that stays."""
    if isinstance(value, Bars):
        known, stop = np.searchsorted(
            value.time_ns, change.bars.time_ns[[change.cut, change.stop - 1]], "right"
        )
    elif isinstance(value, np.ndarray) or not isinstance(value.index, pd.DatetimeIndex):
        known, stop = change.cut + 1, change.stop
    else:
        times = value.index if value.index.tz is None else value.index.tz_convert("UTC").tz_localize(None)
        label = change.bars.time if value.index.tz is None else pd.DatetimeIndex(change.bars.time_ns)
        ends = label.tz_localize(None)[[change.cut, change.stop - 1]]
        known, stop = (int((times <= end).sum()) for end in ends)
    return max(int(known) - 1, 0), max(int(stop), 1)


def _other_array(values: Any, row: int, rng: np.random.Generator) -> Any:
    later = values[row + 1 :]
    if not len(later) or values.dtype.kind not in "fiub":
        return np.concatenate([values[: row + 1], later[::-1]])
    if values.dtype.kind == "b":
        return np.concatenate([values[: row + 1], ~later])
    matrix = np.asarray(values, np.float64).reshape(len(values), -1)
    other = other_values(matrix, row, rng).reshape(values.shape)
    return np.concatenate([values[: row + 1], other[row + 1 :].astype(values.dtype)])


def other_values(values: FloatArray, cut: int, rng: np.random.Generator) -> FloatArray:
    """Return a matrix ``(n_rows, n_columns)`` with other numbers after row `cut`, made as prices are."""
    return _spliced(values, cut, _mirrored(values[None], values, cut, rng)[0])


def _spliced(values: FloatArray, cut: int, later: FloatArray) -> FloatArray:
    return np.concatenate([values[: cut + 1], later])


def _mirrored(panels: FloatArray, mark: FloatArray, cut: int, rng: np.random.Generator) -> FloatArray:
    """Mirror rows after `cut` of ``(n_panels, n_rows, n_columns)`` at ``mark[cut]``; panels share noise."""
    positive = ~(panels <= 0.0).any(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        paths, level = (np.where(positive, np.log(each), each) for each in (panels, mark))
        anchor = np.where(np.isfinite(level[cut]), level[cut], _first(level[cut + 1 :]))
        noise = rng.standard_normal(level[cut + 1 :].shape).cumsum(axis=0) * _spread(level)
        away = AGAINST * (paths[:, cut + 1 :] - anchor) + noise
        farthest = np.where(positive, FARTHEST, np.inf)
        later = anchor + np.clip(away, -farthest, farthest)
        return np.asarray(np.where(positive, np.exp(later), later))


def _first(level: FloatArray) -> FloatArray:
    """First finite value of each column; NaN where there is none."""
    first = np.isfinite(level).argmax(axis=0)
    values: FloatArray = np.take_along_axis(level, first[None], axis=0)[0]
    return values


def _spread(level: FloatArray) -> FloatArray:
    """Root mean square step of each column; 0.01 where it never moves."""
    steps = np.diff(level, axis=0)
    steps = np.where(np.isfinite(steps), steps, 0.0)
    moves = np.maximum(np.count_nonzero(steps, axis=0), 1)
    spread = np.sqrt(np.sum(steps * steps, axis=0) / moves)
    return np.where(spread > 0.0, spread, 0.01)
