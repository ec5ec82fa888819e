"""A network with long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantlab.forecasting.networks.recurrent import RecurrentForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class LSTM(RecurrentForecaster):
    """Long short-term memory: a cell state that gates write to, forget and read, bar by bar.

    With x the features of a bar, h the state and c the memory before it, σ the logistic function and [x, h]
    both side by side: i, f, o = σ(W [x, h] + b), three gates with weights of their own; c ← f·c + i·tanh(V [x, h] + d);
    h ← o·tanh(c). The last h goes through a dense layer to the quantiles.

    Parameters
    ----------
    hidden
        Numbers in the state and in the memory of a layer.
    layers
        Recurrent layers, each reading the states of the one before.
    dropout
        Share of the states between layers, and before the last dense layer, that is dropped while training,
        from 0 to 0.9.

    Examples
    --------
    >>> LSTM(horizon=5, hidden=16)
    LSTM(horizon=5, hidden=16)

    References
    ----------
    S. Hochreiter and J. Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8). The forget gate f:
    F. A. Gers, J. Schmidhuber and F. Cummins (2000), "Learning to forget: continual prediction with LSTM", Neural
    Computation 12(10).
    """

    def cell(self, n_features: int) -> nn.RNNBase:
        """Build the recurrent layers: ``(n_windows, lookback, n_features)`` to states of `hidden` numbers."""
        from torch import nn

        return nn.LSTM(n_features, self.hidden, self.layers, batch_first=True, dropout=self.between_layers)
