"""What every loss says: which numbers it wants of a network, what they cost, and how they become quantiles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from quantlab.forecasting.printed import as_call, changed
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from torch import Tensor, nn

Cut = Literal["windows", "bars", "runs"]
Calibrated = Literal["no", "residuals", "line"]


@dataclass(frozen=True, eq=False)
class Labels:
    """What came of the windows of one batch, and what a loss may need to judge by.

    Parameters
    ----------
    values
        Labels in label spreads: ``(n_windows, n_horizons)``; laid out as ``(n_bars, n_symbols, n_horizons)``
        for a loss over bars, 0 where there is no window.
    present
        ``(n_bars, n_symbols)``, where there is a window; None for a loss over windows.
    levels
        Quantile levels ``(n_levels,)``.
    spread
        Standard deviation of the training labels, as returns ``(n_horizons,)``.
    horizons
        Bars ahead ``(n_horizons,)``.
    """

    values: Tensor
    present: Tensor | None
    levels: Tensor
    spread: Tensor
    horizons: Tensor


@dataclass(frozen=True, repr=False)
class Loss(ABC):
    """A frozen value: the loss of a network's numbers, given what came.

    A loss of your own is a subclass with `value` and, unless it wants one number a horizon, `numbers` and
    `head`.

    Attributes
    ----------
    cut
        What a batch is: ``"windows"`` drawn at will, whole ``"bars"`` (all symbols of each), or ``"runs"``
        of consecutive bars.
    calibrated
        How its number becomes quantiles of the label: ``"no"``, for `quantiles` says; ``"residuals"``, how
        far training labels fell from it; ``"line"``, a line through training labels first.
    """

    cut: ClassVar[Cut] = "windows"
    calibrated: ClassVar[Calibrated] = "residuals"

    def numbers(self, n_levels: int) -> int:
        """Count the numbers that it wants for one window and horizon."""
        return 1

    def items(self, batch: int, n_symbols: int) -> int:
        """Count the windows, or bars, of a batch that should hold about `batch` windows."""
        return batch if self.cut == "windows" else max(1, batch // n_symbols)

    def head(self, n_horizons: int, levels: tuple[float, ...]) -> nn.Module:
        """Build the last layer: raw ``(n, n_horizons * numbers)`` to ``(n, n_horizons, numbers)``."""
        from quantlab.forecasting.networks.parts import ByHorizon  # torch is slow to import

        return ByHorizon(n_horizons)

    @abstractmethod
    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Return the mean loss of one batch, a number to be made small.

        `output` is what `head` gives, ``(n_windows, n_horizons, numbers)``, laid out by bar and symbol for a
        loss over bars or runs.
        """

    def quantiles(self, output: FloatArray, levels: tuple[float, ...]) -> FloatArray:
        """Make quantiles ``(n, n_horizons, n_levels)`` in label spreads; for a loss that needs no calibration."""
        return np.asarray(output)

    def __repr__(self) -> str:
        return as_call(self, changed(self))
