"""The information coefficient as a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.losses.loss import Calibrated, Cut, Labels, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class Correlation(Loss):
    """Minus the correlation of scores and labels across the symbols of a bar, averaged over bars and horizons.

    A bar counts when at least two symbols have a window; where scores or labels do not vary its correlation
    is 0. A batch is whole bars. It rewards the order and spacing within a bar and ignores what all symbols do
    together, so it wants many symbols.

    Examples
    --------
    >>> Correlation()
    Correlation()

    References
    ----------
    R. C. Grinold and R. N. Kahn (2000), "Active portfolio management", 2nd edition, ch. 6.
    """

    cut: ClassVar[Cut] = "bars"
    calibrated: ClassVar[Calibrated] = "line"

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average over bars and horizons for scores ``(n_bars, n_symbols, n_horizons, 1)``."""
        assert labels.present is not None
        here = labels.present.unsqueeze(-1).to(output.dtype)
        count = here.sum(dim=1, keepdim=True)
        score, label = (
            (each - (each * here).sum(dim=1, keepdim=True) / count.clamp(min=1.0)) * here
            for each in (output[..., 0], labels.values)
        )
        size = score.square().sum(dim=1) * label.square().sum(dim=1)
        ics = (score * label).sum(dim=1) / (size + 1e-12).sqrt()
        counts = (count[:, 0] >= 2.0).to(output.dtype)
        return -(ics * counts).sum() / (counts.sum() * ics.shape[1]).clamp(min=1.0)
