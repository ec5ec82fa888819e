"""What a run has shown, in two sentences, for people who read no further."""

from __future__ import annotations

import math

import numpy as np

from quantlab.display.numbers import interval, number
from quantlab.engine.result import Result
from quantlab.metrics.inference import MIN_BARS
from quantlab.metrics.paired import Difference, paired_differences
from quantlab.metrics.returns import per_bar_rate
from quantlab.research.holding import Holding, holding
from quantlab.typing import FloatArray

LEVEL = 0.95
N_RESAMPLES = 300  # a page is written in a second; Comparison.superiority takes its time


def verdict(result: Result) -> str:
    """Say whether the Sharpe ratio of `result` differs from that of its benchmark, and from luck.

    Without a benchmark of its own it is held against holding the symbols that it traded. The test is Ledoit and Wolf's
    (2008), a studentised bootstrap of the paired difference; luck is judged by the deflated Sharpe ratio of Bailey and
    López de Prado (2014), which counts the trials that are known behind the run.
    """
    if math.isnan(result.metrics["sharpe"]):
        return "Nothing can be said about its Sharpe ratio: no fill, too few bars, or ruin."
    return " ".join([*held_against(result), _beside_luck(result)])


def held_against(result: Result) -> list[str]:
    """Say whether its Sharpe ratio differs from that of its benchmark, or of holding; nothing below 20 bars."""
    other = _other(result)
    return [] if other is None or len(result.returns) < MIN_BARS else [_against(result, other)]


def _other(result: Result) -> Holding | None:
    """Choose what the run is held against: its benchmark, or holding what it traded."""
    if result.benchmark is None:
        return holding(result)
    returns = np.asarray(result.benchmark, dtype=np.float64)
    return Holding(result.benchmark_name or "its benchmark", returns)


def _against(result: Result, other: Holding) -> str:
    difference = _difference(result, other.returns)
    if math.isnan(difference.p_value):
        return f"Cannot be told from {other.name}: one of the two does not move, or both move alike."
    bounds = f"Sharpe difference {number(difference.value)}, {LEVEL:.0%} {interval(difference.low, difference.high)}"
    if difference.p_value > 1.0 - LEVEL:
        return f"Not distinguishable from {other.name}: p = {difference.p_value:.2g} ({bounds})."
    told = "Better" if difference.value > 0.0 else "Worse"
    return f"{told} than {other.name}: p = {difference.p_value:.2g} ({bounds})."


def _difference(result: Result, other: FloatArray) -> Difference:
    """Test the annual Sharpe ratio against another's."""
    rate = per_bar_rate(result.risk_free_annual, result.periods_per_year)
    own, market = result.returns.to_numpy(dtype=np.float64)[:, None] - rate, other - rate
    found = paired_differences(own, market, level=LEVEL, n_resamples=N_RESAMPLES)
    return found.sharpe[0].times(math.sqrt(result.periods_per_year))


def _beside_luck(result: Result) -> str:
    """Say how probable it is that skill, not the luck of the best of its trials, made the Sharpe ratio."""
    sharpe, sure = number(result.metrics["sharpe"]), result.metrics["deflated_sharpe"]
    if math.isnan(sure):
        return "Nothing can be said about luck: too few of the trials behind it have a Sharpe ratio."
    n_trials = result.figures.swept_trials * result.figures.tuned_trials
    luck = "zero" if n_trials == 1 else f"what luck gives the best of {n_trials:,} trials"
    known = " (no other trial is known)" if n_trials == 1 else ""
    verb = "is" if sure > LEVEL else "is not shown to be"
    return f"Its Sharpe of {sharpe} {verb} above {luck}: probability {number(sure, 'fraction')}{known}."
