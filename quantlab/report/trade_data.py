"""Trades as columns of short numbers, for the table and the marks on the price."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from quantlab.engine.result import Result
from quantlab.report.embedded import packed, significant
from quantlab.report.price_panel import bars_of

MOST_EMBEDDED = 4_000
NUMBERS = ("bars_held", "quantity", "entry_price", "exit_price", "return", "worst", "best")
DECIMALS = 6  # of a profit, so that the sum that the table tells is the run's to the cent


def trade_data(result: Result) -> dict[str, Any]:
    """Columns of all trades in the sequence of entry; of very many those with the largest profit or loss.

    Names are given once each and numbered; times are seconds of the wall clock, bars those of the run.
    """
    trades = _largest(result.trades)
    names = ["symbol", *(name for name in ("strategy",) if name in trades.columns)]
    return {
        **{name: _numbered(trades[name]) for name in names},
        "long": (trades["side"].astype(str) == "long").astype(int).tolist(),
        "open": trades["open"].astype(int).tolist(),
        **{end: packed(_seconds(trades[f"{end}_time"]), 0) for end in ("entry", "exit")},
        **{f"{end}_bar": packed(bars_of(trades[f"{end}_time"], result), 0) for end in ("entry", "exit")},
        **{name: significant(trades[name]) for name in NUMBERS},
        "profit": significant(trades["profit"].round(DECIMALS), 15),
        "left_out": len(result.trades) - len(trades),
    }


def _largest(trades: pd.DataFrame) -> pd.DataFrame:
    if len(trades) <= MOST_EMBEDDED:
        return trades
    order = np.argsort(-trades["profit"].abs().to_numpy(), kind="stable")[:MOST_EMBEDDED]
    return trades.iloc[np.sort(order)]


def _numbered(names: pd.Series) -> dict[str, Any]:
    codes, known = pd.factorize(names.astype(str))
    return {"names": [str(name) for name in known], "codes": codes.tolist()}


def _seconds(times: pd.Series) -> Any:
    return pd.DatetimeIndex(times).tz_localize(None).as_unit("s").asi8
