"""Scores of forecasts: the network, and the naive and linear forecast beside it, on the same cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.errors import ForecastError, did_you_mean
from quantlab.forecasting.accuracy_tests import UNTESTED, clark_west, diebold_mariano
from quantlab.forecasting.calibration import (
    calibration_error,
    coverage,
    reliability,
    reliability_error,
    share_below,
)
from quantlab.forecasting.information import (
    ENOUGH_SYMBOLS,
    Information,
    cross_section,
    crps,
    hit_rate,
    pinball,
    pooled,
    quantile_losses,
    rank_ic_by_bar,
    squared_error,
    squared_losses,
)
from quantlab.forecasting.score_tables import BELOW, level_columns, score_tables
from quantlab.forecasting.signal import rank_autocorrelation, spread
from quantlab.forecasting.targets import Return, Target
from quantlab.market.bars import Bars
from quantlab.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from quantlab.forecasting.forecast_table import ForecastTable

TOO_GOOD = 0.1  # the best published information coefficients on daily equities are about 0.05
AHEAD = (1, 2, 3, 5, 10, 20, 40, 60)  # bars over which the decay of information is shown
FIGURES = ("calibration", "decay")


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """How well forecasts met what came.

    Parameters
    ----------
    title
        What is judged, as the code that makes it.
    frame
        One row a forecaster and horizon; NaN where a number has no meaning, and never a warning in its place.
        Of returns, as a signal: ``ic`` (information coefficient of the median), ``ic_error`` (its standard error),
        ``ic_t`` (their ratio), ``icir``, ``rank_ic``, ``rank_ic_error``, ``hit_rate`` (share of right signs),
        ``spread`` and ``spread_error`` (return of the top less the bottom fifth, over the horizon),
        ``rank_autocorrelation`` (1 for a signal that never turns over). As quantiles: ``pinball`` (mean quantile
        loss, a return), ``skill`` (1 − pinball / that of the naive forecast), ``crps``, ``dm_naive`` and ``dm_ridge``
        (Diebold–Mariano against those two, positive where this one is better, with ``…_p``), ``clark_west``
        against the nested naive forecast (with ``…_p``), ``coverage`` (share of returns between the outermost
        quantiles), ``calibration_error``, ``below_0.05`` … (share of returns at or below that quantile). And
        ``n`` (forecasts judged). Of another target, the same with its labels in place of returns; of a probability
        or an expected value ``squared_error`` (the Brier score) in place of ``pinball`` and ``crps``, also for
        Diebold–Mariano, and a ``calibration_error`` over tenths of the forecasts.
    notes
        How the numbers were made, and warnings.

    See Also
    --------
    quantlab.forecasting.information : ic, icir, hit rate, pinball, CRPS.
    quantlab.forecasting.accuracy_tests : Diebold–Mariano, Clark–West.
    quantlab.forecasting.calibration : coverage, calibration error.
    quantlab.forecasting.signal : spread, rank autocorrelation.
    """

    title: str
    frame: pd.DataFrame
    notes: tuple[str, ...]
    _tables: Mapping[str, ForecastTable]
    _bars: Bars
    _target: Target

    @property
    def calibration(self) -> pd.DataFrame:
        """What quantiles claim and what came of them, a row a forecaster and horizon.

        A column a level: the share of labels at or below that quantile. Of a probability or an expected value the
        columns are ``(forecast, 1 … 10)`` and ``(came, 1 … 10)``: mean forecast and mean label of each tenth of the
        forecasts, from the lowest to the highest.
        """
        if self._target.is_mean:
            return self._reliability
        levels = level_columns(self.frame)
        return self.frame[list(levels)].rename(columns=levels).rename_axis(columns="level")

    @cached_property
    def _reliability(self) -> pd.DataFrame:
        rows = []
        for name, horizon in self.frame.index:
            label = _judged(_speaking(self._tables, horizon), self._bars, horizon)
            rows.append(np.concatenate(reliability(self._tables[name].median(horizon), label)))
        columns = pd.MultiIndex.from_product([("forecast", "came"), range(1, 11)], names=["mean of", "tenth"])
        return pd.DataFrame(rows, self.frame.index, columns, dtype=np.float64)

    @cached_property
    def decay(self) -> pd.DataFrame:
        """Information coefficient of the median with the target over the next 1, 2, 3, 5, 10 … 60 bars.

        A row a forecaster and horizon, a column a number of bars ahead (also the horizons judged): where it
        falls off, the forecast is spent. Computed on the cells where a forecast and that label exist; NaN for
        a forecast that never varies.
        """
        ahead = sorted({*AHEAD, *(horizon for _, horizon in self.frame.index)})
        labels = {n: self._target.label(self._bars, n) for n in ahead if n < self._bars.n_bars - 1}
        rows = [
            [_information(self._tables[name].median(horizon), label, n).ic for n, label in labels.items()]
            for name, horizon in self.frame.index
        ]
        columns = pd.Index(list(labels), name="bars_ahead")
        return pd.DataFrame(rows, self.frame.index, columns, dtype=np.float64)

    @cached_property
    def rank_decay(self) -> pd.DataFrame:
        """Rank information coefficient of the judged forecaster with the target over the next 1, 2, 3, 5 … 60 bars.

        A row a forecaster, horizon and ``bars_ahead``; columns ``rank_ic`` and ``rank_ic_error``, made as those of
        `frame`, on the cells where its forecast and that label exist.
        """
        name, table = next(iter(self._tables.items()))
        ahead = sorted({*AHEAD, *table.horizons})
        labels = {n: self._target.label(self._bars, n) for n in ahead if n < self._bars.n_bars - 1}
        rows = []
        for horizon in table.horizons:
            for n, label in labels.items():
                told = _information(table.median(horizon), label, n)
                rows.append((name, horizon, n, told.rank_ic, told.rank_ic_error))
        columns = ["forecaster", "horizon", "bars_ahead", "rank_ic", "rank_ic_error"]
        return pd.DataFrame(rows, columns=columns).set_index(columns[:3])

    @cached_property
    def rank_ic_by_bar(self) -> pd.DataFrame:
        """Rank information coefficient of the judged forecaster bar by bar.

        A row a forecaster, horizon and time of a bar that has one; the column is ``rank_ic``, see
        `quantlab.forecasting.information.rank_ic_by_bar`.
        """
        name, table = next(iter(self._tables.items()))
        frames = {}
        for horizon in table.horizons:
            label = _judged(_speaking(self._tables, horizon), self._bars, horizon)
            told = pd.Series(rank_ic_by_bar(table.median(horizon), label), self._bars.time, name="rank_ic")
            frames[name, horizon] = told.dropna().rename_axis("time").to_frame()
        return pd.concat(frames, names=["forecaster", "horizon"])

    def plot(self, what: str = "calibration") -> go.Figure:
        """Return an interactive figure: ``"calibration"`` or ``"decay"``.

        Raises
        ------
        ForecastError
            Another word.
        """
        if what not in FIGURES:
            raise ForecastError(f"plot({what!r}): there is no such figure. {did_you_mean(what, FIGURES)}")
        from quantlab.display.draw import draw  # plotly
        from quantlab.forecasting.score_figures import calibration_figure, decay_figure, reliability_figure

        if what == "decay":
            return draw(decay_figure(f"Decay of {self.title}", self.decay))
        make = reliability_figure if self._target.is_mean else calibration_figure
        return draw(make(f"Calibration of {self.title}", self.calibration))

    def __str__(self) -> str:
        from quantlab.display.text import table

        return "\n\n".join(
            table(title, headings, rows, units=dict.fromkeys(headings[1:], "count"), notes=notes)
            for title, headings, rows, notes in self._shown
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from quantlab.display.html import table_html

        return "".join(
            table_html(title, headings, rows, notes=notes) for title, headings, rows, notes in self._shown
        )

    @property
    def _shown(self) -> list[tuple[str, list[str], list[list[str]], tuple[str, ...]]]:
        """Title, headings, rows and notes of each table; the shares at each level are `calibration`."""
        made = score_tables(self.frame)[:2]
        titles = [self.title, *(f"{self.title}: {each.title}" for each in made[1:])]
        notes = [()] * (len(made) - 1) + [self.notes]
        return [
            (title, each.headings, each.rows, said)
            for title, each, said in zip(titles, made, notes, strict=True)
        ]


def score(table: ForecastTable, bars: Bars) -> Scores:
    """Judge `table` and those beside it against `bars`, on the cells where all of them speak.

    With at least ten symbols the information coefficient is the mean over bars of the correlation across
    symbols; with fewer it is one correlation pooled over bars and symbols.
    """
    aligned = table.align(bars)
    tables: dict[str, ForecastTable] = {table.name.split("(")[0]: aligned, **aligned.beside}
    rows = [row for horizon in aligned.horizons for row in _rows(tables, bars, horizon)]
    frame = pd.DataFrame(rows).set_index(["forecaster", "horizon"])
    return Scores(table.name, frame, _notes(frame, bars, table.target), tables, bars, table.target)


def _rows(tables: Mapping[str, ForecastTable], bars: Bars, horizon: int) -> list[dict[str, Any]]:
    """Score every table that has this horizon, on the cells where all of those speak."""
    speaking = _speaking(tables, horizon)
    label = _judged(speaking, bars, horizon)
    return [_row(name, speaking, label, horizon) for name in speaking]


def _speaking(tables: Mapping[str, ForecastTable], horizon: int) -> dict[str, ForecastTable]:
    """Pick the tables that have this horizon."""
    return {name: each for name, each in tables.items() if horizon in each.horizons}


def _judged(speaking: Mapping[str, ForecastTable], bars: Bars, horizon: int) -> FloatArray:
    """Give labels ``(n_bars, n_symbols)`` where all tables speak, else NaN."""
    common: BoolArray = np.all([each.known for each in speaking.values()], axis=0)
    return np.where(common, next(iter(speaking.values())).target.label(bars, horizon), np.nan)


def _row(name: str, tables: Mapping[str, ForecastTable], label: FloatArray, horizon: int) -> dict[str, Any]:
    table = tables[name]
    values = table.values[:, :, table.horizon_index(horizon)]
    return {
        "forecaster": name,
        "horizon": horizon,
        **_signal(table.target, table.median(horizon), label, horizon),
        **_losses(table, values, label, tables.get("naive"), horizon),
        **_rivalry(name, tables, label, horizon),
        **_calibration(table, values, label),
        "n": int(np.isfinite(label).sum()),
    }


def _information(median: FloatArray, label: FloatArray, horizon: int) -> Information:
    return (cross_section if label.shape[1] >= ENOUGH_SYMBOLS else pooled)(median, label, horizon)


def _signal(target: Target, median: FloatArray, label: FloatArray, horizon: int) -> dict[str, float]:
    information, is_return = _information(median, label, horizon), target == Return()
    earned, error = spread(median, label, horizon) if is_return else (np.nan, np.nan)
    return {
        "ic": information.ic,
        "ic_error": information.ic_error,
        "ic_t": information.ic / information.ic_error if information.ic_error > 0.0 else np.nan,
        "icir": information.icir,
        "rank_ic": information.rank_ic,
        "rank_ic_error": information.rank_ic_error,
        "hit_rate": hit_rate(median - target.middle, label - target.middle),
        "spread": earned,
        "spread_error": error,
        "rank_autocorrelation": rank_autocorrelation(np.where(np.isfinite(label), median, np.nan)),
    }


def _losses(
    table: ForecastTable, values: FloatArray, label: FloatArray, naive: ForecastTable | None, horizon: int
) -> dict[str, float]:
    judge = squared_error if table.target.is_mean else pinball
    loss, theirs = judge(values, label, table.levels), np.nan
    if naive is not None:
        theirs = judge(naive.values[:, :, naive.horizon_index(horizon)], label, naive.levels)
    skill = 1.0 - loss / theirs if theirs > 0.0 else np.nan
    if table.target.is_mean:
        return {"squared_error": loss, "skill": skill}
    return {"pinball": loss, "skill": skill, "crps": crps(values, label, table.levels)}


def _rivalry(
    name: str, tables: Mapping[str, ForecastTable], label: FloatArray, horizon: int
) -> dict[str, float]:
    """Test against the naive and the linear forecast; NaN without one, with other levels, and against itself."""
    mine = tables[name]
    position = mine.horizon_index(horizon)
    told: dict[str, float] = {}
    for rival in ("naive", "ridge"):
        other = tables.get(rival)
        test = UNTESTED
        if other is not None and rival != name and other.levels == mine.levels:
            theirs = other.values[:, :, other.horizon_index(horizon)]
            losses = squared_losses if mine.target.is_mean else quantile_losses
            test = diebold_mariano(mine.values[:, :, position], theirs, label, mine.levels, horizon, losses)
        told |= {f"dm_{rival}": test.statistic, f"dm_{rival}_p": test.p_value}
    nested = UNTESTED
    if "naive" in tables and name != "naive":
        nested = clark_west(mine.median(horizon), tables["naive"].median(horizon), label, horizon)
    return {**told, "clark_west": nested.statistic, "clark_west_p": nested.p_value}


def _calibration(table: ForecastTable, values: FloatArray, label: FloatArray) -> dict[str, float]:
    if table.target.is_mean:
        return {"calibration_error": reliability_error(values[..., 0], label)}
    below = share_below(values, label)
    return {
        "coverage": coverage(values, label),
        "calibration_error": calibration_error(below, table.levels),
        **{f"{BELOW}{level:g}": float(share) for level, share in zip(table.levels, below, strict=True)},
    }


def _notes(frame: pd.DataFrame, bars: Bars, target: Target) -> tuple[str, ...]:
    across = bars.n_symbols >= ENOUGH_SYMBOLS
    kind = (
        f"ic: mean over bars of the correlation across {bars.n_symbols} symbols"
        if across
        else f"ic: one correlation over all bars and {bars.n_symbols} symbols (fewer than {ENOUGH_SYMBOLS})"
    )
    error = "error of ic: Newey–West over bars, lag at least horizon − 1, because spans overlap"
    better = "DM (Diebold–Mariano), Clark–West: above 0 this one is better; beyond about 2 hardly by chance"
    tested = bool(frame[["dm_naive", "dm_ridge", "clark_west"]].notna().any(axis=None))
    leak = f"WARNING: an |ic| above {TOO_GOOD} on daily equities: treat as a leak until proved otherwise"
    suspicious = target == Return() and not bars.intraday and bool((frame["ic"].abs() > TOO_GOOD).any())
    nothing = "no forecast meets a label of these bars: nothing could be judged"
    of = f"forecasts of {target.what}, {target!r}"
    return (
        *[of] * (target != Return()),
        kind,
        error,
        *[better] * tested,
        *[leak] * suspicious,
        *[nothing] * (not frame["n"].any()),
    )
