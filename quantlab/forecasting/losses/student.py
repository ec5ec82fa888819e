"""The likelihood of Student's t distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from quantlab.forecasting.losses.loss import Calibrated, Labels, Loss
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, repr=False)
class Student(Loss):
    """Minus the log density of a t distribution with location μ, scale σ and ν > 2 degrees of freedom.

    −ln Γ((ν+1)/2) + ln Γ(ν/2) + ½·ln(νπ) + ln σ + ½(ν+1)·ln(1 + ((label − μ)/σ)²/ν)

    The network gives all three for every window. Returns have fat tails, and one extreme label moves μ less
    than under `Gaussian`. Quantile q is μ + σ times that of the standard t distribution.

    Examples
    --------
    >>> Student()
    Student()

    References
    ----------
    T. Bollerslev (1987), "A conditionally heteroskedastic time series model for speculative prices and rates of
    return", Review of Economics and Statistics 69(3).
    """

    calibrated: ClassVar[Calibrated] = "no"

    def numbers(self, n_levels: int) -> int:
        """Count the numbers that it wants for one window and horizon: location, scale, degrees of freedom."""
        return 3

    def head(self, n_horizons: int, levels: tuple[float, ...]) -> nn.Module:
        """Build the last layer: a free location, a positive scale, degrees of freedom above 2."""
        from quantlab.forecasting.networks.parts import LocationScaleAndTail

        return LocationScaleAndTail(n_horizons)

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average over windows and horizons for ``(n, n_horizons, 3)``."""
        location, scale, freedom = output.unbind(-1)
        error = (labels.values - location) / scale
        norm = (0.5 * freedom).lgamma() - (0.5 * (freedom + 1.0)).lgamma() + 0.5 * (freedom * math.pi).log()
        tail = 0.5 * (freedom + 1.0) * (error.square() / freedom).log1p()
        return (norm + scale.log() + tail).mean()

    def quantiles(self, output: FloatArray, levels: tuple[float, ...]) -> FloatArray:
        """Quantiles of the t distributions ``(n, n_horizons, n_levels)``."""
        from scipy.special import stdtrit  # slow to import

        made: FloatArray = output[..., :1] + output[..., 1:2] * stdtrit(output[..., 2:], np.array(levels))
        return made
