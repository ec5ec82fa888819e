"""What a comparison of runs is: a table, curves, and the doubt about both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from quantlab.errors import DataError
from quantlab.research.differing import differing

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from quantlab.research.superiority import Superiority

MOST_DRAWN = 300_000_000  # returns that tests may draw without being asked for: a few seconds


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Runs side by side on their common bars.

    Parameters
    ----------
    frame
        One row a run, best first by `by`, those without fills and ruined ones last: metrics by catalogue name,
        ``sharpe_low``, ``sharpe_high``,
        ``cagr_low`` and ``cagr_high``; with a benchmark also ``sharpe_difference``, ``cagr_difference`` and
        their ``_low`` and ``_high``.
    growth
        Growth of 1 on the common bars; one column a run, as in `frame`.
    benchmark
        Name of the run the others are compared to, or None.
    by
        Metric that ranks the rows.
    periods_per_year
        Bars a year in every annualised metric.
    level, n_resamples
        Of the bootstrap intervals.
    notes
        What a reader must know before believing the numbers.
    provenance
        Fingerprints of the inputs of each run, by its name.
    overlap
        How much each pair of runs held the same, from -1 to 1; see `quantlab.research.overlap`.
    runs
        What else is known of each run, in the sequence of `frame`: ``judged`` (it had fills and was not ruined, so that
        it may rank), ``trials`` known to stand behind it (its sweep's times the recipes tried for its forecasts), and
        ``folder`` (where it was read from, "" for one that was just made).
    run_notes
        What each run itself had to say, by its name.
    risk_free_annual
        Riskless return a year, as a fraction, in every ratio.
    seed
        Of the bootstrap.
    """

    frame: pd.DataFrame
    growth: pd.DataFrame
    benchmark: str | None
    by: str
    periods_per_year: float
    level: float
    n_resamples: int
    notes: tuple[str, ...]
    provenance: Mapping[str, Mapping[str, Any]]
    overlap: pd.DataFrame
    runs: pd.DataFrame
    run_notes: Mapping[str, tuple[str, ...]]
    risk_free_annual: float = 0.0
    seed: int = 0

    @property
    def subtitle(self) -> tuple[str, ...]:
        """Lines that say what is compared: the common span, bars a year, how intervals were made."""
        from quantlab.research.comparison_show import subtitle  # rich

        return subtitle(self)

    @property
    def differing(self) -> pd.DataFrame:
        """Parameters, settings and bars that not all runs share, as texts: a row a run, a column each."""
        return differing(self.provenance)

    @cached_property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the runs' returns ``(n_runs, n_runs)``; the first common bar, measured from 1, included.

        NaN for a run that does not move; after ruin returns are 0.
        """
        before = self.growth.shift(fill_value=1.0)
        return (self.growth / before.where(before != 0.0) - 1.0).fillna(0.0).corr()

    def __str__(self) -> str:
        from quantlab.research.comparison_show import comparison_text  # rich

        return comparison_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from quantlab.research.comparison_show import comparison_html

        return comparison_html(self)

    @property
    def tests(self) -> Superiority | None:
        """`superiority` where it is known or takes a few seconds at most; None where `untested` says why not."""
        return None if self.untested else self.superiority

    @property
    def untested(self) -> str:
        """Why nothing is tested; empty where `tests` has an answer."""
        if self.benchmark is None:
            return "Not tested: there is no benchmark."
        known = "superiority" in self.__dict__  # where the property keeps what it computed
        if not known and self.growth.size * self.n_resamples > MOST_DRAWN:
            return f"Not tested against {self.benchmark}: ask comparison.superiority first, which takes its time."
        try:
            _ = self.superiority
        except DataError as error:
            return f"Not tested against {self.benchmark}: {error}"
        return ""

    @cached_property
    def superiority(self) -> Superiority:
        """Whether any run is better than the benchmark by more than luck explains; see `Superiority`.

        Computed when first asked for, which takes seconds.

        Raises
        ------
        DataError
            Without a benchmark, without another run that can be tested, or below 20 common bars.
        """
        from quantlab.research.superiority import superiority  # arch

        return superiority(self)

    def verdict(self) -> str:
        """Say in plain words, a line a run, what the tests of `superiority` allow to be said."""
        return "\n".join(self.superiority.verdicts)

    def plot(self) -> go.Figure:
        """Return an interactive figure of all equity curves, each as growth of 1."""
        from quantlab.display.draw import draw  # plotly
        from quantlab.display.figures import growth_figure

        return draw(growth_figure("Growth of 1", {str(name): self.growth[name] for name in self.growth}))
