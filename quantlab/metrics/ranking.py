"""Which run is better by a metric. The undefined never ranks first, and ties keep the order they came in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from quantlab.errors import DataError
from quantlab.metrics.catalogue import find_metric
from quantlab.typing import IntArray


def best_first(name: str, values: Iterable[float]) -> IntArray:
    """Positions of `values` (n_runs,) of metric `name`, best first; NaN and infinity last.

    Raises `DataError` for an unknown metric, or one of which neither direction is better.

    >>> best_first("sharpe", [0.5, float("nan"), 1.5]).tolist()
    [2, 0, 1]
    """
    metric = find_metric(name)
    if metric.better is None:
        raise DataError(f"Neither a high nor a low {name} is better; rank by another, such as 'sharpe'.")
    keys = np.asarray(list(values), dtype=np.float64) * (-1.0 if metric.better == "higher" else 1.0)
    keys[~np.isfinite(keys)] = np.nan  # NumPy sorts NaN last
    return np.argsort(keys, kind="stable").astype(np.int64)
