"""A line through the window less its newest bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class NLinear(NeuralForecaster):
    """The newest values are subtracted from the window, a line reads the rest, and the newest are added back.

    In the paper the label is the next value of the series itself and the newest value is added back as it is;
    here the label is a return, another number than the features, so it is added back through weights that are
    learnt. The line depends on the shape of the window, those weights on its level: a shift of the level
    between training and use moves the forecast by what the newest bar says alone.

    Examples
    --------
    >>> NLinear(horizon=5)
    NLinear(horizon=5)

    References
    ----------
    A. Zeng, M. Chen, L. Zhang and Q. Xu (2023), "Are transformers effective for time series forecasting?", AAAI.
    """

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.lines",
    )

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from quantlab.forecasting.networks.blocks.lines import LastValueLine

        return LastValueLine(self.lookback, n_features, self.n_outputs)
