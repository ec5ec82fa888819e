"""What a run held through time: how much of it, on which side, and in how many positions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from quantlab.display.figures import Area, Line, Panel
from quantlab.report.linked import LinkedPanel
from quantlab.typing import FloatArray


def exposure_panels(exposure: pd.DataFrame) -> Iterator[LinkedPanel]:
    """Long and short beside net exposure, or gross beside net where nothing was ever short; then the positions.

    The effective number of positions is the inverse of the Herfindahl index: that of so many equal positions.
    `exposure` is `quantlab.research.exposures.exposure_frame`'s. Without a bar that held two symbols the number of
    positions says nothing that the exposure does not.
    """
    areas = ("long", "short") if (exposure["short"] < 0.0).any() else ("gross",)
    filled = [Area(name, *_path(exposure[name])) for name in areas]
    colours = (2, 6) if len(areas) == 1 else (2, 4, 5)
    panel = Panel("Exposure", (Line("net", *_path(exposure["net"])), *filled), "fraction")
    yield LinkedPanel(panel, colours=colours)
    if (exposure["n_held"] > 1).any():
        effective = Line("effective number", *_path(1.0 / exposure["herfindahl"]))
        held = Line("symbols held", *_path(exposure["n_held"].astype(np.float64)))
        yield LinkedPanel(Panel("Positions held", (effective, held), "count"), height=120, colours=(3, 1))


def _path(values: pd.Series) -> tuple[pd.Index, FloatArray]:
    return values.index, values.to_numpy(dtype=np.float64)
