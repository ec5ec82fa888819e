"""Reading the newest state of a recurrent network. Imports torch at the top."""

from __future__ import annotations

from torch import Tensor, nn


class NewestState(nn.Module):
    """The state of the last layer after the newest bar.

    Parameters
    ----------
    cell
        Recurrent layers that take ``(n, lookback, n_features)``.
    """

    def __init__(self, cell: nn.RNNBase) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to ``(n, hidden)``."""
        states: Tensor = self.cell(windows)[0]
        return states[:, -1]
