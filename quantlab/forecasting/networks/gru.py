"""A network of gated recurrent units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantlab.forecasting.networks.recurrent import RecurrentForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class GRU(RecurrentForecaster):
    """Gated recurrent units: a state that one gate renews and another resets, bar by bar; smaller than an LSTM.

    With x the features of a bar, h the state before it, σ the logistic function and [x, h] both side by side:
    r, z = σ(W [x, h] + b), two gates with weights of their own; n = tanh(U x + d + r·(V h + e));
    h ← (1 − z)·n + z·h. The last h goes through a dense layer to the quantiles. (The reset gate acts after the
    product V h, which one matrix product a bar can do; the paper has it before.)

    Parameters
    ----------
    hidden
        Numbers in the state of a layer.
    layers
        Recurrent layers, each reading the states of the one before.
    dropout
        Share of the states between layers, and before the last dense layer, that is dropped while training,
        from 0 to 0.9.

    Examples
    --------
    >>> GRU(horizon=5, hidden=16)
    GRU(horizon=5, hidden=16)

    References
    ----------
    K. Cho, B. van Merriënboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk and Y. Bengio (2014), "Learning phrase
    representations using RNN encoder–decoder for statistical machine translation", EMNLP.
    """

    def cell(self, n_features: int) -> nn.RNNBase:
        """Build the recurrent layers: ``(n_windows, lookback, n_features)`` to states of `hidden` numbers."""
        from torch import nn

        return nn.GRU(n_features, self.hidden, self.layers, batch_first=True, dropout=self.between_layers)
