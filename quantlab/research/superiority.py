"""Whether any run of a comparison beats the benchmark, given how many were tried."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from quantlab.display.numbers import NOT_AVAILABLE, interval, number
from quantlab.display.sheets import Sheet, Shown
from quantlab.errors import DataError
from quantlab.metrics.inference import MIN_BARS, blocks_of
from quantlab.metrics.paired import Difference, paired_differences
from quantlab.metrics.returns import NAN, NO_DEVIATION, per_bar_rate
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.research.comparison import Comparison


COLUMNS = (
    "run", "Sharpe difference [low, high]", "p of Sharpe", "mean return difference [low, high]", "p of mean",
    "p in confidence set",
)  # fmt: skip
MOST_SAID = 10  # runs that have a line each, whatever it says


@dataclass(frozen=True, eq=False, repr=False)
class Superiority(Shown):
    """Tests of all runs of a comparison against its benchmark, on mean returns of the common bars.

    Parameters
    ----------
    frame
        One row a run but the benchmark: ``sharpe_difference`` (annual), ``sharpe_low``, ``sharpe_high``, ``sharpe_p``,
        and the same for ``mean`` (mean return a bar × bars a year). Each p-value belongs to its run alone and does not
        know of the others; bounds and p-values are studentised (Ledoit and Wolf 2008), so that 0 lies outside the
        bounds where p is below 1 − level. NaN for what does not differ.
    confidence_set
        By name of every tested run, the benchmark included: the p-value of the model confidence set (Hansen, Lunde and
        Nason 2011). Runs with a p-value above 1 − level cannot be told from the best.
    spa_p, spa_p_lower, spa_p_upper
        P-values that no run has a higher mean return than the benchmark, all runs considered: Hansen's (2005)
        consistent one and its bounds.
    reality_check_p
        The same by White's (2000) reality check, which many poor runs make timid.
    benchmark
        Name of the run that the others are tested against.
    level, n_resamples, block_bars
        Of the stationary bootstrap.
    left_out
        Runs that cannot be tested: ruined ones.
    """

    frame: pd.DataFrame
    confidence_set: pd.Series
    spa_p: float
    spa_p_lower: float
    spa_p_upper: float
    reality_check_p: float
    benchmark: str
    level: float
    n_resamples: int
    block_bars: float
    left_out: tuple[str, ...] = ()

    @property
    def verdicts(self) -> tuple[str, ...]:
        """What may be said, in plain words: a line a run, and one for all of them where there are several."""
        alone = [self._verdict(str(name)) for name in self.frame.index]
        return tuple(alone) if len(alone) == 1 else (*alone, self._verdict_of_all())

    def _verdict(self, name: str) -> str:
        row = {column: float(self.frame[column][name]) for column in self.frame}
        p, gap = row["sharpe_p"], row["sharpe_difference"]
        if math.isnan(p):
            return f"{name}: no different from {self.benchmark}, or its Sharpe is undefined; nothing to test."
        bounds = f"Sharpe difference {number(gap)} {interval(row['sharpe_low'], row['sharpe_high'])}"
        if p > 1.0 - self.level:
            return f"{name}: not distinguishable from {self.benchmark}: {_p(p)} ({bounds})."
        return f"{name}: {'better' if gap > 0.0 else 'worse'} than {self.benchmark}: {_p(p)} ({bounds})."

    def _verdict_of_all(self) -> str:
        n = len(self.frame)
        if math.isnan(self.spa_p):
            return f"All {n} runs: none differs from {self.benchmark}; nothing to test."
        if self.spa_p > 1.0 - self.level:
            return f"All {n} runs: none is shown to earn more than {self.benchmark}: {_p(self.spa_p)} (SPA)."
        told = f"the best earns more than {self.benchmark}, their number considered"
        return f"All {n} runs: {told}: {_p(self.spa_p)} (SPA)."

    def _told_of_all(self) -> str:
        if math.isnan(self.spa_p):
            return f"No run differs from {self.benchmark}: there is nothing to test."
        between = f"between {self.spa_p_lower:.3f} and {self.spa_p_upper:.3f}"
        check = f"reality check {_p(self.reality_check_p)}"
        return f"No run earns more than {self.benchmark}: SPA {_p(self.spa_p)} ({between}), {check}."

    @property
    def told(self) -> tuple[str, ...]:
        """What to read below the table: the tests of all runs and the verdicts.

        Of many runs only those that differ from the benchmark have a line; the others are counted.
        """
        return (
            self._told_of_all(),
            f"{self.level:.0%} bounds; {self.n_resamples:,} resamples of blocks of "
            f"{self.block_bars:.1f} bars on average.",
            *self._verdicts_of_many(),
            *(f"{name} was ruined and is not tested." for name in self.left_out),
        )

    def _verdicts_of_many(self) -> tuple[str, ...]:
        if len(self.frame) <= MOST_SAID:
            return self.verdicts
        p_values = self.frame["sharpe_p"]
        differ = [self._verdict(str(name)) for name in self.frame.index[p_values <= 1.0 - self.level]]
        alike, undefined = int((p_values > 1.0 - self.level).sum()), int(p_values.isna().sum())
        rest = (
            f"Not distinguishable from {self.benchmark}, each by itself: {alike} of {len(p_values)} runs.",
            f"Without a Sharpe ratio to test, or no different from {self.benchmark}: {undefined}.",
        )
        return (self._verdict_of_all(), *differ, *rest[: 1 + (undefined > 0)])

    def sheets(self) -> list[Sheet]:
        """One row a run, and the tests of all of them."""
        rows = [[str(name), *self.cells(str(name))] for name in self.frame.index]
        units = dict.fromkeys(COLUMNS[1:], "text")
        return [Sheet(f"against {self.benchmark}", COLUMNS, rows, units, self.told)]

    def cells(self, name: str) -> list[str]:
        """Differences of one run with their bounds and p-values, as texts, in the sequence of `COLUMNS`."""
        row = {column: float(self.frame[column][name]) for column in self.frame}
        cells = []
        for what, unit in (("sharpe", "ratio"), ("mean", "fraction")):
            bounds = interval(row[f"{what}_low"], row[f"{what}_high"], unit)
            told = "" if bounds == NOT_AVAILABLE else f" {bounds}"
            cells += [number(row[f"{what}_difference"], unit) + told, _cell(row[f"{what}_p"])]
        return [*cells, _cell(float(self.confidence_set[name]))]


def superiority(comparison: Comparison) -> Superiority:
    """Test all runs of `comparison` against its benchmark; see `Superiority` and `Comparison.superiority`."""
    returns, left_out = _excess_returns(comparison)
    name = str(comparison.benchmark)
    others = returns.drop(columns=name)
    panel, benchmark = others.to_numpy(), returns[name].to_numpy()
    block = blocks_of(panel, benchmark)
    n, reps, seed = comparison.periods_per_year, comparison.n_resamples, comparison.seed
    size, unlikely = math.ceil(block), 1.0 - comparison.level
    with ThreadPoolExecutor(2) as pool:  # these hold the interpreter only between operations on arrays
        superior = pool.submit(_superior, panel, benchmark, size, reps, seed)
        best = pool.submit(_confidence_set, returns, unlikely, size, reps, seed)
        found = paired_differences(
            panel, benchmark, block_bars=block, level=comparison.level, n_resamples=reps, seed=seed
        )
    lower, consistent, upper = superior.result()
    sharpe, mean = _columns("sharpe", found.sharpe, math.sqrt(n)), _columns("mean", found.mean, n)
    return Superiority(
        frame=sharpe.join(mean).set_axis(others.columns.rename("run")),
        confidence_set=best.result(),
        spa_p=consistent,
        spa_p_lower=lower,
        spa_p_upper=upper,
        reality_check_p=found.reality_check_p,
        benchmark=name,
        level=comparison.level,
        n_resamples=reps,
        block_bars=block,
        left_out=left_out,
    )


def _excess_returns(comparison: Comparison) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return excess returns of all runs that were not ruined, and the names of those that were."""
    if comparison.benchmark is None:
        raise DataError(
            "There is nothing to test against: ql.compare(results, benchmark=…) names a benchmark."
        )
    growth = comparison.growth
    if len(growth) < MIN_BARS:
        raise DataError(f"{len(growth)} common bars are too few to test on; at least {MIN_BARS} are needed.")
    ruined = tuple(str(name) for name in growth if (growth[name] <= 0.0).any())
    kept = growth.drop(columns=list(ruined))
    if comparison.benchmark in ruined:
        raise DataError(f"Nothing can be tested against {comparison.benchmark}: it was ruined itself.")
    if kept.shape[1] < 2:
        raise DataError(
            f"Too few runs can be tested against {comparison.benchmark}: ruined are {', '.join(ruined)}."
        )
    rate = per_bar_rate(comparison.risk_free_annual, comparison.periods_per_year)
    return kept / kept.shift(fill_value=1.0) - 1.0 - rate, ruined


def _columns(what: str, differences: list[Difference], scale: float) -> pd.DataFrame:
    """Take differences per bar to a year."""
    names = [f"{what}_{part}" for part in ("difference", "low", "high", "p")]
    return pd.DataFrame([difference.times(scale) for difference in differences]).set_axis(names, axis=1)


def _superior(
    panel: FloatArray, benchmark: FloatArray, block: int, reps: int, seed: int
) -> tuple[float, float, float]:
    """P-values of the SPA test: lower, consistent, upper; losses are returns < 0."""
    from quantlab.research.quick_spa import QuickSPA  # arch takes seconds to import

    differ = (panel - benchmark[:, None]).std(axis=0) >= NO_DEVIATION
    if not differ.any():
        return NAN, NAN, NAN
    test = QuickSPA(-benchmark, -panel[:, differ], block_size=block, reps=reps, seed=seed)
    test.compute()
    lower, consistent, upper = (float(p) for p in test.pvalues)
    return lower, consistent, upper


def _confidence_set(returns: pd.DataFrame, size: float, block: int, reps: int, seed: int) -> pd.Series:
    """P-value of the model confidence set by run; runs with the very same returns share theirs."""
    from arch.bootstrap import MCS

    values = returns.to_numpy()
    _, first, twin = np.unique(values, axis=1, return_index=True, return_inverse=True)
    if len(first) == 1:
        return pd.Series(1.0, returns.columns, name="confidence_set_p")
    test = MCS(-values[:, first], size, reps=reps, block_size=block, seed=seed)
    try:
        test.compute()
        p_values = test.pvalues["Pvalue"].sort_index().to_numpy(np.float64)
    except (
        ValueError
    ):  # arch cannot put runs in sequence that are exactly as good, as are scalings of one another
        p_values = np.full(len(first), NAN)
    return pd.Series(p_values[twin.ravel()], returns.columns, name="confidence_set_p")


def _p(p_value: float) -> str:
    """Write a p-value as a reader does."""
    return "p = n/a" if math.isnan(p_value) else "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def _cell(p_value: float) -> str:
    return NOT_AVAILABLE if math.isnan(p_value) else f"{p_value:.3f}"
