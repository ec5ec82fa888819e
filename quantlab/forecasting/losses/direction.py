"""The loss of a forecast of the sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.losses.loss import Calibrated, Labels, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class Direction(Loss):
    """Cross-entropy of the sign: −ln p for a positive label, −ln(1 − p) for a negative one, p = 1/(1 + e^−score).

    A label of exactly zero counts half as each.

    Examples
    --------
    >>> Direction()
    Direction()

    References
    ----------
    D. R. Cox (1958), "The regression analysis of binary sequences", Journal of the Royal Statistical Society B
    20(2).
    """

    calibrated: ClassVar[Calibrated] = "line"

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average over windows and horizons for scores ``(n, n_horizons, 1)``."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        positive = 0.5 * (labels.values.sign() + 1.0)
        return binary_cross_entropy_with_logits(output[..., 0], positive)
