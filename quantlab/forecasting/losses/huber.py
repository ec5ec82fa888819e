"""The loss that is square near zero and straight beyond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantlab.forecasting.checks import between
from quantlab.forecasting.losses.loss import Labels, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class Huber(Loss):
    """Mean of e²/2 where |e| ≤ d and d·(|e| − d/2) beyond, e = label − forecast in label spreads.

    Between the mean and the median: one extreme return pulls with a force of at most d.

    Parameters
    ----------
    threshold
        d, in standard deviations of the label, from 0.001 to 1000.

    Examples
    --------
    >>> Huber(threshold=0.5)
    Huber(threshold=0.5)

    References
    ----------
    P. J. Huber (1964), "Robust estimation of a location parameter", Annals of Mathematical Statistics 35(1).
    """

    threshold: float = 1.0

    def __post_init__(self) -> None:
        between("Huber", "threshold", self.threshold, 1e-3, 1e3)

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average the loss of forecasts ``(n, n_horizons, 1)``."""
        size = (labels.values - output[..., 0]).abs()
        near = size.clamp(max=self.threshold)
        # near²/2 + d·(size − near): both pieces at once, for near is size inside and d outside.
        return (near * (size - 0.5 * near)).mean()
