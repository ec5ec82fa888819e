"""What was earned at which hour, on which weekday, in which month: small charts of columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.display.figures import Bars, Panel
from quantlab.report.charts import Chart, column_chart
from quantlab.research.seasons import seasonal_profits

TITLES = {
    "hour": "Profit by hour of the close",
    "weekday": "Profit by weekday",
    "month": "Profit by month of the year",
}
WIDTH = 430  # pixels; three fit side by side


def season_charts(profits: pd.DataFrame) -> tuple[Chart, ...]:
    """Draw the profits of each season that has more than one name; none for a run that earned and lost nothing.

    `profits` is `quantlab.research.profits.profits`'s table.
    """
    if not profits["amount"].any():
        return ()
    return tuple(
        column_chart(_panel(TITLES[season], net), 180, WIDTH)
        for season, net in seasonal_profits(profits).items()
        if len(net) > 1
    )


def _panel(title: str, net: pd.Series) -> Panel:
    bars = Bars("profit", net.index.astype(str).to_numpy(), net.to_numpy(dtype=np.float64))
    return Panel(title, (bars,), "money")
