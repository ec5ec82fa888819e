"""Features as ranks among the symbols of the same bar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.typing import FloatArray


def ranks_across(values: FloatArray) -> FloatArray:
    """Replace each value by its rank among the symbols of its bar, spread from -0.5 (lowest) to 0.5 (highest).

    With n values at a bar, the one of rank r from 1 becomes (r − 1)/(n − 1) − 1/2; equal values share the mean
    of their ranks, a value alone at its bar becomes 0.0. `values` is ``(n_bars, n_symbols)``, and so is what
    comes back; NaN stays NaN and is not counted, as is infinity. Each bar is ranked by itself, so nothing of
    another time reaches it.

    A rank has no unit, cannot be far out, and means the same in every year: ranking features across symbols
    before learning is common where the forecast serves a choice among symbols (S. Gu, B. Kelly and D. Xiu
    2020, "Empirical asset pricing via machine learning", Review of Financial Studies 33(5); ``CSRankNorm`` of
    Microsoft's Qlib).

    Examples
    --------
    >>> ranks_across(np.array([[3.0, 9.0, 1.0], [2.0, np.nan, 2.0]]))
    array([[ 0. ,  0.5, -0.5],
           [ 0. ,  nan,  0. ]])
    """
    known = pd.DataFrame(np.where(np.isfinite(values), values, np.nan))
    ranks = known.rank(axis=1).to_numpy()
    count = known.notna().to_numpy().sum(axis=1, keepdims=True)
    spread: FloatArray = np.where(count > 1, (ranks - 1.0) / np.maximum(count - 1, 1) - 0.5, 0.0 * ranks)
    return spread
