"""Losses: what a network is taught to be good at, one a file, with formula and source.

Every loss is a frozen value, given by name (``loss="huber"``) or made with its own numbers
(``loss=ql.losses.Huber(threshold=0.5)``). Whatever the loss, a forecaster serves quantiles that cannot cross:

================  =================================================  ====================================
loss              the network says                                   quantiles come from
================  =================================================  ====================================
`Pinball`         every level                                        the network
`Gaussian`        location and scale                                 the normal distribution
`Student`         location, scale and degrees of freedom             Student's t distribution
`SquaredError`    a point                                            the point, residuals of the training block
`Huber`           a point                                            the point, residuals of the training block
`CrossEntropy`    a probability, of a target that is one             (one number: the probability)
`Direction`       a score: how sure the label is positive            a line from score to label, and residuals
`Correlation`     a score                                            a line from score to label, and residuals
`Ranking`         a score                                            a line from score to label, and residuals
`Decision`        a score: the position it would take                a line from score to label, and residuals
================  =================================================  ====================================
"""

from __future__ import annotations

from collections.abc import Mapping

from quantlab.errors import ForecastError, did_you_mean
from quantlab.forecasting.losses.correlation import Correlation
from quantlab.forecasting.losses.cross_entropy import CrossEntropy
from quantlab.forecasting.losses.decision import Decision
from quantlab.forecasting.losses.direction import Direction
from quantlab.forecasting.losses.gaussian import Gaussian
from quantlab.forecasting.losses.huber import Huber
from quantlab.forecasting.losses.loss import Loss
from quantlab.forecasting.losses.pinball import Pinball
from quantlab.forecasting.losses.ranking import Ranking
from quantlab.forecasting.losses.squared_error import SquaredError
from quantlab.forecasting.losses.student import Student

__all__ = [
    "BY_NAME",
    "Correlation",
    "CrossEntropy",
    "Decision",
    "Direction",
    "Gaussian",
    "Huber",
    "Loss",
    "Pinball",
    "Ranking",
    "SquaredError",
    "Student",
    "loss_of",
]

BY_NAME: Mapping[str, type[Loss]] = {
    "cross_entropy": CrossEntropy,
    "decision": Decision,
    "direction": Direction,
    "gaussian": Gaussian,
    "huber": Huber,
    "ic": Correlation,
    "mse": SquaredError,
    "pinball": Pinball,
    "rank": Ranking,
    "student": Student,
}


def loss_of(given: Loss | str) -> Loss:
    """Make the loss that `given` names, or is.

    Raises
    ------
    ForecastError
        Neither a loss nor the name of one.

    Examples
    --------
    >>> loss_of("ic")
    Correlation()
    """
    if isinstance(given, Loss):
        return given
    if not isinstance(given, str) or given not in BY_NAME:
        raise ForecastError(f"loss={given!r}: {did_you_mean(str(given), BY_NAME)}")
    return BY_NAME[given]()
