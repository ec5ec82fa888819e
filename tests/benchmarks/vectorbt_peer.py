"""The same three works by vectorbt, each in its quickest form."""

import numpy as np
import pandas as pd
import pytest

RATE_OF_MINUTES = "1min"


def imported():
    """vectorbt, by its Rust engine where that is installed; and the engine's name."""
    vectorbt = pytest.importorskip("vectorbt")
    try:
        import vectorbt_rust  # noqa: F401

        engine = "rust"
    except ImportError:
        engine = "numba"
    vectorbt.settings["engine"] = engine
    vectorbt.settings["caching"]["enabled"] = False
    return vectorbt, engine


class Cross:
    """One average cross: averages, signals, simulation, value."""

    def __init__(self, vectorbt, bars, fast, slow, cash, rate):
        self.vectorbt, self.fast, self.slow, self.cash, self.rate = vectorbt, fast, slow, cash, rate
        # An index with a time zone makes vectorbt a thousand times slower.
        index = bars.time.tz_localize(None)
        self.close, self.open = pd.Series(bars.close[:, 0], index), pd.Series(bars.open[:, 0], index)

    def averages(self, lookbacks):
        return self.vectorbt.MA.run(self.close, lookbacks).ma.to_numpy()

    def portfolio(self, fast, slow):
        above = self.averages(fast) > self.averages(slow)
        entries = np.zeros_like(above)
        entries[1:] = above[:-1]  # decided at the close before
        return self.vectorbt.Portfolio.from_signals(
            self.close,
            entries,
            ~entries,
            price=self.open,
            fees=self.rate,
            init_cash=self.cash,
            freq=RATE_OF_MINUTES,
            direction="longonly",
            max_orders=len(self.close) // 16 if len(self.close) > 100_000 else None,
        )

    def value(self):
        return self.portfolio(self.fast, self.slow).value()


class CrossSweep(Cross):
    """Many average crosses side by side, with Sharpe and drawdown."""

    def scores(self):
        portfolio = self.portfolio(list(map(int, self.fast)), list(map(int, self.slow)))
        return portfolio.sharpe_ratio(), portfolio.max_drawdown()


class MonthlyTop:
    """Target percents on the first bar of a month, filled at the next open, cash shared, sells first."""

    def __init__(self, vectorbt, bars, new_month, lookback, keep, cash, rate):
        self.vectorbt, self.lookback, self.keep, self.cash, self.rate = vectorbt, lookback, keep, cash, rate
        self.new_month = new_month
        self.open_ = np.array(bars.open)
        self.close_ = np.array(bars.close)
        index, names = bars.time, list(bars.symbols)
        self.close = pd.DataFrame(self.close_, index, names)
        self.open = pd.DataFrame(self.open_, index, names)
        self.prepare, self.order = callbacks()

    def sizes(self):
        rows = np.flatnonzero(self.new_month)
        rows = rows[(rows >= self.lookback) & (rows < len(self.close_) - 1)]
        score = self.close_[rows] / self.close_[rows - self.lookback]
        best = np.argsort(-score, axis=1, kind="stable")[:, : self.keep]
        weights = np.zeros((len(rows), self.close_.shape[1]))
        np.put_along_axis(weights, best, 1.0 / self.keep, axis=1)
        sizes = np.full(self.close_.shape, np.nan)
        sizes[rows + 1] = weights
        return sizes

    def by_orders(self):
        return self.vectorbt.Portfolio.from_orders(
            self.close,
            self.sizes(),
            size_type="targetpercent",
            price=self.open,
            val_price=self.open,
            group_by=True,
            cash_sharing=True,
            call_seq="auto",
            fees=self.rate,
            init_cash=self.cash,
            freq="1D",
            direction="longonly",
        ).value()

    def by_masked_function(self):
        sizes = self.sizes()
        return self.vectorbt.Portfolio.from_order_func(
            self.close,
            self.order,
            sizes,
            self.open_,
            self.rate,
            pre_segment_func_nb=self.prepare,
            pre_segment_args=(sizes, self.open_),
            segment_mask=~np.isnan(sizes[:, :1]),
            group_by=True,
            cash_sharing=True,
            init_cash=self.cash,
            freq="1D",
        ).value()


def callbacks():
    """vectorbt's two callbacks of a rebalance: value at the open and sort sells first; order the target."""
    from numba import njit
    from vectorbt.portfolio import nb
    from vectorbt.portfolio.enums import Direction, NoOrder, SizeType

    percent, long_only, nothing = SizeType.TargetPercent, Direction.LongOnly, NoOrder
    sort, order_of = nb.sort_call_seq_nb, nb.order_nb

    @njit
    def prepare(context, sizes, opens):
        n = context.to_col - context.from_col
        wanted, kinds, directions, scratch = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
        for k in range(n):
            column = context.from_col + k
            context.last_val_price[column] = opens[context.i, column]
            wanted[k], kinds[k], directions[k] = sizes[context.i, column], percent, long_only
        sort(context, wanted, kinds, directions, scratch)
        return ()

    @njit
    def order(context, sizes, opens, rate):
        size = sizes[context.i, context.col]
        if np.isnan(size):
            return nothing
        price = opens[context.i, context.col]
        return order_of(size=size, price=price, size_type=percent, direction=long_only, fees=rate)

    return prepare, order
