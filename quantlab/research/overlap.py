"""How much runs held the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quantlab.research.common_period import Stretch
from quantlab.typing import FloatArray

MOST_CELLS = 4_000_000  # of all weights in memory at once


def overlap(stretches: Mapping[str, Stretch]) -> pd.DataFrame:
    """Cosine of the weights of each pair of runs over the common bars and all symbols: ``(n_runs, n_runs)``.

    1 for runs that hold the same in equal proportions, 0 for runs that never hold a symbol at the same time, -1 for
    opposite ones: Σ w·v / √(Σ w² · Σ v²). NaN for a run that holds nothing.
    """
    names = list(stretches)
    weights = [stretch.result.weights.reindex(stretch.time) for stretch in stretches.values()]
    symbols = sorted({str(symbol) for each in weights for symbol in each.columns})
    products = np.zeros((len(names), len(names)))
    step = max(1, MOST_CELLS // max(1, len(names) * len(symbols)))
    for first in range(0, len(weights[0]), step):
        flat = np.array([_flat(each.iloc[first : first + step], symbols) for each in weights])
        products += flat @ flat.T
    size = np.sqrt(np.diag(products))
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = products / size[:, None] / size[None, :]
    return pd.DataFrame(cosine, names, names)


def _flat(weights: pd.DataFrame, symbols: list[str]) -> FloatArray:
    values = weights.set_axis(weights.columns.astype(str), axis="columns").reindex(columns=symbols)
    flat: FloatArray = np.nan_to_num(values.to_numpy(dtype=np.float64)).ravel()
    return flat
