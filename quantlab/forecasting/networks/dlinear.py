"""A line through trend and remainder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.errors import ForecastError
from quantlab.forecasting.networks.sizes import wholes
from quantlab.forecasting.neural import NeuralForecaster

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True, repr=False)
class DLinear(NeuralForecaster):
    """A moving average and what it leaves, each through a line of its own, added up.

    The trend of a feature is its centred moving average inside the window, whose first and newest values are
    repeated beyond its ends; a line reads the trend of all bars and features, another the remainder. Every
    feature has weights of its own (the paper's DLinear-I), and their sums are the quantiles: the forecast
    return is not one of the features, as it is in the paper. The median is linear in the window; what sets it
    apart from ridge is the loss, the decomposition and how it learns.

    Parameters
    ----------
    span
        Bars of the moving average, odd. The paper takes 25.

    Examples
    --------
    >>> DLinear(horizon=5, span=11)
    DLinear(horizon=5, span=11)

    References
    ----------
    A. Zeng, M. Chen, L. Zhang and Q. Xu (2023), "Are transformers effective for time series forecasting?", AAAI.
    """

    span: int = 25

    taught_by: ClassVar[tuple[str, ...]] = (
        *NeuralForecaster.taught_by,
        "quantlab.forecasting.networks.blocks.lines",
        "quantlab.forecasting.networks.sizes",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        owner = type(self).__name__
        wholes(owner, span=self.span)
        if self.span % 2 == 0:
            raise ForecastError(
                f"{owner}(span={self.span}): a centred average spans an odd number of bars; "
                f"give {self.span + 1}."
            )

    def network(self, n_features: int) -> nn.Module:
        """Build a network from ``(n_windows, lookback, n_features)`` to ``(n_windows, n_outputs)``."""
        from quantlab.forecasting.networks.blocks.lines import DecomposedLine

        return DecomposedLine(self.span, self.lookback * n_features, self.n_outputs)
