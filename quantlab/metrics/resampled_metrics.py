"""Metrics of the catalogue on many resamples at once: name → (n_resamples,). Undefined is NaN.

Each gives what the catalogue's own function gives on each resample; a test holds them to it. Not in the table are
extremes of single bars and trades, and the longest drawdown (a bootstrap of an extreme does not find its distribution:
Bickel and Freedman 1981), probabilities, and what does not come from bars or closed trades.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np

from quantlab.metrics.resamples import Resamples, moving
from quantlab.metrics.returns import NO_DEVIATION
from quantlab.typing import BoolArray, FloatArray


def cagr(drawn: Resamples) -> FloatArray:
    """Growth to the power of N/T, less 1; −1 where nothing is left."""
    growth, years = drawn.growth[:, -1], drawn.n_bars / drawn.figures.periods_per_year
    powers = np.maximum(growth, 0.0) ** (1.0 / years)
    return np.where(growth > 0.0, np.where(np.isfinite(powers), powers, np.nan) - 1.0, -1.0)


def stability(drawn: Resamples) -> FloatArray:
    """Squared correlation of time with the cumulative log return; NaN after a return of −1 or less."""
    path = np.log(np.where((drawn.returns <= -1.0).any(axis=1, keepdims=True), np.nan, drawn.growth))
    return correlation(np.broadcast_to(np.arange(float(drawn.n_bars)), path.shape), path) ** 2


def sharpe(drawn: Resamples) -> FloatArray:
    """Mean over deviation of the excess return, annual."""
    return drawn.annual((drawn.returns.mean(axis=1) - drawn.rate) / drawn.deviation)


def shortfall(drawn: Resamples) -> FloatArray:
    """Root of the mean squared return below the riskless rate, per bar."""
    below = np.minimum(drawn.excess, 0.0)
    return np.asarray(np.sqrt(np.mean(below * below, axis=1)))


def sortino(drawn: Resamples) -> FloatArray:
    """Mean excess return over `shortfall`, annual."""
    return drawn.annual(drawn.excess.mean(axis=1) / moving(shortfall(drawn)))


def calmar(drawn: Resamples) -> FloatArray:
    """`cagr` over the deepest drawdown."""
    return np.asarray(cagr(drawn) / moving(-drawn.drawdown.min(axis=1)))


def omega(drawn: Resamples) -> FloatArray:
    """Sum of what lay above the riskless rate over the sum of what lay below."""
    lost = np.maximum(-drawn.excess, 0.0).sum(axis=1)
    return np.asarray(np.maximum(drawn.excess, 0.0).sum(axis=1) / moving(lost))


def tail_ratio(drawn: Resamples) -> FloatArray:
    """Size of the 95% quantile over that of the 5% quantile."""
    return np.asarray(np.abs(drawn.quantile(0.95)) / moving(np.abs(drawn.quantile(0.05))))


def expected_shortfall(drawn: Resamples) -> FloatArray:
    """Mean of the returns at or below the 5% quantile."""
    tail = drawn.returns <= drawn.quantile(0.05)[:, None]
    return np.asarray((drawn.returns * tail).sum(axis=1) / tail.sum(axis=1))


def standard_moment(drawn: Resamples, order: int) -> FloatArray:
    """Compute a population moment of the standardised returns."""
    centred = drawn.returns - drawn.returns.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.mean(centred * centred, axis=1))
    raised = centred * centred * (centred if order == 3 else centred * centred)
    return np.where(np.isnan(drawn.deviation), np.nan, raised.mean(axis=1) / moving(spread) ** order)


def beta(drawn: Resamples) -> FloatArray:
    """Covariance with the benchmark over its variance."""
    market = drawn.benchmark - drawn.benchmark.mean(axis=1, keepdims=True)
    variance = np.mean(market * market, axis=1)
    moves = drawn.benchmark.std(axis=1, ddof=1) >= NO_DEVIATION
    return np.asarray(np.mean(drawn.returns * market, axis=1) / np.where(moves, variance, np.nan))


def alpha(drawn: Resamples) -> FloatArray:
    """Mean excess return that `beta` does not explain, compounded over a year."""
    per_bar = drawn.excess.mean(axis=1) - beta(drawn) * (drawn.benchmark.mean(axis=1) - drawn.rate)
    grown = np.where(per_bar > -1.0, 1.0 + per_bar, np.nan) ** drawn.figures.periods_per_year
    return np.where(np.isfinite(grown), grown - 1.0, np.nan)


def correlation(left: FloatArray, right: FloatArray) -> FloatArray:
    """Pearson correlation of each row."""
    x, y = (side - side.mean(axis=1, keepdims=True) for side in (left, right))
    scales = [moving(side.std(axis=1, ddof=1)) for side in (left, right)]
    covariance = (x * y).sum(axis=1) / (left.shape[1] - 1)
    return np.asarray(covariance / (scales[0] * scales[1]))


def tracking_error(drawn: Resamples) -> FloatArray:
    """Deviation of the active return, annual."""
    return drawn.annual((drawn.returns - drawn.benchmark).std(axis=1, ddof=1))


def information_ratio(drawn: Resamples) -> FloatArray:
    """Mean over deviation of the active return, annual."""
    active = drawn.returns - drawn.benchmark
    return drawn.annual(active.mean(axis=1) / moving(active.std(axis=1, ddof=1)))


def capture(drawn: Resamples, chosen: BoolArray) -> FloatArray:
    """Geometric mean return over that of the benchmark, over the chosen bars."""
    market = _mean_growth(drawn.benchmark, chosen)
    return np.asarray(_mean_growth(drawn.returns, chosen) / np.where(np.abs(market) > 1e-12, market, np.nan))


def _mean_growth(returns: FloatArray, chosen: BoolArray) -> FloatArray:
    logs = np.where(chosen, np.log1p(np.where(chosen, returns, 0.0)), 0.0).sum(axis=1)
    counts = chosen.sum(axis=1)
    return np.asarray(np.expm1(logs / np.where(counts > 0, counts, np.nan)))


def profit_factor(drawn: Resamples) -> FloatArray:
    """Money won over money lost by the drawn trades; NaN where none of them lost."""
    profit = drawn.figures.trade_profit
    lost = drawn.trade_counts @ np.maximum(-profit, 0.0)
    return np.asarray(drawn.trade_counts @ np.maximum(profit, 0.0) / np.where(lost > 0.0, lost, np.nan))


def payoff(drawn: Resamples) -> FloatArray:
    """Average winner over average loser of the drawn trades."""
    profit = drawn.figures.trade_profit
    return np.asarray(
        _trade_mean(drawn, np.maximum(profit, 0.0), profit > 0.0)
        / _trade_mean(drawn, np.maximum(-profit, 0.0), profit < 0.0)
    )


def _trade_mean(drawn: Resamples, values: FloatArray, among: BoolArray | None = None) -> FloatArray:
    """Mean of the drawn trades, or of those of them that are `among`."""
    chosen = np.ones(values.shape) if among is None else among.astype(np.float64)
    counts = drawn.trade_counts @ chosen
    return np.asarray(drawn.trade_counts @ values / np.where(counts > 0.0, counts, np.nan))


RESAMPLED: Mapping[str, Callable[[Resamples], FloatArray]] = MappingProxyType({
    "total_return": lambda d: d.growth[:, -1] - 1.0,
    "cagr": cagr,
    "volatility": lambda d: d.annual(d.returns.std(axis=1, ddof=1)),
    "positive_bars": lambda d: np.asarray((d.returns > 0.0).mean(axis=1)),
    "stability": stability,
    "sharpe": sharpe,
    "sortino": sortino,
    "calmar": calmar,
    "omega": omega,
    "tail_ratio": tail_ratio,
    "max_drawdown": lambda d: np.asarray(d.drawdown.min(axis=1)),
    "ulcer_index": lambda d: np.asarray(np.sqrt(np.mean(d.drawdown * d.drawdown, axis=1))),
    "downside_deviation": lambda d: d.annual(shortfall(d)),
    "var_5": lambda d: d.quantile(0.05),
    "expected_shortfall_5": expected_shortfall,
    "skew": lambda d: standard_moment(d, 3),
    "kurtosis": lambda d: standard_moment(d, 4) - 3.0,
    "beta": beta,
    "alpha": alpha,
    "correlation": lambda d: correlation(d.returns, d.benchmark),
    "tracking_error": tracking_error,
    "information_ratio": information_ratio,
    "up_capture": lambda d: capture(d, d.benchmark > 0.0),
    "down_capture": lambda d: capture(d, d.benchmark < 0.0),
    "win_rate": lambda d: _trade_mean(d, (d.figures.trade_profit > 0.0).astype(np.float64)),
    "profit_factor": profit_factor,
    "payoff": payoff,
    "expectancy": lambda d: _trade_mean(d, d.figures.trade_profit),
    "average_trade": lambda d: _trade_mean(d, d.figures.trade_return),
})  # fmt: skip


# What hangs on the size of returns more than on their mean: drawn in blocks that keep volatility clustered.
OF_SIZE = frozenset({
    "volatility", "tail_ratio", "max_drawdown", "ulcer_index", "downside_deviation", "var_5", "expected_shortfall_5",
    "skew", "kurtosis", "beta", "correlation", "tracking_error",
})  # fmt: skip


def resampled_metrics(drawn: Resamples, names: Iterable[str] = RESAMPLED) -> dict[str, FloatArray]:
    """Compute metrics of the table on a batch of resamples, each (n_resamples,)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return {name: np.asarray(RESAMPLED[name](drawn), dtype=np.float64) for name in names}
