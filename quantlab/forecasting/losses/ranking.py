"""A differentiable loss of the order of symbols within a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.losses.loss import Calibrated, Cut, Labels, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class Ranking(Loss):
    """Mean of ln(1 + e^−(s_i − s_j)) over the pairs of symbols of a bar whose label_i > label_j.

    Every pair of a batch weighs the same. A batch is whole bars; a bar of n symbols has up to n(n − 1)/2
    pairs. It rewards the order alone.

    Examples
    --------
    >>> Ranking()
    Ranking()

    References
    ----------
    C. Burges et al. (2005), "Learning to rank using gradient descent", International Conference on Machine
    Learning (RankNet).
    """

    cut: ClassVar[Cut] = "bars"
    calibrated: ClassVar[Calibrated] = "line"

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average over pairs and horizons for scores ``(n_bars, n_symbols, n_horizons, 1)``."""
        from torch.nn.functional import softplus

        assert labels.present is not None
        both = (labels.present.unsqueeze(2) & labels.present.unsqueeze(1)).unsqueeze(-1)
        score, label = output[..., 0], labels.values
        first = both & (label.unsqueeze(2) > label.unsqueeze(1))
        losses = softplus(score.unsqueeze(1) - score.unsqueeze(2))
        return (losses * first).sum() / first.sum().clamp(min=1)
