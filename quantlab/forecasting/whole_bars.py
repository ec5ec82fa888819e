"""Forecasts of networks that read all symbols of a bar together. Imports torch at the top."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.blocks.across import Together
from quantlab.forecasting.windows import Windows
from quantlab.typing import FloatArray, IntArray


def said_of_bars(
    network: Together, view: Tensor, windows: Windows, shape: tuple[int, int], batch: int
) -> FloatArray:
    """Give what `network` says of each window ``(n_windows, *shape)``, reading its whole bar.

    A batch is always the same number of bars, about `batch` windows, every cell of them filled: the last batch
    with repetitions of its last bar, cells without a window with some window that nobody listens to. So what
    is said of a bar depends on its windows alone, however many bars are asked. `view` holds the stretches of
    `windows`.

    Raises
    ------
    ForecastError
        Windows of another number of symbols than it was trained on.
    """
    n_symbols = windows.features.shape[0]
    _check(network, n_symbols)
    rows, place = np.unique(windows.rows, return_inverse=True)
    n_bars = -(-batch // n_symbols)
    starts = np.full((len(rows), n_symbols), -1, dtype=np.int64)
    starts[place, windows.symbols] = windows.starts
    told = np.empty((len(rows), n_symbols, *shape))
    for first in range(0, len(rows), n_bars):
        bars = slice(first, min(first + n_bars, len(rows)))
        known = starts[bars] >= 0
        asked = starts[np.minimum(np.arange(first, first + n_bars), len(rows) - 1)]
        told[bars][known] = network(*_filled(view, asked))[: known.sum()].cpu().numpy()
    return told[place, windows.symbols]


def _filled(view: Tensor, starts: IntArray) -> tuple[Tensor, Tensor]:
    """Cut a window for every cell, and number those that are asked for."""
    given = torch.from_numpy(starts).to(view.device)
    numbers = torch.arange(given.numel(), device=view.device).view_as(given)
    anything = given.max()  # a window of the same bars: its values are finite
    windows = view.index_select(0, torch.where(given < 0, anything, given).flatten())
    return windows, numbers.masked_fill(given < 0, -1)


def _check(network: Together, n_symbols: int) -> None:
    known = len(network.across.embedding)
    if n_symbols != known:
        raise ForecastError(
            f"these windows are of {n_symbols} symbols, but the network read {known} together when it learnt; "
            "give windows of the same bars."
        )
