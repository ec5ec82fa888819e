"""What the recurrent networks share: a state carried from bar to bar, and quantiles read from the newest."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.networks.sizes import dropped, wholes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class RecurrentForecaster(NeuralForecaster):
    """A recurrent network: it reads the window bar by bar from a state of zeros, and speaks from its last state.

    Parameters
    ----------
    hidden
        Numbers in the state of a layer.
    layers
        Recurrent layers, each reading the states of the one before.
    dropout
        Share of the states between layers, and before the last dense layer, that is dropped while training,
        from 0 to 0.9.
    """

    hidden: int = 32
    layers: int = 1
    dropout: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.recurrent",
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        wholes(type(self).__name__, hidden=self.hidden, layers=self.layers)
        dropped(type(self).__name__, self.dropout)

    @abstractmethod
    def cell(self, n_features: int) -> nn.RNNBase:
        """Build the recurrent layers: ``(n_windows, lookback, n_features)`` to states of `hidden` numbers."""

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from torch import nn

        from quantlab.forecasting.networks.blocks.recurrent import NewestState

        return nn.Sequential(
            NewestState(self.cell(n_features)),
            nn.Dropout(self.dropout),
            nn.Linear(self.hidden, self.n_outputs),
        )

    @property
    def between_layers(self) -> float:
        """Dropout between recurrent layers: none where there is only one."""
        return self.dropout if self.layers > 1 else 0.0
