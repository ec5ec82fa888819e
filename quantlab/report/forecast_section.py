"""What the page says about the forecasts behind a run: their scores, and whether their quantiles hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.display.figures import Line, Panel
from quantlab.engine.result import Result
from quantlab.forecasting.score_tables import HEADINGS, level_columns, score_tables
from quantlab.report.calibration_chart import calibration_chart
from quantlab.report.charts import Chart, time_chart
from quantlab.report.decay_chart import decay_chart
from quantlab.report.hints import with_hints
from quantlab.report.section import Section
from quantlab.report.tables import Cell, Table

NOTE = "Beside the forecaster stand naive and linear ones; ic is the median's information coefficient."
MOST_LINES = 6  # forecasters and horizons in a chart
CUMULATIVE = "Rank information coefficient, added up bar by bar: a straight rise is a steady signal"
# Headings of statistics that have a p-value, and the column it stands in.
TESTED = {HEADINGS[name]: f"{name}_p" for name in ("dm_naive", "dm_ridge", "clark_west")}


def forecast_section(result: Result) -> Section:
    """Scores, calibration, decay and the way through time of forecasts; nothing without forecasts."""
    scores = result.forecast_scores
    if scores is None:
        return Section("Forecasts")
    charts = (*_through_time(result), *_calibration(scores), *_decay(result))
    return Section("Forecasts", tuple(_tables(scores)), charts)


def _tables(scores: pd.DataFrame) -> list[Table]:
    return [
        with_hints(
            Table(
                f"Forecast {each.title}" if k else "Forecast scores",
                tuple(each.headings),
                tuple(
                    _row(cells, each.headings, one)
                    for cells, one in zip(each.rows, scores.to_dict("records"), strict=True)
                ),
                "" if k else NOTE,
                wide=True,
            )
        )
        for k, each in enumerate(score_tables(scores))
    ]


def _row(cells: list[str], headings: list[str], scores: dict[object, float]) -> tuple[Cell, ...]:
    """Lay out a row of texts; a statistic has its p-value beside it."""
    name, *rest = cells
    p_values = [scores.get(TESTED.get(heading), np.nan) for heading in headings[1:]]
    told = (text if np.isnan(p) else f"{text} (p {p:.3f})" for text, p in zip(rest, p_values, strict=True))
    return (Cell(name), *(Cell(text, True) for text in told))


def _decay(result: Result) -> tuple[Chart, ...]:
    return () if result.forecast_decay is None else decay_chart(_first(result.forecast_decay))


def _through_time(result: Result) -> tuple[Chart, ...]:
    """Draw the sum of the coefficients so far; nothing where no bar has one."""
    if result.forecast_rank_ic is None or result.forecast_rank_ic.empty:
        return ()
    by_bar = _first(result.forecast_rank_ic)["rank_ic"]
    wide = by_bar.unstack(["forecaster", "horizon"]).cumsum().ffill()
    lines = tuple(
        Line("{}, horizon {}".format(*key), wide.index, wide[key].to_numpy(dtype=np.float64))
        for key in wide.columns
    )
    return (time_chart(Panel(CUMULATIVE, lines), 200, (0, 2, 3, 4, 5, 6)),) if len(wide) > 1 else ()


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the first forecasters and horizons, as many as can be told apart."""
    groups = frame.groupby(level=["forecaster", "horizon"], sort=False).ngroup()
    return frame[groups < MOST_LINES]


def _calibration(scores: pd.DataFrame) -> list[Chart]:
    levels = level_columns(scores)
    below = scores[list(levels)].to_numpy(dtype=np.float64)
    kept = np.isfinite(below).all(axis=1) if len(levels) >= 2 else np.zeros(len(scores), dtype=bool)
    if not kept.any():
        return []
    names = [_name(key, scores.iloc[k]) for k, key in enumerate(scores.index) if kept[k]]
    return [calibration_chart(names, np.array(list(levels.values())), below[kept])]


def _name(key: tuple[str, int], row: pd.Series) -> str:
    ic = float(row.get("ic", np.nan))
    return f"{key[0]}, horizon {key[1]}" + (f", ic {ic:+.3f}" if np.isfinite(ic) else "")
