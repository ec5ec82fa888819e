"""Features and labels of bars in the layout that windows are cut from, and the cuts of a fold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from quantlab.errors import ForecastError
from quantlab.features.features import Feature, compute_input
from quantlab.features.labels import label_end
from quantlab.forecasting.folds import Fold, learnable
from quantlab.forecasting.forecaster import Forecaster
from quantlab.forecasting.ranks import ranks_across
from quantlab.forecasting.windows import TrainingWindow, Windows, complete
from quantlab.market.bars import Bars
from quantlab.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Panel:
    """What a forecaster reads of bars.

    Parameters
    ----------
    features
        ``(n_symbols, n_bars, n_features)``, each value computed from bars up to its own row; its rank among
        the symbols of that row where the forecaster is `ranked`.
    labels
        ``(n_symbols, n_bars, n_horizons)``, of the recipe's target; NaN where a label has no end.
    label_ends
        ``(n_symbols, n_bars)``: the last row that the longest label of a row touches.
    ready
        ``(n_symbols, n_bars)``: a complete window ends here.
    lookback
        Rows of a window.
    n_newest
        How many of the last features a window reads at its newest row only.
    """

    features: FloatArray
    labels: FloatArray
    label_ends: IntArray
    ready: BoolArray
    lookback: int
    n_newest: int = 0

    @classmethod
    def read(cls, forecaster: Forecaster, bars: Bars) -> Panel:
        """Compute the panel of `forecaster` over `bars`.

        Raises
        ------
        ForecastError
            A feature without a single value in these bars.
        """
        features = features_of(forecaster, bars)
        for position, feature in enumerate(forecaster.inputs):
            _demand_values(feature, features[:, :, position], bars)
        return cls(
            features=features,
            labels=np.stack([forecaster.spoken.label(bars, each).T for each in forecaster.horizons], axis=2),
            label_ends=np.ascontiguousarray(label_end(bars, max(forecaster.horizons)).T),
            ready=complete(features, np.ascontiguousarray(bars.present.T), forecaster.lookback),
            lookback=forecaster.lookback,
            n_newest=len(forecaster.newest_inputs),
        )

    def digest(self) -> str:
        """Hash of all that any fold can read."""
        content = hashlib.blake2b(repr((self.features.shape, self.lookback)).encode(), digest_size=16)
        for array in (self.features, self.labels, self.label_ends, self.ready):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()

    def training_window(self, fold: Fold) -> TrainingWindow:
        """Cut what may be learnt in `fold`: rows whose labels do not overlap those of its test block."""
        parts = fold.train_parts
        stop = max(part.stop for part in (*parts, fold.validation))
        block = range(max(0, parts[0].start - self.lookback + 1), stop)
        learn, learn_labels = self._labelled(block, self.learnt(fold, *parts))
        validation, validation_labels = self._labelled(block, self.learnt(fold, fold.validation))
        return TrainingWindow(learn, learn_labels, validation, validation_labels)

    def learnt(self, fold: Fold, *parts: range) -> BoolArray:
        """Where a window of these `parts` of `fold` has a label that may be learnt ``(n_symbols, n_bars)``."""
        whole = self.ready & np.isfinite(self.labels).all(axis=2)
        return whole & learnable(fold, parts, self.label_ends.T).T

    def test_windows(self, fold: Fold) -> Windows:
        """Cut the windows that end in the test block of `fold`: bar after bar, all symbols of each."""
        block = range(max(0, fold.test.start - self.lookback + 1), fold.test.stop)
        return self._windows(block, fold.test, self.ready)

    def _labelled(self, block: range, usable: BoolArray) -> tuple[Windows, FloatArray]:
        windows = self._windows(block, block, usable)
        return windows, self.labels[windows.symbols, windows.rows + block.start]

    def _windows(self, block: range, rows: range, usable: BoolArray) -> Windows:
        symbols_of_row = usable[
            :, rows.start : rows.stop
        ].T  # row after row: earlier windows keep their place
        offset, symbols = np.nonzero(symbols_of_row)
        return Windows(
            features=np.ascontiguousarray(self.features[:, block.start : block.stop]),
            lookback=self.lookback,
            symbols=symbols.astype(np.int64),
            rows=(offset + rows.start - block.start).astype(np.int64),
            n_newest=self.n_newest,
        )


def features_of(forecaster: Forecaster, bars: Bars, *, tested: bool = True) -> FloatArray:
    """Compute what is read of `bars` ``(n_symbols, n_bars, n_features)``; `tested` as in `compute_input`."""
    features = np.empty((bars.n_symbols, bars.n_bars, len(forecaster.inputs)))
    for position, feature in enumerate(forecaster.inputs):
        values = compute_input(feature, bars, tested=tested).values
        features[:, :, position] = (ranks_across(values) if forecaster.ranks(feature) else values).T
    return features


def _demand_values(feature: Feature, values: FloatArray, bars: Bars) -> None:
    if not np.isfinite(values).any():
        raise ForecastError(
            f"feature {feature!r} has no value anywhere in these {bars.n_bars:,} bars of "
            f"{bars.n_symbols} symbols; leave it out with features=, or give bars that carry its field."
        )
