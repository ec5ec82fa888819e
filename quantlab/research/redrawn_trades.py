"""A run's trades in another sequence, or drawn again: how much of its path was the sequence's luck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quantlab.display.sheets import Sheet, Shown, frame_sheet
from quantlab.engine.result import Result
from quantlab.errors import DataError
from quantlab.typing import FloatArray

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, eq=False, repr=False)
class RedrawnTrades(Shown):
    """Final equity and deepest drawdown over many sequences of trades.

    Parameters
    ----------
    draws
        One row a sequence: ``final_equity`` (money) and ``max_drawdown``.
    frame
        Quantiles of both, rows by level.
    final_equity, max_drawdown
        Of the trades in their own sequence, the same way counted: at their ends, without what open positions and flows
        brought.
    loss_probability
        Share of the sequences that end below the initial cash.
    method, n_trades, initial_cash
        How trades were drawn, how many there are, and the money before the first.
    """

    draws: pd.DataFrame
    frame: pd.DataFrame
    final_equity: float
    max_drawdown: float
    loss_probability: float
    method: str
    n_trades: int
    initial_cash: float

    def sheets(self) -> list[Sheet]:
        """One row a quantile."""
        frame = self.frame.set_axis([f"{level:.0%}" for level in self.frame.index]).rename_axis("quantile")
        frame = frame.rename(columns={"final_equity": "Final equity", "max_drawdown": "Maximum drawdown"})
        notes = [
            f"{len(self.draws):,} sequences of {self.n_trades} trades ({self.method}); their own: final equity "
            f"{self.final_equity:,.2f}, maximum drawdown {self.max_drawdown:.1%}.",
            f"{self.loss_probability:.1%} of the sequences end below the initial cash. "
            "Trades are counted as independent, one after the other.",
        ]
        units = {"Final equity": "money", "Maximum drawdown": "fraction"}
        return [frame_sheet("Trades drawn again", frame, units=units, notes=notes)]


def redraw_trades(
    result: Result, *, method: str = "bootstrap", n_resamples: int = 1000, seed: int = 0
) -> RedrawnTrades:
    """Put a run's closed trades into other sequences, and compound them.

    A trade counts by its profit as a fraction of the equity before the bar of its entry.

    Parameters
    ----------
    result
        The run.
    method
        ``"bootstrap"`` draws as many trades with replacement (Efron 1979); ``"reshuffle"`` changes their sequence only,
        so that the final equity stays and the drawdown tells what the sequence did.
    n_resamples, seed
        How many sequences; same seed, same sequences.

    Raises
    ------
    DataError
        No result, fewer than two closed trades, an unknown method, or no sequence asked for.
    """
    if not isinstance(result, Result):
        raise DataError(f"redraw_trades() takes what ql.backtest returned, not {result!r:.80}.")
    if method not in _DRAWS:
        raise DataError(f"method={method!r} is not known: give 'bootstrap' or 'reshuffle'.")
    if n_resamples < 1:
        raise DataError(f"n_resamples={n_resamples!r}: give at least 1 sequence, better 1000.")
    trades = result.trades[~result.trades["open"]].sort_values("exit_time", kind="stable")
    if len(trades) < 2:
        raise DataError(f"{len(trades)} closed trades cannot be drawn again; at least 2 are needed.")
    shares = _shares(result, trades)
    factors = np.maximum(1.0 + shares, 0.0)  # a loss of everything ends it
    random, draw = np.random.default_rng(seed), _DRAWS[method]
    draws = pd.DataFrame(
        [_path(result.initial_cash, draw(random, factors)) for _ in range(n_resamples)],
        columns=["final_equity", "max_drawdown"],
    )
    final, deepest = _path(result.initial_cash, factors)
    return RedrawnTrades(
        draws=draws.rename_axis("draw"),
        frame=draws.quantile(list(LEVELS)).rename_axis("level"),
        final_equity=final,
        max_drawdown=deepest,
        loss_probability=float((draws["final_equity"] < result.initial_cash).mean()),
        method=method,
        n_trades=len(trades),
        initial_cash=result.initial_cash,
    )


def _bootstrap(random: np.random.Generator, values: FloatArray) -> FloatArray:
    return np.asarray(values[random.integers(0, values.size, values.size)])


def _reshuffle(random: np.random.Generator, values: FloatArray) -> FloatArray:
    return random.choice(values, values.size, replace=False)


_DRAWS = {"bootstrap": _bootstrap, "reshuffle": _reshuffle}


def _shares(result: Result, trades: pd.DataFrame) -> FloatArray:
    """Profit of each trade over the equity before the bar of its entry."""
    rows = result.equity.index.get_indexer(pd.DatetimeIndex(trades["entry_time"]))
    before = np.concatenate([[result.initial_cash], result.equity.to_numpy()[:-1]])
    return np.asarray(trades["profit"].to_numpy(dtype=np.float64) / before[rows], dtype=np.float64)


def _path(cash: float, factors: FloatArray) -> tuple[float, float]:
    """Return final equity and deepest drawdown of trades one after the other, each a factor of the money."""
    growth: FloatArray = np.cumprod(factors, dtype=np.float64)
    highest = np.maximum(np.maximum.accumulate(growth), 1.0)
    return cash * float(growth[-1]), float((growth / highest).min()) - 1.0
