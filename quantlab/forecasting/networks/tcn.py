"""A temporal convolutional network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.networks.sizes import dropped, sizes, wholes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class TCN(NeuralForecaster):
    """Dilated causal convolutions in residual blocks; the newest bar's channels go through a dense layer.

    Block k (from 0) has two convolutions whose filters read every 2^k-th bar, so a few blocks see far:
    `receptive_field` bars, of which the window holds the newest `lookback`.

    Parameters
    ----------
    channels
        Filters of each block, one number a block.
    kernel
        Bars that a filter reads, from 1.
    dropout
        Share of the channels that is dropped while training, from 0 to 0.9.

    Examples
    --------
    >>> TCN(horizon=5).receptive_field
    61

    References
    ----------
    S. Bai, J. Z. Kolter and V. Koltun (2018), "An empirical evaluation of generic convolutional and recurrent networks
    for sequence modeling", arXiv:1803.01271.
    """

    channels: tuple[int, ...] = (16, 16, 16, 16)
    kernel: int = 3
    dropout: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.causal",
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        object.__setattr__(self, "channels", sizes(owner, "channels", self.channels))
        wholes(owner, kernel=self.kernel)
        dropped(owner, self.dropout)

    @property
    def receptive_field(self) -> int:
        """Bars that the newest output can see: 1 + 2·(kernel − 1)·(2^n − 1) for n blocks."""
        return 1 + 2 * (self.kernel - 1) * ((1 << len(self.channels)) - 1)

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from torch import nn

        from quantlab.forecasting.networks.blocks.causal import CausalBlock, NewestBar
        from quantlab.forecasting.networks.parts import FeaturesFirst

        layers: list[nn.Module] = [FeaturesFirst()]
        width = n_features
        for number, filters in enumerate(self.channels):
            layers.append(CausalBlock(width, filters, self.kernel, 2**number, self.dropout))
            width = filters
        return nn.Sequential(*layers, NewestBar(), nn.Linear(width, self.n_outputs))
