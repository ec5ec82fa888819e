"""Where every unit of money came from: a run's equity change, taken apart into single amounts that add up to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from quantlab.engine.result import Result
from quantlab.typing import FloatArray, IntArray

ACCOUNT = "(account)"  # what concerns no symbol: interest on cash
COSTS = ("commission", "slippage", "borrow", "interest", "funding", "payout")
KINDS = ("price", *COSTS)
SIDES = ("short", ACCOUNT, "long")

Amounts = tuple[IntArray, IntArray, FloatArray, FloatArray]  # row, symbol (−1: none), side (−1, 0, 1), money
Fills = tuple[pd.DataFrame, IntArray, IntArray, FloatArray]  # the table, and of each row: row, symbol, side


def profits(result: Result) -> pd.DataFrame:
    """Every amount that changed a run's equity: ``time, symbol, side, kind, amount``; names are categories.

    Kinds are ``price`` (what positions gained from mark to mark, fills taken at the price before slippage),
    ``commission`` and ``slippage`` (never above zero), and the flows ``borrow``, ``interest``, ``payout`` and
    ``funding``. Their sum is the last equity less the initial cash: with q units filled at p (p₀ before slippage),
    position x and mark m, the change of a bar is x₋₁·(m − m₋₁) + Σq·(m − p₀) − Σq·(p − p₀) − commission + flows.
    """
    time, symbols = pd.DatetimeIndex(result.equity.index), pd.Index(result.positions.columns)
    filled = _fills(result)
    parts = {"price": _held(result, filled), **_filled(filled)}
    frames = [_frame(kind, amounts, time, symbols) for kind, amounts in parts.items()]
    frames += [
        _frame(str(kind), _flowed(result, flows, time, symbols), time, symbols)
        for kind, flows in result.flows.groupby("kind", observed=True)
    ]
    return pd.concat(frames, ignore_index=True)


def _held(result: Result, filled: Fills) -> Amounts:
    """Count what positions of the bar before gained until this mark, and fills from their price until it."""
    before = _shifted(result.positions.to_numpy(dtype=np.float64))
    moved = np.diff(result.marks.to_numpy(dtype=np.float64), axis=0, prepend=np.nan)
    row, symbol = np.nonzero(before)
    held = before[row, symbol]
    fills, rows, places, sides = filled
    marks = result.marks.to_numpy(dtype=np.float64)[rows, places]
    gained = fills["quantity"] * (marks - fills["reference_price"] * fills["multiplier"])
    return (
        np.concatenate([row, rows]),
        np.concatenate([symbol, places]),
        np.concatenate([np.sign(held), sides]),
        np.concatenate([held * moved[row, symbol], gained.to_numpy(dtype=np.float64)]),
    )


def _filled(filled: Fills) -> dict[str, Amounts]:
    """Count what each fill cost."""
    fills, rows, places, sides = filled
    worse = fills["quantity"] * (fills["price"] - fills["reference_price"]) * fills["multiplier"]
    costs = {"commission": fills["commission"], "slippage": worse}
    return {kind: (rows, places, sides, -money.to_numpy(dtype=np.float64)) for kind, money in costs.items()}


def _fills(result: Result) -> Fills:
    """Return fills with their row, symbol and side: that of the position they make, or of the one they close."""
    fills = result.fills
    rows = result.equity.index.get_indexer(pd.DatetimeIndex(fills["time"])).astype(np.int64)
    places = pd.Index(result.positions.columns).get_indexer(pd.Index(fills["symbol"])).astype(np.int64)
    after = fills["position"].to_numpy(dtype=np.float64)
    before = after - fills["quantity"].to_numpy(dtype=np.float64)
    return fills, rows, places, np.sign(np.where(after != 0.0, after, before))


def _flowed(result: Result, flows: pd.DataFrame, time: pd.DatetimeIndex, symbols: pd.Index) -> Amounts:
    """Money that came or went for what was held at the close before."""
    rows = time.get_indexer(pd.DatetimeIndex(flows["time"])).astype(np.int64)
    places = symbols.get_indexer(pd.Index(flows["symbol"])).astype(np.int64)
    held = _shifted(result.positions.to_numpy(dtype=np.float64))[rows, places]
    return rows, places, np.where(places < 0, 0.0, np.sign(held)), flows["amount"].to_numpy(dtype=np.float64)


def _shifted(positions: FloatArray) -> FloatArray:
    """Positions of the bar before."""
    return np.vstack([np.zeros((1, positions.shape[1])), positions[:-1]])


def _frame(kind: str, amounts: Amounts, time: pd.DatetimeIndex, symbols: pd.Index) -> pd.DataFrame:
    rows, places, sides, money = amounts
    return pd.DataFrame(
        {
            "time": time[rows],
            "symbol": _named(places, [*symbols, ACCOUNT]),
            "side": _named(sides.astype(np.int64) + 1, SIDES),
            "kind": _named(np.full(rows.size, KINDS.index(kind)), KINDS),
            "amount": money,
        }
    )


def _named(codes: IntArray, names: Sequence[str]) -> pd.Categorical[str]:
    """Take `names` by their place, −1 for the last; as categories, since a million bars have few names."""
    order = np.argsort(np.asarray(names, dtype=object))
    return pd.Categorical.from_codes(
        np.argsort(order)[codes], pd.Index([names[k] for k in order], dtype=object)
    )
