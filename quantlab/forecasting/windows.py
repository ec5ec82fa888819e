"""Windows of features ending now: views into one block, never copied all at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quantlab.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Windows:
    """Complete windows of a block of features: which symbol, and the row each ends at.

    Parameters
    ----------
    features
        ``(n_symbols, n_rows, n_features)``, one symbol's rows in sequence so that a window is one stretch of
        memory.
    lookback
        Rows of a window.
    symbols, rows
        ``(n_windows,)``: the symbol of each window and the row of `features` that it ends at (inclusive).
    n_newest
        How many of the last features are read at the newest row only: what is known beforehand, or stands still.
    """

    features: FloatArray
    lookback: int
    symbols: IntArray
    rows: IntArray
    n_newest: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def starts(self) -> IntArray:
        """Where each window begins in the block read as one list of rows ``(n_windows,)``."""
        starts: IntArray = self.symbols * self.features.shape[1] + self.rows - self.lookback + 1
        return starts

    def now(self) -> FloatArray:
        """Copy the newest row of every window ``(n_windows, n_features)``."""
        return self.features[self.symbols, self.rows]

    def cut(self) -> FloatArray:
        """Copy every window whole ``(n_windows, lookback, n_features)``; for small lookbacks."""
        return self._stretches(self.features).reshape(len(self), self.lookback, -1)

    def flat(self) -> FloatArray:
        """Copy every window as one long row; for small lookbacks.

        ``(n_windows, lookback * n_past + n_newest)``: bar after bar, then what is read at the newest one only.
        """
        if not self.n_newest:
            return self._stretches(self.features)
        n_past = self.features.shape[2] - self.n_newest
        newest = self.now()[:, n_past:]
        return np.concatenate([self._stretches(self.features[:, :, :n_past]), newest], axis=1)

    def _stretches(self, features: FloatArray) -> FloatArray:
        n_features = features.shape[2]
        stretches = np.lib.stride_tricks.sliding_window_view(features.reshape(-1), self.lookback * n_features)
        return np.array(stretches[self.starts * n_features])

    def batches(self, size: int) -> Iterator[slice]:
        """Consecutive slices of at most `size` windows."""
        for start in range(0, len(self), size):
            yield slice(start, min(start + size, len(self)))

    def digest(self) -> str:
        """Hash of what these windows read: the rows they cover, and which windows they are."""
        content = hashlib.blake2b(repr((self.features.shape, self.lookback)).encode(), digest_size=16)
        for array in (self.features, self.symbols, self.rows):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()


@dataclass(frozen=True, eq=False)
class TrainingWindow:
    """All that a forecaster may learn from: a training block, cut off before the block it will be tested on.

    Parameters
    ----------
    learn, validation
        Windows that weights are learnt from, and windows that stop the training early (may be none).
    learn_labels, validation_labels
        ``(n_windows, n_horizons)``: the target over the span from the next open to the open `horizon` bars later.
    """

    learn: Windows
    learn_labels: FloatArray
    validation: Windows
    validation_labels: FloatArray

    def digest(self) -> str:
        """Hash of everything that training can read."""
        content = hashlib.blake2b(digest_size=16)
        for windows, labels in ((self.learn, self.learn_labels), (self.validation, self.validation_labels)):
            content.update(windows.digest().encode() + np.ascontiguousarray(labels).tobytes())
        return content.hexdigest()


def complete(features: FloatArray, present: BoolArray, lookback: int) -> BoolArray:
    """Tell where a window of `lookback` rows without a gap ends ``(n_symbols, n_rows)``.

    A gap is an absent bar or a missing feature.
    """
    whole = present & np.isfinite(features).all(axis=2)
    so_far = np.cumsum(np.pad(whole, ((0, 0), (lookback, 0))), axis=1)
    ready: BoolArray = so_far[:, lookback:] - so_far[:, :-lookback] == lookback
    return ready
