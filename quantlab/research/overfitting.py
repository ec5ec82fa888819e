"""Whether choosing the best of many configurations picks skill or luck."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from quantlab.display.numbers import number
from quantlab.display.sheets import Sheet, Shown
from quantlab.errors import DataError
from quantlab.metrics.overfitting import symmetric_halves
from quantlab.metrics.returns import NAN, NO_DEVIATION
from quantlab.typing import FloatArray

MOST_PARTS = 20  # 184,756 halves; more say nothing that these do not


@dataclass(frozen=True, eq=False, repr=False)
class Overfitting(Shown):
    """The probability of backtest overfitting and what stands behind it.

    Parameters
    ----------
    probability
        Share of halves whose best configuration is at or below the median of the other half.
    loss_probability
        Share of halves whose best configuration has a Sharpe ratio below zero in the other half.
    slope, intercept, r_squared
        Of the line through the Sharpe ratio (annual) in the other half over that in the half of the choice. A slope
        below zero: the better it looked, the worse it did (performance degradation).
    frame
        One row a half: ``chosen``, ``inside`` and ``outside`` (annual Sharpe ratios) and ``logit`` of the rank.
    n_configurations, n_bars, parts
        What was judged, and in how many blocks.
    """

    probability: float
    loss_probability: float
    slope: float
    intercept: float
    r_squared: float
    frame: pd.DataFrame
    n_configurations: int
    n_bars: int
    parts: int

    def sheets(self) -> list[Sheet]:
        """Five numbers and the configurations that were chosen most often."""
        readings = [
            ["probability of overfitting", number(self.probability, "fraction")],
            ["probability of loss", number(self.loss_probability, "fraction")],
            ["slope of degradation", number(self.slope)],
            ["mean Sharpe where chosen", number(float(self.frame["inside"].mean()))],
            ["mean Sharpe of the other half", number(float(self.frame["outside"].mean()))],
        ]
        often = self.frame["chosen"].value_counts(normalize=True).head(5)
        notes = [
            f"{len(self.frame):,} halves of {self.parts} blocks; {self.n_configurations} configurations, "
            f"{self.n_bars:,} bars.",
            "Chosen most often: "
            + ", ".join(f"{name} ({number(float(share), 'fraction')})" for name, share in often.items()),
        ]
        units = {"value": "text"}
        return [Sheet("Backtest overfitting", ["", "value"], readings, units, notes)]


def overfitting(returns: pd.DataFrame, *, parts: int = 16, periods_per_year: float = 252.0) -> Overfitting:
    """Estimate how likely the best of many configurations is no better than the median one on other bars.

    Combinatorially symmetric cross-validation (Bailey, Borwein, López de Prado and Zhu 2017): the bars are cut into
    `parts` blocks; on every choice of half of them the configuration with the highest Sharpe ratio is picked, and
    looked up in the other half.

    Parameters
    ----------
    returns
        Simple returns, one column a configuration, on the same bars (``Sweep.returns``). All that were tried belong in
        it: leaving out the poor ones hides the search.
    parts
        Number of blocks, even. What does not move in a half has no Sharpe ratio there and ranks last.
    periods_per_year
        Bars a year, for Sharpe ratios as people read them; the probabilities do not depend on it.

    Raises
    ------
    DataError
        Fewer than two configurations that move, NaN, odd `parts`, or fewer than two bars a block.

    Examples
    --------
    >>> noise = pd.DataFrame(np.random.default_rng(2).normal(0.0, 0.01, (1000, 20)))
    >>> 0.3 < overfitting(noise, parts=10).probability < 0.8
    True
    """
    values = _checked(returns, parts)
    halves = symmetric_halves(values, parts)
    annual = math.sqrt(periods_per_year)
    slope, intercept, r_squared = _line(halves.inside * annual, halves.outside * annual)
    frame = pd.DataFrame(
        {
            "chosen": returns.columns[halves.chosen],
            "inside": halves.inside * annual,
            "outside": halves.outside * annual,
            "logit": halves.logit,
        }
    )
    return Overfitting(
        probability=float(np.mean(halves.logit <= 0.0)),
        loss_probability=float(np.mean(halves.outside < 0.0)),
        slope=slope,
        intercept=intercept,
        r_squared=r_squared,
        frame=frame.rename_axis("half"),
        n_configurations=returns.shape[1],
        n_bars=len(returns),
        parts=parts,
    )


def _checked(returns: pd.DataFrame, parts: int) -> FloatArray:
    if parts % 2 or not 2 <= parts <= MOST_PARTS:
        raise DataError(f"parts={parts}: give an even number of blocks from 2 to {MOST_PARTS}.")
    values = returns.to_numpy(dtype=np.float64)
    if len(values) < 2 * parts:
        raise DataError(f"{len(values)} bars are too few for {parts} blocks; give at least {2 * parts}.")
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"The return of {returns.columns[column]!r} at {returns.index[row]} is {values[row, column]}; "
            "give one finite return a bar and configuration (drop failed trials)."
        )
    if (values.std(axis=0) >= NO_DEVIATION).sum() < 2:
        raise DataError(
            "Fewer than two configurations have returns that move: there is nothing to choose from."
        )
    return values


def _line(inside: FloatArray, outside: FloatArray) -> tuple[float, float, float]:
    """Slope, intercept and R² of the least-squares line; undefined pairs are left out."""
    both = np.isfinite(inside) & np.isfinite(outside)
    x, y = inside[both], outside[both]
    if x.size < 2 or min(x.std(), y.std()) < NO_DEVIATION:
        return NAN, NAN, NAN
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept), float(np.corrcoef(x, y)[0, 1] ** 2)
