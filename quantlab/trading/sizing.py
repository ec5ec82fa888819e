"""From signals to weights: plain functions of arrays, for `on_bar` in both engines and for anything else.

Arrays have one entry a symbol, ``(n_symbols,)``; weights are fractions of equity, and what comes back is a new array.
NaN means *not available* and gets weight 0. The functions compose: choose (`top_k`), weigh (`equal_weight`,
`inverse_volatility`, `kelly_fraction`, `risk_parity`), scale (`volatility_target`), and leave small changes alone
(`minimum_trade`, `no_trade_band`).

A volatility, variance, mean or covariance is per bar, or per year: whatever it is, a function's arguments and a target
must agree. Both engines give the same bits, because they run the same kernels.
"""

from __future__ import annotations

import numpy as np

from quantlab.errors import OrderError
from quantlab.kernels import covariance as risk
from quantlab.kernels import weights as rules
from quantlab.typing import BoolArray, FloatArray


class SizingError(OrderError):
    """A weight that cannot be computed: a text, and the numbers for its gaps.

    The gaps are filled when the text is read, because compiled code cannot write a number as text.
    """

    def __str__(self) -> str:
        return str(self.args[0]).format(*self.args[1:])


def equal_weight(chosen: BoolArray, gross: float = 1.0) -> FloatArray:
    """Give each `chosen` symbol the weight `gross` ÷ their number, and 0 to the others; a negative `gross` is short.

    No estimate, so no estimation error: hard to beat out of sample (DeMiguel, Garlappi and Uppal, *Review of
    Financial Studies* 22, 2009).

    >>> equal_weight(np.array([True, False, True, True, True]))
    array([0.25, 0.  , 0.25, 0.25, 0.25])
    """
    return rules.equal_weight(chosen, gross)


def top_k(scores: FloatArray, k: int) -> BoolArray:
    """Choose the `k` symbols with the highest `scores`; fewer where fewer are available.

    Of equal scores the lower symbol number is chosen; NaN never is. For the lowest scores pass ``-scores``.

    Raises
    ------
    SizingError
        If `k` is negative.

    >>> top_k(np.array([0.1, np.nan, 0.3, 0.1]), 2)
    array([ True, False,  True, False])
    """
    if k < 0:
        raise SizingError("top_k: cannot choose {} symbols; give a k of 0 or more.", k)
    return rules.top_k(scores, k)


def inverse_volatility(volatility: FloatArray, gross: float = 1.0) -> FloatArray:
    """Weigh each symbol by the inverse of its volatility: wᵢ = gross·(1/σᵢ) / Σⱼ (1/σⱼ).

    Equal risk contributions where all correlations are equal (Maillard, Roncalli and Teïletche 2010, section 3). A
    volatility that is no positive number counts as not available.

    >>> inverse_volatility(np.array([0.01, 0.03, np.nan]))
    array([0.75, 0.25, 0.  ])
    """
    return rules.inverse_volatility(volatility, gross)


def kelly_fraction(
    mean: FloatArray, variance: FloatArray, fraction: float = 0.5, max_gross: float = 1.0
) -> FloatArray:
    """Bet a `fraction` of what makes wealth grow fastest: wᵢ = fraction·μᵢ/σᵢ², scaled down to Σ|wᵢ| ≤ `max_gross`.

    `mean` is in excess of the riskless return. The rule is Kelly's (*Bell System Technical Journal* 35, 1956) in
    continuous time (Thorp, *Handbook of Asset and Liability Management* 1, 2006), for symbols that are not
    correlated. Betting more than 1 lowers growth and raises risk, and μ is never known: half of it gives three
    quarters of the growth for half of the deviation. A mean that is not finite or a variance that is not positive
    counts as not available.

    Raises
    ------
    SizingError
        If `fraction` or `max_gross` is negative or NaN.

    >>> kelly_fraction(np.array([0.0001, -0.0002]), np.array([0.0004, 0.0004]))
    array([ 0.125, -0.25 ])
    """
    if not (fraction >= 0.0 and max_gross >= 0.0):
        raise SizingError(
            "kelly_fraction: a fraction of {} with max_gross {} has no meaning; give 0 or more, such as 0.5 and 1.0.",
            fraction,
            max_gross,
        )
    _must_be_as_long(variance, mean)
    return rules.kelly_fraction(mean, variance, fraction, max_gross)


def sample_covariance(returns: FloatArray) -> FloatArray:
    """Covariance of the columns of `returns` (n, n_symbols) with divisor n − 1: ``(n_symbols, n_symbols)``.

    A symbol with a return that is NaN has no covariance: its row and column are NaN, which the functions below read
    as not available. With fewer than two rows nothing has one. Of ``closes = now.past("close", n)`` the returns are
    ``closes[1:] / closes[:-1] - 1.0``.

    >>> sample_covariance(np.array([[0.01, 0.04], [0.03, 0.02]])).round(6)
    array([[ 0.0002, -0.0002],
           [-0.0002,  0.0002]])
    """
    return risk.sample_covariance(returns)


def risk_parity(covariance: FloatArray, gross: float = 1.0) -> FloatArray:
    """Weigh symbols so that each contributes alike to the variance: wᵢ·(Σ·w)ᵢ is the same for all, Σᵢ wᵢ = `gross`.

    Equally weighted risk contributions (Maillard, Roncalli and Teïletche, *Journal of Portfolio Management* 36, 2010),
    found by cyclical coordinate descent (Griveau-Billion, Richard and Roncalli 2013) to 1e-10 of each contribution.
    Of `covariance` the lower triangle is read. A symbol whose variance is no positive number counts as not available.

    Raises
    ------
    SizingError
        If `covariance` is not square, if it holds NaN between two available symbols, or if no such weights are found:
        with fewer returns than symbols some portfolio may have no variance at all.

    >>> risk_parity(np.array([[0.04, 0.0], [0.0, 0.01]])).round(6)
    array([0.333333, 0.666667])
    """
    weights = np.zeros(len(covariance))
    _must_be_square(covariance, len(weights))
    if not risk.risk_parity(covariance, weights):
        raise SizingError(
            "risk_parity: no weights of even risk for this covariance of {} symbols; estimate it from more returns "
            "than symbols, without NaN between symbols that have a variance.",
            len(weights),
        )
    return weights * gross


def volatility_target(
    weights: FloatArray, covariance: FloatArray, target: float, max_gross: float = 1.0
) -> FloatArray:
    """Scale `weights` to the volatility `target`: w·min(target/√(wᵀ·Σ·w), max_gross/Σ|wᵢ|).

    Constant volatility lifts the Sharpe ratio of stocks and thins the left tail of most portfolios (Harvey et al.,
    *Journal of Portfolio Management* 45, 2018); Moreira and Muir (*Journal of Finance* 72, 2017) divide by the variance
    instead. `target` is in the unit of √`covariance`: 0.01 is 1% a bar if `covariance` is per bar. Symbols without a
    variance get weight 0 before; weights that carry no risk are scaled to `max_gross`.

    Raises
    ------
    SizingError
        If `target` or `max_gross` is negative or NaN, if `covariance` is not square of the size of `weights`, or if
        it holds NaN between two symbols that have a variance and a weight.

    >>> volatility_target(np.array([0.5, 0.5]), np.array([[0.04, 0.0], [0.0, 0.04]]), target=0.1).round(6)
    array([0.353553, 0.353553])
    """
    if not (target >= 0.0 and max_gross >= 0.0):
        raise SizingError(
            "volatility_target: a target of {} with max_gross {} has no meaning; give 0 or more, such as 0.01 and 1.0.",
            target,
            max_gross,
        )
    _must_be_square(covariance, len(weights))
    scaled = np.zeros(len(weights))
    if not risk.volatility_target(weights, covariance, target, max_gross, scaled):
        raise SizingError(
            "volatility_target: the covariance of two symbols that both have a variance is NaN; fill it, or set "
            "the variance of one of them to NaN to leave that symbol out."
        )
    return scaled


def minimum_trade(weights: FloatArray, current: FloatArray, least: float) -> FloatArray:
    """Keep the `current` weight of each symbol whose trade, |wᵢ − currentᵢ|, would be below `least`.

    A weight of 0 is always met in full, so that nothing too small to sell is left behind. What is kept equals
    `current` in every bit: order the rest only, for an order of the weight held now still trades what the price moves
    until it is filled::

        held = now.weight
        aims = ql.sizing.minimum_trade(weights, held, 0.01)
        for i in range(now.n_symbols):
            if aims[i] != held[i]:
                now.target_weight(i, aims[i])

    Raises
    ------
    SizingError
        If `least` is negative or NaN.

    >>> minimum_trade(np.array([0.30, 0.50, 0.0]), np.array([0.295, 0.40, 0.004]), 0.01)
    array([0.295, 0.5  , 0.   ])
    """
    if not least >= 0.0:
        raise SizingError(
            "minimum_trade: a least trade of {} has no meaning; give a fraction of equity.", least
        )
    _must_be_as_long(current, weights)
    return rules.minimum_trade(weights, current, least)


def no_trade_band(weights: FloatArray, current: FloatArray, band: float) -> FloatArray:
    """Leave each symbol alone while it is within `band` of its weight, and else trade to the edge of the band.

    With costs in proportion to a trade it is best to do nothing inside a region around the weight that would be held
    without costs, and to trade no further than to its boundary from outside (Davis and Norman, *Mathematics of
    Operations Research* 15, 1990); the best width grows with the cube root of the cost. A weight of 0 is always met in
    full. What is kept equals `current` in every bit, and is best not ordered at all: see `minimum_trade`.

    Raises
    ------
    SizingError
        If `band` is negative or NaN.

    >>> no_trade_band(np.array([0.30, 0.50, 0.0]), np.array([0.31, 0.40, 0.01]), 0.02)
    array([0.31, 0.48, 0.  ])
    """
    if not band >= 0.0:
        raise SizingError("no_trade_band: a band of {} has no meaning; give a fraction of equity.", band)
    _must_be_as_long(current, weights)
    return rules.no_trade_band(weights, current, band)


def _must_be_as_long(values: FloatArray, weights: FloatArray) -> None:
    if len(values) != len(weights):
        raise SizingError("{} numbers for {} symbols: give one for each.", len(values), len(weights))


def _must_be_square(covariance: FloatArray, n_symbols: int) -> None:
    n_rows, n_columns = covariance.shape
    if n_rows != n_symbols or n_columns != n_symbols:
        raise SizingError(
            "A covariance of {} rows and {} columns for {} symbols: give it one of each for each symbol.",
            n_rows,
            n_columns,
            n_symbols,
        )
