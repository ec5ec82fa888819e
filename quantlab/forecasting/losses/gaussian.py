"""The likelihood of a normal distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from quantlab.forecasting.losses.loss import Calibrated, Labels, Loss
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, repr=False)
class Gaussian(Loss):
    """Minus the log density of N(μ, σ): ½·ln 2π + ln σ + ½·((label − μ)/σ)².

    The network gives μ and σ for every window, so it learns when returns are wild as well as where they go.
    Quantile q is μ + σ·Φ⁻¹(q).

    Examples
    --------
    >>> Gaussian()
    Gaussian()

    References
    ----------
    D. A. Nix and A. S. Weigend (1994), "Estimating the mean and variance of the target probability distribution",
    IEEE International Conference on Neural Networks.
    """

    calibrated: ClassVar[Calibrated] = "no"

    def numbers(self, n_levels: int) -> int:
        """Count the numbers that it wants for one window and horizon: location and scale."""
        return 2

    def head(self, n_horizons: int, levels: tuple[float, ...]) -> nn.Module:
        """Build the last layer: a free location and a positive scale."""
        from quantlab.forecasting.networks.parts import LocationAndScale

        return LocationAndScale(n_horizons)

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average over windows and horizons for ``(n, n_horizons, 2)``."""
        location, scale = output.unbind(-1)
        error = (labels.values - location) / scale
        return (scale.log() + 0.5 * error.square()).mean() + 0.5 * math.log(2.0 * math.pi)

    def quantiles(self, output: FloatArray, levels: tuple[float, ...]) -> FloatArray:
        """Quantiles of the normal distributions ``(n, n_horizons, n_levels)``."""
        steps = np.array([NormalDist().inv_cdf(level) for level in levels])
        made: FloatArray = output[..., :1] + output[..., 1:2] * steps
        return made
