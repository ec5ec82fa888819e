"""Neural hierarchical interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.sizes import dropped, sizes, wholes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class NHITS(NeuralForecaster):
    """Blocks that read the window at different rates, each explaining a part of it and adding to the forecast.

    A block takes the greatest value of every `pools` bars, sends them through dense layers, and gives two sets
    of knots, one every `every` bars: lines between them are its forecast along the bars ahead, read at the
    horizons, and its account of the window, which is subtracted before the next block reads. Coarse blocks
    come first. Horizons share the knots, so forecasts of neighbouring horizons hang together; with
    ``horizon=1`` every block has one knot.

    Parameters
    ----------
    pools
        Bars of which each block reads the greatest value, one number a block, up to `lookback`.
    every
        Bars between knots, one number a block (the inverse of the paper's expressiveness ratio).
    width, layers
        Of the dense layers in a block.
    dropout
        Share of each dense layer that is dropped while training, from 0 to 0.9.

    Examples
    --------
    >>> NHITS(horizon=(1, 5), pools=(4, 1), every=(4, 1))
    NHITS(horizon=(1, 5), pools=(4, 1), every=(4, 1))

    References
    ----------
    C. Challu, K. G. Olivares, B. N. Oreshkin, F. Garza, M. Mergenthaler-Canseco and A. Dubrawski (2023), "N-HiTS:
    neural hierarchical interpolation for time series forecasting", AAAI.
    """

    pools: tuple[int, ...] = (8, 4, 1)
    every: tuple[int, ...] = (8, 4, 1)
    width: int = 32
    layers: int = 2
    dropout: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.hierarchy",
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        for name in ("pools", "every"):
            object.__setattr__(self, name, sizes(owner, name, getattr(self, name)))
        wholes(owner, width=self.width, layers=self.layers)
        dropped(owner, self.dropout)
        if len(self.pools) != len(self.every):
            raise ForecastError(
                f"{owner}(pools={self.pools}, every={self.every}): both have one number a block; "
                "give as many of one as of the other."
            )
        if max(self.pools) > self.lookback:
            raise ForecastError(
                f"{owner}(pools={self.pools}, lookback={self.lookback}): a block pools at most the whole window; "
                f"give pools up to {self.lookback}, or a longer lookback."
            )

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from quantlab.forecasting.networks.blocks.hierarchy import Hierarchy, Shape

        shape = Shape(
            lookback=self.lookback,
            n_features=n_features,
            horizons=self.horizons,
            n_levels=self.n_outputs // len(self.horizons),
            width=self.width,
            layers=self.layers,
            dropout=self.dropout,
        )
        return Hierarchy(shape, self.pools, self.every)
