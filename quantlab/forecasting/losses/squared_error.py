"""The squared error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantlab.forecasting.losses.loss import Labels, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class SquaredError(Loss):
    """Mean over windows and horizons of (label − forecast)²; smallest at the conditional mean.

    Examples
    --------
    >>> SquaredError()
    SquaredError()

    References
    ----------
    T. Gneiting (2011), "Making and evaluating point forecasts", Journal of the American Statistical
    Association 106(494).
    """

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average the squared error of forecasts ``(n, n_horizons, 1)``."""
        return (labels.values - output[..., 0]).square().mean()
