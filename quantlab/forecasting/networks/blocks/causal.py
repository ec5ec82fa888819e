"""Convolutions that look back only. Imports torch at the top."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils import parametrizations


class CausalConv(nn.Module):
    """A filter over time whose value at a bar reads that bar, `dilation` bars before it, twice that, and so on.

    Zeros stand before the window, so the length stays. Filters carry their norm apart from their direction
    (weight normalisation: T. Salimans and D. P. Kingma 2016, NeurIPS).

    Parameters
    ----------
    n_in, n_out
        Channels read and given.
    kernel, dilation
        Bars that a filter reads, and how far they lie apart.
    """

    def __init__(self, n_in: int, n_out: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.before = (kernel - 1) * dilation
        self.filters = parametrizations.weight_norm(nn.Conv1d(n_in, n_out, kernel, dilation=dilation))

    def forward(self, channels: Tensor) -> Tensor:
        """``(n, n_in, length)`` to ``(n, n_out, length)``."""
        told: Tensor = self.filters(nn.functional.pad(channels, (self.before, 0)))
        return told


class CausalBlock(nn.Module):
    """Two causal convolutions, each with ReLU and dropout of whole channels, added to what came in.

    A convolution of one bar fits the channels of what came in where their number changes.
    """

    def __init__(self, n_in: int, n_out: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.change = nn.Sequential(
            CausalConv(n_in, n_out, kernel, dilation),
            nn.ReLU(),
            nn.Dropout1d(dropout),
            CausalConv(n_out, n_out, kernel, dilation),
            nn.ReLU(),
            nn.Dropout1d(dropout),
        )
        self.fit = nn.Conv1d(n_in, n_out, 1) if n_in != n_out else nn.Identity()

    def forward(self, channels: Tensor) -> Tensor:
        """``(n, n_in, length)`` to ``(n, n_out, length)``."""
        return nn.functional.relu(self.change(channels) + self.fit(channels))


class NewestBar(nn.Module):
    """The channels of the newest bar."""

    def forward(self, channels: Tensor) -> Tensor:
        """``(n, n_channels, length)`` to ``(n, n_channels)``."""
        return channels[:, :, -1]
