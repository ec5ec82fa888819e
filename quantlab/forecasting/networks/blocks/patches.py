"""Windows cut into patches, each feature apart. Imports torch at the top."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Patches(nn.Module):
    """Overlapping stretches of each feature; the newest value is repeated `stride` times so that none is lost.

    Parameters
    ----------
    patch, stride
        Bars of a patch, and from one patch to the next.
    """

    def __init__(self, patch: int, stride: int) -> None:
        super().__init__()
        self.patch, self.stride = patch, stride

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to ``(n, n_features, n_patches, patch)``."""
        repeated = windows[:, -1:].expand(-1, self.stride, -1)
        whole = torch.cat([windows, repeated], dim=1)
        return whole.transpose(1, 2).unfold(2, self.patch, self.stride)


class FeatureByFeature(nn.Module):
    """One network for every feature: they do not see each other, and share its weights.

    Parameters
    ----------
    encoder
        From ``(m, n_patches, width)`` to the same shape.
    patch, n_patches, width
        Bars of a patch, patches of a feature, and numbers that a patch becomes.
    """

    def __init__(self, encoder: nn.Module, patch: int, n_patches: int, width: int) -> None:
        super().__init__()
        self.token = nn.Linear(patch, width)
        self.places = nn.Parameter(0.02 * torch.randn(n_patches, width))
        self.encoder = encoder

    def forward(self, patches: Tensor) -> Tensor:
        """``(n, n_features, n_patches, patch)`` to ``(n, n_features, n_patches, width)``."""
        tokens = self.token(patches) + self.places
        told: Tensor = self.encoder(tokens.flatten(0, 1))
        return told.reshape(tokens.shape)
