"""One fold of a walk-forward: read what was kept, or train and forecast, and keep that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantlab.forecasting.fold_weights import FoldWeights
from quantlab.forecasting.folds import Fold
from quantlab.forecasting.forecaster import Forecaster, TrainedForecaster
from quantlab.forecasting.keys import key_of
from quantlab.forecasting.panel import Panel
from quantlab.forecasting.store import Entry, Store
from quantlab.forecasting.windows import Windows
from quantlab.typing import FloatArray


@dataclass(frozen=True, eq=False)
class FoldForecast:
    """The forecasts of one test block.

    Parameters
    ----------
    values
        ``(n_rows, n_symbols, n_horizons, n_levels)``, NaN where a window is not complete.
    trained
        Whether it was trained now, rather than read from the store.
    losses
        Learning and validation loss of every epoch; empty for a forecaster without epochs.
    """

    values: FloatArray
    trained: bool
    losses: list[list[float]]


def forecast_fold(weights: FoldWeights) -> FoldForecast:
    """Forecast the test block of the fold that `weights` were learnt for.

    Weights are kept under what training reads, forecasts under that and what predicting reads: new bars after
    a fold leave it alone, and changed bars in its test block leave its weights.
    """
    fold, store, windows = weights.fold, weights.store, weights.panel.test_windows(weights.fold)
    forecast_key = key_of(weights.key, windows.digest())
    kept = store.get("forecasts", forecast_key)
    if kept is not None:
        return FoldForecast(kept.arrays["values"], False, kept.words["losses"])
    learnt = weights.learnt
    values = _predicted(weights.forecaster, learnt.forecaster, windows, fold)
    store.put("forecasts", forecast_key, Entry({"values": values}, {"losses": learnt.losses}))
    return FoldForecast(values, learnt.trained, learnt.losses)


def fold_weights(
    forecaster: Forecaster,
    panel: Panel,
    fold: Fold,
    seed: int,
    store: Store,
    key: str | None,
    last: FoldWeights | None,
) -> FoldWeights | None:
    """Name the weights of `fold`, by what training reads; None when its training block holds no complete window.

    Training starts from the weights of the `last` fold that had any, where the recipe starts warm.
    """
    before = None if last is None else last.next_start(fold)
    digest = _training_digest(panel, fold)
    if digest is None:
        return None
    read = (key, fold.number, digest)
    weights_key = key_of(*read) if before is None else key_of(*read, before.key)
    return FoldWeights(forecaster, panel, fold, fold_seed(seed, fold), store, weights_key, before)


def fold_seed(seed: int, fold: Fold) -> int:
    """Draw a seed for the fold, so that no two folds draw the same weights."""
    return int(np.random.SeedSequence([seed, fold.number]).generate_state(1)[0])


def _training_digest(panel: Panel, fold: Fold) -> str | None:
    """Hash what training reads; None where there is nothing to learn from, or to stop by."""
    window = panel.training_window(fold)
    if not len(window.learn) or (fold.validation and not len(window.validation)):
        return None
    return window.digest()


def _predicted(forecaster: Forecaster, ready: TrainedForecaster, windows: Windows, fold: Fold) -> FloatArray:
    """Forecast all complete windows, laid on the rows of the test block."""
    n_symbols, n_rows, _ = windows.features.shape
    values = np.full((len(fold.test), n_symbols, len(forecaster.horizons), len(forecaster.levels)), np.nan)
    if len(windows):
        told = forecaster.spoken.bounded(ready.predict(windows))
        values[windows.rows - (n_rows - len(fold.test)), windows.symbols] = told
    return values
