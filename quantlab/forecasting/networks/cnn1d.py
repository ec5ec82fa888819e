"""A convolutional network over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantlab.errors import ForecastError
from quantlab.forecasting.checks import between, whole
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class CNN1D(NeuralForecaster):
    """Convolutions along time, features as channels: (convolution, ReLU, max-pool) twice, then a dense layer.

    Each convolution keeps the length (zero padding, inside the window only), each pooling halves it; the last
    layer gives the quantiles, which cannot cross.

    Parameters
    ----------
    channels
        Filters of each convolution, one number a layer.
    kernel
        Bars that a filter spans, odd.
    dense
        Width of the dense layer.
    dropout
        Share of the dense layer's inputs that is dropped while training, from 0 to 0.9.

    Examples
    --------
    >>> CNN1D(horizon=5, channels=(16, 32))
    CNN1D(horizon=5, channels=(16, 32))

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86(11).
    """

    channels: tuple[int, ...] = (16, 16)
    kernel: int = 5
    dense: int = 32
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "channels", tuple(self.channels))
        for each in self.channels:
            whole("CNN1D", "channels", each, 1)
        whole("CNN1D", "kernel", self.kernel, 1)
        whole("CNN1D", "dense", self.dense, 1)
        between("CNN1D", "dropout", self.dropout, 0.0, 0.9)
        if self.kernel % 2 == 0:
            raise ForecastError(f"CNN1D(kernel={self.kernel}): a kernel is odd, so that it has a middle.")
        if self.lookback < 2 ** len(self.channels):
            raise ForecastError(
                f"CNN1D(lookback={self.lookback}): {len(self.channels)} poolings halve the window; "
                f"lookback is at least {2 ** len(self.channels)}."
            )

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from torch import nn

        from quantlab.forecasting.networks.parts import FeaturesFirst

        layers: list[nn.Module] = [FeaturesFirst()]
        width, length = n_features, self.lookback
        for filters in self.channels:
            layers += [
                nn.Conv1d(width, filters, self.kernel, padding=self.kernel // 2),
                nn.ReLU(),
                nn.MaxPool1d(2),
            ]
            width, length = filters, length // 2
        layers += [nn.Flatten(), nn.Dropout(self.dropout), nn.Linear(width * length, self.dense), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(self.dense, self.n_outputs))
