"""Pieces that networks share. Imports torch at the top."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FeaturesFirst(nn.Module):
    """Windows ``(n, lookback, n_features)`` as convolutions want them: ``(n, n_features, lookback)``."""

    def forward(self, windows: Tensor) -> Tensor:
        """Swap time and features."""
        return windows.transpose(1, 2)


class OwnScale(nn.Module):
    """Each window less its own mean, divided by its own deviation, per feature."""

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to the same shape; a feature that stands still becomes 0."""
        centred = windows - windows.mean(dim=1, keepdim=True)
        return centred / (centred.square().mean(dim=1, keepdim=True).sqrt() + 1e-6)


class RisingQuantiles(nn.Module):
    """Numbers ``(n, n_horizons * n_levels)`` as quantiles ``(n, n_horizons, n_levels)`` that cannot cross.

    The median is free; each further level is the one nearer the median plus or minus a softplus, so steps are
    never negative.
    """

    def __init__(self, n_horizons: int, levels: tuple[float, ...]) -> None:
        super().__init__()
        self.shape = (n_horizons, len(levels))
        self.middle = levels.index(0.5)

    def forward(self, raw: Tensor) -> Tensor:
        """Non-decreasing along the last axis."""
        raw = raw.reshape(len(raw), *self.shape)
        median = raw[..., self.middle : self.middle + 1]
        above = nn.functional.softplus(raw[..., self.middle + 1 :]).cumsum(dim=-1)
        below = nn.functional.softplus(raw[..., : self.middle]).flip(-1).cumsum(dim=-1).flip(-1)
        return torch.cat([median - below, median, median + above], dim=-1)


class PinballLoss(nn.Module):
    """Mean quantile loss over windows, horizons and levels: max(q·e, (q − 1)·e) with e = label − forecast.

    R. Koenker and G. Bassett (1978), "Regression quantiles", Econometrica 46(1).
    """

    levels: Tensor

    def __init__(self, levels: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("levels", torch.tensor(levels, dtype=torch.float32))

    def forward(self, forecast: Tensor, label: Tensor) -> Tensor:
        """Average the loss of forecasts ``(n, n_horizons, n_levels)`` for labels ``(n, n_horizons)``."""
        error = label.unsqueeze(-1) - forecast
        return torch.maximum(self.levels * error, (self.levels - 1.0) * error).mean()
