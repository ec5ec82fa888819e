"""Putting features and labels on a common scale, learnt inside a fold and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantlab.forecasting.windows import Windows
from quantlab.typing import FloatArray

CLIP = 5.0  # standard deviations; beyond them a feature says no more than "extreme"


@dataclass(frozen=True, eq=False)
class Scaler:
    """Centre and spread of each feature ``(n_features,)``, over the rows that training windows end at."""

    centre: FloatArray
    spread: FloatArray

    @classmethod
    def fit(cls, learn: Windows) -> Scaler:
        """Mean and standard deviation over the windows that weights are learnt from."""
        seen = learn.now()
        return cls(seen.mean(axis=0), usable_spread(seen))

    def apply(self, features: FloatArray) -> FloatArray:
        """Features ``(…, n_features)`` as standard scores, clipped to ±5."""
        scores = features - self.centre
        scores /= self.spread
        return np.clip(scores, -CLIP, CLIP, out=scores)


def usable_spread(values: FloatArray) -> FloatArray:
    """Give the standard deviation of each column; 1.0 where it is zero, so that dividing is harmless."""
    spread = values.std(axis=0)
    return np.where(spread > 1e-12, spread, 1.0)


def scaled_flat(scaler: Scaler, windows: Windows) -> FloatArray:
    """Lay the standard scores of every window in one row, as `Windows.flat` does."""
    return replace(windows, features=scaler.apply(windows.features)).flat()
