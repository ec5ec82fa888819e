"""How often which return came."""

from __future__ import annotations

import numpy as np

from quantlab.report.axes import round_edges
from quantlab.report.charts import Chart, histogram_chart
from quantlab.typing import FloatArray

LEAST = 10  # returns that are a distribution
LEAST_SPREAD = 1e-6  # between the outermost of them; below, all are the same to a reader
MOST_BINS = 60


def distribution(title: str, returns: FloatArray) -> tuple[Chart, ...]:
    """Draw a histogram of `returns` (n,) between round edges; none for fewer than ten, or where all are alike.

    >>> chart = distribution("Returns", np.repeat([-0.01, 0.02], 20))[0]
    >>> [column.text for column in chart.columns if column.height > 0][-1]
    '1.50% to 2.00%: 20'
    """
    if returns.size < LEAST or np.ptp(returns) < LEAST_SPREAD:
        return ()
    edges = round_edges(
        float(returns.min()), float(returns.max()), min(MOST_BINS, max(10, returns.size // 4))
    )
    counts, _ = np.histogram(np.clip(returns, edges[0], edges[-1]), edges)
    return (histogram_chart(title, edges, counts.astype(np.float64), "fraction"),)
