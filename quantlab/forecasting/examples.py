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
        without any are left out. ``(0, 1)`` where nobody asks.
    """

    view: Tensor
    starts: Tensor
    labels: Tensor
    grid: Tensor

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True, eq=False)
class Batch:
    """Some windows, what came of them, how many windows or bars they are, and where they stand.

    `cells` ``(n_bars, n_symbols)`` holds the number of the window of each cell, -1 where there is none; None
    for a network that reads every window by itself.
    """

    windows: Tensor
    labels: Labels
    size: int
    cells: Tensor | None = None

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What the network is given."""
        return (self.windows,) if self.cells is None else (self.windows, self.cells)


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
    together
        Whether the network reads all symbols of a bar together, and so wants whole bars whatever the loss.
    """

    examples: Examples
    loss: Loss
    size: int
    levels: Tensor
    spread: Tensor
    horizons: Tensor
    together: bool = False

    @classmethod
    def of(cls, examples: Examples, recipe: NeuralForecaster, loss: Loss, spread: Tensor) -> Batches:
        """Cut `examples` as `recipe` says."""
        device = examples.view.device
        levels = torch.tensor(recipe.levels, dtype=torch.float32, device=device)
        horizons = torch.tensor(recipe.horizons, dtype=torch.float32, device=device)
        together = recipe.symbols == "together"
        return cls(examples, loss, recipe.batch, levels, spread, horizons, together)

    def __len__(self) -> int:
        """Count the batches of one pass."""
        return -(-self.n_cut // self.items)

    @property
    def total(self) -> int:
        """Count what the loss is a mean over: windows, or bars."""
        return len(self.examples if self.loss.cut == "windows" else self.examples.grid)

    @property
    def n_cut(self) -> int:
        """Count what is cut: windows, or bars."""
        return len(self.examples.grid if self.by_bar else self.examples)

    @property
    def items(self) -> int:
        """Windows, or bars, of one batch."""
        n_symbols = self.examples.grid.shape[1]
        if self.by_bar and self.loss.cut == "windows":
            return max(1, self.size // n_symbols)
        return self.loss.items(self.size, n_symbols)

    @property
    def by_bar(self) -> bool:
        """Whether a batch is whole bars, because the loss or the network wants them."""
        return self.together or self.loss.cut != "windows"

    def in_order(self) -> Iterator[Batch]:
        """Every batch, in order of time."""
        for which in self._all(torch.arange(self.n_cut)):
            yield self._batch(which)

    def shuffled(self, order: torch.Generator) -> Iterator[Batch]:
        """Every batch of a pass in which windows, bars or runs are drawn in a new order."""
        if self.loss.cut == "runs":
            runs = self._all(torch.arange(self.n_cut))
            drawn = [runs[number] for number in torch.randperm(len(runs), generator=order).tolist()]
        else:
            drawn = self._all(torch.randperm(self.n_cut, generator=order))
        for which in drawn:
            yield self._batch(which)

    def _all(self, numbers: Tensor) -> list[Tensor]:
        return list(torch.split(numbers.to(self.examples.view.device), self.items))

    def _batch(self, which: Tensor) -> Batch:
        examples, here, size = self.examples, None, len(which)
        if self.by_bar:
            grid = examples.grid[which]
            here = grid >= 0
            which = grid[here]
        windows = examples.view.index_select(0, examples.starts[which])
        cells = numbered(here) if self.together and here is not None else None
        present = here if self.loss.cut != "windows" else None
        values = laid_out(examples.labels[which], present)
        labels = Labels(values, present, self.levels, self.spread, self.horizons)
        return Batch(windows, labels, size if present is not None else len(which), cells)


def laid_out(values: Tensor, present: Tensor | None) -> Tensor:
    """Put values ``(n_windows, …)`` at their bar and symbol ``(n_bars, n_symbols, …)``, 0 elsewhere."""
    if present is None:
        return values
    grid = values.new_zeros((*present.shape, *values.shape[1:]))
    grid[present] = values
    return grid


def numbered(present: Tensor) -> Tensor:
    """Give the cells that have a window numbers from 0, bar after bar ``(n_bars, n_symbols)``; -1 elsewhere."""
    numbers = present.flatten().cumsum(0).view_as(present) - 1
    return numbers.masked_fill(~present, -1)


def grid_of(windows: Windows) -> Tensor:
    """Give the number of each window by bar and symbol ``(n_bars, n_symbols)``, -1 where there is none."""
    bars, place = np.unique(windows.rows, return_inverse=True)
    grid = np.full((len(bars), windows.features.shape[0]), -1, dtype=np.int64)
    grid[place, windows.symbols] = np.arange(len(windows))
    return torch.from_numpy(grid)
