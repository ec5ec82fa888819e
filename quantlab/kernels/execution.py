"""Execution: orders are placed, meet a price, change the books; the books are marked.

One file, because these kernels call each other and Numba's cache does not see across files. Everything is
arrays and codes (see ``records.py``): a refusal is a code in the order's record, never an exception. The
rules are those of the plain-Python oracle in ``tests/naive/accounting.py``.

`orders` is the append-only order log, `queue` holds the ids of the resting ones in the sequence of placing,
`fills` is the append-only fill log. `target` has each symbol's resting target order (or −1), `resting` its
number of resting orders. `money[0]` is cash.
"""

from __future__ import annotations

import math
from typing import Any

from quantlab.kernels._jit import lean, step
from quantlab.records import (
    AT_TARGET,
    BELOW_ONE_UNIT,
    CANCELLED,
    DELISTED,
    DELISTING,
    FILLED,
    FIXED,
    FULL,
    HALF_SPREAD,
    LEVERAGE,
    LIQUIDATION,
    MINIMUM,
    N_FILLS,
    N_ORDERS,
    N_QUEUED,
    NO_CASH,
    NO_PRICE,
    NO_REASON,
    NO_VOLUME,
    NOTHING,
    PER_UNIT,
    RATE,
    REJECTED,
    REPLACED,
    RESTING,
    RUINED,
    SCALED,
    SLIPPAGE,
    TARGET_QUANTITY,
    TARGET_VALUE,
    TARGET_WEIGHT,
    UNITS,
    VALUE,
    VOLUME_SLIPPAGE,
    WHOLE_UNITS,
)
from quantlab.typing import FloatArray, IntArray, RecordArray

# A scaled order smaller than this fraction of equity is refused rather than filled as dust.
DUST = 1e-9
# Whole units are cut towards zero after this relative nudge, so that 9.999999999999998 is ten.
UNIT_NUDGE = 1e-12
# A target this near to the position, relative to it, is reached: the rest is rounding, and no order is worth it.
REACHED = 1e-12
# Halvings of [0, 1] after which the common factor is exact to the last bit or two.
HALVINGS = 60


@lean
def place(
    bar: int,
    symbol: int,
    kind: int,
    amount: float,
    position: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    counts: IntArray,
    target: IntArray,
    resting: IntArray,
) -> int:
    """Record an order and queue it; return its id, `FULL` or `NOTHING` (nothing is asked for).

    The last target of a symbol replaces its resting one; plain orders add.
    """
    is_target = kind >= TARGET_QUANTITY
    nothing_to_close = position[symbol] == 0.0 and resting[symbol] == 0
    if amount == 0.0 and (nothing_to_close or not is_target):
        return NOTHING
    order = counts[N_ORDERS]
    if order == len(orders) or counts[N_QUEUED] == len(queue):
        return FULL
    if is_target:
        earlier = target[symbol]
        if earlier >= 0:
            orders[earlier]["status"] = REPLACED
            resting[symbol] -= 1
        target[symbol] = order
    _record_order(orders, order, bar, symbol, kind, amount)
    queue[counts[N_QUEUED]] = order
    counts[N_ORDERS] += 1
    counts[N_QUEUED] += 1
    resting[symbol] += 1
    return int(order)


@lean
def place_all(
    bar: int,
    kind: int,
    amounts: FloatArray,
    position: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    counts: IntArray,
    target: IntArray,
    resting: IntArray,
) -> int:
    """`place` an order of ``amounts[i]`` for every symbol; return how many were recorded, or `FULL`."""
    before = counts[N_ORDERS]
    if before + len(amounts) > len(orders) or counts[N_QUEUED] + len(amounts) > len(queue):
        return FULL
    for i in range(len(amounts)):
        place(bar, i, kind, amounts[i], position, orders, queue, counts, target, resting)
    return int(counts[N_ORDERS] - before)


@step
def _record_order(orders: RecordArray, order: int, bar: int, symbol: int, kind: int, amount: float) -> None:
    row = orders[order]
    row["bar"] = bar
    row["symbol"] = symbol
    row["kind"] = kind
    row["amount"] = amount
    row["status"] = RESTING
    row["reason"] = NO_REASON
    row["filled_quantity"] = 0.0
    row["reducing"] = 0.0
    row["opening"] = 0.0


@step
def _whole(quantity: float) -> float:
    """Whole units of `quantity`, cut towards zero."""
    return float(math.trunc(quantity * (1.0 + UNIT_NUDGE)))


@step
def _slipped(price: float, quantity: float, volume: float, terms: FloatArray) -> float:
    """Return the fill price: worse than `price` by slippage and half the spread, never better.

    A sale at a positive price is never worse than for nothing.
    """
    fraction = terms[SLIPPAGE]
    if terms[VOLUME_SLIPPAGE] > 0.0:
        fraction += terms[VOLUME_SLIPPAGE] * abs(quantity) / volume
    if price < 0.0:
        fraction = -fraction
    if quantity > 0.0:
        return price * (1.0 + fraction) + terms[HALF_SPREAD]
    slipped = price * (1.0 - fraction) - terms[HALF_SPREAD]
    return slipped if slipped > 0.0 or price < 0.0 else 0.0


@step
def _commission(value: float, quantity: float, terms: FloatArray) -> float:
    """Return what the broker charges for a fill of `quantity` units worth `value` (both positive)."""
    charge = value * terms[RATE] + abs(quantity) * terms[PER_UNIT] + terms[FIXED]
    return charge if charge > terms[MINIMUM] else terms[MINIMUM]


@step
def _wish(kind: int, amount: float, position: float, price: float, equity: float, whole: bool) -> float:
    """Return the signed units an order asks for at `price`, with `equity` before the instant's trades."""
    if kind == UNITS:
        return _whole(amount) if whole else amount
    if kind == VALUE:
        return _whole(amount / price) if whole else amount / price
    if amount == 0.0:
        return -position
    aim = amount
    if kind == TARGET_VALUE:
        aim = amount / price
    elif kind == TARGET_WEIGHT:
        aim = amount * equity / price if equity > 0.0 else 0.0
    difference = (_whole(aim) if whole else aim) - position
    return 0.0 if abs(difference) <= REACHED * abs(position) else difference


@step
def _split(quantity: float, held: float) -> float:
    """Return the part of `quantity` that reduces a position of `held` units."""
    if quantity * held >= 0.0:
        return 0.0
    # What differs by rounding alone is a full close, not a close and a flip.
    if abs(quantity) >= abs(held) * (1.0 - REACHED):
        return -held
    return quantity


@step
def _equity_at(
    bar: int, mark_bar: int, price: FloatArray, mark: FloatArray, position: FloatArray, cash: float
) -> float:
    """Return equity at an instant's prices; a symbol without a bar counts at its last close."""
    total = 0.0
    for i in range(len(position)):
        if position[i] != 0.0:
            at = price[bar, i]
            total += position[i] * (mark[mark_bar, i] if math.isnan(at) else at)
    return cash + total


@step
def _headroom(
    bar: int,
    mark_bar: int,
    price: FloatArray,
    mark: FloatArray,
    position: FloatArray,
    cash: float,
    leverage: float,
) -> float:
    """Return L·E − K: the gross value that may still be opened, before commissions.

    With E = cash + long − short and K = long + short this is L·cash + (L−1)·long − (L+1)·short, which is
    exactly `cash` for an unlevered account without shorts.
    """
    longs = 0.0
    shorts = 0.0
    for i in range(len(position)):
        if position[i] != 0.0:
            at = price[bar, i]
            value = position[i] * (mark[mark_bar, i] if math.isnan(at) else at)
            if value > 0.0:
                longs += value
            else:
                shorts -= value
    return leverage * cash + (leverage - 1.0) * longs - (leverage + 1.0) * shorts


@step
def _needed(
    factor: float,
    bar: int,
    price: FloatArray,
    volume: FloatArray,
    terms: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    n_met: int,
) -> float:
    """Return the headroom used when every opening order is filled by `factor`: Σ value + L·(slippage + commission)."""
    total = 0.0
    for k in range(n_met):
        row = orders[queue[k]]
        quantity = factor * row["opening"]
        if quantity != 0.0:
            i = row["symbol"]
            at = _slipped(price[bar, i], quantity, volume[bar, i], terms)
            cost = abs(quantity * (at - price[bar, i])) + _commission(abs(quantity * at), quantity, terms)
            total += abs(quantity * price[bar, i]) + terms[LEVERAGE] * cost
    return total


@step
def _common_factor(
    headroom: float,
    bar: int,
    price: FloatArray,
    volume: FloatArray,
    terms: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    n_met: int,
) -> float:
    """Return the largest factor in [0, 1] at which the opening orders keep the limit.

    K + f·G ≤ L·(E − costs(f)). What is needed grows with f: in proportion where costs are rates, so that one division
    finds it; otherwise (fixed, per-fill minimum, slippage by volume) halving does.
    """
    needed = _needed(1.0, bar, price, volume, terms, orders, queue, n_met)
    if needed <= headroom:
        return 1.0
    if headroom <= 0.0:
        return 0.0
    if terms[FIXED] == 0.0 and terms[MINIMUM] == 0.0 and terms[VOLUME_SLIPPAGE] == 0.0:
        return headroom / needed
    low = 0.0
    high = 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _needed(middle, bar, price, volume, terms, orders, queue, n_met) <= headroom:
            low = middle
        else:
            high = middle
    return low


@step
def _buys_for_cash(
    bar: int,
    price: FloatArray,
    volume: FloatArray,
    terms: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    n_met: int,
) -> float:
    """Return the value of the opening orders at fill prices where all are purchases charged by rate, else −1."""
    if (
        terms[PER_UNIT] != 0.0
        or terms[FIXED] != 0.0
        or terms[MINIMUM] != 0.0
        or terms[VOLUME_SLIPPAGE] != 0.0
    ):
        return -1.0
    gross = 0.0
    for k in range(n_met):
        row = orders[queue[k]]
        quantity = row["opening"]
        i = row["symbol"]
        if quantity < 0.0 or not price[bar, i] > 0.0:
            return -1.0
        gross += quantity * _slipped(price[bar, i], quantity, volume[bar, i], terms)
    return gross


@step
def _fill(
    order: int,
    bar: int,
    symbol: int,
    quantity: float,
    price: float,
    reference: float,
    commission: float,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    fills: RecordArray,
    counts: IntArray,
) -> None:
    """Apply one fill to the books and log it."""
    position[symbol] += quantity
    money[0] += -quantity * price - commission
    orders[order]["filled_quantity"] += quantity
    orders[order]["status"] = FILLED
    row = fills[counts[N_FILLS]]
    row["order"] = order
    row["bar"] = bar
    row["symbol"] = symbol
    row["quantity"] = quantity
    row["price"] = price
    row["reference_price"] = reference
    row["commission"] = commission
    row["position"] = position[symbol]
    row["cash"] = money[0]
    counts[N_FILLS] += 1


@step
def _trade(
    order: int,
    bar: int,
    quantity: float,
    price: FloatArray,
    volume: FloatArray,
    terms: FloatArray,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    fills: RecordArray,
    counts: IntArray,
) -> None:
    """Fill `quantity` of an order at the bar's price, with slippage and commission."""
    i = orders[order]["symbol"]
    at = _slipped(price[bar, i], quantity, volume[bar, i], terms)
    charge = _commission(abs(quantity * at), quantity, terms)
    _fill(order, bar, i, quantity, at, price[bar, i], charge, position, money, orders, fills, counts)


@step
def _refusal(kind: int, amount: float, price: float, volume: float, alive: bool, terms: FloatArray) -> int:
    """Return the reason why an order cannot meet this price at all, or `NO_REASON`."""
    if not alive:
        return DELISTED
    if terms[VOLUME_SLIPPAGE] > 0.0 and not volume > 0.0:
        return NO_VOLUME
    in_money = kind == VALUE or (kind in (TARGET_VALUE, TARGET_WEIGHT) and amount != 0.0)
    return NO_PRICE if in_money and not price > 0.0 else NO_REASON


@step
def _refuse(order: int, reason: int, orders: RecordArray) -> None:
    """Reject an order, or say why only its reducing part was filled."""
    if orders[order]["status"] == RESTING:
        orders[order]["status"] = REJECTED
    orders[order]["reason"] = reason


@step
def _settle_empty(row: Any) -> None:
    """Settle an order that asks for nothing: a target already reached, or less than one whole unit."""
    reached = row["kind"] >= TARGET_QUANTITY
    row["status"] = FILLED if reached else REJECTED
    row["reason"] = AT_TARGET if reached else BELOW_ONE_UNIT


@step
def _gather(
    bar: int,
    price: FloatArray,
    volume: FloatArray,
    last_row: IntArray,
    terms: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    counts: IntArray,
    target: IntArray,
    resting: IntArray,
) -> int:
    """Move the orders that meet this bar to the front of the queue, in sequence; return their number.

    Orders that cannot be met are rejected; those of symbols without a bar stay in the queue behind the others.
    """
    n_queued = counts[N_QUEUED]
    n_met = 0
    n_waiting = 0
    for k in range(n_queued):
        order = queue[k]
        row = orders[order]
        if row["status"] != RESTING:
            continue
        i = row["symbol"]
        alive = bar <= last_row[i]
        if alive and math.isnan(price[bar, i]):
            # The part of the queue behind n_queued is free: the waiting ones pass through it.
            queue[n_queued + n_waiting] = order
            n_waiting += 1
            continue
        if target[i] == order:
            target[i] = -1
        resting[i] -= 1
        reason = _refusal(row["kind"], row["amount"], price[bar, i], volume[bar, i], alive, terms)
        if reason != NO_REASON:
            _refuse(order, reason, orders)
        else:
            queue[n_met] = order
            n_met += 1
    for k in range(n_waiting):
        queue[n_met + k] = queue[n_queued + k]
    counts[N_QUEUED] = n_waiting
    return n_met


@step
def _reduce(
    bar: int,
    mark_bar: int,
    price: FloatArray,
    mark: FloatArray,
    volume: FloatArray,
    terms: FloatArray,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    counts: IntArray,
    fills: RecordArray,
    n_met: int,
) -> None:
    """Resolve every wish on the equity before the instant's trades, then fill what reduces a position.

    Wishes first, fills second: no wish may see a trade of its own instant.
    """
    equity = _equity_at(bar, mark_bar, price, mark, position, money[0])
    whole = terms[WHOLE_UNITS] != 0.0
    for k in range(n_met):
        row = orders[queue[k]]
        i = row["symbol"]
        row["opening"] = _wish(row["kind"], row["amount"], position[i], price[bar, i], equity, whole)
        if row["opening"] == 0.0:
            _settle_empty(row)
    for k in range(n_met):
        row = orders[queue[k]]
        row["reducing"] = _split(row["opening"], position[row["symbol"]])
        if row["reducing"] != 0.0:
            left = row["opening"] - row["reducing"]
            row["opening"] = 0.0 if abs(left) <= REACHED * abs(row["reducing"]) else left
            _trade(
                queue[k],
                bar,
                row["reducing"],
                price,
                volume,
                terms,
                position,
                money,
                orders,
                fills,
                counts,
            )


@step
def _open(
    bar: int,
    mark_bar: int,
    price: FloatArray,
    mark: FloatArray,
    volume: FloatArray,
    terms: FloatArray,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    counts: IntArray,
    fills: RecordArray,
    n_met: int,
) -> None:
    """Fill what opens a position, all of it by one common factor.

    Where an unlevered account without shorts only buys and is short of cash, an order of value v at its fill price
    receives (cash/(1 + c))·v/Σv, and cash is then exactly zero.
    """
    any_open = False
    for k in range(n_met):
        any_open = any_open or orders[queue[k]]["opening"] != 0.0
    if not any_open:
        return
    equity = _equity_at(bar, mark_bar, price, mark, position, money[0])
    headroom = _headroom(bar, mark_bar, price, mark, position, money[0], terms[LEVERAGE])
    factor = _common_factor(headroom, bar, price, volume, terms, orders, queue, n_met)
    whole = terms[WHOLE_UNITS] != 0.0
    budget = money[0] / (1.0 + terms[RATE])
    buys = _buys_for_cash(bar, price, volume, terms, orders, queue, n_met)
    # All of it but rounding is all of it.
    all_in = (
        buys >= budget * (1.0 - REACHED) and budget > 0.0 and terms[LEVERAGE] == 1.0 and headroom == money[0]
    )
    scaled = all_in or factor < 1.0
    before = counts[N_FILLS]
    any_refused = False
    for k in range(n_met):
        row = orders[queue[k]]
        wanted = row["opening"]
        if wanted == 0.0:
            continue
        i = row["symbol"]
        quantity = factor * wanted
        if all_in:
            at = _slipped(price[bar, i], wanted, volume[bar, i], terms)
            quantity = budget * (wanted * at / buys) / at
        value = abs(quantity * price[bar, i])
        if scaled and not (value > 0.0 and value >= DUST * equity):
            _refuse(queue[k], NO_CASH, orders)
            any_refused = True
            continue
        if whole:
            quantity = _whole(quantity)
        if quantity == 0.0:
            _refuse(queue[k], BELOW_ONE_UNIT, orders)
            any_refused = True
            continue
        if factor < 1.0:
            row["reason"] = SCALED
        # Opposite orders of one symbol may meet in one instant: a fill that crosses zero is a close and an open.
        part = _split(quantity, position[i])
        if part != 0.0 and abs(quantity - part) > REACHED * abs(part):
            _trade(queue[k], bar, part, price, volume, terms, position, money, orders, fills, counts)
            quantity -= part
        _trade(queue[k], bar, quantity, price, volume, terms, position, money, orders, fills, counts)
    if all_in and not whole and not any_refused and counts[N_FILLS] > before:
        money[0] = 0.0
        fills[counts[N_FILLS] - 1]["cash"] = 0.0


@lean
def meet(
    bar: int,
    mark_bar: int,
    price: FloatArray,
    mark: FloatArray,
    volume: FloatArray,
    last_row: IntArray,
    terms: FloatArray,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    counts: IntArray,
    target: IntArray,
    resting: IntArray,
    fills: RecordArray,
) -> int:
    """Let the resting orders meet ``price[bar]``; return the number of new fills, or `FULL`.

    A flip is a close and an open. What reduces a position goes first and is never scaled; what opens one,
    of both signs, shares one factor, so the sequence of symbols does not matter.

    Parameters
    ----------
    bar, mark_bar
        Row of the prices met, and row whose `mark` values symbols that have no bar.
    price, mark, volume
        ``(n_bars, n_symbols)``; NaN price: the symbol has no bar, its orders wait.
    last_row
        ``(n_symbols,)`` last row at which a symbol is alive; its later orders are rejected.
    """
    n_queued = counts[N_QUEUED]
    # An order makes three fills at most (it reduces, and its opening part crosses zero); `_gather` needs the queue's
    # second half.
    if counts[N_FILLS] + 3 * n_queued > len(fills) or 2 * n_queued > len(queue):
        return FULL
    before = counts[N_FILLS]
    n_met = _gather(bar, price, volume, last_row, terms, orders, queue, counts, target, resting)
    if n_met > 0:
        _reduce(
            bar, mark_bar, price, mark, volume, terms, position, money, orders, queue, counts, fills, n_met
        )
        _open(bar, mark_bar, price, mark, volume, terms, position, money, orders, queue, counts, fills, n_met)
        for k in range(counts[N_QUEUED]):
            queue[k] = queue[n_met + k]
    return int(counts[N_FILLS] - before)


@step
def _close_out(
    bar: int,
    symbol: int,
    kind: int,
    reason: int,
    price: float,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    counts: IntArray,
    fills: RecordArray,
) -> None:
    """Close a position at `price` without costs, by an order that nobody gave."""
    order = counts[N_ORDERS]
    quantity = -position[symbol]
    _record_order(orders, order, bar, symbol, kind, quantity)
    counts[N_ORDERS] += 1
    _fill(order, bar, symbol, quantity, price, price, 0.0, position, money, orders, fills, counts)
    orders[order]["reason"] = reason


@lean
def delist(
    bar: int,
    last_row: IntArray,
    mark: FloatArray,
    returns: FloatArray,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    counts: IntArray,
    fills: RecordArray,
) -> int:
    """Close positions whose symbol ended before `bar`, at last close × (1 + delisting return).

    Returns the number of fills, or `FULL`.
    """
    n = len(position)
    if counts[N_FILLS] + n > len(fills) or counts[N_ORDERS] + n > len(orders):
        return FULL
    before = counts[N_FILLS]
    for i in range(n):
        if last_row[i] < bar and position[i] != 0.0:
            price = mark[last_row[i], i] * (1.0 + returns[i])
            _close_out(bar, i, DELISTING, DELISTED, price, position, money, orders, counts, fills)
    return int(counts[N_FILLS] - before)


@lean
def liquidate(
    bar: int,
    mark: FloatArray,
    position: FloatArray,
    money: FloatArray,
    orders: RecordArray,
    queue: IntArray,
    counts: IntArray,
    fills: RecordArray,
) -> int:
    """Withdraw every resting order and close everything at the marks of `bar`: the account is ruined.

    Returns the number of fills, or `FULL`.
    """
    n = len(position)
    if counts[N_FILLS] + n > len(fills) or counts[N_ORDERS] + n > len(orders):
        return FULL
    for k in range(counts[N_QUEUED]):
        row = orders[queue[k]]
        if row["status"] == RESTING:
            row["status"] = CANCELLED
            row["reason"] = RUINED
    counts[N_QUEUED] = 0
    before = counts[N_FILLS]
    for i in range(n):
        if position[i] != 0.0:
            _close_out(bar, i, LIQUIDATION, RUINED, mark[bar, i], position, money, orders, counts, fills)
    return int(counts[N_FILLS] - before)


@step
def worth(mark: FloatArray, position: FloatArray, cash: float) -> float:
    """Return cash + Σ position × mark, ``(n_symbols,)`` each; what is not held needs no mark."""
    total = 0.0
    if len(position) == 1:
        if position[0] != 0.0:
            total += position[0] * mark[0]
        return cash + total
    for i in range(len(position)):
        if position[i] != 0.0:
            total += position[i] * mark[i]
    return cash + total


@lean
def mark_rows(
    first: int,
    stop: int,
    mark: FloatArray,
    position: FloatArray,
    money: FloatArray,
    equity: FloatArray,
) -> int:
    """Mark the books at the closes of rows `first` … `stop` − 1, as they stand; return the first ruined row.

    Ruined is an equity of zero or less; `stop` when there is none.
    """
    ruined = stop
    for t in range(first, stop):
        equity[t] = worth(mark[t], position, money[0])
        if equity[t] <= 0.0 and ruined == stop:
            ruined = t
    return ruined
