"""How labels lie around something, symbol by symbol."""

from __future__ import annotations

import numpy as np

from quantlab.forecasting.windows import TrainingWindow
from quantlab.typing import FloatArray, IntArray

ENOUGH = 30  # training labels of a symbol below which it is given the quantiles of all symbols


def quantiles_by_symbol(
    symbols: IntArray, values: FloatArray, levels: tuple[float, ...], n_symbols: int
) -> FloatArray:
    """Take the quantiles ``(n_symbols, n_horizons, n_levels)`` of each symbol; pooled where it has few."""
    pooled = np.quantile(values, levels, axis=0)
    quantiles = np.empty((n_symbols, values.shape[1], len(levels)))
    for symbol in range(n_symbols):
        own = values[symbols == symbol]
        quantiles[symbol] = (np.quantile(own, levels, axis=0) if len(own) >= ENOUGH else pooled).T
    return quantiles


def all_labels(window: TrainingWindow) -> tuple[IntArray, FloatArray]:
    """Symbols ``(n,)`` and labels ``(n, n_horizons)`` of the learning and validation part together."""
    symbols = np.concatenate([window.learn.symbols, window.validation.symbols])
    return symbols, np.concatenate([window.learn_labels, window.validation_labels])
