"""Bars as a pandas frame."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.market.bars import FIELDS, Bars


def long_frame(bars: Bars) -> pd.DataFrame:
    """Make a frame of time, symbol, fields and extra fields; time-major, without cells that hold no value."""
    names = (*FIELDS, *bars.extra)
    cells = {name: bars[name].ravel() for name in names}
    filled = np.flatnonzero(~np.all([np.isnan(values) for values in cells.values()], axis=0))
    rows, columns = np.divmod(filled, bars.n_symbols)
    frame = pd.DataFrame({"time": bars.time[rows], "symbol": np.array(bars.symbols)[columns]})
    return frame.assign(**{name: values[filled] for name, values in cells.items()})
