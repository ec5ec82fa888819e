"""The loss of a probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from quantlab.forecasting.losses.loss import Calibrated, Labels, Loss
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class CrossEntropy(Loss):
    """−y·ln p − (1 − y)·ln(1 − p) for a label y from 0 to 1, p = 1/(1 + e^−score); smallest at the true probability.

    Examples
    --------
    >>> CrossEntropy()
    CrossEntropy()

    References
    ----------
    I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society B 14(1).
    """

    calibrated: ClassVar[Calibrated] = "no"

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average over windows and horizons for scores ``(n, n_horizons, 1)``."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(output[..., 0], labels.values)

    def quantiles(self, output: FloatArray, levels: tuple[float, ...]) -> FloatArray:
        """Turn scores into probabilities ``(n, n_horizons, 1)``."""
        made: FloatArray = 1.0 / (1.0 + np.exp(-np.asarray(output)))
        return made
