"""The books are marked: what they are worth at a close."""

from __future__ import annotations

from quantlab.kernels._jit import lean, step
from quantlab.kernels.books import Market
from quantlab.typing import FloatArray


@step
def worth(unit_value: FloatArray, position: FloatArray, cash: float) -> float:
    """Return cash + Σ position × unit value, ``(n_symbols,)`` each; what is not held may have none."""
    total = 0.0
    if len(position) == 1:
        if position[0] != 0.0:
            total += position[0] * unit_value[0]
        return cash + total
    for i in range(len(position)):
        if position[i] != 0.0:
            total += position[i] * unit_value[i]
    return cash + total


@lean
def mark_rows(
    first: int,
    stop: int,
    market: Market,
    position: FloatArray,
    money: FloatArray,
    equity: FloatArray,
) -> int:
    """Mark the books at the closes of rows `first` … `stop` − 1, as they stand; return the first ruined row.

    Ruined is an equity of zero or less; `stop` when there is none.
    """
    ruined = stop
    for t in range(first, stop):
        equity[t] = worth(market.unit_value[t], position, money[0])
        if equity[t] <= 0.0 and ruined == stop:
            ruined = t
    return ruined
