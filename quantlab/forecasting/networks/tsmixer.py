"""A mixer of time and features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.networks.sizes import dropped, wholes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class TSMixer(NeuralForecaster):
    """Blocks that mix along time, then along features, with dense layers; a last one gives the quantiles.

    Mixing along time treats all features alike, mixing along features treats all bars alike; both add to what
    came in. The window is normalised as a whole before each (layer normalisation, where the paper's basic
    model uses batch normalisation: a forecast here depends on its window alone). The last layer reads all bars
    of all features.

    Parameters
    ----------
    blocks
        Pairs of time mixing and feature mixing.
    dense
        Width between the two dense layers along features.
    dropout
        Share of each layer that is dropped while training, from 0 to 0.9.

    Examples
    --------
    >>> TSMixer(horizon=5, blocks=1)
    TSMixer(horizon=5, blocks=1)

    References
    ----------
    S.-A. Chen, C.-L. Li, N. Yoder, S. Ö. Arık and T. Pfister (2023), "TSMixer: an all-MLP architecture for time series
    forecasting", Transactions on Machine Learning Research.
    """

    blocks: int = 2
    dense: int = 32
    dropout: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.mixing",
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        wholes(type(self).__name__, blocks=self.blocks, dense=self.dense)
        dropped(type(self).__name__, self.dropout)

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from torch import nn

        from quantlab.forecasting.networks.blocks.mixing import MixFeatures, MixTime

        mixers: list[nn.Module] = []
        for _ in range(self.blocks):
            mixers.append(MixTime(self.lookback, n_features, self.dropout))
            mixers.append(MixFeatures(self.lookback, n_features, self.dense, self.dropout))
        return nn.Sequential(*mixers, nn.Flatten(), nn.Linear(self.lookback * n_features, self.n_outputs))
