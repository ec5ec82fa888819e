"""How much forecasts know about returns: correlations with honest errors, hits, quantile losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quantlab.typing import BoolArray, FloatArray

ENOUGH_SYMBOLS = 10  # below, a correlation across symbols is mostly noise


@dataclass(frozen=True)
class Information:
    """A correlation of forecasts with what came, and how sure it is.

    Parameters
    ----------
    ic, rank_ic
        Information coefficient (Pearson), and the same of ranks (Spearman); NaN for a forecast that never
        varies.
    ic_error, rank_ic_error
        Their standard errors.
    icir
        Mean of the per-bar coefficients over their deviation, per bar (not annualised); NaN when pooled.
    """

    ic: float
    ic_error: float
    icir: float
    rank_ic: float
    rank_ic_error: float


def cross_section(forecast: FloatArray, label: FloatArray, horizon: int) -> Information:
    """Mean over bars of the correlation across symbols, of bars with at least ten of them.

    Both arrays are ``(n_bars, n_symbols)``; cells with NaN in either are left out.
    """
    both = np.isfinite(forecast) & np.isfinite(label)
    both &= both.sum(axis=1, keepdims=True) >= ENOUGH_SYMBOLS
    forecast, label = np.where(both, forecast, np.nan), np.where(both, label, np.nan)
    per_bar = _row_correlations(forecast, label)
    ranked = _row_correlations(_row_ranks(forecast), _row_ranks(label))
    kept, kept_ranked = per_bar[np.isfinite(per_bar)], ranked[np.isfinite(ranked)]
    if len(kept) < 2:
        return Information(*[np.nan] * 5)
    deviation = float(kept.std(ddof=1))
    return Information(
        ic=float(kept.mean()),
        ic_error=mean_error(kept, horizon),
        icir=float(kept.mean()) / deviation if deviation > 0.0 else np.nan,
        rank_ic=float(kept_ranked.mean()),
        rank_ic_error=mean_error(kept_ranked, horizon),
    )


def pooled(forecast: FloatArray, label: FloatArray, horizon: int) -> Information:
    """Correlate over all bars and symbols ``(n_bars, n_symbols)``; cells with NaN in either are left out.

    Its error sums the influence of all symbols at a bar before it counts bars, so symbols that move together
    are not taken for independent evidence: with standardised x and y the influence of a cell on the
    correlation r is x·y − r·(x² + y²)/2.
    """
    both = np.isfinite(forecast) & np.isfinite(label)
    if both.sum() < 3:
        return Information(*[np.nan] * 5)
    plain, ranked = (
        _pooled(as_scores(forecast[both]), as_scores(label[both]), both, horizon)
        for as_scores in (_standard, lambda values: _standard(_ranks(values)))
    )
    return Information(*plain, np.nan, *ranked)


def _pooled(x: FloatArray, y: FloatArray, both: BoolArray, horizon: int) -> tuple[float, float]:
    """Correlation of standard scores of the cells where `both` is True, and its error."""
    correlation = float(np.mean(x * y))
    influence = np.zeros(both.shape)
    influence[both] = x * y - correlation * (x * x + y * y) / 2.0
    bars = both.any(axis=1)
    per_bar = influence.sum(axis=1)[bars] * (bars.sum() / both.sum())
    return correlation, mean_error(per_bar, horizon)


def rank_ic_by_bar(forecast: FloatArray, label: FloatArray) -> FloatArray:
    """Rank information coefficient bar by bar ``(n_bars,)``; its mean over the bars that have one is `rank_ic`.

    With at least ten symbols that of each bar's cross-section (NaN where fewer have both), as `cross_section`; with
    fewer each bar's part of the `pooled` correlation, the sum of its products of standardised ranks.
    """
    both = np.isfinite(forecast) & np.isfinite(label)
    if forecast.shape[1] >= ENOUGH_SYMBOLS:
        both &= both.sum(axis=1, keepdims=True) >= ENOUGH_SYMBOLS
        ranks = [_row_ranks(np.where(both, values, np.nan)) for values in (forecast, label)]
        return _row_correlations(*ranks)
    parts = np.full(len(both), np.nan)
    if both.sum() < 3:
        return parts
    products = np.zeros(both.shape)
    products[both] = _standard(_ranks(forecast[both])) * _standard(_ranks(label[both]))
    bars = both.any(axis=1)
    parts[bars] = products.sum(axis=1)[bars] * (bars.sum() / both.sum())
    return parts


def mean_error(series: FloatArray, horizon: int) -> float:
    """Estimate the standard error of the mean of a series ``(n,)`` of returns that overlap by `horizon` − 1.

    Newey and West (1987), Bartlett weights; the lag is the larger of horizon − 1 and ⌊4·(n/100)^(2/9)⌋
    (1994).
    """
    n = len(series)
    if n < 2:
        return np.nan
    centred = series - series.mean()
    lags = hac_lags(n, horizon)
    variance = float(centred @ centred)
    for lag in range(1, lags + 1):
        variance += 2.0 * (1.0 - lag / (lags + 1.0)) * float(centred[lag:] @ centred[:-lag])
    return float(np.sqrt(max(variance, 0.0))) / n


def hac_lags(n: int, horizon: int) -> int:
    """Autocovariances that an error counts: max(horizon − 1, ⌊4·(n/100)^(2/9)⌋), at most n − 1."""
    return min(n - 1, max(horizon - 1, int(4.0 * (n / 100.0) ** (2.0 / 9.0))))


def hit_rate(forecast: FloatArray, label: FloatArray) -> float:
    """Share of forecasts with the sign of what came; zeros and NaN on either side are left out."""
    signs = np.sign(forecast) * np.sign(label)
    told = np.abs(signs) == 1.0
    return float(np.mean(signs[told] > 0.0)) if told.any() else np.nan


def pinball(values: FloatArray, label: FloatArray, levels: tuple[float, ...]) -> float:
    """Mean quantile loss max(q·e, (q − 1)·e), e = label − forecast, over finite cells and levels.

    `values` is ``(n_bars, n_symbols, n_levels)``, `label` ``(n_bars, n_symbols)``; the unit is that of
    returns. Koenker and Bassett (1978).
    """
    loss = quantile_losses(values, label, levels)
    finite = np.isfinite(loss)
    return float(loss[finite].mean()) if finite.any() else np.nan


def quantile_losses(values: FloatArray, label: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Quantile loss of each forecast ``(n_bars, n_symbols, n_levels)``; NaN where either side is."""
    error = label[..., None] - values
    losses: FloatArray = np.maximum(np.asarray(levels) * error, (np.asarray(levels) - 1.0) * error)
    return losses


def squared_losses(values: FloatArray, label: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Squared error of each expected value ``(n_bars, n_symbols, 1)``; NaN where either side is."""
    losses: FloatArray = (label[..., None] - values) ** 2
    return losses


def squared_error(values: FloatArray, label: FloatArray, levels: tuple[float, ...]) -> float:
    """Mean of `squared_losses` over finite cells; of a probability the score of Brier (1950)."""
    loss = squared_losses(values, label, levels)
    finite = np.isfinite(loss)
    return float(loss[finite].mean()) if finite.any() else np.nan


def crps(values: FloatArray, label: FloatArray, levels: tuple[float, ...]) -> float:
    """Continuous ranked probability score, a return: twice the mean quantile loss over the stated levels.

    The score is ∫(F(x) − 1[label ≤ x])² dx = 2·∫ loss of the q-quantile dq (Gneiting and Ranjan 2011, eq. 10);
    the stated levels stand for all, in equal shares, so tables with different levels do not compare. For a
    median alone it is the mean absolute error. NaN without a finite cell.
    """
    return 2.0 * pinball(values, label, levels)


def bar_means(cells: FloatArray) -> FloatArray:
    """Mean over the finite cells of each bar that has any, bars in sequence ``(n_judged_bars,)``."""
    flat = cells.reshape(len(cells), -1)
    finite = np.isfinite(flat)
    count = finite.sum(axis=1)
    means: FloatArray = np.where(finite, flat, 0.0).sum(axis=1)[count > 0] / count[count > 0]
    return means


def _standard(values: FloatArray) -> FloatArray:
    """Give standard scores; NaN when the values do not vary."""
    deviation = values.std()
    scores: FloatArray = (values - values.mean()) / (deviation if deviation > 0.0 else np.nan)
    return scores


def _ranks(values: FloatArray) -> FloatArray:
    """Rank a list, ties at their mean."""
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def _row_ranks(values: FloatArray) -> FloatArray:
    """Ranks within each row, ties at their mean, NaN staying NaN."""
    return pd.DataFrame(values).rank(axis=1).to_numpy(dtype=np.float64)


def _row_correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    """Correlation of each row ``(n_bars,)``; NaN for an empty row or one without variation."""
    count = np.isfinite(x).sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (each - np.nansum(each, axis=1, keepdims=True) / count for each in (x, y))
        scale = np.sqrt(np.nansum(x * x, axis=1) * np.nansum(y * y, axis=1))
        correlations: FloatArray = np.nansum(x * y, axis=1) / np.where(scale > 0.0, scale, np.nan)
    return correlations
