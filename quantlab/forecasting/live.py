"""Serving live: the forecaster that a walk-forward would use next, asked about one bar at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from quantlab.errors import ForecastError
from quantlab.forecasting.checks import whole
from quantlab.forecasting.folds import Fold, WalkForward, must_be_folds
from quantlab.forecasting.forecast_table import NEVER
from quantlab.forecasting.forecaster import Forecaster, TrainedForecaster, must_be_forecaster
from quantlab.forecasting.light import light
from quantlab.forecasting.live_forecast import LiveForecast
from quantlab.forecasting.panel import features_of
from quantlab.forecasting.recent_bars import KnownBars, Reach
from quantlab.forecasting.store import ForecastStore, open_store
from quantlab.forecasting.table_checks import utc
from quantlab.forecasting.walk_forward import Walk
from quantlab.forecasting.windows import Windows
from quantlab.market.bars import Bars
from quantlab.market.calendar import DAY_NS
from quantlab.typing import FloatArray, IntArray


def live(
    forecaster: Forecaster,
    bars: Bars,
    folds: WalkForward | None = None,
    *,
    seed: int = 0,
    store: ForecastStore | str | Path | bool | None = None,
) -> LiveForecaster:
    """Make the forecaster that speaks of the newest bar, and of those to come until its test block ends.

    It is trained as `walk_forward` trains the fold of that bar: what lies in the store is read from there, so after a
    walk-forward over the same bars nothing is learnt again. What it says of a bar is what the table says of it, within
    1e-6, in a few milliseconds at most.

    Parameters
    ----------
    forecaster
        The recipe.
    bars
        All bars up to now.
    folds
        ``WalkForward()`` unless given.
    seed, store
        As in `walk_forward`.

    Raises
    ------
    ForecastError
        Too few bars for one fold, nothing to learn from, folds that learn from what comes later.

    Examples
    --------
    >>> import quantlab as ql
    >>> bars = ql.read_bars("sample:us5").window(end="2007-06-29")
    >>> folds = ql.WalkForward(train=500, test=60)
    >>> recipe = ql.RidgeForecaster(levels=(0.1, 0.5, 0.9))
    >>> serving = ql.live(recipe, bars.rows(0, bars.n_bars - 1), folds, store=False)
    >>> serving.bars_needed
    21
    >>> serving.forecast(bars.rows(bars.n_bars - 21, bars.n_bars))  # the next day; a short tail will do
    Forecast at 2007-06-29 by RidgeForecaster(horizon=1, levels=(0.1, 0.5, 0.9))
    <BLANKLINE>
     symbol   horizon      0.1      0.5     0.9
    ────────────────────────────────────────────
     AAPL           1   -2.38%    0.16%   2.90%
     MSFT           1   -0.97%    0.17%   1.35%
     IBM            1   -1.01%    0.12%   1.33%
     GOOG           1   -2.15%   -0.04%   2.31%
     FB             1      n/a      n/a     n/a
    <BLANKLINE>
    ! known at 2007-06-29 20:00:00 UTC; trained through 2007-05-31 20:00:00 UTC
    """
    must_be_forecaster("live", forecaster)
    must_be_folds(folds)
    whole("live", "seed", seed, 0)
    folds = WalkForward() if folds is None else folds
    if not isinstance(folds, WalkForward):
        raise ForecastError(
            f"live(…, {folds!r}): those folds also learn from what comes later, which nobody knows yet; give a "
            "WalkForward."
        )
    weights = Walk(forecaster, bars, folds, seed, open_store(store)).newest_weights()
    served = folds.served(weights.fold.number, max(forecaster.horizons))
    return LiveForecaster(
        recipe=forecaster,
        trained=light(weights.learnt.forecaster),
        fold=replace(weights.fold, test=served),
        known_bars=KnownBars.of(bars),
        reach=Reach.of(forecaster, intraday=bars.intraday),
    )


@dataclass(frozen=True, eq=False, repr=False)
class LiveForecaster:
    """A trained forecaster with the block of bars that it serves; made by `live`.

    Parameters
    ----------
    recipe, trained
        What was trained, and what came of it.
    fold
        The fold it was trained for; ``fold.test`` are all rows that this training serves.
    known_bars
        What is remembered of the bars it was made with.
    reach
        How far back it reads.
    """

    recipe: Forecaster
    trained: TrainedForecaster
    fold: Fold
    known_bars: KnownBars
    reach: Reach

    @property
    def symbols(self) -> tuple[str, ...]:
        """What it forecasts."""
        return self.known_bars.symbols

    @property
    def bars_needed(self) -> int | None:
        """Bars of each symbol that a forecast reads; None where a feature may depend on all earlier ones."""
        return self.reach.own_bars

    @cached_property
    def trained_through(self) -> int:
        """Close of the last bar that training, or the choice of the recipe, has seen, in nanoseconds UTC."""
        chosen = NEVER if self.recipe.choice is None else self.recipe.choice.through_ns
        learnt = int(self.known_bars.time_ns[self.fold.trained_through])
        return max(learnt, self.recipe.known_through, chosen)

    @cached_property
    def _name(self) -> str:
        return repr(self.recipe)

    def is_due(self, bars: Bars) -> bool:
        """Tell whether the newest of `bars` lies behind its test block: then make another with `live`."""
        return self.known_bars.newest_row(bars) >= self.fold.test.stop

    def forecast(self, bars: Bars) -> LiveForecast:
        """Forecast from the newest of `bars`.

        Parameters
        ----------
        bars
            The same symbols; the last `bars_needed` bars will do, if they reach back to the last one that it was made
            with. More are not read. A symbol whose window is not complete gets NaN.

        Raises
        ------
        ForecastError
            Too few bars, other symbols, a newest bar before what it was trained through, or behind its test block.
        """
        self._refuse_other_times(bars)
        recent = self.reach.cut(bars, self.known_bars)
        return LiveForecast(
            quantiles=self._quantiles(self._windows(recent)),
            symbols=self.symbols,
            horizons=self.recipe.horizons,
            levels=self.recipe.levels,
            time=_stamp(recent),
            as_of=int(recent.time_ns[-1]),
            trained_through=self.trained_through,
            name=self._name,
        )

    def _refuse_other_times(self, bars: Bars) -> None:
        """Refuse what is not served by this training."""
        row, newest = self.known_bars.newest_row(bars), int(bars.time_ns[-1])
        if row < self.fold.test.start or newest < self.trained_through:
            raise ForecastError(
                f"these bars end at {utc(newest)}, but {self.recipe!r} was trained through "
                f"{utc(self.trained_through)} and speaks of later bars only; walk_forward forecasts the past."
            )
        if row >= self.fold.test.stop:
            raise ForecastError(
                f"the test block of {len(self.fold.test):,} bars ended {row - self.fold.test.stop + 1:,} bars before "
                f"{utc(newest)}: {self.recipe!r} is due to be trained again, with ql.live(forecaster, bars, folds)."
            )

    def _windows(self, bars: Bars) -> Windows:
        """Cut the newest window of every symbol that has a whole one."""
        lookback = self.recipe.lookback
        features = np.ascontiguousarray(features_of(self.recipe, bars, tested=False)[:, -lookback:])
        whole = np.isfinite(features).all(axis=(1, 2)) & bars.present[-lookback:].all(axis=0)
        symbols: IntArray = np.flatnonzero(whole & (bars.n_bars >= lookback))
        n_newest = len(self.recipe.newest_inputs)
        return Windows(features, lookback, symbols, np.full(len(symbols), lookback - 1), n_newest)

    def _quantiles(self, windows: Windows) -> FloatArray:
        shape = (len(self.symbols), len(self.recipe.horizons), len(self.recipe.levels))
        quantiles = np.full(shape, np.nan)
        if len(windows):
            quantiles[windows.symbols] = self.recipe.spoken.bounded(self.trained.predict(windows))
        return quantiles

    def __repr__(self) -> str:
        needed = "all bars" if self.bars_needed is None else f"{self.bars_needed} bars"
        told = (
            f"trained through {utc(self.trained_through)}, serves {len(self.fold.test)} bars, reads {needed}"
        )
        return f"<LiveForecaster {self.recipe!r}: {len(self.symbols)} symbols, {told}>"


def _stamp(bars: Bars) -> pd.Timestamp:
    """Give the newest of ``bars.time``, without making all of it."""
    if bars.tz is None:
        return pd.Timestamp(int(bars.sessions[-1]) * DAY_NS)
    return pd.Timestamp(int(bars.time_ns[-1]), tz="UTC").tz_convert(bars.tz)
