"""Straight lines through windows taken apart first. Imports torch at the top."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MovingAverage(nn.Module):
    """The mean of `span` bars around each bar; beyond the window its first or newest bar is repeated.

    Parameters
    ----------
    span
        Bars averaged, odd.
    """

    def __init__(self, span: int) -> None:
        super().__init__()
        self.span = span

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to the same shape."""
        half = self.span // 2
        before = windows[:, :1].expand(-1, half, -1)
        after = windows[:, -1:].expand(-1, half, -1)
        whole = torch.cat([before, windows, after], dim=1).transpose(1, 2)
        return nn.functional.avg_pool1d(whole, self.span, stride=1).transpose(1, 2)


class DecomposedLine(nn.Module):
    """A line through the moving average of a window plus a line through what the average leaves.

    Parameters
    ----------
    span
        Bars of the moving average, odd.
    n_inputs, n_outputs
        Numbers of a window, and of a forecast.
    """

    def __init__(self, span: int, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.average = MovingAverage(span)
        self.of_trend = nn.Linear(n_inputs, n_outputs)
        self.of_rest = nn.Linear(n_inputs, n_outputs)

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to ``(n, n_outputs)``."""
        trend = self.average(windows)
        told: Tensor = self.of_trend(trend.flatten(1)) + self.of_rest((windows - trend).flatten(1))
        return told


class LastValueLine(nn.Module):
    """A line through a window less its newest bar, plus a line through that bar.

    Parameters
    ----------
    lookback, n_features, n_outputs
        Shape of a window, and numbers of a forecast.
    """

    def __init__(self, lookback: int, n_features: int, n_outputs: int) -> None:
        super().__init__()
        self.of_window = nn.Linear(lookback * n_features, n_outputs)
        self.of_newest = nn.Linear(n_features, n_outputs, bias=False)

    def forward(self, windows: Tensor) -> Tensor:
        """``(n, lookback, n_features)`` to ``(n, n_outputs)``."""
        newest = windows[:, -1]
        told: Tensor = self.of_window((windows - newest[:, None]).flatten(1)) + self.of_newest(newest)
        return told
