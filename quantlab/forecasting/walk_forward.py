"""Walk-forward: fold by fold, train on the past and forecast what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from quantlab.display.progress import progress_bar
from quantlab.errors import ForecastError
from quantlab.forecasting.checks import whole
from quantlab.forecasting.fold_audit import refuse_hindsight, refuse_overlap
from quantlab.forecasting.fold_forecast import FoldForecast, fold_weights, forecast_fold
from quantlab.forecasting.fold_weights import FoldWeights
from quantlab.forecasting.folds import Fold, Folds, WalkForward, must_be_folds
from quantlab.forecasting.forecast import Forecasts
from quantlab.forecasting.forecast_table import NEVER, ForecastTable
from quantlab.forecasting.forecaster import Forecaster, must_be_forecaster
from quantlab.forecasting.hindsight import HindsightForecasts
from quantlab.forecasting.keys import key_of, recipe_key
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.store import Entry, ForecastStore, Forgetful, LastWeights, Store, open_store
from quantlab.market.bars import Bars
from quantlab.typing import FloatArray, IntArray


@overload
def walk_forward(
    forecaster: Forecaster,
    bars: Bars,
    folds: WalkForward | None = None,
    *,
    seed: int = 0,
    store: ForecastStore | str | Path | bool | None = None,
    baselines: bool = True,
    progress: bool | None = None,
) -> Forecasts: ...


@overload
def walk_forward(
    forecaster: Forecaster,
    bars: Bars,
    folds: Folds,
    *,
    seed: int = 0,
    store: ForecastStore | str | Path | bool | None = None,
    baselines: bool = True,
    progress: bool | None = None,
) -> ForecastTable: ...


def walk_forward(
    forecaster: Forecaster,
    bars: Bars,
    folds: Folds | None = None,
    *,
    seed: int = 0,
    store: ForecastStore | str | Path | bool | None = None,
    baselines: bool = True,
    progress: bool | None = None,
) -> ForecastTable:
    """Forecasts of every test block, each by a forecaster trained before it.

    Row s of the table is built at the close of bar s from bars up to s. Rows before the first test block, and
    windows with an absent bar or a missing feature, have no forecast (NaN). What was made once is read from
    the store: a fold is trained again only when what it reads, the recipe, the seed, the code or a version
    has changed, so a walk-forward that was killed goes on where it stopped.

    Parameters
    ----------
    forecaster
        The recipe.
    bars
        All bars, earlier ones serving as warm-up.
    folds
        ``WalkForward()`` unless given. `PurgedKFold` and `CombinatorialPurged` also train on what follows a test
        block: that gives a `HindsightForecasts`, which can be scored but not traded.
    seed
        From 0; each fold draws from a stream of its own.
    store
        None is the default folder (``$QUANTLAB_CACHE/forecasts`` or the user's cache), False none, a path
        that folder.
    baselines
        Also walk the naive and the linear forecaster; they lie in ``beside``.
    progress
        A bar on stderr: None draws it on a terminal only.

    Raises
    ------
    ForecastError
        Too few bars, a feature without values, or no fold with anything to learn from.
    """
    must_be_forecaster("walk_forward", forecaster)
    must_be_folds(folds)
    whole("walk_forward", "seed", seed, 0)
    chosen, kept = folds or WalkForward(), open_store(store)
    recipes = forecaster.baselines() if baselines else ()
    beside = {each.label: Walk(each, bars, chosen, seed, kept).table(progress, {}) for each in recipes}
    return Walk(forecaster, bars, chosen, seed, kept).table(progress, beside)


@dataclass(frozen=True, eq=False)
class Walk:
    """One recipe on its way through the folds."""

    forecaster: Forecaster
    bars: Bars
    folds: Folds
    seed: int
    given_store: ForecastStore | Forgetful

    @cached_property
    def panel(self) -> Panel:
        """What the recipe reads of the bars."""
        return Panel.read(self.forecaster, self.bars)

    @cached_property
    def key(self) -> str | None:
        """Hash of the recipe and all that shapes what it learns; None when its code cannot be read."""
        return recipe_key(self.forecaster, self.seed)

    @cached_property
    def store(self) -> ForecastStore | Forgetful:
        """The store, unless the code of the recipe cannot be read: what is kept could then go stale."""
        return self.given_store if self.key else Forgetful()

    def table(self, progress: bool | None, beside: Mapping[str, ForecastTable]) -> ForecastTable:
        """Make the whole table, or read it from the store where it lies there."""
        key = key_of(self.key, self.folds, self.panel.digest())
        entry = self.store.get("tables", key)
        if entry is None:
            entry = self._walk(progress)
            self.store.put("tables", key, Entry(entry.arrays, {**entry.words, "folds_trained": 0}))
        kind = Forecasts if isinstance(self.folds, WalkForward) else HindsightForecasts
        values, through = self._after_choice(
            entry.arrays["values"], self._closes(entry.arrays["trained_through_row"])
        )
        return kind(
            values=values,
            time=self.bars.time,
            time_ns=self.bars.time_ns,
            symbols=self.bars.symbols,
            horizons=self.forecaster.horizons,
            levels=self.forecaster.levels,
            trained_through=through,
            as_of=self.bars.time_ns,
            target=self.forecaster.spoken,
            name=repr(self.forecaster),
            beside=beside,
            provenance=self._provenance(entry.words),
        )

    def _walk(self, progress: bool | None) -> Entry:
        """Every fold in turn."""
        forecaster, n_bars = self.forecaster, self.bars.n_bars
        split = list(self.folds.split(n_bars, max(forecaster.horizons)))
        refuse_hindsight(forecaster, self.bars, split[0])
        shape = (n_bars, self.bars.n_symbols, len(forecaster.horizons), len(forecaster.levels))
        values, through = np.full(shape, np.nan), np.full(n_bars, -1)
        done: list[FoldForecast | None] = []
        store = LastWeights(self.store)
        last: FoldWeights | None = None
        with progress_bar(repr(forecaster), len(split), progress) as tick:
            for fold in split:
                weights = self._weights(fold, store, last)
                last = weights or last
                done.append(None if weights is None else forecast_fold(weights))
                if (made := done[-1]) is not None:
                    values[fold.test.start : fold.test.stop] = made.values
                    through[fold.test.start : fold.test.stop] = fold.trained_through
                tick(len(done), "")
        self._refuse_nothing_learnt(done)
        words = {
            "folds_trained": sum(each is not None and each.trained for each in done),
            "losses": [[] if each is None else each.losses for each in done],
        }
        return Entry({"values": values, "trained_through_row": through}, words)

    def newest_weights(self) -> FoldWeights:
        """Weights that serve the newest bar; trained, or read from the store, when somebody asks for what they learnt.

        Raises
        ------
        ForecastError
            Too few bars for one fold, or nothing to learn from in that of the newest bar.
        """
        split = list(self.folds.split(self.bars.n_bars, max(self.forecaster.horizons)))
        made: FoldWeights | None = None
        last: FoldWeights | None = None
        for fold in split if self.forecaster.starts_warm else split[-1:]:
            made = self._weights(fold, self.store, last)
            last = made or last
        if made is None:
            raise self._nothing_learnt("the fold of the newest bar")
        return made

    def _weights(self, fold: Fold, store: Store, last: FoldWeights | None) -> FoldWeights | None:
        """Name the weights of `fold`, once it is seen that nothing they learn from judges them."""
        self._refuse_overlap(fold)
        return fold_weights(self.forecaster, self.panel, fold, self.seed, store, self.key, last)

    def _refuse_overlap(self, fold: Fold) -> None:
        """Look once more, at the labels that will really be learnt: none may overlap what judges it."""
        panel, n_bars = self.panel, self.bars.n_bars
        tested, judged = (np.isin(np.arange(n_bars), part) for part in (fold.test, fold.validation))
        learnt, stopping = panel.learnt(fold, *fold.train_parts).T, panel.learnt(fold, fold.validation).T
        for train, test in ((learnt, tested), (learnt, judged), (stopping, tested)):
            refuse_overlap(train, test, panel.label_ends.T, self.bars, fold.number)

    def _refuse_nothing_learnt(self, done: list[FoldForecast | None]) -> None:
        if all(each is None for each in done):
            raise self._nothing_learnt(f"any of {len(done)} folds")

    def _nothing_learnt(self, where: str) -> ForecastError:
        return ForecastError(
            f"{self.forecaster!r} has nothing to learn from in {where}: no window of {self.forecaster.lookback} bars "
            "is complete there. Give more bars, a shorter lookback, or other features."
        )

    def _after_choice(self, values: FloatArray, through: IntArray) -> tuple[FloatArray, IntArray]:
        """Leave out what a tuned recipe would say of bars that it was chosen by; then those count as training."""
        choice = self.forecaster.choice
        if choice is None:
            return values, through
        late = self.bars.time_ns >= choice.through_ns
        values = np.where(late[:, None, None, None], values, np.nan)
        if not np.isfinite(values).any():
            raise ForecastError(
                f"{self.forecaster!r} was tuned on bars up to {pd.Timestamp(choice.through_ns, tz='UTC'):%Y-%m-%d} "
                f"and may not forecast before; these bars end at {self.bars.time[-1]:%Y-%m-%d} and leave nothing. "
                "Tune on earlier bars: ql.tune(forecaster, bars.window(end=…), …)."
            )
        return values, np.where(through == NEVER, NEVER, np.maximum(through, choice.through_ns))

    def _closes(self, rows: IntArray) -> IntArray:
        """Close of the last bar that the forecasts of each row know by training."""
        through = np.maximum(self.bars.time_ns[rows], self.forecaster.known_through)
        return np.where(rows < 0, NEVER, through)

    def _provenance(self, words: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "forecaster": repr(self.forecaster),
            "folds": repr(self.folds),
            "seed": self.seed,
            "bars": self.bars.fingerprint,
            "environment": self.forecaster.environment(),
            "trials": self.forecaster.choice.trials if self.forecaster.choice else 1,
            **words,
        }
