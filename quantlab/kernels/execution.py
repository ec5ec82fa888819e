"""Execution: orders are placed, meet a price, change the books; the books are marked.

One file, because these kernels call each other and Numba's cache does not see across files. Everything is
arrays and codes (see ``records.py``): a refusal is a code in the order's record, never an exception. The
rules are those of the plain-Python oracle in ``tests/naive/accounting.py``.

What they read and change comes in three bundles of arrays (``books.py``).
"""

from __future__ import annotations

import math
from typing import Any

from quantlab.kernels._jit import lean, step
from quantlab.kernels.books import Books, Desk, Finance, Market
from quantlab.records import (
    AT_TARGET,
    BELOW_MARGIN,
    BELOW_ONE_UNIT,
    BORROW,
    CANCELLED,
    DELISTED,
    DELISTING,
    FILLED,
    FIXED,
    FULL,
    FUNDING,
    IMPACT,
    INTEREST,
    INTEREST_RATE,
    LEVERAGE,
    LIQUIDATION,
    LOAN_RATE,
    MAINTENANCE,
    MARGIN_CALL,
    MINIMUM,
    N_FILLS,
    N_FLOWS,
    N_ORDERS,
    N_QUEUED,
    N_REFUSED,
    NO_CASH,
    NO_PRICE,
    NO_REASON,
    NO_VOLUME,
    NOT_SHORTABLE,
    NOTHING,
    NOTHING_TO_REDUCE,
    PARTICIPATION,
    PARTLY_FILLED,
    PAYOUT,
    PER_UNIT,
    RATE,
    REJECTED,
    REPLACED,
    RESTING,
    RUINED,
    SCALED,
    TARGET_QUANTITY,
    TARGET_VALUE,
    TARGET_WEIGHT,
    UNITS,
    VALUE,
    VOLUME_SLIPPAGE,
)
from quantlab.typing import FloatArray, RecordArray

# A scaled order smaller than this fraction of equity is refused rather than filled as dust.
DUST = 1e-9
# Whole units are cut towards zero after this relative nudge, so that 9.999999999999998 is ten.
UNIT_NUDGE = 1e-12
# A price this near to a step, in steps, is on it.
STEP_NUDGE = 1e-6
# A target this near to the position, relative to it, is reached: the rest is rounding, and no order is worth it.
REACHED = 1e-12
# Halvings of [0, 1] after which the common factor is exact to the last bit or two.
HALVINGS = 60


@lean
def place(bar: int, symbol: int, kind: int, amount: float, books: Books, desk: Desk) -> int:
    """Record an order and queue it; return its id, `FULL` or `NOTHING` (nothing is asked for).

    The last target of a symbol replaces its resting one; plain orders add.
    """
    counts = books.counts
    is_target = kind >= TARGET_QUANTITY
    nothing_to_close = books.position[symbol] == 0.0 and desk.resting[symbol] == 0
    if amount == 0.0 and (nothing_to_close or not is_target):
        return NOTHING
    order = counts[N_ORDERS]
    if order == len(books.orders) or counts[N_QUEUED] == len(desk.queue):
        return FULL
    if is_target:
        earlier = desk.target[symbol]
        if earlier >= 0:
            row = books.orders[earlier]
            row["status"] = REPLACED if row["filled_quantity"] == 0.0 else PARTLY_FILLED
            desk.resting[symbol] -= 1
        desk.target[symbol] = order
    _record_order(books.orders, order, bar, symbol, kind, amount)
    desk.queue[counts[N_QUEUED]] = order
    counts[N_ORDERS] += 1
    counts[N_QUEUED] += 1
    desk.resting[symbol] += 1
    return int(order)


@lean
def place_all(bar: int, kind: int, amounts: FloatArray, books: Books, desk: Desk) -> int:
    """`place` an order of ``amounts[i]`` for every symbol; return how many were recorded, or `FULL`."""
    before = books.counts[N_ORDERS]
    n = len(amounts)
    if before + n > len(books.orders) or books.counts[N_QUEUED] + n > len(desk.queue):
        return FULL
    for i in range(n):
        place(bar, i, kind, amounts[i], books, desk)
    return int(books.counts[N_ORDERS] - before)


@step
def _record_order(orders: RecordArray, order: int, bar: int, symbol: int, kind: int, amount: float) -> None:
    row = orders[order]
    row["ticket"] = -1
    row["bar"] = bar
    row["symbol"] = symbol
    row["kind"] = kind
    row["amount"] = amount
    row["status"] = RESTING
    row["reason"] = NO_REASON
    row["filled_quantity"] = 0.0


@step
def cut(quantity: float, lot: float) -> float:
    """Whole lots of `quantity`, cut towards zero; all of it where any step will do."""
    return float(math.trunc(quantity / lot * (1.0 + UNIT_NUDGE)) * lot) if lot > 0.0 else quantity


@step
def _slipped(row: Any, quantity: float, terms: FloatArray) -> float:
    """Return the fill price: worse than `price` by slippage and half the spread, never better.

    A sale at a positive price is never worse than for nothing.
    """
    price, fraction = row["price"], row["slippage"]
    if terms[VOLUME_SLIPPAGE] > 0.0:
        fraction += terms[VOLUME_SLIPPAGE] * abs(quantity) / row["volume"]
    if terms[IMPACT] > 0.0:
        fraction += row["impact"] * math.sqrt(abs(quantity) / row["volume"])
    if price < 0.0:
        fraction = -fraction
    if quantity > 0.0:
        return price * (1.0 + fraction) + row["half_spread"]
    slipped = price * (1.0 - fraction) - row["half_spread"]
    return slipped if slipped > 0.0 or price < 0.0 else 0.0


@step
def _depends_on_size(terms: FloatArray) -> bool:
    """Whether slippage depends on the size of an order."""
    return terms[VOLUME_SLIPPAGE] > 0.0 or terms[IMPACT] > 0.0


@step
def _fill_price(row: Any, quantity: float, terms: FloatArray) -> float:
    """Return the price at which `quantity` of a met order is filled: with slippage, but never beyond its limit."""
    at = _slipped(row, quantity, terms)
    tick = row["tick"]
    if tick > 0.0:
        # To the worse side, after a nudge against what only rounding makes a step too many.
        steps = at / tick
        at = tick * (math.ceil(steps - STEP_NUDGE) if quantity > 0.0 else math.floor(steps + STEP_NUDGE))
    limit = row["limit"]
    if quantity > 0.0:
        return limit if at > limit else at
    return limit if at < limit else at


@step
def commission_of(value: float, quantity: float, terms: FloatArray) -> float:
    """Return what the broker charges for a fill of `quantity` units worth `value` (both positive)."""
    charge = value * terms[RATE] + abs(quantity) * terms[PER_UNIT] + terms[FIXED]
    return charge if charge > terms[MINIMUM] else terms[MINIMUM]


@step
def _wish(kind: int, amount: float, position: float, price: float, equity: float, lot: float) -> float:
    """Return the signed units an order asks for at a `price` a unit, with `equity` before the instant's trades."""
    if kind == UNITS:
        return cut(amount, lot)
    if kind == VALUE:
        return cut(amount / price, lot)
    if amount == 0.0:
        return -position
    aim = amount
    if kind == TARGET_VALUE:
        aim = amount / price
    elif kind == TARGET_WEIGHT:
        aim = amount * equity / price if equity > 0.0 else 0.0
    difference = cut(aim, lot) - position
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
def _values(
    row: int, mark_bar: int, price: FloatArray, market: Market, position: FloatArray
) -> tuple[float, float, float]:
    """Return the value of all positions, of the longs and of the shorts (positive) at the prices of `row`.

    A symbol without a price counts at its last close.
    """
    total = 0.0
    longs = 0.0
    shorts = 0.0
    for i in range(len(position)):
        if position[i] != 0.0:
            at = price[row, i]
            unit_value = market.unit_value[mark_bar, i] if math.isnan(at) else at * market.multiplier[i]
            value = position[i] * unit_value
            total += value
            if value > 0.0:
                longs += value
            else:
                shorts -= value
    return total, longs, shorts


@step
def _needed(factor: float, terms: FloatArray, met: RecordArray, n_met: int) -> tuple[float, float]:
    """Return what it takes to fill every opening order by `factor`, and what the purchases cost.

    The first is the headroom used, Σ value + L·(slippage + commission); the second is the value at fill prices, −1
    where some opening order is no purchase at a positive price.
    """
    total = 0.0
    buys = 0.0
    only_buys = True
    for k in range(n_met):
        row = met[k]
        quantity = factor * row["opening"]
        if quantity != 0.0:
            price = row["price"]
            at = _fill_price(row, quantity, terms)
            row["fill_price"] = at
            # What a unit costs: the multiplier comes to the price, so that one of 1 changes no bit.
            paid, asked = at * row["multiplier"], price * row["multiplier"]
            cost = abs(quantity * (paid - asked)) + commission_of(abs(quantity * paid), quantity, terms)
            total += abs(quantity * asked) + terms[LEVERAGE] * cost
            buys += quantity * paid
            only_buys = only_buys and quantity > 0.0 and price > 0.0
    return total, buys if only_buys else -1.0


@step
def _common_factor(headroom: float, terms: FloatArray, met: RecordArray, n_met: int) -> tuple[float, float]:
    """Return the largest factor in [0, 1] at which the opening orders keep the limit, and the cost of purchases at 1.

    K + f·G ≤ L·(E − costs(f)). What is needed grows with f: in proportion where costs are rates, so that one division
    finds it; otherwise (fixed, per-fill minimum, slippage by volume) halving does.
    """
    low = 0.0
    high = 1.0
    middle = 1.0
    buys = 0.0
    for k in range(HALVINGS + 1):
        needed, cost = _needed(middle, terms, met, n_met)
        if k == 0:
            buys = cost
            if needed <= headroom:
                return 1.0, buys
            if headroom <= 0.0:
                return 0.0, buys
            if terms[FIXED] == 0.0 and terms[MINIMUM] == 0.0 and not _depends_on_size(terms):
                return headroom / needed, buys
        elif needed <= headroom:
            low = middle
        else:
            high = middle
        middle = 0.5 * (low + high)
    return low, buys


@step
def _fill(
    order: int,
    bar: int,
    symbol: int,
    quantity: float,
    price: float,
    reference: float,
    multiplier: float,
    commission: float,
    books: Books,
) -> None:
    """Apply one fill to the books and log it."""
    position, money, counts = books.position, books.money, books.counts
    position[symbol] += quantity
    money[0] += -quantity * (price * multiplier) - commission
    told = books.orders[order]
    told["filled_quantity"] += quantity
    told["status"] = FILLED
    row = books.fills[counts[N_FILLS]]
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
def _trade(row: Any, quantity: float, bar: int, terms: FloatArray, books: Books) -> None:
    """Fill `quantity` of a met order at its price, with slippage and commission."""
    at = _fill_price(row, quantity, terms)
    multiplier = row["multiplier"]
    charge = commission_of(abs(quantity * (at * multiplier)), quantity, terms)
    _fill(row["order"], bar, row["symbol"], quantity, at, row["price"], multiplier, charge, books)


@step
def _refusal(kind: int, amount: float, price: float, volume: float, terms: FloatArray) -> int:
    """Return the reason why an order cannot meet this price at all, or `NO_REASON`; no price: it is delisted."""
    if math.isnan(price):
        return DELISTED
    if _depends_on_size(terms) and not volume > 0.0:
        return NO_VOLUME
    if terms[PARTICIPATION] > 0.0 and math.isnan(volume):
        return NO_VOLUME
    in_money = kind == VALUE or (kind in (TARGET_VALUE, TARGET_WEIGHT) and amount != 0.0)
    return NO_PRICE if in_money and not price > 0.0 else NO_REASON


@step
def _refuse(order: int, reason: int, books: Books, desk: Desk) -> None:
    """Reject an order, or say why only its reducing part was filled."""
    row = books.orders[order]
    if row["status"] == RESTING:
        row["status"] = REJECTED if row["filled_quantity"] == 0.0 else PARTLY_FILLED
        desk.refused[books.counts[N_REFUSED]] = order
        books.counts[N_REFUSED] += 1
    row["reason"] = reason


@step
def _set_terms(meeting: Any, bar: int, symbol: int, market: Market) -> None:
    """Note what a symbol's prices and units mean, and how much worse than its price a fill in this bar is."""
    meeting["multiplier"] = market.multiplier[symbol]
    meeting["tick"] = market.tick[symbol]
    meeting["lot"] = market.lot[symbol]
    meeting["slippage"] = market.slippage[min(bar, len(market.slippage) - 1), symbol]
    meeting["half_spread"] = market.half_spread[min(bar, len(market.half_spread) - 1), symbol]
    meeting["impact"] = market.impact[min(bar, len(market.impact) - 1), symbol]


@step
def take(
    order: int, bar: int, price: float, volume: float, market: Market, books: Books, desk: Desk, n_met: int
) -> int:
    """Take a resting order off the desk to meet `price`; return how many have met one, without the refused.

    Its limit is not set.
    """
    row = books.orders[order]
    i = row["symbol"]
    if desk.target[i] == order:
        desk.target[i] = -1
    desk.resting[i] -= 1
    reason = _refusal(row["kind"], row["amount"], price, volume, desk.terms)
    if reason != NO_REASON:
        _refuse(order, reason, books, desk)
        return n_met
    meeting = desk.met[n_met]
    meeting["order"] = order
    meeting["symbol"] = i
    meeting["price"] = price
    meeting["volume"] = volume
    _set_terms(meeting, bar, i, market)
    meeting["limit"] = math.nan
    meeting["before"] = row["filled_quantity"]
    meeting["cut"] = 0
    return n_met + 1


@step
def _gather(bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Move the plain orders that meet this bar from the queue to `met`, in sequence; return their number.

    Orders that cannot be met are rejected; those of symbols without a bar stay in the queue.
    """
    queue = desk.queue
    n_met = 0
    n_waiting = 0
    for k in range(books.counts[N_QUEUED]):
        order = queue[k]
        row = books.orders[order]
        if row["status"] != RESTING:
            continue
        i = row["symbol"]
        alive = bar <= market.last_row[i]
        price = market.price[bar, i] if alive else math.nan
        if (alive and math.isnan(price)) or row["ticket"] >= 0:
            queue[n_waiting] = order
            n_waiting += 1
            continue
        n_met = take(order, bar, price, market.volume[bar, i], market, books, desk, n_met)
    books.counts[N_QUEUED] = n_waiting
    return n_met


@step
def _size(row: Any, ticket: Any, held: float, price: float, equity: float, lot: float) -> float:
    """Return the signed units that an order with a ticket still asks for; what it asked for at first stays."""
    if math.isnan(ticket["left"]):
        ticket["left"] = _wish(row["kind"], row["amount"], held, price, equity, lot)
    return float(ticket["left"])


@step
def _wishes(equity: float, books: Books, desk: Desk, n_met: int, tickets: RecordArray | None) -> None:
    """Resolve what every met order asks for on the `equity` before the instant's trades.

    All wishes come before the first fill: none may see a trade of its own instant.
    """
    for k in range(n_met):
        meeting = desk.met[k]
        worth_of_one, lot = meeting["price"] * meeting["multiplier"], meeting["lot"]
        row = books.orders[meeting["order"]]
        held = books.position[meeting["symbol"]]
        if tickets is not None and row["ticket"] >= 0:
            ticket = tickets[row["ticket"]]
            meeting["opening"] = _size(row, ticket, held, worth_of_one, equity, lot)
        else:
            meeting["opening"] = _wish(row["kind"], row["amount"], held, worth_of_one, equity, lot)
        if meeting["opening"] == 0.0:
            if row["kind"] >= TARGET_QUANTITY:
                row["status"] = FILLED
                row["reason"] = AT_TARGET
            else:
                _refuse(meeting["order"], BELOW_ONE_UNIT, books, desk)


@step
def _within_room(row: Any, quantity: float, desk: Desk) -> float:
    """Return what of `quantity` this bar's volume still allows, and take it from the room."""
    i = row["symbol"]
    room = desk.room[i]
    if abs(quantity) <= room:
        desk.room[i] = room - abs(quantity)
        return quantity
    desk.room[i] = 0.0
    row["cut"] = int(abs(quantity) - room > REACHED * abs(quantity))
    return math.copysign(cut(room, row["lot"]), quantity)


@step
def _only_reduces(order: int, books: Books, tickets: RecordArray) -> bool:
    ticket = books.orders[order]["ticket"]
    return bool(ticket >= 0 and tickets[ticket]["reduce_only"])


@step
def _reduce(bar: int, books: Books, desk: Desk, n_met: int, tickets: RecordArray | None) -> bool:
    """Fill what reduces a position; tell whether some order still opens one."""
    any_open = False
    for k in range(n_met):
        row = desk.met[k]
        part = _split(row["opening"], books.position[row["symbol"]])
        if tickets is not None and row["opening"] != 0.0 and _only_reduces(row["order"], books, tickets):
            row["opening"] = part
            if part == 0.0:
                order = books.orders[row["order"]]
                order["status"] = CANCELLED if order["filled_quantity"] == 0.0 else PARTLY_FILLED
                order["reason"] = NOTHING_TO_REDUCE
        if part != 0.0:
            left = row["opening"] - part
            row["opening"] = 0.0 if abs(left) <= REACHED * abs(part) else left
            if tickets is not None:
                part = _within_room(row, part, desk)
            if part != 0.0:
                _trade(row, part, bar, desk.terms, books)
        any_open = any_open or row["opening"] != 0.0
    if tickets is not None and any_open:
        _cut_openings(books, desk, n_met)
    return any_open


@step
def _cut_openings(books: Books, desk: Desk, n_met: int) -> None:
    """Cut opening orders, in the sequence of placing, to what volume allows and to what can be borrowed for a short."""
    for k in range(n_met):
        row = desk.met[k]
        i = row["symbol"]
        if row["opening"] < 0.0 and desk.short_room[i] < math.inf:
            free = cut(max(desk.short_room[i] + min(books.position[i], 0.0), 0.0), row["lot"])
            if -row["opening"] > free:
                row["opening"] = -free
                _refuse(row["order"], NOT_SHORTABLE, books, desk)
            desk.short_room[i] += row["opening"]
        if row["opening"] != 0.0:
            row["opening"] = _within_room(row, row["opening"], desk)


@step
def _open(
    equity: float,
    headroom: float,
    bar: int,
    books: Books,
    desk: Desk,
    n_met: int,
    tickets: RecordArray | None,
) -> None:
    """Fill what opens a position, all of it by one common factor.

    Where an unlevered account without shorts only buys and is short of cash, an order of value v at its fill price
    receives (cash/(1 + c))·v/Σv, and cash is then exactly zero.
    """
    terms, money, counts = desk.terms, books.money, books.counts
    factor, buys = _common_factor(headroom, terms, desk.met, n_met)
    budget = money[0] / (1.0 + terms[RATE])
    rates_only = (
        terms[PER_UNIT] == 0.0
        and terms[FIXED] == 0.0
        and terms[MINIMUM] == 0.0
        and not _depends_on_size(terms)
    )
    # All of it but rounding is all of it.
    enough = buys >= budget * (1.0 - REACHED) and budget > 0.0
    all_in = enough and rates_only and terms[LEVERAGE] == 1.0 and headroom == money[0]
    scaled = all_in or factor < 1.0
    before = counts[N_FILLS]
    any_refused = False
    any_cut = False
    for k in range(n_met):
        row = desk.met[k]
        wanted = row["opening"]
        if wanted == 0.0:
            continue
        if tickets is not None:
            desk.room[row["symbol"]] += abs(wanted)  # what was set aside; only what is filled is used
        quantity = factor * wanted
        if all_in:
            at = row["fill_price"] * row["multiplier"]
            quantity = budget * (wanted * at / buys) / at
        value = abs(quantity * (row["price"] * row["multiplier"]))
        dust = scaled and not (value > 0.0 and value >= DUST * equity)
        quantity = cut(quantity, row["lot"])
        any_cut = any_cut or row["lot"] > 0.0
        if dust or quantity == 0.0:
            _refuse(row["order"], NO_CASH if dust else BELOW_ONE_UNIT, books, desk)
            any_refused = True
            continue
        if factor < 1.0:
            books.orders[row["order"]]["reason"] = SCALED
        # Opposite orders of one symbol may meet in one instant: a fill that crosses zero is a close and an open.
        if tickets is not None:
            desk.room[row["symbol"]] -= abs(quantity)
        part = _split(quantity, books.position[row["symbol"]])
        if part == 0.0 or abs(quantity - part) <= REACHED * abs(part):
            part = quantity
        while part != 0.0:
            _trade(row, part, bar, terms, books)
            quantity -= part
            part = quantity
    if all_in and not any_cut and not any_refused and counts[N_FILLS] > before:
        money[0] = 0.0
        books.fills[counts[N_FILLS] - 1]["cash"] = 0.0


@step
def settle(
    bar: int,
    row: int,
    mark_bar: int,
    price: FloatArray,
    market: Market,
    books: Books,
    desk: Desk,
    n_met: int,
    tickets: RecordArray | None,
) -> None:
    """Fill the orders that have met their prices; positions are valued at ``price[row]``, or at ``mark[mark_bar]``.

    A flip is a close and an open. What reduces a position goes first and is never scaled; what opens one,
    of both signs, shares one factor, so the sequence of symbols does not matter. `tickets` is None where no order can
    have one: what serves them is not compiled then.
    """
    total, _, _ = _values(row, mark_bar, price, market, books.position)
    _wishes(books.money[0] + total, books, desk, n_met, tickets)
    if _reduce(bar, books, desk, n_met, tickets):
        total, longs, shorts = _values(row, mark_bar, price, market, books.position)
        cash, leverage = books.money[0], desk.terms[LEVERAGE]
        # L·E − K with E = cash + longs − shorts and K = longs + shorts, so that an unlevered account without shorts
        # has exactly its cash.
        headroom = leverage * cash + (leverage - 1.0) * longs - (leverage + 1.0) * shorts
        _open(cash + total, headroom, bar, books, desk, n_met, tickets)


@lean
def meet(bar: int, mark_bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Let the plain orders meet ``market.price[bar]``; return the number of new fills, or `FULL`.

    Symbols without a bar count at ``market.mark[mark_bar]``, and their orders wait, like all that have a ticket.
    """
    # An order makes three fills at most: it reduces, and its opening part crosses zero.
    if books.counts[N_FILLS] + 3 * books.counts[N_QUEUED] > len(books.fills):
        return FULL
    before = books.counts[N_FILLS]
    books.counts[N_REFUSED] = 0
    n_met = _gather(bar, market, books, desk)
    settle(bar, bar, mark_bar, market.price, market, books, desk, n_met, None)
    return int(books.counts[N_FILLS] - before)


@step
def _close_out(
    bar: int, symbol: int, kind: int, reason: int, price: float, market: Market, books: Books
) -> None:
    """Close a position at `price` without costs, by an order that nobody gave."""
    order = books.counts[N_ORDERS]
    quantity = -books.position[symbol]
    _record_order(books.orders, order, bar, symbol, kind, quantity)
    books.counts[N_ORDERS] += 1
    _fill(order, bar, symbol, quantity, price, price, market.multiplier[symbol], 0.0, books)
    books.orders[order]["reason"] = reason


@step
def _has_room_for_all(books: Books) -> bool:
    """Whether the logs have room for one more order and fill of every symbol."""
    n = len(books.position)
    return books.counts[N_FILLS] + n <= len(books.fills) and books.counts[N_ORDERS] + n <= len(books.orders)


@lean
def delist(bar: int, market: Market, books: Books) -> int:
    """Close positions whose symbol ended before `bar`, at last close × (1 + delisting return).

    Returns the number of fills, or `FULL`.
    """
    if not _has_room_for_all(books):
        return FULL
    before = books.counts[N_FILLS]
    for i in range(len(books.position)):
        last = market.last_row[i]
        if last < bar and books.position[i] != 0.0:
            price = market.mark[last, i] * (1.0 + market.delisting_returns[i])
            _close_out(bar, i, DELISTING, DELISTED, price, market, books)
    return int(books.counts[N_FILLS] - before)


@lean
def liquidate(bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Withdraw every resting order and close everything at the marks of `bar`: the account is ruined.

    Returns the number of fills, or `FULL`.
    """
    if not _has_room_for_all(books):
        return FULL
    for k in range(books.counts[N_QUEUED]):
        row = books.orders[desk.queue[k]]
        if row["status"] == RESTING:
            row["status"] = CANCELLED
            row["reason"] = RUINED
    books.counts[N_QUEUED] = 0
    before = books.counts[N_FILLS]
    for i in range(len(books.position)):
        if books.position[i] != 0.0:
            _close_out(bar, i, LIQUIDATION, RUINED, market.mark[bar, i], market, books)
    return int(books.counts[N_FILLS] - before)


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


@lean
def call_margin(bar: int, market: Market, books: Books, desk: Desk) -> int:
    """Reduce every position alike where equity at the close of `bar` is below maintenance; return the number of fills.

    What remains is worth leverage × equity before costs, in whole lots. Fills are at the close, with slippage and
    commission. Returns `FULL` where a log has no room.
    """
    if not _has_room_for_all(books):
        return FULL
    total, longs, shorts = _values(bar, bar, market.mark, market, books.position)
    equity, gross = books.money[0] + total, longs + shorts
    if equity <= 0.0 or equity >= desk.terms[MAINTENANCE] * gross:
        return 0
    keep = min(desk.terms[LEVERAGE] * equity / gross, 1.0)
    before = books.counts[N_FILLS]
    for i in range(len(books.position)):
        held = books.position[i]
        quantity = cut(keep * held, market.lot[i]) - held
        if quantity == 0.0:
            continue
        order = books.counts[N_ORDERS]
        _record_order(books.orders, order, bar, i, MARGIN_CALL, quantity)
        books.counts[N_ORDERS] += 1
        row = desk.met[0]
        row["order"] = order
        row["symbol"] = i
        row["price"] = market.mark[bar, i]
        row["volume"] = math.inf
        row["limit"] = math.nan
        _set_terms(row, bar, i, market)
        _trade(row, quantity, bar, desk.terms, books)
        books.orders[order]["reason"] = BELOW_MARGIN
    return int(books.counts[N_FILLS] - before)


@step
def _flow(bar: int, symbol: int, kind: int, amount: float, books: Books) -> None:
    """Add money to the books and log it."""
    books.money[0] += amount
    row = books.flows[books.counts[N_FLOWS]]
    row["bar"] = bar
    row["symbol"] = symbol
    row["kind"] = kind
    row["amount"] = amount
    row["cash"] = books.money[0]
    books.counts[N_FLOWS] += 1


@lean
def accrue(bar: int, market: Market, finance: Finance, books: Books, desk: Desk) -> int:
    """Pay and charge what was held from the close before `bar` to its own; return 0, or `FULL`.

    Interest is earned on cash less the value of shorts, whose proceeds are the lender's security, and paid on what is
    below zero; borrowing is paid on the value of shorts at the close before. Both are simple, for the time between
    the closes (actual/365). Payouts go to who held at the close before; who was short pays them. Funding is paid by who
    held at the close before, on the value there; who was short receives it.
    """
    if books.counts[N_FLOWS] + 3 * len(books.position) + 1 > len(books.flows):
        return FULL
    years = finance.years[bar]
    shorts = 0.0
    free = books.money[0]
    for i in range(len(books.position)):
        held = books.position[i]
        if held == 0.0:
            continue
        if held < 0.0:
            value = -held * market.unit_value[bar - 1, i]
            shorts += value
            fee = -value * finance.borrow[min(bar, len(finance.borrow) - 1), i] * years
            if fee != 0.0:
                _flow(bar, i, BORROW, fee, books)
        paid = held * finance.payout[min(bar, len(finance.payout) - 1), i]
        if paid != 0.0 and not math.isnan(paid):
            _flow(bar, i, PAYOUT, paid, books)
        funded = (
            -held * market.unit_value[bar - 1, i] * finance.funding[min(bar, len(finance.funding) - 1), i]
        )
        if funded != 0.0 and not math.isnan(funded):
            _flow(bar, i, FUNDING, funded, books)
    free -= shorts
    interest = free * desk.terms[INTEREST_RATE if free > 0.0 else LOAN_RATE] * years
    if interest != 0.0:
        _flow(bar, -1, INTEREST, interest, books)
    return 0
