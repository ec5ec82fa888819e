"""Heat maps of a comparison whose runs differ in numbers, as a sweep has them."""

from __future__ import annotations

from itertools import combinations, islice

from quantlab.metrics.catalogue import METRICS
from quantlab.report.heat_table import heat_table
from quantlab.report.tables import Table
from quantlab.research.comparison import Comparison
from quantlab.research.differing import class_of, searched
from quantlab.research.sweep_show import median_cells

MOST_MAPS = 6  # pairs of parameters


def comparison_maps(comparison: Comparison) -> tuple[Table, ...]:
    """Lay out the metric that ranks over each pair of parameters, for the runs of one sweep, or that differ in two.

    See `searched`: other runs, such as a benchmark, are left out.
    """
    numbers = searched(comparison.provenance)
    if numbers.empty:
        return ()
    values = comparison.frame[comparison.by].loc[numbers.index]
    metric = METRICS[comparison.by]
    kind = class_of(comparison.provenance[str(numbers.index[0])])
    maps = []
    for pair in islice(combinations(numbers.columns, 2), MOST_MAPS):
        others = ", ".join(name for name in map(str, numbers) if name not in pair)
        title = f"{metric.label}, {kind}" + (f" (median over {others})" if others else "")
        maps.append(heat_table(title, metric, median_cells(values, [numbers[name] for name in pair])))
    return tuple(maps)
