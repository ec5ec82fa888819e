"""The quantile loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.losses.loss import Calibrated, Labels, Loss

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, repr=False)
class Pinball(Loss):
    """Mean over windows, horizons and levels of max(q·e, (q − 1)·e), e = label − forecast of level q.

    The network gives every level, in steps that cannot be negative.

    Examples
    --------
    >>> Pinball()
    Pinball()

    References
    ----------
    R. Koenker and G. Bassett (1978), "Regression quantiles", Econometrica 46(1).
    """

    calibrated: ClassVar[Calibrated] = "no"

    def numbers(self, n_levels: int) -> int:
        """Count the numbers that it wants for one window and horizon: one a level."""
        return n_levels

    def head(self, n_horizons: int, levels: tuple[float, ...]) -> nn.Module:
        """Build the last layer: quantiles that cannot cross."""
        from quantlab.forecasting.networks.parts import RisingQuantiles

        return RisingQuantiles(n_horizons, levels)

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average the loss of forecasts ``(n, n_horizons, n_levels)`` for labels ``(n, n_horizons)``."""
        error = labels.values.unsqueeze(-1) - output
        return (labels.levels * error).maximum((labels.levels - 1.0) * error).mean()
