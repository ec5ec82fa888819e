"""Pieces that networks share. Imports torch at the top."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class FeaturesFirst(nn.Module):
    """Windows ``(n, lookback, n_features)`` as convolutions want them: ``(n, n_features, lookback)``."""

    def forward(self, windows: Tensor) -> Tensor:
        """Swap time and features."""
        return windows.transpose(1, 2)


class OwnScale(nn.Module):
    """Each window less its own mean, divided by its own deviation, per feature.

    Parameters
    ----------
    scaled
        Which features are; the others stay as they are. All of them unless given.
    """

    scaled: Tensor | None

    def __init__(self, scaled: Sequence[bool] | None = None) -> None:
        super().__init__()
        told = None if scaled is None or all(scaled) else torch.tensor(list(scaled))
        self.register_buffer("scaled", told, persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to the same shape; a scaled feature that stands still becomes 0."""
        centred = windows - windows.mean(dim=1, keepdim=True)
        own: Tensor = centred / (centred.square().mean(dim=1, keepdim=True).sqrt() + 1e-6)
        return own if self.scaled is None else torch.where(self.scaled, own, windows)


class NewestOnly(nn.Module):
    """The last `count` features as they are at the newest bar, at every bar of the window.

    Networks know no inputs but windows: what is known of coming bars, and what stands still, becomes a feature
    that does not move.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to the same shape."""
        newest = windows[:, -1:, -self.count :].expand(-1, windows.shape[1], -1)
        return torch.cat([windows[:, :, : -self.count], newest], dim=2)


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


class ByHorizon(nn.Module):
    """Numbers ``(n, n_horizons * numbers)`` as ``(n, n_horizons, numbers)``, free."""

    def __init__(self, n_horizons: int) -> None:
        super().__init__()
        self.n_horizons = n_horizons

    def forward(self, raw: Tensor) -> Tensor:
        """Lay the numbers out by horizon."""
        return raw.reshape(len(raw), self.n_horizons, -1)


class LocationAndScale(ByHorizon):
    """A free location and a scale of at least 0.001 label spreads ``(n, n_horizons, 2)``."""

    def forward(self, raw: Tensor) -> Tensor:
        """Keep the location, make the scale positive."""
        location, scale = super().forward(raw).unbind(-1)
        return torch.stack([location, nn.functional.softplus(scale) + 1e-3], dim=-1)


class LocationScaleAndTail(ByHorizon):
    """A free location, a positive scale, and degrees of freedom above 2 ``(n, n_horizons, 3)``."""

    def forward(self, raw: Tensor) -> Tensor:
        """Keep the location, make the scale positive and the variance finite."""
        location, scale, tail = super().forward(raw).unbind(-1)
        positive = nn.functional.softplus
        return torch.stack([location, positive(scale) + 1e-3, positive(tail) + 2.01], dim=-1)
