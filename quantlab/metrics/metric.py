"""One row of the metric catalogue, and the guards that make a metric undefined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from quantlab.metrics.returns import NAN
from quantlab.metrics.run_figures import RunFigures
from quantlab.typing import FloatArray

Unit = Literal["fraction", "basis points", "ratio", "money", "bars", "count"]
MetricFunction = Callable[[RunFigures], float]


@dataclass(frozen=True)
class Metric:
    """A number of a run: what it is called, what it means, where it comes from, how it is computed.

    Parameters
    ----------
    name : str
        Key in `Result.metrics`.
    label : str
        What a table calls it.
    unit : "fraction", "basis points", "ratio", "money", "bars" or "count"
        How a table prints it; fractions print as percent, or as basis points.
    better : "higher", "lower" or None
        Which direction a ranking prefers; None when neither is better.
    group : str
        Heading of the table it stands in.
    formula : str
        The definition in one line.
    reference : str
        Source of the definition.
    function : RunFigures -> float
        The computation; NaN when undefined.
    """

    name: str
    label: str
    unit: Unit
    better: Literal["higher", "lower"] | None
    group: str
    formula: str
    reference: str
    function: MetricFunction

    def __call__(self, figures: RunFigures) -> float:
        """Compute the metric of a run; NaN when undefined."""
        return float(self.function(figures))


def judged(function: MetricFunction) -> MetricFunction:
    """Guard `function`: NaN for a run that cannot be judged: under two bars, never filled, or ruined."""
    return lambda figures: function(figures) if figures.judged else NAN


def beside(function: Callable[[RunFigures, FloatArray], float]) -> MetricFunction:
    """Give `function` the benchmark returns; NaN without a benchmark or with under two bars."""

    def compared(figures: RunFigures) -> float:
        if figures.benchmark is None or figures.n_bars < 2:
            return NAN
        return function(figures, figures.benchmark)

    return compared
