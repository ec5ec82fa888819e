"""One sentence on what a run has shown, for people who read no further."""

from __future__ import annotations

import math

import numpy as np

from quantlab.display.numbers import interval, number
from quantlab.engine.result import Result
from quantlab.metrics.inference import MIN_BARS, blocks_of
from quantlab.metrics.paired import Difference, paired_differences
from quantlab.metrics.returns import per_bar_rate

LEVEL = 0.95
N_RESAMPLES = 300  # a page is written in a second; Comparison.superiority takes its time


def verdict(result: Result) -> str:
    """Say whether the Sharpe ratio of `result` differs from the benchmark's, or from 0 where it has none.

    Against a benchmark the test is Ledoit and Wolf's (2008), a studentised bootstrap of the paired difference. Alone it
    is the deflated Sharpe ratio of Bailey and López de Prado (2014), which counts the trials behind the run.
    """
    if result.benchmark is None or result.ruined or len(result.returns) < MIN_BARS:
        return _alone(result)
    return _against(result, _difference(result))


def _difference(result: Result) -> Difference:
    """Test the annual Sharpe ratio against the benchmark's."""
    rate = per_bar_rate(result.risk_free_annual, result.periods_per_year)
    own = result.returns.to_numpy(dtype=np.float64)[:, None] - rate
    market = np.asarray(result.benchmark, dtype=np.float64) - rate
    block = blocks_of(own, market)
    found = paired_differences(own, market, block_bars=block, level=LEVEL, n_resamples=N_RESAMPLES)
    return found.sharpe[0].times(math.sqrt(result.periods_per_year))


def _against(result: Result, difference: Difference) -> str:
    name = result.benchmark_name or "its benchmark"
    if math.isnan(difference.p_value):
        return f"Cannot be told from {name}: one of the two does not move, or both move alike."
    bounds = f"Sharpe difference {number(difference.value)}, {LEVEL:.0%} {interval(difference.low, difference.high)}"
    if difference.p_value > 1.0 - LEVEL:
        return f"Not distinguishable from {name}: p = {difference.p_value:.2g} ({bounds})."
    told = "Better" if difference.value > 0.0 else "Worse"
    return f"{told} than {name}: p = {difference.p_value:.2g} ({bounds})."


def _alone(result: Result) -> str:
    sharpe, sure = result.metrics["sharpe"], result.metrics["deflated_sharpe"]
    if math.isnan(sharpe) or math.isnan(sure):
        return "Nothing can be said about its Sharpe ratio: no fill, too few bars, or ruin."
    told = f"Sharpe {number(sharpe)}, above luck with probability {number(sure, 'fraction')}"
    if sure > LEVEL:
        return f"More than luck at {LEVEL:.0%}: {told}, the trials behind it counted."
    return f"Not distinguishable from luck at {LEVEL:.0%}: {told}, the trials behind it counted."
