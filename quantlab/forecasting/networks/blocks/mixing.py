"""Dense layers along time and along features in turn. Imports torch at the top."""

from __future__ import annotations

from torch import Tensor, nn


class MixTime(nn.Module):
    """A dense layer along time, the same for every feature, added to what came in.

    Parameters
    ----------
    lookback, n_features
        Shape of a window, over all of which it is normalised first.
    dropout
        Share of what is added that is dropped while training.
    """

    def __init__(self, lookback: int, n_features: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm((lookback, n_features))
        self.mix = nn.Sequential(nn.Linear(lookback, lookback), nn.ReLU(), nn.Dropout(dropout))

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to the same shape."""
        told: Tensor = windows + self.mix(self.norm(windows).transpose(1, 2)).transpose(1, 2)
        return told


class MixFeatures(nn.Module):
    """Two dense layers along features, the same for every bar, added to what came in.

    Parameters
    ----------
    lookback, n_features
        Shape of a window, over all of which it is normalised first.
    dense
        Width between the two layers.
    dropout
        Share of each layer that is dropped while training.
    """

    def __init__(self, lookback: int, n_features: int, dense: int, dropout: float) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.LayerNorm((lookback, n_features)),
            nn.Linear(n_features, dense),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(dense, n_features),
            nn.Dropout(dropout),
        )

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to the same shape."""
        told: Tensor = windows + self.mix(windows)
        return told
