"""Search for a good recipe, on inner folds, counting every trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.display.progress import progress_bar
from quantlab.errors import ForecastError
from quantlab.forecasting.checks import one_of, whole
from quantlab.forecasting.fold_audit import refuse_hindsight
from quantlab.forecasting.fold_forecast import fold_weights, forecast_fold
from quantlab.forecasting.fold_weights import FoldWeights
from quantlab.forecasting.folds import Fold, Folds, WalkForward, must_be_folds
from quantlab.forecasting.forecaster import Choice, Forecaster, must_be_forecaster
from quantlab.forecasting.information import ENOUGH_SYMBOLS, cross_section, pinball, pooled, squared_error
from quantlab.forecasting.keys import recipe_key
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.search_space import Axis, n_combinations, space_of
from quantlab.forecasting.store import ForecastStore, LastWeights, open_store
from quantlab.forecasting.tuned import Tuning
from quantlab.market.bars import Bars
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    import optuna

MAXIMISED = {"pinball": False, "ic": True, "rank_ic": True}
SAMPLERS = ("tpe", "random", "grid", "gp")


def tune(
    forecaster: Forecaster,
    bars: Bars,
    *,
    over: Mapping[str, Any],
    sampler: str = "tpe",
    trials: int | None = None,
    folds: Folds | None = None,
    by: str = "pinball",
    path: str | Path | None = None,
    prune: bool = True,
    seed: int = 0,
    store: ForecastStore | str | Path | bool | None = None,
    progress: bool | None = None,
) -> Tuning:
    """Try many recipes on `bars` and keep the best; the search is optuna's.

    Every trial is walked forward over `folds` of these bars and judged on their test blocks. Give it the bars that
    come before those you will judge the winner on: the winner remembers the last of them, and `walk_forward` and
    `backtest` give no forecast by it from before that time, because it was chosen by what happened until then. It also
    remembers how many were tried: ``provenance["trials"]`` of its forecasts, and of a result that uses them.

    Parameters
    ----------
    forecaster
        The recipe whose fields hold where none are searched.
    bars
        To train and judge on.
    over
        By field of the recipe: a list of values, or ``ql.Span(low, high)``.
    sampler
        ``"tpe"`` (tree-structured Parzen estimator, Bergstra et al. 2011), ``"random"``, ``"grid"`` (all combinations
        of lists) or ``"gp"`` (Gaussian process; takes seconds a trial, so for slow forecasters).
    trials
        How many in all, those that `path` already holds included; 20 unless given, all for a grid.
    folds
        Inner folds; ``WalkForward()`` unless given. `PurgedKFold` serves too, where bars are few.
    by
        ``"pinball"`` (mean quantile loss, of a probability or an expected value the squared error; the least is
        best), ``"ic"`` or ``"rank_ic"`` (the greatest); over several horizons their mean.
    path
        A sqlite file that keeps finished trials. Run again, the tuning goes on where it stopped, also after a kill.
    prune
        Give a trial up when after some fold its mean is worse than the median of earlier trials there.
    seed
        Of the sampler and the training.
    store
        As `walk_forward` takes it.
    progress
        A bar on stderr: None draws it on a terminal only.

    Raises
    ------
    ForecastError
        An unknown field, sampler or score; too few bars; all trials failed; a `path` of another tuning.

    Examples
    --------
    >>> import quantlab as ql
    >>> bars = ql.read_bars("sample:us5", end="2016-12-31")
    >>> tuning = tune(ql.RidgeForecaster(), bars, over={"penalty": [0.01, 10.0]}, sampler="grid", store=False,
    ...     folds=ql.WalkForward(train=500, test=250))
    >>> tuning.n_trials, len(tuning.frame)
    (2, 2)
    """
    one_of("tune", "sampler", sampler, SAMPLERS)
    one_of("tune", "by", by, tuple(MAXIMISED))
    must_be_forecaster("tune", forecaster)
    must_be_folds(folds)
    space = space_of(forecaster, over)
    asked = _n_asked(space, sampler, trials)
    chosen = folds or WalkForward()
    cut = list(chosen.split(bars.n_bars, max(forecaster.horizons)))
    trier = _Trier(forecaster, bars, space, cut, by, seed, store)
    # optuna brings SQLAlchemy and more: only those who tune wait for it
    from quantlab.forecasting.study_file import judged, open_study, quiet, row_of, sampler_of

    origin = {
        "forecaster": repr(forecaster),
        "over": repr(dict(sorted(space.items()))),
        "folds": repr(chosen),
        "bars": bars.fingerprint,
        "sampler": sampler,
        "by": by,
        "seed": str(seed),
        "code": str(recipe_key(forecaster, seed)),
    }
    with quiet(), progress_bar(f"tuning {type(forecaster).__name__}", asked, progress) as tick:
        study = open_study(None if path is None else Path(path), origin, maximise=MAXIMISED[by], prune=prune)
        while (done := len(judged(study))) < asked:
            tick(done, "")
            study.sampler = sampler_of(sampler, space, seed, done)
            study.optimize(trier.value, n_trials=1, catch=(ForecastError,))
        tick(done, "")
        rows = [row_of(trial, space) for trial in judged(study)]
    return _tuning(forecaster, bars, pd.DataFrame(rows).rename_axis("trial"), tuple(space), by)


def _n_asked(space: Mapping[str, Axis], sampler: str, trials: int | None) -> int:
    if trials is not None:
        whole("tune", "trials", trials, 1)
    if sampler != "grid":
        return 20 if trials is None else trials
    combinations = n_combinations(space)
    if combinations is None:
        raise ForecastError('sampler="grid" needs a list of values for every field; use "tpe" for a Span.')
    return combinations if trials is None else min(trials, combinations)


@dataclass(frozen=True, eq=False)
class _Trier:
    """Judges one recipe after another on the same folds."""

    forecaster: Forecaster
    bars: Bars
    space: Mapping[str, Axis]
    folds: list[Fold]
    by: str
    seed: int
    store: ForecastStore | str | Path | bool | None

    def value(self, trial: optuna.Trial) -> float:
        """Mean score over the test blocks of a recipe that `trial` chooses; a hopeless one is given up half-way."""
        import optuna

        from quantlab.forecasting.study_file import ERROR

        try:
            recipe = replace(
                self.forecaster, **{name: axis.draw(trial, name) for name, axis in self.space.items()}
            )
            scores: list[float] = []
            for step, score in enumerate(self._fold_scores(recipe)):
                scores.append(score)
                trial.report(float(np.mean(scores)), step)
                if trial.should_prune():
                    raise optuna.TrialPruned
            mean = float(np.mean(scores)) if scores else np.nan
            if not np.isfinite(mean):
                raise ForecastError(f"{recipe!r} forecast nothing that could be judged by {self.by}.")
        except ForecastError as error:
            trial.set_user_attr(ERROR, str(error))
            raise
        return mean

    def _fold_scores(self, recipe: Forecaster) -> Iterator[float]:
        """Score every fold that has something to learn from, in turn."""
        refuse_hindsight(recipe, self.bars, self.folds[0])
        panel = Panel.read(recipe, self.bars)
        key, opened = recipe_key(recipe, self.seed), open_store(self.store)
        store = LastWeights(opened if key else open_store(False))
        last: FoldWeights | None = None
        for fold in self.folds:
            weights = fold_weights(recipe, panel, fold, self.seed, store, key, last)
            if weights is not None:
                last = weights
                yield self._score(recipe, forecast_fold(weights).values, _tested_labels(panel, fold))

    def _score(self, recipe: Forecaster, values: FloatArray, labels: FloatArray) -> float:
        """Mean over the horizons, which are the last axis of `labels` and the one before the last of `values`."""
        return float(
            np.mean(
                [
                    _score(values[:, :, k], np.ascontiguousarray(labels[:, :, k]), recipe, horizon, self.by)
                    for k, horizon in enumerate(recipe.horizons)
                ]
            )
        )


def _tested_labels(panel: Panel, fold: Fold) -> FloatArray:
    """Cut what came in the test block of `fold` ``(n_rows, n_symbols, n_horizons)``."""
    return panel.labels[:, fold.test.start : fold.test.stop].swapaxes(0, 1)


def _score(values: FloatArray, label: FloatArray, recipe: Forecaster, horizon: int, by: str) -> float:
    if by == "pinball":
        judge = squared_error if recipe.spoken.is_mean else pinball
        return judge(values, label, recipe.levels)
    median = values[:, :, recipe.levels.index(0.5)]
    information = (cross_section if label.shape[1] >= ENOUGH_SYMBOLS else pooled)(median, label, horizon)
    return float(getattr(information, by))


def _tuning(
    forecaster: Forecaster, bars: Bars, frame: pd.DataFrame, params: tuple[str, ...], by: str
) -> Tuning:
    if not (frame["state"] == "done").any():
        raise ForecastError(f"all {len(frame)} trials failed; the first: {frame['error'].iloc[0]}")
    before = forecaster.choice or Choice(0, int(bars.time_ns[0]))  # what was tuned before stays counted
    choice = Choice(before.trials + len(frame), max(before.through_ns, int(bars.time_ns[-1])))
    return Tuning(forecaster, frame, params, by, MAXIMISED[by], choice)
