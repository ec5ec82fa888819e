"""The utility of a portfolio that follows the forecast, after costs, as a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from quantlab.forecasting.checks import between, whole
from quantlab.forecasting.losses.loss import Calibrated, Cut, Labels, Loss

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, repr=False)
class Decision(Loss):
    """Minus the utility of trading on the score: the network is trained for what it is used for.

    At bar t symbol i gets the weight w = tanh(score)/n, n the symbols that have a window there, so that gross
    exposure is at most 1; without a window it gets 0. With the label y over h bars, held in h overlapping
    parts, and σ the spread of training labels::

        R_t     = Σ_i w_ti · y_ti / h − costs · Σ_i |w_ti − w_(t−1)i|
        utility = mean(R) − risk_aversion · variance(R)
        loss    = −utility / σ

    Mean and variance are over the bars of a run; each run begins without positions, and is one batch.

    Parameters
    ----------
    costs
        Of changing a weight by 1, as a fraction, from 0 to 0.1.
    risk_aversion
        From 0; per variance of a bar's return.
    run
        Consecutive bars of a run, at least 2.

    Examples
    --------
    >>> Decision(costs=0.0005, risk_aversion=10.0)
    Decision(costs=0.0005, risk_aversion=10.0)

    References
    ----------
    Y. Bengio (1997), "Using a financial training criterion rather than a prediction criterion", International
    Journal of Neural Systems 8(4). J. Moody and M. Saffell (2001), "Learning to trade via direct reinforcement",
    IEEE Transactions on Neural Networks 12(4).
    """

    costs: float = 0.001
    risk_aversion: float = 5.0
    run: int = 32

    cut: ClassVar[Cut] = "runs"
    calibrated: ClassVar[Calibrated] = "line"

    def __post_init__(self) -> None:
        between("Decision", "costs", self.costs, 0.0, 0.1)
        between("Decision", "risk_aversion", self.risk_aversion, 0.0, 1e4)
        whole("Decision", "run", self.run, 2)

    def items(self, batch: int, n_symbols: int) -> int:
        """Count the bars of a batch: those of one run."""
        return self.run

    def value(self, output: Tensor, labels: Labels) -> Tensor:
        """Average over horizons for scores ``(n_bars, n_symbols, n_horizons, 1)`` of one run."""
        assert labels.present is not None
        here = labels.present.unsqueeze(-1).to(output.dtype)
        weight = output[..., 0].tanh() * here / here.sum(dim=1, keepdim=True).clamp(min=1.0)
        before = weight.roll(1, dims=0)
        before[0] = 0.0
        turnover = (weight - before).abs().sum(dim=1)
        # In label spreads: the loss is then of the same size whatever the market.
        gain = (weight * labels.values).sum(dim=1) / labels.horizons - self.costs / labels.spread * turnover
        risk = self.risk_aversion * labels.spread * gain.var(dim=0, unbiased=False)
        return (risk - gain.mean(dim=0)).mean()
