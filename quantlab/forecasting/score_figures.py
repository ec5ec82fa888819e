"""What a figure of scores shows, as data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.display.figures import Figure, Line, Panel


def calibration_figure(title: str, calibration: pd.DataFrame) -> Figure:
    """Share of returns at or below each quantile over its level; a calibrated forecaster lies on the diagonal."""
    diagonal = Line("calibrated", np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    lines = [
        Line(_name(name), row.index.to_numpy(dtype=np.float64), row.to_numpy(dtype=np.float64))
        for name, row in calibration.iterrows()
    ]
    return Figure(title, (Panel("share of returns below", (*lines, diagonal), "fraction"),), "quantile level")


def reliability_figure(title: str, reliability: pd.DataFrame) -> Figure:
    """Mean label over mean forecast of each tenth of forecasts; a calibrated forecaster lies on the diagonal."""
    told, came = reliability["forecast"], reliability["came"]
    ends = (
        np.array([np.nanmin(told), np.nanmax(told)])
        if told.notna().to_numpy().any()
        else np.array([0.0, 1.0])
    )
    lines = [
        Line(_name(name), told.loc[name].to_numpy(dtype=np.float64), row.to_numpy(dtype=np.float64))
        for name, row in came.iterrows()
    ]
    diagonal = Line("calibrated", ends, ends)
    return Figure(title, (Panel("what came, on average", (*lines, diagonal)),), "forecast")


def decay_figure(title: str, decay: pd.DataFrame) -> Figure:
    """Information coefficient over how many bars ahead the return reaches."""
    lines = [
        Line(_name(name), row.index.to_numpy(dtype=np.float64), row.to_numpy(dtype=np.float64))
        for name, row in decay.iterrows()
    ]
    return Figure(title, (Panel("information coefficient", tuple(lines)),), "bars ahead")


def _name(key: object) -> str:
    return "{}, horizon {}".format(*key) if isinstance(key, tuple) else str(key)
