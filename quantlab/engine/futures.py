"""Other futures: what is known up to a cut, and something else after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantlab.market.bars import Bars
from quantlab.typing import FloatArray

# A replaced future moves against the real one, twice as far, on top of noise of the usual size: what foresaw
# the real one, its sign, its rank or its size, is wrong about this one.
AGAINST = -2.0
# Logarithm of the largest price move: a real price never gets there, and exp does not overflow.
FARTHEST = 30.0


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
