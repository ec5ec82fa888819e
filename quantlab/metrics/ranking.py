"""Which run is better by a metric.

The undefined never ranks first, nor does a run that did not trade; ties keep the order they came in.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from quantlab.errors import DataError
from quantlab.metrics.catalogue import find_metric
from quantlab.typing import IntArray


def best_first(name: str, values: Iterable[float], judged: Iterable[bool] | None = None) -> IntArray:
    """Positions of `values` (n_runs,) of metric `name`, best first; NaN and infinity last.

    Runs that are not `judged` (n_runs,) come after all others, whatever the metric: no drawdown is deep, and no
    volatility high, of a run without fills. All are judged by default.

    Raises `DataError` for an unknown metric, or one of which neither direction is better.

    >>> best_first("sharpe", [0.5, float("nan"), 1.5]).tolist()
    [2, 0, 1]
    >>> best_first("max_drawdown", [0.0, -0.3, -0.2], judged=[False, True, True]).tolist()
    [2, 1, 0]
    """
    metric = find_metric(name)
    if metric.better is None:
        raise DataError(f"Neither a high nor a low {name} is better; rank by another, such as 'sharpe'.")
    keys = np.asarray(list(values), dtype=np.float64) * (-1.0 if metric.better == "higher" else 1.0)
    keys[~np.isfinite(keys)] = np.nan  # NumPy sorts NaN last
    last = np.zeros(keys.size, np.bool_) if judged is None else ~np.asarray(list(judged), dtype=np.bool_)
    return np.lexsort((keys, last)).astype(np.int64)
