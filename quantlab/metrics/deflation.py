"""What the best of many trials is worth: its Sharpe ratio against the best that luck alone would have given.

Bailey and López de Prado, "The Deflated Sharpe Ratio", *Journal of Portfolio Management* 40 (2014). All Sharpe
ratios here are per bar.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from quantlab.metrics.inference import probabilistic_sharpe
from quantlab.metrics.returns import NAN
from quantlab.typing import FloatArray

EULER = 0.5772156649015329  # the Euler–Mascheroni constant


def expected_max_sharpe(variance: float, n_trials: int) -> float:
    """Highest Sharpe ratio to expect among `n_trials` that are all worth nothing; 0 for a single one.

    √V·((1 − γ)·Φ⁻¹(1 − 1/n) + γ·Φ⁻¹(1 − 1/(n·e))), with V the variance of the trials' ratios and γ Euler's
    constant (their eq. 1; the normal limit of extreme value theory).

    >>> round(expected_max_sharpe(0.5 / 250, 100), 4)
    0.1132
    """
    if n_trials <= 1:
        return 0.0
    quantile = NormalDist().inv_cdf
    highest = (1.0 - EULER) * quantile(1.0 - 1.0 / n_trials)
    highest += EULER * quantile(1.0 - 1.0 / (n_trials * math.e))
    return math.sqrt(variance) * highest


def lucky_sharpe(trial_sharpes: FloatArray, n_trials: int) -> float:
    """`expected_max_sharpe` with the variance of the ratios `trial_sharpes` (n_known,); NaN ones are left out.

    NaN when of several trials fewer than two have a ratio.
    """
    known = trial_sharpes[np.isfinite(trial_sharpes)]
    if n_trials > 1 and known.size < 2:
        return NAN
    return expected_max_sharpe(float(known.var(ddof=1)) if known.size > 1 else 0.0, n_trials)


def deflated_sharpe(
    returns: FloatArray, trial_sharpes: FloatArray, n_trials: int, rate_per_bar: float = 0.0
) -> float:
    """Probability that the true Sharpe ratio of the chosen run is above what luck gives the best of all trials.

    Parameters
    ----------
    returns
        Simple returns per bar of the chosen run, (n_bars,).
    trial_sharpes
        Sharpe ratio per bar of every trial, (n_known,); NaN is left out.
    n_trials
        How many trials there were. Trials that resemble each other count in full, which errs on the careful side.
    rate_per_bar
        Riskless return a bar.

    Returns
    -------
    The probabilistic Sharpe ratio against `expected_max_sharpe`; with one trial, the probabilistic Sharpe ratio
    itself. NaN where the run's ratio is undefined, or of several trials fewer than two have one.
    """
    luck = lucky_sharpe(trial_sharpes, n_trials)
    return probabilistic_sharpe(returns, benchmark_per_bar=luck, rate_per_bar=rate_per_bar)
