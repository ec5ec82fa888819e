"""A network of dense layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.networks.sizes import dropped, sizes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class MLP(NeuralForecaster):
    """Dense layers over the whole window: (dense, ReLU, dropout) a layer, then a dense layer for the quantiles.

    The window is read as one long row of ``lookback * n_features`` numbers, so every bar of every feature has
    weights of its own and nothing is assumed about time. A multilayer perceptron.

    Parameters
    ----------
    hidden
        Widths of the hidden layers.
    dropout
        Share of each hidden layer that is dropped while training, from 0 to 0.9.

    Examples
    --------
    >>> MLP(horizon=5, hidden=(32,))
    MLP(horizon=5, hidden=(32,))

    References
    ----------
    D. E. Rumelhart, G. E. Hinton and R. J. Williams (1986), "Learning representations by back-propagating errors",
    Nature 323.
    """

    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.1

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "hidden", sizes(type(self).__name__, "hidden", self.hidden))
        dropped(type(self).__name__, self.dropout)

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from torch import nn

        layers: list[nn.Module] = [nn.Flatten()]
        width = self.lookback * n_features
        for wanted in self.hidden:
            layers += [nn.Linear(width, wanted), nn.ReLU(), nn.Dropout(self.dropout)]
            width = wanted
        return nn.Sequential(*layers, nn.Linear(width, self.n_outputs))
