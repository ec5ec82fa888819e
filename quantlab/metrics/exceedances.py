"""Whether a forecast of risk was honest: how often, and how closely together, returns fell below it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from quantlab.metrics.returns import NAN
from quantlab.typing import BoolArray


class LikelihoodTest(NamedTuple):
    """A likelihood-ratio statistic, and the p-value of what it tests being true; NaN where nothing is to be tested."""

    statistic: float
    p_value: float


def proportion_test(exceeded: BoolArray, probability: float) -> LikelihoodTest:
    """Whether exceedances (n,) come as often as they should: Kupiec (1995), *Journal of Derivatives* 3, χ²(1).

    LR = 2·(ln L(x/n) − ln L(p)) with L(q) = (1 − q)^(n − x)·q^x, x exceedances among n, p expected.

    >>> test = proportion_test(np.arange(252) < 20, 0.05)
    >>> round(test.statistic, 2)
    3.91
    """
    n, x = exceeded.size, int(exceeded.sum())
    return _ratio(_likelihood(n - x, x), _likelihood(n - x, x, probability), 1) if n else _UNTESTED


def independence_test(exceeded: BoolArray) -> LikelihoodTest:
    """Whether an exceedance makes another on the next bar more likely: Christoffersen (1998), χ²(1).

    "Evaluating interval forecasts", *International Economic Review* 39: a first-order Markov chain against independent
    draws, given the first bar. NaN where exceedances never or always come, so that nothing can follow on them.
    """
    before, after = exceeded[:-1], exceeded[1:]
    if not 0 < int(before.sum()) < before.size:
        return _UNTESTED
    free = sum(_likelihood(*_counts(after[before == state])) for state in (False, True))
    return _ratio(free, _likelihood(*_counts(after)), 1)


def conditional_coverage_test(exceeded: BoolArray, probability: float) -> LikelihoodTest:
    """Both at once: the sum of the two statistics, χ²(2) (Christoffersen 1998); NaN where one of them is."""
    both = (proportion_test(exceeded, probability), independence_test(exceeded))
    return _test(both[0].statistic + both[1].statistic, 2)


_UNTESTED = LikelihoodTest(NAN, NAN)


def _counts(states: BoolArray) -> tuple[int, int]:
    """How many bars were within, and how many beyond."""
    beyond = int(np.count_nonzero(states))
    return states.size - beyond, beyond


def _likelihood(within: int, beyond: int, probability: float | None = None) -> float:
    """Log likelihood of counts; by default at the share that they have themselves. 0·ln 0 is 0."""
    if within + beyond == 0:
        return 0.0
    share = beyond / (within + beyond) if probability is None else probability
    return sum(count * math.log(part) for count, part in ((within, 1.0 - share), (beyond, share)) if count)


def _ratio(free: float, bound: float, freedom: int) -> LikelihoodTest:
    return _test(max(0.0, 2.0 * (free - bound)), freedom)


def _test(statistic: float, freedom: int) -> LikelihoodTest:
    """Give the tail of χ²(1) or χ²(2) beyond a statistic: P(|z| > √s), and exp(−s/2)."""
    tail = math.erfc(math.sqrt(statistic / 2.0)) if freedom == 1 else math.exp(-statistic / 2.0)
    return LikelihoodTest(statistic, tail)
