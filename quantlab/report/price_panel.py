"""What was traded, drawn where it happened: prices, entries and exits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantlab.display.figures import Line, Panel
from quantlab.engine.result import Result
from quantlab.report.charts import time_chart
from quantlab.report.linked import LinkedPanel
from quantlab.typing import FloatArray, IntArray

MOST_SYMBOLS = 12  # whose prices are embedded
HEIGHT = 240
COLOURS = (8,)


def price_panel(result: Result) -> LinkedPanel | None:
    """Panel of the most traded symbols, one at a time; None for a run that traded nothing."""
    symbols = shown_symbols(result)
    if not symbols:
        return None
    time = result.equity.index
    lines = tuple(Line(symbol, time, _price(result, symbol)) for symbol in symbols)
    alone = Panel(f"Price of {symbols[0]}, with its trades", lines[:1], "price")
    drawn = time_chart(alone, HEIGHT, COLOURS, _events(result, symbols[0]))
    n_traded = result.trades["symbol"].nunique()
    title = (
        "Price"
        if n_traded <= len(symbols)
        else f"Price: the {len(symbols)} most traded of {n_traded:,} symbols"
    )
    return LinkedPanel(Panel(title, lines, "price"), None, HEIGHT, COLOURS, chooses=True, drawn=drawn)


def shown_symbols(result: Result) -> list[str]:
    """Symbols whose prices a page has: those with most trades first, at most `MOST_SYMBOLS`."""
    counts = result.trades["symbol"].astype(str).value_counts()  # of equals the one traded first
    known = {str(name) for name in result.marks.columns}
    return [str(symbol) for symbol in counts.index if str(symbol) in known][:MOST_SYMBOLS]


def _price(result: Result, symbol: str) -> FloatArray:
    """Last close at every bar: a mark is what a whole unit is worth, so its multiplier is taken out."""
    own = result.fills.loc[result.fills["symbol"].astype(str) == symbol, "multiplier"]
    multiplier = float(own.iloc[0]) if len(own) else 1.0
    return np.asarray(result.marks[symbol].to_numpy(dtype=np.float64) / multiplier)


def _events(result: Result, symbol: str) -> dict[str, tuple[IntArray, FloatArray]]:
    trades = result.trades[result.trades["symbol"].astype(str) == symbol]
    long = trades["side"].astype(str) == "long"
    ended = trades[~trades["open"]]
    ends = (("long", trades[long], "entry"), ("short", trades[~long], "entry"), ("exit", ended, "exit"))
    return {
        kind: (bars_of(frame[f"{end}_time"], result), frame[f"{end}_price"].to_numpy(dtype=np.float64))
        for kind, frame, end in ends
        if len(frame)
    }


def bars_of(times: pd.Series, result: Result) -> IntArray:
    """Bars of the run at which `times` lie (a trade knows only its rows in all bars)."""
    return np.asarray(
        pd.DatetimeIndex(result.equity.index).searchsorted(pd.DatetimeIndex(times)), dtype=np.int64
    )
