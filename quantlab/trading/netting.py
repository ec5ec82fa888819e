"""One account for several books: their fills go to the market together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quantlab.kernels.netted_account import keep_books
from quantlab.kernels.netting import net as net_groups
from quantlab.records import DELISTING, FILL, LIQUIDATION
from quantlab.trading.account import Rules
from quantlab.trading.broker import Broker
from quantlab.trading.ledger import Record
from quantlab.trading.pooling import Pool
from quantlab.trading.round_trips import at_close
from quantlab.typing import BoolArray, FloatArray, IntArray, RecordArray

if TYPE_CHECKING:
    from quantlab.market.bars import Bars


class Net(NamedTuple):
    """Net fills, all but their cash, and whether each happens at the close of its bar."""

    fills: RecordArray
    at_close: BoolArray


class _Grouped(NamedTuple):
    """The sequence of fills in which those that meet the market together are neighbours; where groups begin."""

    sequence: IntArray
    starts: IntArray


def net_fills(pool: Pool, n_books: int, bars: Bars, rules: Rules) -> Net:
    """Return what of the fills of `n_books` books goes to the market."""
    multiplier, _, _ = rules.account.steps(bars.symbols)
    late = at_close(pool.orders, pool.tickets, pool.fills, rules.same_close)
    sequence, starts = _grouped(pool, late, bars.open)
    fills = pool.fills[sequence]
    free = np.isin(pool.orders["kind"][fills["order"]], (LIQUIDATION, DELISTING))
    room = 2 * (len(starts) - 1)
    netted, group = np.zeros(room, FILL), np.zeros(room, np.int64)
    held, position = np.zeros((n_books, bars.n_symbols)), np.zeros(bars.n_symbols)
    book = pool.fill_book[sequence]
    n = net_groups(fills, book, free, starts, multiplier, rules.numbers(), held, position, netted, group)
    return Net(netted[:n], late[sequence][starts[group[:n]]])


def _grouped(pool: Pool, late: BoolArray, opens: FloatArray) -> _Grouped:
    """Group fills of one bar and symbol at one reference price; at the close is another moment than before it.

    Groups of a bar stand in the sequence open, inside, close; those of a symbol inside a bar in that in which the
    books met them, where the books agree, and else by price. The sequence of the books does not matter.
    """
    fills = pool.fills
    bar, symbol, reference = fills["bar"], fills["symbol"], fills["reference_price"]
    moment = np.where(late, 2, np.where(reference == opens[bar, symbol], 0, 1))
    keys = (reference, symbol, moment, bar)
    place = np.lexsort(keys)
    begins = _changes([key[place] for key in keys])
    group = np.empty(len(fills), np.int64)
    group[place] = np.cumsum(begins) - 1
    first = place[begins]
    rank = np.full(len(first), len(fills))
    np.minimum.at(rank, group, _ranks(pool))
    group_place = np.lexsort((reference[first], rank, symbol[first], moment[first], bar[first]))
    sequence = np.argsort(np.argsort(group_place)[group], kind="stable")
    starts = np.append(np.flatnonzero(_changes([group[sequence]])), len(fills))
    return _Grouped(sequence, starts)


def _ranks(pool: Pool) -> IntArray:
    """Count the fills that a book had in the same bar and symbol before each of its own."""
    keys = (pool.fills["symbol"], pool.fills["bar"], pool.fill_book)
    place = np.lexsort(keys)
    begins = np.flatnonzero(_changes([key[place] for key in keys]))
    rank = np.empty(len(place), np.int64)
    rank[place] = np.arange(len(place)) - np.repeat(begins, np.diff(np.append(begins, len(place))))
    return rank


def _changes(columns: Sequence[IntArray]) -> BoolArray:
    """Where some column differs from the row before; the first row always does."""
    changed = np.zeros(len(columns[0]), np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


class NettedAccount(Broker):
    """An account that takes net fills as they come, instead of orders.

    Parameters
    ----------
    bars, cash, rules
        As `Broker` takes them.
    net
        What it takes.
    """

    def __init__(self, bars: Bars, cash: float, rules: Rules, net: Net) -> None:
        super().__init__(bars, cash, rules)
        self._net = net
        self.ledger.fill_log = np.empty(len(net.fills) + bars.n_symbols, FILL)
        self._books = self._bundled()

    def live(self, rows: range, first_decision: int) -> int:
        """Live through `rows`; return the row after the last: equity there is zero or below, or it is their end.

        Holding costs and pays after the row `first_decision`, as for a strategy that decides from there on.
        """
        equity, at = self.ledger.equity, rows.start
        equity[:at] = np.nan
        after = first_decision if self.accrues else rows.stop
        while True:
            at = keep_books(
                at,
                rows.stop,
                after,
                self._net.fills,
                self._market,
                self._finance,
                self._books,
                self._desk,
                equity,
            )
            if at == rows.stop or equity[at - 1] <= 0.0:
                return at
            self.grow()

    def told(self, stop: int) -> tuple[Record, BoolArray]:
        """Return what happened before row `stop`, and which fills did at the close of their bar: ruin closes there."""
        record = self.record(stop)
        late = np.ones(len(record.fills), np.bool_)
        n = int(np.searchsorted(self._net.fills["bar"], stop))
        late[:n] = self._net.at_close[:n]
        return record, late
