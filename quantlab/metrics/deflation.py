"""What the best of many trials is worth: its Sharpe ratio against the best that luck alone would have given.

Bailey and López de Prado, "The Deflated Sharpe Ratio", *Journal of Portfolio Management* 40 (2014). All Sharpe
ratios here are per bar.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from quantlab.metrics.inference import probabilistic_sharpe
from quantlab.metrics.returns import NAN, per_bar_rate
from quantlab.metrics.run_figures import RunFigures
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


def variance_of(trial_sharpes: FloatArray) -> float:
    """Sample variance of the ratios (n_known,) that are defined; NaN of fewer than two."""
    known = trial_sharpes[np.isfinite(trial_sharpes)]
    return float(known.var(ddof=1)) if known.size > 1 else NAN


def luck_of_choices(swept_trials: int, swept_variance: float, tuned_trials: int, n_bars: int) -> float:
    """Sharpe ratio per bar that luck alone gives a run chosen in two stages: its forecasts, then its parameters.

    `expected_max_sharpe` of the product of the counts and the sum of the variances. That errs on the careful side: each
    stage adds at most √(2·ln nᵢ)·σᵢ in the normal limit, and by Cauchy–Schwarz Σ√(2·ln nᵢ)·σᵢ ≤ √(2·ln Πnᵢ)·√Σσᵢ².

    Parameters
    ----------
    swept_trials, swept_variance
        Runs that this one was picked from, and the variance of their ratios per bar; NaN where fewer than two of
        several have one, and so is the answer.
    tuned_trials
        Recipes tried for its forecasts. They were never run, so that their ratios are unknown: the variance is that of
        the estimated ratio of something worth nothing, 1/(T − 1).
    n_bars
        T.
    """
    variance = 0.0 if swept_trials <= 1 else swept_variance
    if tuned_trials > 1:
        variance += 1.0 / (n_bars - 1) if n_bars > 1 else NAN
    return expected_max_sharpe(variance, swept_trials * tuned_trials)


def deflated_sharpe(figures: RunFigures) -> float:
    """Probability that the true Sharpe ratio of a chosen run is above what luck gives the best of all trials.

    The probabilistic Sharpe ratio against `luck_of_choices`; without a choice, that against 0. Trials that resemble
    each other count in full, which errs on the careful side. NaN where the run's ratio is undefined, or of several
    trials fewer than two have one.
    """
    luck = luck_of_choices(figures.swept_trials, figures.swept_variance, figures.tuned_trials, figures.n_bars)
    rate = per_bar_rate(figures.risk_free_annual, figures.periods_per_year)
    return probabilistic_sharpe(figures.returns, benchmark_per_bar=luck, rate_per_bar=rate)
