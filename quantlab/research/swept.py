"""What a sweep is: a table of trials, the best of them, and how much of it may be luck."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.engine.provenance import picked_from, recipes_tried
from quantlab.engine.strategy import Strategy
from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.metrics.deflation import luck_of_choices, variance_of
from quantlab.metrics.ranking import best_first
from quantlab.metrics.returns import NAN
from quantlab.research.trials import Trials
from quantlab.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from quantlab.engine.result import Result
    from quantlab.research.overfitting import Overfitting

MOST_RERUN = (300_000, 3_000_000)  # bars of symbols that are run again unasked: interpreted, and compiled
RERUN = 1_000  # bars of symbols that run in the time which every result takes besides


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial of a sweep.

    Parameters
    ----------
    number
        Its row in ``Sweep.frame``.
    strategy
        With the parameters that were tried.
    metrics
        Its metrics by catalogue name; NaN where undefined.
    error
        What went wrong, with the bar where it is known; "" when nothing did.
    """

    number: int
    strategy: Strategy
    metrics: Mapping[str, float]
    error: str
    _bars: Bars = field(repr=False)
    _settings: Mapping[str, Any] = field(repr=False)
    _n_trials: int = field(repr=False)
    _sharpe_variance: float = field(repr=False)

    @cached_property
    def result(self) -> Result:
        """The whole result: the trial is run again with the settings of the sweep.

        Its provenance says how many trials it was picked from, and its ``deflated_sharpe`` counts them.
        """
        from quantlab.engine.backtest import backtest

        result = backtest(self.strategy, self._bars, **self._settings)
        return replace(
            result, provenance=picked_from(result.provenance, self._n_trials, self._sharpe_variance)
        )


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """Many backtests of one strategy, one for each set of parameters tried.

    Parameters
    ----------
    frame
        One row a trial, in the sequence of the search: searched parameters, metrics by catalogue name (NaN where
        undefined), and ``error`` ("" or what went wrong). The index counts trials from 0.
    params, metrics
        Names of the parameter columns and of the metric columns.
    rank_by
        Metric that says which trial is best.
    n_trials
        Trials ever run for this sweep, failed ones and those of earlier runs with the same file included: the more
        there were, the less the best of them means.
    engine
        Which engine ran the trials.
    notes
        What a reader must know before believing the numbers.
    """

    frame: pd.DataFrame
    params: tuple[str, ...]
    metrics: tuple[str, ...]
    rank_by: str
    n_trials: int
    engine: str
    notes: tuple[str, ...]
    _trials: Trials
    _sharpes: FloatArray
    _bars: Bars
    _settings: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def n_failed(self) -> int:
        """How many trials of `frame` failed."""
        return int((self.frame["error"] != "").sum())

    def top(self, n: int = 10) -> pd.DataFrame:
        """Return the best `n` rows of `frame`, best first by `rank_by`; of equals the earlier trial first.

        Failed trials and those where the metric is undefined come last, and so do those without a Sharpe ratio:
        they did not trade, or were ruined.
        """
        return self.frame.iloc[best_first(self.rank_by, self.frame[self.rank_by], self._judged)[:n]]

    @property
    def has_best(self) -> bool:
        """Whether any trial traded, was not ruined, and has a defined `rank_by`."""
        return bool((self._judged & np.isfinite(self.frame[self.rank_by].to_numpy(np.float64))).any())

    @property
    def _judged(self) -> BoolArray:
        """Trials whose Sharpe ratio is defined (n_trials,): it is not without fills, nor after ruin."""
        judged: BoolArray = np.isfinite(self.frame["sharpe"].to_numpy(np.float64))
        return judged

    @cached_property
    def best(self) -> Trial:
        """The best trial by `rank_by`; of equals the earlier one.

        Raises
        ------
        DataError
            If no trial traded without ruin, or that metric is undefined for all that did.
        """
        if not self.has_best:
            raise DataError(
                f"No trial is best: none of the {len(self)} has both a Sharpe ratio and a defined {self.rank_by}. "
                "Did any of them trade?"
            )
        return self.trial(int(self.top(1).index[0]))

    def trial(self, number: int) -> Trial:
        """Return one trial by its number, the index of `frame`."""
        if not 0 <= number < len(self):
            raise DataError(f"There is no trial {number}: they are numbered from 0 to {len(self) - 1}.")
        row = self.frame.iloc[number]
        metrics = {name: float(row[name]) for name in self.metrics}
        return Trial(
            number, self._trials[number], metrics, str(row["error"]), self._bars, self._settings,
            self.n_trials, self._sharpe_variance,
        )  # fmt: skip

    @cached_property
    def deflated_sharpe(self) -> float:
        """Probability that the true Sharpe ratio of the best trial is above `lucky_sharpe`.

        Bailey and López de Prado (2014), `quantlab.metrics.deflation`; with one trial, the probabilistic Sharpe
        ratio. All trials count in full, also those that resemble each other, which errs on the careful side, and
        they are multiplied by the recipes that were tried for the forecasts. The best trial is run again for it.
        NaN where no trial is best, or too few have a Sharpe ratio.
        """
        return self.best.result.metrics["deflated_sharpe"] if self.has_best else NAN

    @property
    def tuned_trials(self) -> int:
        """Recipes that were tried for the forecasts of the sweep; 1 without a tuning."""
        return recipes_tried((self._settings["forecasts"] or {}).values())

    @property
    def lucky_sharpe(self) -> float:
        """Annual Sharpe ratio to expect of the best of `n_trials` trials that are all worth nothing.

        Where the forecasts were tuned, of the best of `n_trials` · `tuned_trials`.
        """
        n_bars = self._bars.window(self._settings["start"], self._settings["end"]).n_bars
        luck = luck_of_choices(self.n_trials, self._sharpe_variance, self.tuned_trials, n_bars)
        return luck * math.sqrt(self._bars.periods_per_year)

    @property
    def _sharpe_variance(self) -> float:
        """Variance of the Sharpe ratio per bar of every trial that was ever run; NaN of fewer than two."""
        return variance_of(self._sharpes / math.sqrt(self._bars.periods_per_year))

    @cached_property
    def returns(self) -> pd.DataFrame:
        """Simple returns of every trial that did not fail, (n_bars, n_trials); columns are trial numbers.

        A trial leaves only its metrics, so all of them are run again when this is first asked for. After ruin returns
        are 0.
        """
        done = self.frame.index[self.frame["error"] == ""]
        runs = {int(number): self.trial(int(number)).result.returns for number in done}
        return pd.DataFrame(runs).fillna(0.0).rename_axis(columns="trial")

    def overfitting(self, parts: int = 16) -> Overfitting:
        """Estimate how likely the best trial is no better than the median one on other bars.

        See `quantlab.overfitting`; the returns are those of `returns`, and choices are made by their Sharpe ratio.
        """
        from quantlab.research.overfitting import overfitting

        return overfitting(self.returns, parts=parts, periods_per_year=self._bars.periods_per_year)

    @property
    def known_overfitting(self) -> Overfitting | None:
        """`overfitting` where it takes a few seconds at most, or `returns` are known already.

        None where it would take longer, or cannot be said: of fewer than two trials that move, or too few bars.
        """
        bars = self._bars.window(self._settings["start"], self._settings["end"])
        most = MOST_RERUN[self._settings["engine"] == "compiled"]
        rerun = len(self) * (RERUN + bars.n_bars * bars.n_symbols)
        if "returns" not in self.__dict__ and rerun > most:  # where the property keeps what it computed
            return None
        try:
            return self._overfitting
        except DataError:
            return None

    @cached_property
    def _overfitting(self) -> Overfitting:
        return self.overfitting()

    def verdict(self) -> str:
        """Say in plain words what the best trial is worth: `deflated_sharpe`, and `known_overfitting` where it is."""
        from quantlab.research.sweep_show import sweep_verdict  # rich

        return sweep_verdict(self)

    def heatmap(self, x: str | None = None, y: str | None = None, metric: str | None = None) -> go.Figure:
        """Return an interactive figure of a metric over two parameters; a line where only one was searched.

        Parameters
        ----------
        x, y
            Parameters on the axes; by default the first two that were searched.
        metric
            What the colour shows; `rank_by` by default.

        Notes
        -----
        A cell shows the median over all its trials, whatever their other parameters: a ridge that holds for most of
        them is worth more than a peak. A parameter with more than 40 different numbers is cut into 20 equal ranges.

        Raises
        ------
        DataError
            If a parameter was not searched, or a metric not computed.
        """
        from quantlab.display.draw import draw  # plotly
        from quantlab.research.sweep_show import sweep_figure

        figure: go.Figure = draw(sweep_figure(self, x, y, metric))
        return figure

    def __str__(self) -> str:
        from quantlab.research.sweep_show import sweep_text  # rich

        return sweep_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from quantlab.research.sweep_show import sweep_html

        return sweep_html(self)
