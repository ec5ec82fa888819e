"""A transformer encoder over the bars of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.sizes import dropped, shared_out, wholes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class Transformer(NeuralForecaster):
    """Every bar is a token that attends to all bars of the window; the newest one gives the quantiles.

    A dense layer makes a token of a bar's features, sines and cosines say where it stands, and encoder layers
    of attention and dense layers follow, normalised before (the paper: after) each. Attention is not masked:
    the whole window is past.

    Parameters
    ----------
    width
        Numbers of a token, even and a multiple of `heads`.
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
    >>> Transformer(horizon=5, width=32, heads=4)
    Transformer(horizon=5, width=32, heads=4)

    References
    ----------
    A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, Ł. Kaiser and I. Polosukhin (2017),
    "Attention is all you need", NeurIPS.
    """

    width: int = 16
    heads: int = 2
    layers: int = 2
    dense: int = 32
    dropout: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.attention",
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        wholes(owner, width=self.width, heads=self.heads, layers=self.layers, dense=self.dense)
        shared_out(owner, self.width, self.heads)
        dropped(owner, self.dropout)
        if self.width % 2:
            raise ForecastError(
                f"{owner}(width={self.width}): sines and cosines come in pairs; give an even width."
            )

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from torch import nn

        from quantlab.forecasting.networks.blocks.attention import EncoderLayer, NewestToken, Waves

        return nn.Sequential(
            nn.Linear(n_features, self.width),
            Waves(self.lookback, self.width),
            *(EncoderLayer(self.width, self.heads, self.dense, self.dropout) for _ in range(self.layers)),
            NewestToken(),
            nn.LayerNorm(self.width),
            nn.Linear(self.width, self.n_outputs),
        )
