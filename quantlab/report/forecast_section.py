"""What the page says about the forecasts behind a run: their scores, and whether their quantiles hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.forecasting.score_tables import level_columns, score_tables
from quantlab.report.calibration_chart import calibration_chart
from quantlab.report.charts import Chart
from quantlab.report.section import Section
from quantlab.report.tables import Cell, Table

NOTE = "Beside the forecaster stand naive and linear ones; ic is the median's information coefficient."


def forecast_section(scores: pd.DataFrame | None) -> Section:
    """Scores and calibration of forecasts; nothing without forecasts."""
    if scores is None:
        return Section("Forecasts")
    return Section("Forecasts", tuple(_tables(scores)), tuple(_calibration(scores)))


def _tables(scores: pd.DataFrame) -> list[Table]:
    return [
        Table(
            f"Forecast {each.title}" if k else "Forecast scores",
            tuple(each.headings),
            tuple((Cell(name), *(Cell(text, True) for text in rest)) for name, *rest in each.rows),
            "" if k else NOTE,
            wide=True,
        )
        for k, each in enumerate(score_tables(scores))
    ]


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
