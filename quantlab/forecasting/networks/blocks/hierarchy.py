"""Blocks that read a window at one rate and speak at one rate. Imports torch at the top."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


def interpolation(n_knots: int, n_places: int) -> Tensor:
    """Weights ``(n_places, n_knots)`` that draw straight lines between knots.

    Knots are spread evenly from the first place to the last; a single knot holds everywhere.
    """
    if n_knots == 1:
        return torch.ones(n_places, 1)
    step = max(n_places - 1, 1) / (n_knots - 1)
    places = torch.arange(n_places, dtype=torch.float64) / step
    knots = torch.arange(n_knots, dtype=torch.float64)
    return (1.0 - (places[:, None] - knots).abs()).clamp(min=0.0).float()


@dataclass(frozen=True)
class Shape:
    """What all blocks of a hierarchy have in common.

    Parameters
    ----------
    lookback, n_features
        Shape of a window.
    horizons
        Bars ahead that are spoken of.
    n_levels
        Numbers for each horizon.
    width, layers
        Of the dense layers in a block.
    dropout
        Share of each dense layer that is dropped while training.
    """

    lookback: int
    n_features: int
    horizons: tuple[int, ...]
    n_levels: int
    width: int
    layers: int
    dropout: float


class RateBlock(nn.Module):
    """The greatest of every `pool` bars, through dense layers, to knots of the forecast and of the window.

    Parameters
    ----------
    shape
        Common to all blocks.
    pool
        Bars of which the greatest value is read.
    every
        Bars between two knots.
    explains
        Whether it also says which part of the window it has dealt with; the last block has nobody to tell.
    """

    to_horizons: Tensor
    to_lookback: Tensor

    def __init__(self, shape: Shape, pool: int, every: int, explains: bool) -> None:
        super().__init__()
        self.shape = shape
        self.pool = nn.MaxPool1d(pool, ceil_mode=True)
        width = shape.n_features * math.ceil(shape.lookback / pool)
        dense: list[nn.Module] = []
        for _ in range(shape.layers):
            dense += [nn.Linear(width, shape.width), nn.ReLU(), nn.Dropout(shape.dropout)]
            width = shape.width
        self.dense = nn.Sequential(*dense)
        ahead, behind = math.ceil(shape.horizons[-1] / every), math.ceil(shape.lookback / every)
        rows = torch.tensor(shape.horizons) - 1
        self.register_buffer("to_horizons", interpolation(ahead, shape.horizons[-1])[rows], persistent=False)
        self.register_buffer("to_lookback", interpolation(behind, shape.lookback), persistent=False)
        self.ahead = nn.Linear(width, ahead * shape.n_levels)
        self.behind = nn.Linear(width, behind * shape.n_features) if explains else None

    def forward(self, rest: Tensor) -> tuple[Tensor, Tensor | None]:
        """``(n, lookback, n_features)`` to ``(n, n_horizons, n_levels)`` and a window, or None at the end."""
        read = self.dense(self.pool(rest.transpose(1, 2)).flatten(1))
        told = self.to_horizons @ self.ahead(read).unflatten(1, (-1, self.shape.n_levels))
        if self.behind is None:
            return told, None
        return told, self.to_lookback @ self.behind(read).unflatten(1, (-1, self.shape.n_features))


class Hierarchy(nn.Module):
    """Blocks in a row, each reading what those before it have left of the window; their forecasts add up.

    Parameters
    ----------
    shape
        Common to all blocks.
    pools, every
        Of each block.
    """

    def __init__(self, shape: Shape, pools: tuple[int, ...], every: tuple[int, ...]) -> None:
        super().__init__()
        last = len(pools) - 1
        self.blocks = nn.ModuleList(
            RateBlock(shape, pool, bars, explains=number < last)
            for number, (pool, bars) in enumerate(zip(pools, every, strict=True))
        )

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to ``(n, n_horizons * n_levels)``."""
        rest, told = windows, []
        for block in self.blocks:
            forecast, explained = block(rest)
            told.append(forecast)
            rest = rest if explained is None else rest - explained
        return torch.stack(told).sum(dim=0).flatten(1)
