"""A crisis put among a strategy's own bars, where it would have hurt most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from quantlab.display.moments import moment
from quantlab.errors import DataError
from quantlab.market.bars import Bars
from quantlab.research.crises import Crisis, covers, during, sessions_of
from quantlab.research.shocks import spliced
from quantlab.typing import FloatArray, IntArray

FEWEST_BARS = 60  # from which a beta is estimated
DIGITS = 6  # of an exposure that count: rounding does not choose the day of a crisis


class Replay(NamedTuple):
    """Bars with a crisis among them, and a sentence that says where and how."""

    bars: Bars
    note: str


class Sensitivity(NamedTuple):
    """Betas of the symbols (n_symbols,), and to what they are."""

    betas: FloatArray
    market: str


def replayed(bars: Bars, crisis: Crisis, index: pd.Series, net_exposure: FloatArray, start: int) -> Replay:
    """Put a crisis of an index among bars, from the row after which a run's net exposure was the largest.

    The closes of a symbol follow beta × the index's returns, one session of the crisis a bar (as many as a bar spans
    where bars are weeks or months); afterwards their own returns go on. See `sensitivity` for the betas, and `spliced`
    for what becomes of a bar. Only rows count that leave room for the whole crisis, and for the bars that a beta needs;
    where the run is too short for both, at most half of it is kept for the crisis, which then ends early.

    Parameters
    ----------
    bars, crisis
        Bars by session, and what is put among them.
    index
        Simple returns of the index by time.
    net_exposure
        Of the run at every close, (n_run,), from row `start` of the bars on.

    Raises
    ------
    DataError
        Intraday bars, prices of zero or below, an index that does not cover the crisis, a run of one bar or
        without net exposure, or a symbol that would lose everything on a bar.
    """
    if bars.intraday:
        raise DataError("bars within sessions cannot follow an index of closes: resample them to days.")
    steps = crisis_returns(crisis, index, bars.periods_per_year)
    stop = start + len(net_exposure)
    first = _row_after_most(np.abs(net_exposure), start, len(steps))
    reacting = sensitivity(bars, first, index)
    returns = steps[: stop - first, None] * reacting.betas
    if (returns <= -1.0).any():
        steepest = float(reacting.betas[np.argmin(returns.min(axis=0))])
        raise DataError(f"a symbol with a beta of {steepest:.2f} would lose everything: leave it out.")
    low, high = reacting.betas.min(), reacting.betas.max()
    cut = f" (of its {len(steps)})" if len(returns) < len(steps) else ""
    note = (
        f"{crisis.name} stands in for {len(returns)} bars{cut} from {moment(bars.time[first])} on, where the net "
        f"exposure was largest; betas of {low:.2f} to {high:.2f} {reacting.market}."
    )
    return Replay(spliced(bars, first, returns), note)


def crisis_returns(crisis: Crisis, index: pd.Series, periods_per_year: float) -> FloatArray:
    """Return what an index earned in a crisis, by session, or by bar where bars are rarer than its sessions, (n,)."""
    days = sessions_of(index)
    if not covers(days, crisis):
        raise DataError(
            f"{index.name} has returns from {moment(days[0])} to {moment(days[-1])}, and the crisis lasted from "
            f"{crisis.start} to {crisis.end}: give another index=, or leave it out of replays=."
        )
    growth = (1.0 + index[during(days, crisis)]).groupby(days[during(days, crisis)]).prod()
    years = (days[-1] - days[0]).days / 365.25
    together = max(1, round(days.nunique() / years / periods_per_year))
    return np.multiply.reduceat(growth.to_numpy(np.float64), np.arange(0, len(growth), together)) - 1.0


def sensitivity(bars: Bars, first: int, index: pd.Series) -> Sensitivity:
    """Betas of the symbols, covariance ÷ variance over the bars before row `first`.

    On the index, whose crisis it is, where at least 60 bars before have a return of both. Bars of another time than the
    index's tell nothing of it; there betas are on the mean of the symbols, every one alike: the symbols as a whole then
    fall as the index did, and differ as they do among themselves. A symbol with fewer bars gets the mean beta of the
    others; 1 where no symbol has enough.
    """
    own = _steps(bars.mark[:first], bars.present[:first])
    market = _on_sessions(index, bars.sessions[:first])
    told = f"on {index.name}"
    if np.isfinite(market).sum() < FEWEST_BARS:
        counts = np.maximum(np.isfinite(own).sum(axis=1), 1)
        known = np.isfinite(own).any(axis=1)
        market = np.where(known, np.nansum(own, axis=1) / counts, np.nan)
        told = f"on the mean of the symbols ({index.name} has too few bars in common before)"
    betas = np.array([_beta(own[:, i], market) for i in range(bars.n_symbols)])
    if np.isnan(betas).all():
        return Sensitivity(np.ones(bars.n_symbols), "(too few bars before to estimate one)")
    return Sensitivity(np.where(np.isnan(betas), np.nanmean(betas), betas), told)


def _row_after_most(exposure: FloatArray, start: int, n_crisis: int) -> int:
    """Row after the largest exposure (n_run,), the first of equals, among those with room before and behind."""
    n_run = len(exposure)
    if n_run < 2:
        raise DataError("a run of one bar has no room for a crisis: give more bars.")
    if not exposure.round(DIGITS).any():
        raise DataError("the run had no net exposure at any close, so no bar is worse than another.")
    latest = n_run - 1 - min(n_crisis, n_run // 2)
    # Rows 1 … t have returns for a beta, and the crisis begins after t.
    earliest = min(max(FEWEST_BARS - start, 0), latest)
    return start + earliest + int(exposure[earliest : latest + 1].round(DIGITS).argmax()) + 1


def _steps(mark: FloatArray, present: np.ndarray) -> FloatArray:
    """Return simple returns from row to row; NaN where a symbol lacks one of the two bars, and in the first row."""
    both = present[1:] & present[:-1]
    steps = np.full(mark.shape, np.nan)
    steps[1:][both] = mark[1:][both] / mark[:-1][both] - 1.0
    return steps


def _on_sessions(index: pd.Series, sessions: IntArray) -> FloatArray:
    """Return an index's returns from session to session (n,); NaN before it begins and after it ends."""
    days = sessions_of(index)
    level = np.concatenate([[1.0], np.cumprod(1.0 + index.to_numpy(dtype=np.float64))])
    # What the index earned until a session; its first return is from a day that is not known.
    until = days.searchsorted(pd.DatetimeIndex(sessions.astype("datetime64[D]")), side="right")
    outside = (until == 0) | (sessions.astype("datetime64[D]") > days[-1].to_datetime64())
    known = np.where(outside, np.nan, level[until])
    return np.concatenate([[np.nan], known[1:] / known[:-1] - 1.0])[: len(sessions)]


def _beta(own: FloatArray, market: FloatArray) -> float:
    both = np.isfinite(own) & np.isfinite(market)
    if both.sum() < FEWEST_BARS or np.ptp(market[both]) == 0.0:
        return np.nan
    return float(np.cov(own[both], market[both])[0, 1] / market[both].var(ddof=1))
