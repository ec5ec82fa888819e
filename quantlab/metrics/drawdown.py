"""How far and how long the money stood below its peak. Initial cash is the first peak.

Vectorised: a drawdown path is one running maximum, so NumPy serves it without anything to compile.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quantlab.metrics.returns import NAN, NO_DEVIATION
from quantlab.typing import FloatArray, IntArray


class Drawdown(NamedTuple):
    """One stretch below a peak, in bars.

    `peak` is the bar of the peak (−1 is initial cash), `trough` the deepest bar, `recovery` the first bar at
    or above the peak again, or None while it lasts; `depth` the drawdown at the trough (≤ 0, a fraction);
    `bars` how many bars stood below the peak.
    """

    peak: int
    trough: int
    recovery: int | None
    depth: float
    bars: int


def drawdown_path(equity: FloatArray, initial_cash: float) -> FloatArray:
    """E_t / max(E_0 … E_t) − 1 at every bar (n_bars,), with initial cash as E_0.

    >>> drawdown_path(np.array([90.0, 99.0, 110.0]), 100.0).round(12).tolist()
    [-0.1, -0.01, 0.0]
    """
    path: FloatArray = equity / np.maximum(np.maximum.accumulate(equity), initial_cash) - 1.0
    return path


def max_drawdown(path: FloatArray) -> float:
    """Deepest drawdown of a drawdown path (n_bars,), ≤ 0; NaN without a bar."""
    return float(path.min()) if path.size else NAN


def average_drawdown(path: FloatArray) -> float:
    """Mean depth of the separate drawdowns at their troughs; 0 when equity never fell (Bacon 2008, ch. 4)."""
    starts, _ = _stretches(path)
    return float(np.minimum.reduceat(path, starts).mean()) if starts.size else 0.0


def max_drawdown_bars(path: FloatArray) -> float:
    """Longest stretch of bars below a peak, recovered or not."""
    starts, stops = _stretches(path)
    return float((stops - starts).max()) if starts.size else 0.0


def ulcer_index(path: FloatArray) -> float:
    """Root of the mean squared drawdown, a fraction ≥ 0 (Martin and McCann, *The Investor's Guide*, 1989)."""
    return float(np.sqrt(np.mean(path * path))) if path.size else NAN


def calmar(cagr: float, max_drawdown: float) -> float:
    """CAGR ÷ |maximum drawdown| (Young 1991, over the whole run); NaN when equity never fell."""
    return cagr / -max_drawdown if max_drawdown <= -NO_DEVIATION else NAN


def drawdowns(equity: FloatArray, initial_cash: float) -> tuple[Drawdown, ...]:
    """Every separate drawdown of an equity path (n_bars,), deepest first; of equals the earlier first.

    >>> drawdowns(np.array([128.0, 64.0, 130.0]), 100.0)
    (Drawdown(peak=0, trough=1, recovery=2, depth=-0.5, bars=1),)
    """
    path = drawdown_path(equity, initial_cash)
    found = [_one(path, int(start), int(stop)) for start, stop in zip(*_stretches(path), strict=True)]
    return tuple(sorted(found, key=lambda drawdown: drawdown.depth))


def _one(path: FloatArray, start: int, stop: int) -> Drawdown:
    trough = start + int(path[start:stop].argmin())
    recovery = stop if stop < path.size else None
    return Drawdown(start - 1, trough, recovery, float(path[trough]), stop - start)


def _stretches(path: FloatArray) -> tuple[IntArray, IntArray]:
    """First and one-past-last bar of every stretch below a peak."""
    below = np.concatenate(([False], path < 0.0, [False]))
    edges = np.flatnonzero(below[1:] != below[:-1]).astype(np.int64)
    return edges[::2], edges[1::2]
