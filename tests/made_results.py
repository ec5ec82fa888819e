"""Results made by hand from a return series, for tests of what stands on results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from quantlab.engine.result import Result

ORDERS = ("id", "time", "bar", "symbol", "kind", "amount", "status", "reason", "filled_quantity")
FILLS = (
    "order_id", "time", "bar", "symbol", "quantity", "price", "reference_price", "commission", "slippage",
    "position", "cash", "multiplier",
)  # fmt: skip
TRADES = (
    "symbol", "side", "entry_time", "exit_time", "entry_bar", "exit_bar", "bars_held", "quantity",
    "entry_price", "exit_price", "profit", "return", "commission", "worst", "best", "open",
)  # fmt: skip


def made_result(
    returns: Sequence[float] | np.ndarray,
    *,
    name: str = "Made()",
    first: str = "2020-01-01",
    time: pd.DatetimeIndex | None = None,
    n_fills: int = 1,
    trades: pd.DataFrame | None = None,
    orders: pd.DataFrame | None = None,
    symbol: str = "AAA",
    **settings: Any,
) -> Result:
    """Hold one symbol whose close is the equity curve; `n_fills` fills of one unit at the first bars."""
    array = np.asarray(returns, dtype=np.float64)
    index = pd.bdate_range(first, periods=len(array)) if time is None else time
    cash = settings.pop("initial_cash", 100.0)
    equity = pd.Series(cash * np.cumprod(1.0 + array), index, name="equity")
    tables = {
        "cash": equity * 0.0,
        "positions": pd.DataFrame(1.0 if n_fills else 0.0, index, columns=[symbol]),
        "marks": equity.to_frame(symbol),
        "orders": made_orders(index, 0) if orders is None else orders,
        "fills": made_fills(index, n_fills, symbol),
        "flows": pd.DataFrame({name: [] for name in ("time", "bar", "kind", "symbol", "amount", "cash")}),
        "trades": made_trades(index, 0) if trades is None else trades,
    }
    scores = settings.pop("forecast_scores", None)
    if scores is not None:
        tables["forecast_scores"] = scores
    facts: dict[str, Any] = {
        "initial_cash": cash,
        "periods_per_year": 252.0,
        "risk_free_annual": 0.0,
        "fill": "next_open",
        "engine": "python (asked for)",
        "notes": (),
        "ruined": False,
        "benchmark_name": None,
        "benchmark": None,
        "provenance": {
            "bars": {"fingerprint": "b0b0", "symbols": [symbol]},
            "settings": {"costs": "Costs(commission=0.001)"},
            "versions": {"quantlab": "0.1.0"},
            "fingerprint": f"f1{len(array)}",
        },
    }
    makers = {key: (lambda frame=frame: frame) for key, frame in tables.items()}
    return Result(name=name, equity=equity, **{**facts, **settings}, _tables=makers)


def made_fills(index: pd.DatetimeIndex, n_fills: int, symbol: str = "AAA") -> pd.DataFrame:
    """One unit bought at 10 (9.9 before slippage) with a commission of 0.5, on each of the first bars."""
    rows = [
        (k, index[k], k, symbol, 1.0, 10.0, 9.9, 0.5, 0.1 / 9.9, 1.0 + k, 0.0, 1.0) for k in range(n_fills)
    ]
    return pd.DataFrame(rows, columns=list(FILLS)).astype({"time": index.dtype})


def made_trades(index: pd.DatetimeIndex, n_trades: int, symbol: str = "AAA") -> pd.DataFrame:
    """Trades of one bar each, alternately +20 and −10; the last one is open."""
    rows = [
        (
            symbol, "long", index[k], index[k + 1], k, k + 1, 1, 1.0, 10.0, 11.0, 20.0 - 30.0 * (k % 2),
            0.2 - 0.3 * (k % 2), 0.5, -0.1, 0.2, k == n_trades - 1,
        )
        for k in range(n_trades)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(TRADES))
    return frame.astype({"entry_time": index.dtype, "exit_time": index.dtype, "open": bool, "profit": float})


def made_orders(index: pd.DatetimeIndex, n_rejected: int, reason: str = "no_cash") -> pd.DataFrame:
    """Orders of which all are rejected for one reason."""
    rows = [(k, index[k], k, "AAA", "quantity", 1.0, "rejected", reason, 0.0) for k in range(n_rejected)]
    return pd.DataFrame(rows, columns=list(ORDERS)).astype({"time": index.dtype})
