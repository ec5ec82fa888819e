"""Other futures: what is known up to a cut, and something else after it."""

from __future__ import annotations

import numpy as np

from quantlab.market.bars import Bars
from quantlab.typing import FloatArray

# A replaced future moves against the real one, twice as far, on top of noise of the usual size: what foresaw the real
# one, its sign, its rank or its size, is wrong about this one.
AGAINST = -2.0
FARTHEST = 30.0  # logarithm of the largest price move; a real price never gets there, and exp does not overflow


def replaced(bars: Bars, cut: int, stop: int, rng: np.random.Generator) -> Bars:
    """Return rows 0 … `stop` − 1 of `bars` with other plausible bars after row `cut`.

    Prices are the real ones mirrored at the close of `cut`, in logarithms where a symbol's prices are positive, so
    that high and low, open and close keep their places; volumes and extra fields are the real ones in reverse, times
    noise. What is absent stays absent.
    """
    known = bars.rows(0, stop)
    high, low = known.low, known.high  # what was lowest becomes highest
    prices = _mirrored(np.stack([known.open, high, low, known.close]), known.mark, cut, rng)
    panels = dict(zip(("open", "high", "low", "close"), prices, strict=True))
    for name in ("volume", *known.fields):
        panels[name] = _reversed(known[name], cut, rng)
    return known.with_arrays(**panels)


def replaced_values(values: FloatArray, cut: int, rng: np.random.Generator) -> FloatArray:
    """Return a matrix ``(n_rows, n_columns)`` with other numbers after row `cut`, as `replaced` makes prices."""
    return _mirrored(values[None], values, cut, rng)[0]


def _mirrored(panels: FloatArray, mark: FloatArray, cut: int, rng: np.random.Generator) -> FloatArray:
    """Mirror ``(n_panels, n_rows, n_columns)`` at ``mark[cut]`` after row `cut`; panels share their noise."""
    finite = np.isfinite(panels)
    positive = ~(finite & (panels <= 0.0)).any(axis=(0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        paths, level = (np.where(positive, np.log(each), each) for each in (panels, mark))
        anchor = np.where(np.isfinite(level[cut]), level[cut], _first(level[cut + 1 :]))
        noise = rng.standard_normal(level[cut + 1 :].shape).cumsum(axis=0) * _spread(level)
        farthest = np.where(positive, FARTHEST, np.inf)
        away = np.clip(AGAINST * (paths[:, cut + 1 :] - anchor), -farthest, farthest) + noise
        later = np.where(positive, np.exp(anchor + away), anchor + away)
    return np.concatenate([panels[:, : cut + 1], later], axis=1)


def _first(level: FloatArray) -> FloatArray:
    """First finite value of each column; NaN where there is none."""
    first = np.isfinite(level).argmax(axis=0)
    return level[first, np.arange(level.shape[1])]


def _spread(level: FloatArray) -> FloatArray:
    """Root mean square step of each column; 0.01 where it never moves."""
    steps = np.diff(level, axis=0)
    steps = np.where(np.isfinite(steps), steps, 0.0)
    moves = np.maximum(np.count_nonzero(steps, axis=0), 1)
    spread = np.sqrt(np.sum(steps * steps, axis=0) / moves)
    return np.where(spread > 0.0, spread, 0.01)


def _reversed(values: FloatArray, cut: int, rng: np.random.Generator) -> FloatArray:
    later = values[cut + 1 :][::-1]
    return np.concatenate([values[: cut + 1], later * np.exp(0.5 * rng.standard_normal(later.shape))])
