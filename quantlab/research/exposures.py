"""What a run held, and how concentrated that was."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.engine.result import Result


def exposure_frame(result: Result) -> pd.DataFrame:
    """Exposure at every close: ``gross, net, long, short, n_held, herfindahl, top_5``.

    `herfindahl` is Σ wᵢ² with wᵢ the shares of gross exposure: 1 for one position, 1/n for n equal ones (Herfindahl
    1950); `top_5` is the share of the five largest. Both are NaN where nothing is held.
    """
    weights = result.weights.to_numpy(dtype=np.float64)
    sizes = np.abs(weights)
    gross = sizes.sum(axis=1)
    shares = np.divide(sizes, gross[:, None], out=np.full(sizes.shape, np.nan), where=gross[:, None] > 0.0)
    columns = {
        "gross": gross,
        "net": weights.sum(axis=1),
        "long": np.maximum(weights, 0.0).sum(axis=1),
        "short": np.minimum(weights, 0.0).sum(axis=1),
        "n_held": (sizes > 0.0).sum(axis=1),
        "herfindahl": (shares * shares).sum(axis=1),
        "top_5": np.sort(shares, axis=1)[:, -5:].sum(axis=1),
    }
    return pd.DataFrame(columns, result.equity.index)


def period_frame(equity: pd.Series, initial_cash: float) -> pd.DataFrame:
    """Best, worst and usual calendar periods: rows ``month, quarter, year``.

    Columns ``best, best_period, worst, worst_period, mean, positive, n``; the first and last periods may be parts.
    """
    rows = {name: _periods(equity, initial_cash, code) for name, code in _CODES.items()}
    columns = ["best", "best_period", "worst", "worst_period", "mean", "positive", "n"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("period")


_CODES = {"month": "M", "quarter": "Q", "year": "Y"}


def period_rows(time: pd.DatetimeIndex, code: str) -> dict[str, slice]:
    """Rows of every calendar month ("M", as "2020-03"), quarter ("Q") or year ("Y"), by the wall clock of `time`.

    >>> period_rows(pd.to_datetime(["2020-01-31", "2020-02-28", "2020-02-29"]), "M")
    {'2020-01': slice(0, 1, None), '2020-02': slice(1, 3, None)}
    """
    local = time.tz_localize(None)
    months = local.to_numpy().astype("M8[M]").astype(np.int64)
    periods = months // {"M": 1, "Q": 3, "Y": 12}[code]
    starts = np.append(0, np.flatnonzero(np.diff(periods)) + 1)
    names = local[starts].to_period(code).astype(str)
    stops = [*starts[1:].tolist(), len(time)]
    return {name: slice(*each) for name, *each in zip(names, starts.tolist(), stops, strict=True)}


def calendar_returns(equity: pd.Series, initial_cash: float, code: str) -> pd.Series:
    """Return of every calendar period, by its name as "2020-03", "2020Q1" or "2020"; NaN after ruin."""
    rows = period_rows(pd.DatetimeIndex(equity.index), code)
    last = equity.to_numpy(dtype=np.float64)[[one.stop - 1 for one in rows.values()]]
    before = np.append(initial_cash, last[:-1])
    returns = np.divide(last, before, out=np.full(last.size, np.nan), where=before != 0.0) - 1.0
    return pd.Series(returns, list(rows))


def _periods(equity: pd.Series, initial_cash: float, code: str) -> tuple[object, ...]:
    returns = calendar_returns(equity, initial_cash, code).fillna(0.0)
    best, worst = returns.idxmax(), returns.idxmin()
    return (
        float(returns.max()), best, float(returns.min()), worst, float(returns.mean()),
        float((returns > 0.0).mean()), len(returns),
    )  # fmt: skip
