"""The accounting contract in plain Python: what one instant does to an account.

An instant is a price at which resting orders meet the market (an open, or a close). This file is the
specification; ``quantlab/kernels/auction.py`` is its fast reading.
"""

import math

from tests.naive import finance

DUST = 1e-9


def instant(
    cash,
    position,
    orders,
    price,
    value_price,
    volume,
    costs,
    leverage=1.0,
    whole=False,
    room=None,
    left=None,
    steps=None,
):
    """Let `orders` (list of (symbol, kind, amount)) meet `price`; return cash, position, fills, reasons.

    `price` has only the symbols that trade now; `value_price` values every held symbol. A fill is
    (order number, symbol, quantity, price, commission).

    An order may have a fourth entry, a dict: a "price" of its own, a "limit" that its fills are never worse than,
    "reduce_only". `room` (symbol -> units, changed in place) is what may still be traded of each symbol; the units
    that it keeps out of an order go to `left` (order number -> units). `steps` maps symbols to multiplier, tick, lot.
    """
    position, fills, reasons = dict(position), [], {}
    terms = [order[3] if len(order) > 3 else {} for order in orders]
    at = [own["price"] if "price" in own else price[o[0]] for o, own in zip(orders, terms, strict=True)]
    times = {s: finance.steps_of(steps, s)[0] for s in position}

    def cut(s, q):
        return finance.cut(q, finance.steps_of(steps, s, whole)[2])

    def worth(sign):  # gross value held long (+1) or short (-1)
        return sum(max(0.0, sign * q * value_price[s] * times[s]) for s, q in position.items() if q)

    def fill_price(k, q):
        s, p, limit = orders[k][0], at[k], terms[k].get("limit")
        fraction = costs.slippage + (costs.volume_slippage and costs.volume_slippage * abs(q) / volume[s])
        worse = math.copysign(1.0, q) * (abs(p) * fraction + costs.spread / 2)
        paid = finance.to_tick(max(p + worse, 0.0) if p >= 0 else p + worse, finance.steps_of(steps, s)[1], q)
        if limit is None:
            return paid
        return min(paid, limit) if q > 0 else max(paid, limit)

    def commission(k, q):
        v = abs(q * fill_price(k, q) * times[orders[k][0]])
        charge = costs.commission * v + costs.commission_per_unit * abs(q) + costs.commission_fixed
        return max(costs.commission_minimum, charge)

    def fill(k, s, q):
        nonlocal cash
        cash += -q * fill_price(k, q) * times[s] - commission(k, q)
        position[s] += q
        if room is not None:
            room[s] -= abs(q)
        fills.append((k, s, q, fill_price(k, q), commission(k, q)))

    def within(s, q, most):  # the part of q that the volume allows
        return q if most is None else math.copysign(min(abs(q), most[s]), q)

    # 1. What every order asks for, on the equity before the instant's trades.
    equity, wish = cash + worth(1) - worth(-1), {}
    for k, (s, kind, amount, *_) in enumerate(orders):
        p, held = at[k], position[s]
        unknown = room is not None and math.isnan(room[s])
        if unknown or (room is None and costs.volume_slippage and not volume[s] > 0):
            reasons[k] = "no_volume"
        elif p <= 0 and (kind == "value" or (kind in ("target_value", "target_weight") and amount != 0)):
            reasons[k] = "no_price"
        else:
            aim = amount * max(equity, 0.0) if kind == "target_weight" else amount
            if kind in ("value", "target_value", "target_weight"):
                aim = aim / (p * times[s]) if aim else 0.0
            if kind.startswith("target"):
                wish[k] = (cut(s, aim) if amount != 0 else 0.0) - held
                if amount != 0 and abs(wish[k]) <= 1e-12 * abs(held):
                    wish[k] = 0.0  # reached; the rest is rounding
            else:
                wish[k] = cut(s, aim)
            if wish[k] == 0:
                reasons[k] = "at_target" if kind.startswith("target") else "below_one_unit"
                del wish[k]

    # 2. What reduces a position goes first and is never scaled; a flip is a close and an open.
    for k in list(wish):
        s, only = orders[k][0], terms[k].get("reduce_only")
        if wish[k] * position[s] < 0:
            whole_close = abs(wish[k]) >= abs(position[s]) * (
                1 - 1e-12
            )  # what differs by rounding is a close
            part = -position[s] if whole_close else wish[k]
            wish[k] = part if only else wish[k]
            part = within(s, part, room)
            if part:
                fill(k, s, part)
            wish[k] = 0.0 if abs(wish[k] - part) <= 1e-12 * abs(part) else wish[k] - part
        elif only:
            wish[k], reasons[k] = 0.0, "nothing_to_reduce"
    free = room and dict(room)  # the volume, to be shared out in the sequence of placing
    for k, q in wish.items():
        s = orders[k][0]
        wish[k] = within(s, q, free)
        if free is not None:
            free[s] -= abs(wish[k])
            if abs(q) - abs(wish[k]) > 1e-12 * abs(q):  # a rest of rounding is no rest
                left[k] = q - wish[k]
    wish = {k: q for k, q in wish.items() if q}
    if not wish:
        return cash, position, fills, reasons

    # 3. What opens one shares the largest factor f that keeps gross value within leverage x equity after costs:
    #    K + f G <= L (E - costs(f)), all at this instant's prices.
    equity = cash + worth(1) - worth(-1)
    headroom = leverage * equity - worth(1) - worth(-1)

    def need(f):
        total = 0.0
        for k, q in wish.items():
            q = f * q
            if q:
                by = times[orders[k][0]]
                cost = abs(q * (fill_price(k, q) - at[k]) * by) + commission(k, q)
                total += abs(q * at[k] * by) + leverage * cost
        return total

    low, high = 0.0, 1.0
    if need(1.0) > headroom:
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if need(middle) <= headroom else (low, middle)
    else:
        low = 1.0
    for k, q in wish.items():
        s = orders[k][0]
        if low < 1 and not low * abs(q * at[k] * times[s]) >= max(DUST * equity, 1e-300):
            reasons[k] = "no_cash"
        elif cut(s, low * q) == 0:
            reasons[k] = "below_one_unit"
        else:
            q = cut(s, low * q) if low < 1 else q
            if q * position[s] < 0 and abs(q) > abs(position[s]):  # crosses zero: a close and an open
                q += position[s]
                fill(k, s, -position[s])
            fill(k, s, q)
            if low < 1:
                reasons[k] = "scaled_to_cash"
    return cash, position, fills, reasons
