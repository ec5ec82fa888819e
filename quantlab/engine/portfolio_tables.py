"""The tables of a portfolio, each computed when it is asked for; where a row is one strategy's, they say whose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantlab.engine.loop import Outcome, Plan
from quantlab.engine.result import JUDGED
from quantlab.engine.tables import run_tables, score_frame
from quantlab.trading.ledger import Record, named
from quantlab.trading.pooling import Pool
from quantlab.trading.round_trips import trade_frame
from quantlab.typing import IntArray, RecordArray

if TYPE_CHECKING:
    from quantlab.engine.result import Result
    from quantlab.engine.single_run import Terms

Maker = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class Whole:
    """What came of a portfolio as one account.

    Parameters
    ----------
    record
        Its orders, fills, flows and equity.
    pool
        What the strategies' books did; `record` has its orders, and without netting its fills and flows.
    trades
        Round trips (layout ``TRADE``) of each book, or of the one account.
    ruined, netted
        Whether equity fell to zero or below; whether fills were netted.
    """

    record: Record
    pool: Pool
    trades: list[RecordArray]
    ruined: bool
    netted: bool

    @property
    def stop(self) -> int:
        """Row after the last."""
        return len(self.record.equity)


def portfolio_tables(terms: Terms, parts: Mapping[str, Result], whole: Whole) -> dict[str, Maker]:
    """Return name → how to make it."""
    rows, bars, pool, names = terms.rows, terms.bars, whole.pool, tuple(parts)
    plan = Plan(rows.start, rows.stop, rows.start, terms.rules.same_close)
    plain = run_tables(bars, whole.record, plan, Outcome(whole.stop, whole.ruined), terms.rules)
    tables: dict[str, Maker] = {
        **plain,
        "orders": partial(_by, plain["orders"], pool.order_book, names),
        **_scores(parts),
    }
    if whole.netted:
        return {**tables, "trades": partial(trade_frame, whole.trades[0], bars.time, bars.symbols)}
    book = np.repeat(np.arange(len(names)), [len(trades) for trades in whole.trades])
    trades = np.concatenate(whole.trades)
    place = np.argsort(trades["entry_bar"], kind="stable")
    return {
        **tables,
        "fills": partial(_by, plain["fills"], pool.fill_book, names),
        "flows": partial(_by, plain["flows"], pool.flow_book, names),
        "trades": partial(
            _by, partial(trade_frame, trades[place], bars.time, bars.symbols), book[place], names
        ),
    }


def _by(make: Maker, book: IntArray, names: tuple[str, ...]) -> pd.DataFrame:
    frame: pd.DataFrame = make()
    return frame.assign(strategy=named(book, names))


def _scores(parts: Mapping[str, Result]) -> dict[str, Maker]:
    """How the forecasts behind the parts are judged, where there are any."""
    told = {name: part._tables for name, part in parts.items() if "forecast_scores" in part._tables}
    if not told:
        return {}

    def table(judged: str) -> pd.DataFrame:
        return score_frame({by: own[judged]() for by, own in told.items()})

    return {judged: partial(table, judged) for judged in JUDGED}
