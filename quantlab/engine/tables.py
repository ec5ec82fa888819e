"""The tables of a finished run, each computed when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from quantlab.engine.loop import Outcome, Plan
from quantlab.market.bars import Bars
from quantlab.trading.account import Rules
from quantlab.trading.ledger import Record, fill_frame, flow_frame, order_frame, positions_of
from quantlab.trading.round_trips import trade_frame, trades_of
from quantlab.typing import FloatArray


def run_tables(
    bars: Bars, record: Record, plan: Plan, outcome: Outcome, rules: Rules
) -> Mapping[str, Callable[[], pd.Series | pd.DataFrame]]:
    """Return name → how to make it, for rows ``plan.start`` … ``outcome.stop`` − 1."""
    rows = slice(plan.start, outcome.stop)
    multiplier, _, _ = rules.account.steps(bars.symbols)
    return {
        "cash": partial(_cash, bars, record, rows),
        "positions": partial(_positions, bars, record, rows),
        "marks": partial(_marks, bars, rows, multiplier),
        "orders": partial(order_frame, record.orders, record.tickets, bars.time, bars.symbols),
        "fills": partial(fill_frame, record.fills, bars.time, bars.symbols, multiplier),
        "flows": partial(flow_frame, record.flows, bars.time, bars.symbols),
        "trades": partial(_trades, bars, record, outcome.stop, plan.same_close, multiplier),
    }


def score_frame(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put forecast scores together; of several sources, each forecaster is led by the name of its own."""
    if len(frames) == 1:
        return next(iter(frames.values()))
    return pd.concat([frame.rename(f"{name}: {{}}".format, level=0) for name, frame in frames.items()])


def _cash(bars: Bars, record: Record, rows: slice) -> pd.Series:
    return pd.Series(record.cash[rows], bars.time[rows], name="cash", copy=False)


def _positions(bars: Bars, record: Record, rows: slice) -> pd.DataFrame:
    held = positions_of(record.fills, bars.n_bars, bars.n_symbols)
    return pd.DataFrame(held[rows], bars.time[rows], columns=list(bars.symbols))


def _marks(bars: Bars, rows: slice, multiplier: FloatArray) -> pd.DataFrame:
    return pd.DataFrame(bars.mark[rows] * multiplier, bars.time[rows], columns=list(bars.symbols))


def _trades(bars: Bars, record: Record, stop: int, same_close: bool, multiplier: FloatArray) -> pd.DataFrame:
    trades = trades_of(record, bars, stop, same_close, multiplier)
    return trade_frame(trades, bars.time, bars.symbols)
