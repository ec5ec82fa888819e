"""Scores of forecasts: the network, and the naive and linear forecast beside it, on the same cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.features.labels import forward_return
from quantlab.forecasting.information import ENOUGH_SYMBOLS, cross_section, hit_rate, pinball, pooled
from quantlab.market.bars import Bars
from quantlab.typing import BoolArray

if TYPE_CHECKING:
    from quantlab.forecasting.forecast import Forecasts

HEADINGS = {"ic_error": "ic error", "ic_t": "ic t", "rank_ic": "rank ic", "hit_rate": "hits"}
FORMATS = {
    "hit_rate": "{:.1%}",
    "pinball": "{:.6f}",
    "skill": "{:+.2%}",
    "n": "{:,.0f}",
    "ic_error": "{:.4f}",
}
TOO_GOOD = 0.1  # the best published information coefficients on daily equities are about 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """How well forecasts met what came.

    Parameters
    ----------
    title
        What is judged, as the code that makes it.
    frame
        One row a forecaster and horizon: ``ic`` (information coefficient of the median), ``ic_error`` (its
        standard error), ``ic_t`` (their ratio), ``icir``, ``rank_ic``, ``hit_rate`` (share of right signs),
        ``pinball`` (mean quantile loss, a return), ``skill`` (1 − pinball / that of the naive forecast) and
        ``n`` (forecasts judged). NaN where a number has no meaning.
    notes
        How the numbers were made, and warnings.
    """

    title: str
    frame: pd.DataFrame
    notes: tuple[str, ...]

    def __str__(self) -> str:
        from quantlab.display.text import table

        return table(self.title, *readable(self.frame), units={"horizon": "count"}, notes=self.notes)

    def __repr__(self) -> str:
        return str(self)


def readable(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headings and cells, as text, of `Scores.frame`: without ``ic_t``, and without what is undefined for all."""
    shown = frame.drop(columns="ic_t").dropna(axis="columns", how="all")
    headings = ["forecaster", "horizon", *(HEADINGS.get(column, column) for column in shown.columns)]
    return headings, [
        [str(name), str(horizon), *map(_text, row, shown.columns)]
        for (name, horizon), row in zip(shown.index, shown.to_numpy(dtype=np.float64), strict=True)
    ]


def score(table: Forecasts, bars: Bars) -> Scores:
    """Judge `table` and those beside it against `bars`, on the cells where all of them speak.

    With at least ten symbols the information coefficient is the mean over bars of the correlation across
    symbols; with fewer it is one correlation pooled over bars and symbols.
    """
    aligned = table.align(bars)
    tables = {table.name.split("(")[0]: aligned, **aligned.beside}
    across = bars.n_symbols >= ENOUGH_SYMBOLS
    rows = [
        _row(name, each, horizon, bars, _common(tables, horizon), across=across)
        for horizon in aligned.horizons
        for name, each in tables.items()
        if horizon in each.horizons
    ]
    frame = pd.DataFrame(rows).set_index(["forecaster", "horizon"])
    naive = frame["pinball"].groupby("horizon").transform(lambda losses: _naive_loss(losses))
    frame.insert(len(frame.columns) - 1, "skill", 1.0 - frame["pinball"] / naive)
    return Scores(table.name, frame, _notes(frame, bars, across=across))


def _common(tables: dict[str, Forecasts], horizon: int) -> BoolArray:
    """Where every table that has this horizon speaks ``(n_bars, n_symbols)``."""
    known: BoolArray = np.all([each.known for each in tables.values() if horizon in each.horizons], axis=0)
    return known


def _row(
    name: str, table: Forecasts, horizon: int, bars: Bars, common: BoolArray, *, across: bool
) -> dict[str, Any]:
    label = np.where(common, forward_return(bars, horizon), np.nan)
    median = table.median(horizon)
    information = (cross_section if across else pooled)(median, label, horizon)
    values = table.values[:, :, table.horizon_index(horizon)]
    return {
        "forecaster": name,
        "horizon": horizon,
        "ic": information.ic,
        "ic_error": information.ic_error,
        "ic_t": information.ic / information.ic_error if information.ic_error > 0.0 else np.nan,
        "icir": information.icir,
        "rank_ic": information.rank_ic,
        "hit_rate": hit_rate(median, label),
        "pinball": pinball(values, label, table.levels),
        "n": int(np.isfinite(label).sum()),
    }


def _naive_loss(losses: pd.Series) -> float:
    """Find the pinball loss of the naive forecast among those of one horizon; NaN without one."""
    names = losses.index.get_level_values("forecaster")
    return float(losses[names == "naive"].iloc[0]) if "naive" in names else np.nan


def _notes(frame: pd.DataFrame, bars: Bars, *, across: bool) -> tuple[str, ...]:
    kind = (
        f"ic: mean over bars of the correlation across {bars.n_symbols} symbols"
        if across
        else f"ic: one correlation over all bars and {bars.n_symbols} symbols (fewer than {ENOUGH_SYMBOLS})"
    )
    error = "error of ic: Newey–West over bars, lag at least horizon − 1, because returns overlap"
    leak = f"WARNING: an |ic| above {TOO_GOOD} on daily equities: treat as a leak until proved otherwise"
    suspicious = not bars.intraday and bool((frame["ic"].abs() > TOO_GOOD).any())
    nothing = "no forecast meets a return of these bars: nothing could be judged"
    return (kind, error, *[leak] * suspicious, *[nothing] * (not frame["n"].any()))


def _text(value: float, column: str) -> str:
    return "n/a" if np.isnan(value) else FORMATS.get(column, "{:+.4f}").format(value)
