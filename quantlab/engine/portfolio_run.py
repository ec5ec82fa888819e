"""A portfolio is run: each strategy with books of its own, then the whole is told from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from quantlab.engine.portfolio import ROUNDING, Portfolio, own_forecasts
from quantlab.engine.portfolio_notes import engines_of, portfolio_notes
from quantlab.engine.portfolio_tables import Whole, portfolio_tables
from quantlab.engine.provenance import portfolio_provenance
from quantlab.engine.result import Result
from quantlab.engine.single_run import Terms, run_one
from quantlab.trading.ledger import Record
from quantlab.trading.netting import NettedAccount, net_fills
from quantlab.trading.pooling import Pool, cut, pooled, restated
from quantlab.trading.round_trips import round_trips, trades_of
from quantlab.typing import FloatArray

if TYPE_CHECKING:
    from quantlab.engine.engines import Run


class _Parts(NamedTuple):
    """What the strategies did on their own: by name, and in the sequence of the portfolio."""

    results: Mapping[str, Result]
    runs: tuple[Run, ...]

    @property
    def records(self) -> list[Record]:
        return [run.record for run in self.runs]

    @property
    def cash(self) -> list[float]:
        return [result.initial_cash for result in self.results.values()]


def run_portfolio(portfolio: Portfolio, terms: Terms) -> Result:
    """Run every strategy of a portfolio under the same terms, and tell of them together."""
    parts = _run_parts(portfolio, terms)
    whole = _netted(parts, terms) if portfolio.books == "netted" else _separate(parts, terms)
    rows = slice(terms.rows.start, whole.stop)
    time, measure = terms.bars.time[rows], terms.benchmark
    multiplier, _, _ = terms.rules.account.steps(terms.bars.symbols)
    return Result(
        name=repr(portfolio),
        equity=pd.Series(whole.record.equity[rows], time, name="equity", copy=False),
        initial_cash=terms.settings["cash"],
        periods_per_year=terms.bars.periods_per_year,
        risk_free_annual=terms.settings["risk_free_annual"],
        fill=terms.rules.execution.fill,
        engine=engines_of(parts.results),
        notes=portfolio_notes(parts.results, whole, time[-1], multiplier),
        ruined=whole.ruined,
        benchmark_name=None if measure is None else str(measure.name),
        benchmark=None if measure is None else measure.iloc[: len(time)],
        provenance=portfolio_provenance(portfolio, parts.results, terms.settings),
        parts=parts.results,
        _tables=portfolio_tables(terms, parts.results, whole),
    )


def _run_parts(portfolio: Portfolio, terms: Terms) -> _Parts:
    given = own_forecasts(portfolio, terms.forecasts.given)
    results, runs = {}, []
    for name, strategy in portfolio.strategies.items():
        cash = portfolio.share(name) * terms.settings["cash"]
        run, results[name] = run_one(
            strategy, terms.with_cash(cash, replace(terms.forecasts, given=given.get(name)))
        )
        runs.append(run)
    return _Parts(results, tuple(runs))


def _separate(parts: _Parts, terms: Terms) -> Whole:
    """Put separate accounts together; the whole ends at the first close where it is worth nothing."""
    idle = _idle(parts, terms)
    curves = [_lengthened(record.equity, terms.rows.stop) for record in parts.records]
    equity = idle + np.sum(curves, axis=0)
    ruined = np.flatnonzero(equity[terms.rows.start :] <= 0.0)
    stop = terms.rows.start + int(ruined[0]) + 1 if len(ruined) else terms.rows.stop
    same_close = terms.rules.same_close
    records = [cut(record, stop, same_close=same_close) for record in parts.records]
    pool = restated(pooled(records), parts.cash, idle)
    multiplier, _, _ = terms.rules.account.steps(terms.bars.symbols)
    trades = [trades_of(one, terms.bars, stop, same_close, multiplier) for one in records]
    return Whole(_record(pool, equity[:stop], terms), pool, trades, bool(len(ruined)), netted=False)


def _netted(parts: _Parts, terms: Terms) -> Whole:
    """Let one account take the fills of all books; where it is ruined, what the books did later is not told."""
    records = parts.records
    whole = _in_one_account(records, parts, terms)
    if not whole.ruined:
        return whole
    records = [cut(record, whole.stop, same_close=terms.rules.same_close) for record in records]
    return _in_one_account(records, parts, terms)


def _in_one_account(records: list[Record], parts: _Parts, terms: Terms) -> Whole:
    bars, rules, rows = terms.bars, terms.rules, terms.rows
    pool = pooled(records)
    account = NettedAccount(bars, terms.settings["cash"], rules, net_fills(pool, len(records), bars, rules))
    stop = account.live(rows, min(run.plan.first_decision for run in parts.runs))
    record, late = account.told(stop)
    record = replace(record, orders=pool.orders, tickets=pool.tickets)
    multiplier, _, _ = rules.account.steps(bars.symbols)
    trades = round_trips(record.fills, late, bars, stop, multiplier)
    return Whole(record, pool, [trades], bool(record.equity[-1] <= 0.0), netted=True)


def _record(pool: Pool, equity: FloatArray, terms: Terms) -> Record:
    return Record(pool.orders, pool.fills, pool.tickets, pool.flows, equity, terms.settings["cash"])


def _idle(parts: _Parts, terms: Terms) -> float:
    """Cash that no strategy has a share of; what differs by rounding is none."""
    cash: float = terms.settings["cash"]
    idle = cash - math.fsum(parts.cash)
    return 0.0 if abs(idle) <= ROUNDING * cash else idle


def _lengthened(equity: FloatArray, n_bars: int) -> FloatArray:
    """Let the last equity of a strategy that was ruined stay to the end."""
    return np.concatenate([equity, np.full(n_bars - len(equity), equity[-1])])
