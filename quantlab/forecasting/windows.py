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
    """

    features: FloatArray
    lookback: int
    symbols: IntArray
    rows: IntArray

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

    def flat(self) -> FloatArray:
        """Copy every window as one long row ``(n_windows, lookback * n_features)``; for small lookbacks."""
        n_features = self.features.shape[2]
        stretches = np.lib.stride_tricks.sliding_window_view(
            self.features.reshape(-1), self.lookback * n_features
        )
        return np.array(stretches[self.starts * n_features])

    def cut(self) -> FloatArray:
        """Copy every window ``(n_windows, lookback, n_features)``; the quick way for few of them."""
        rows = self.features.reshape(-1, self.features.shape[2])
        cut: FloatArray = rows[self.starts[:, None] + np.arange(self.lookback)]
        return cut

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
