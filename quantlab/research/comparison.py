"""What a comparison of runs is: a table, curves, and the doubt about both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.display.numbers import NOT_AVAILABLE, interval, number
from quantlab.metrics.catalogue import METRICS
from quantlab.research.doubt import DOUBTED

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from quantlab.research.superiority import Superiority

SHOWN = ("cagr", "volatility", "sharpe", "sortino", "max_drawdown", "n_trades")

BOUNDS = " [low, high]"


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Runs side by side on their common bars.

    Parameters
    ----------
    frame
        One row a run, best first by `by`: metrics by catalogue name, ``sharpe_low``, ``sharpe_high``,
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
    risk_free_annual: float = 0.0
    seed: int = 0

    @property
    def subtitle(self) -> tuple[str, ...]:
        """Lines that say what is compared: the common span, bars a year, how intervals were made."""
        time = self.growth.index
        return (
            f"common period {_day(time[0])} to {_day(time[-1])} · {len(time):,} bars · "
            f"N = {self.periods_per_year:g} bars a year · best first by {METRICS[self.by].label}",
            f"[low, high]: {self.level:.0%} stationary bootstrap, {self.n_resamples:,} resamples"
            " of the same bars for all runs",
        )

    @property
    def table(self) -> tuple[list[str], list[list[str]]]:
        """Column labels and cells, as text, of the runs' main metrics; Sharpe with its interval."""
        labels = [METRICS[name].label + (BOUNDS if name == "sharpe" else "") for name in SHOWN]
        return ["run", *labels], [self._row(run) for run in self.frame.index]

    @property
    def differences(self) -> tuple[list[str], list[list[str]]]:
        """Column labels and cells, as text, of paired differences from the benchmark; no row without one."""
        labels = [f"{METRICS[name].label} difference{BOUNDS}" for name in DOUBTED]
        others = [run for run in self.frame.index if run != self.benchmark]
        return ["run", *labels], [
            self._differences(run) for run in others
        ] if self.benchmark is not None else []

    def _row(self, run: str) -> list[str]:
        row = self._values(run)
        cells = {name: number(row[name], METRICS[name].unit) for name in SHOWN}
        cells["sharpe"] = _with_bounds(row, "sharpe", "ratio")
        return [run, *cells.values()]

    def _differences(self, run: str) -> list[str]:
        row = self._values(run)
        return [run, *(_with_bounds(row, f"{name}_difference", METRICS[name].unit) for name in DOUBTED)]

    def _values(self, run: str) -> dict[str, float]:
        values = self.frame.loc[run].to_numpy(dtype=np.float64).tolist()
        return dict(zip(self.frame.columns, values, strict=True))

    def __str__(self) -> str:
        from quantlab.display.text import table  # rich

        (columns, rows), (gaps, differences) = self.table, self.differences
        blocks = [("", columns, rows), (f"against {self.benchmark}, paired", gaps, differences)]
        shown = [block for block in blocks if block[2]]
        notes = [()] * (len(shown) - 1) + [self.notes]
        tables = [
            table(title, names, cells, units=dict.fromkeys(names[1:], "text"), notes=said)
            for (title, names, cells), said in zip(shown, notes, strict=True)
        ]
        return "\n".join(self.subtitle) + "\n\n" + "\n\n".join(tables)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from quantlab.display.html import table_html

        page = table_html(" · ".join(self.subtitle), *self.table, notes=self.notes)
        if self.differences[1]:
            page += table_html(f"against {self.benchmark}, paired", *self.differences)
        return page

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


def _with_bounds(values: Mapping[str, float], name: str, unit: str) -> str:
    if np.isnan(values[name]):
        return NOT_AVAILABLE
    bounds = interval(values[f"{name}_low"], values[f"{name}_high"], unit)
    return f"{number(values[name], unit)} {bounds}"


def _day(time: pd.Timestamp) -> str:
    """Print a session label without its midnight, an intraday stamp as it is."""
    return str(time.date()) if time == time.normalize() else str(time)
