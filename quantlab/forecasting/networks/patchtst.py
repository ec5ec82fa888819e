"""A transformer over patches of bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.sizes import dropped, shared_out, wholes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class PatchTST(NeuralForecaster):
    """Each feature is cut into patches of bars, which are the tokens of one transformer shared by all features.

    A patch goes through a dense layer and is told its place by numbers that are learnt; encoder layers follow,
    each feature by itself; all patches of all features then meet in the dense layer that gives the quantiles.
    Layers are normalised per token, where the paper uses batch normalisation: a forecast here depends on its
    window alone. The paper's scaling of each window is ``normalise="window"``.

    Parameters
    ----------
    patch
        Bars of a patch, up to `lookback`.
    stride
        Bars from one patch to the next, up to `patch`. The newest value is repeated so often at the end.
    width
        Numbers of a token, a multiple of `heads`.
    heads
        Parts of a token that attend apart from each other.
    layers
        Encoder layers.
    dense
        Width between the two dense layers of an encoder layer.
    dropout
        Share that is dropped while training of what each part of a layer adds, from 0 to 0.9.

    Examples
    --------
    >>> PatchTST(horizon=5, lookback=32).n_patches
    8

    References
    ----------
    Y. Nie, N. H. Nguyen, P. Sinthong and J. Kalagnanam (2023), "A time series is worth 64 words: long-term forecasting
    with transformers", ICLR.
    """

    patch: int = 8
    stride: int = 4
    width: int = 16
    heads: int = 2
    layers: int = 2
    dense: int = 32
    dropout: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.attention",
        "quantlab.forecasting.networks.blocks.patches",
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        wholes(owner, patch=self.patch, stride=self.stride, width=self.width, heads=self.heads)
        wholes(owner, layers=self.layers, dense=self.dense)
        shared_out(owner, self.width, self.heads)
        dropped(owner, self.dropout)
        if self.patch > self.lookback:
            raise ForecastError(
                f"{owner}(patch={self.patch}, lookback={self.lookback}): a patch lies inside the window; "
                f"give a patch up to {self.lookback}, or a longer lookback."
            )
        if self.stride > self.patch:
            raise ForecastError(
                f"{owner}(stride={self.stride}, patch={self.patch}): bars between patches would not be read; "
                f"give a stride up to {self.patch}."
            )

    @property
    def n_patches(self) -> int:
        """Patches of each feature."""
        return (self.lookback - self.patch) // self.stride + 2

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from torch import nn

        from quantlab.forecasting.networks.blocks.attention import EncoderLayer
        from quantlab.forecasting.networks.blocks.patches import FeatureByFeature, Patches

        layers = [EncoderLayer(self.width, self.heads, self.dense, self.dropout) for _ in range(self.layers)]
        encoder = nn.Sequential(*layers, nn.LayerNorm(self.width))
        return nn.Sequential(
            Patches(self.patch, self.stride),
            FeatureByFeature(encoder, self.patch, self.n_patches, self.width),
            nn.Flatten(),
            nn.Dropout(self.dropout),
            nn.Linear(n_features * self.n_patches * self.width, self.n_outputs),
        )
