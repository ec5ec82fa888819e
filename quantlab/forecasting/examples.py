"""Windows with their labels, and the batches that a loss is told them in. Imports torch at the top."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from quantlab.forecasting.losses.loss import Labels, Loss
from quantlab.forecasting.windows import Windows

if TYPE_CHECKING:
    from quantlab.forecasting.neural import NeuralForecaster


@dataclass(frozen=True, eq=False)
class Examples:
    """Windows as a strided view with the labels of some of them.

    Parameters
    ----------
    view
        Every stretch of `lookback` rows ``(n_stretches, lookback, n_features)``, float32, sharing memory.
    starts
        Which stretches are examples ``(n_examples,)``.
    labels
        ``(n_examples, n_horizons)``, in label spreads.
    grid
        The number of the example of each bar and symbol ``(n_bars, n_symbols)``, -1 where there is none; bars
        without any are left out. ``(0, 1)`` for a loss that does not ask.
    """

    view: Tensor
    starts: Tensor
    labels: Tensor
    grid: Tensor

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, eq=False)
class Batch:
    """Some windows, what came of them, and how many windows or bars they are."""

    windows: Tensor
    labels: Labels
    size: int


@dataclass(frozen=True, eq=False)
class Batches:
    """Examples, cut as a loss wants them.

    Parameters
    ----------
    examples
        What is cut.
    loss
        It wants windows drawn at will, whole bars, or runs of consecutive bars.
    size
        Windows that a batch should hold.
    levels, spread, horizons
        What a loss may need to know beside the labels; see `Labels`.
    """

    examples: Examples
    loss: Loss
    size: int
    levels: Tensor
    spread: Tensor
    horizons: Tensor

    @classmethod
    def of(cls, examples: Examples, recipe: NeuralForecaster, loss: Loss, spread: Tensor) -> Batches:
        """Cut `examples` as `recipe` says."""
        device = examples.view.device
        levels = torch.tensor(recipe.levels, dtype=torch.float32, device=device)
        horizons = torch.tensor(recipe.horizons, dtype=torch.float32, device=device)
        return cls(examples, loss, recipe.batch, levels, spread, horizons)

    def __len__(self) -> int:
        """Count the batches of one pass."""
        return -(-self.total // self.items)

    @property
    def total(self) -> int:
        """Count what is cut: windows, or bars."""
        return len(self.examples if self.loss.cut == "windows" else self.examples.grid)

    @property
    def items(self) -> int:
        """Windows, or bars, of one batch."""
        return self.loss.items(self.size, self.examples.grid.shape[1])

    def in_order(self) -> Iterator[Batch]:
        """Every batch, in order of time."""
        for which in self._all(torch.arange(self.total)):
            yield self._batch(which)

    def shuffled(self, order: torch.Generator) -> Iterator[Batch]:
        """Every batch of a pass in which windows, bars or runs are drawn in a new order."""
        if self.loss.cut == "runs":
            runs = self._all(torch.arange(self.total))
            drawn = [runs[number] for number in torch.randperm(len(runs), generator=order).tolist()]
        else:
            drawn = self._all(torch.randperm(self.total, generator=order))
        for which in drawn:
            yield self._batch(which)

    def _all(self, numbers: Tensor) -> list[Tensor]:
        return list(torch.split(numbers.to(self.examples.view.device), self.items))

    def _batch(self, which: Tensor) -> Batch:
        examples, present = self.examples, None
        if self.loss.cut != "windows":
            cells = examples.grid[which]
            present = cells >= 0
            which, size = cells[present], len(which)
        else:
            size = len(which)
        windows = examples.view.index_select(0, examples.starts[which])
        values = laid_out(examples.labels[which], present)
        return Batch(windows, Labels(values, present, self.levels, self.spread, self.horizons), size)


def laid_out(values: Tensor, present: Tensor | None) -> Tensor:
    """Put values ``(n_windows, …)`` at their bar and symbol ``(n_bars, n_symbols, …)``, 0 elsewhere."""
    if present is None:
        return values
    grid = values.new_zeros((*present.shape, *values.shape[1:]))
    grid[present] = values
    return grid


def grid_of(windows: Windows) -> Tensor:
    """Give the number of each window by bar and symbol ``(n_bars, n_symbols)``, -1 where there is none."""
    bars, place = np.unique(windows.rows, return_inverse=True)
    grid = np.full((len(bars), windows.features.shape[0]), -1, dtype=np.int64)
    grid[place, windows.symbols] = np.arange(len(windows))
    return torch.from_numpy(grid)
