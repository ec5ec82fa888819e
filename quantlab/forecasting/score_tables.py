"""Scores as tables a person reads: what a forecast knows, how far off it is, and whether its quantiles hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

HEADINGS = {
    "ic_error": "ic error",
    "rank_ic": "rank ic",
    "hit_rate": "hits",
    "rank_autocorrelation": "rank autocorr.",
    "dm_naive": "DM naive",
    "dm_ridge": "DM ridge",
    "clark_west": "Clark–West",
    "squared_error": "sq. error",
    "calibration_error": "cal. error",
}
FORMATS = {
    "ic_error": "{:.4f}",
    "hit_rate": "{:.1%}",
    "spread": "{:+.3%}",
    "rank_autocorrelation": "{:+.3f}",
    "pinball": "{:.6f}",
    "squared_error": "{:.6f}",
    "skill": "{:+.2%}",
    "crps": "{:.6f}",
    "dm_naive": "{:+.2f}",
    "dm_ridge": "{:+.2f}",
    "clark_west": "{:+.2f}",
    "coverage": "{:.1%}",
    "calibration_error": "{:.2%}",
    "n": "{:,.0f}",
}
BELOW = "below_"  # columns of the share of labels at or below a level: below_0.05

SIGNAL = ("ic", "ic_error", "icir", "rank_ic", "hit_rate", "spread", "rank_autocorrelation", "n")
LOSSES = (
    "pinball", "squared_error", "skill", "crps", "dm_naive", "dm_ridge", "clark_west", "coverage", "calibration_error",
)  # fmt: skip


class ScoreTable(NamedTuple):
    """Headings and cells, as text, of one table."""

    title: str
    headings: list[str]
    rows: list[list[str]]


def score_tables(frame: pd.DataFrame) -> list[ScoreTable]:
    """Tables of `Scores.frame`: signal, losses, levels; without columns that are undefined for all.

    A table that is left without any is left out.
    """
    tables = [
        _table("signal", frame, SIGNAL),
        _table("losses and calibration", frame, LOSSES),
        _level_table(frame),
    ]
    return [table for table in tables if len(table.headings) > 2]


def level_columns(frame: pd.DataFrame) -> dict[str, float]:
    """Columns of the share of labels below a level, and those levels."""
    return {name: float(name.removeprefix(BELOW)) for name in frame.columns if name.startswith(BELOW)}


def _table(title: str, frame: pd.DataFrame, columns: tuple[str, ...]) -> ScoreTable:
    shown = frame[[name for name in columns if name in frame.columns]].dropna(axis="columns", how="all")
    headings = [HEADINGS.get(column, column) for column in shown.columns]
    return ScoreTable(title, ["forecaster", "horizon", *headings], _cells(shown))


def _level_table(frame: pd.DataFrame) -> ScoreTable:
    levels = level_columns(frame)
    shown = frame[list(levels)].dropna(axis="columns", how="all")
    headings = [f"≤ q {levels[name]:g}" for name in shown.columns]
    return ScoreTable(
        "share of labels at or below each quantile", ["forecaster", "horizon", *headings], _cells(shown)
    )


def _cells(frame: pd.DataFrame) -> list[list[str]]:
    return [
        [str(name), str(horizon), *map(_text, row, frame.columns)]
        for (name, horizon), row in zip(frame.index, frame.to_numpy(dtype=np.float64), strict=True)
    ]


def _text(value: float, column: str) -> str:
    form = "{:.1%}" if column.startswith(BELOW) else FORMATS.get(column, "{:+.4f}")
    return "n/a" if np.isnan(value) else form.format(value)
