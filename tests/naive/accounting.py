"""The accounting contract in plain Python: what one instant does to an account.

An instant is a price at which resting orders meet the market (an open, or a close). This file is the
specification; ``quantlab/kernels/execution.py`` is its fast reading.
"""

import math

DUST = 1e-9


def instant(cash, position, orders, price, value_price, volume, costs, leverage=1.0, whole=False):
    """Let `orders` (list of (symbol, kind, amount)) meet `price`; return cash, position, fills, reasons.

    `price` has only the symbols that trade now; `value_price` values every held symbol. A fill is
    (order number, symbol, quantity, price, commission).
    """
    position, fills, reasons = dict(position), [], {}
    cut = (lambda q: float(math.trunc(q * (1 + 1e-12)))) if whole else (lambda q: q)

    def worth(sign):  # gross value held long (+1) or short (-1)
        return sum(max(0.0, sign * q * value_price[s]) for s, q in position.items() if q)

    def fill_price(s, q):
        fraction = costs.slippage + (costs.volume_slippage and costs.volume_slippage * abs(q) / volume[s])
        worse = math.copysign(1.0, q) * (abs(price[s]) * fraction + costs.spread / 2)
        return max(price[s] + worse, 0.0) if price[s] >= 0 else price[s] + worse

    def commission(s, q):
        v = abs(q * fill_price(s, q))
        charge = costs.commission * v + costs.commission_per_unit * abs(q) + costs.commission_fixed
        return max(costs.commission_minimum, charge)

    def fill(k, s, q):
        nonlocal cash
        cash += -q * fill_price(s, q) - commission(s, q)
        position[s] += q
        fills.append((k, s, q, fill_price(s, q), commission(s, q)))

    # 1. What every order asks for, on the equity before the instant's trades.
    equity, wish = cash + worth(1) - worth(-1), {}
    for k, (s, kind, amount) in enumerate(orders):
        p, held = price[s], position[s]
        if costs.volume_slippage and not volume[s] > 0:
            reasons[k] = "no_volume"
        elif p <= 0 and (kind == "value" or (kind in ("target_value", "target_weight") and amount != 0)):
            reasons[k] = "no_price"
        else:
            aim = amount * max(equity, 0.0) if kind == "target_weight" else amount
            if kind in ("value", "target_value", "target_weight"):
                aim = aim / p if aim else 0.0
            if kind.startswith("target"):
                wish[k] = (cut(aim) if amount != 0 else 0.0) - held
                if amount != 0 and abs(wish[k]) <= 1e-12 * abs(held):
                    wish[k] = 0.0  # reached; the rest is rounding
            else:
                wish[k] = cut(aim)
            if wish[k] == 0:
                reasons[k] = "at_target" if kind.startswith("target") else "below_one_unit"
                del wish[k]

    # 2. What reduces a position goes first and is never scaled; a flip is a close and an open.
    for k in list(wish):
        s = orders[k][0]
        if wish[k] * position[s] < 0:
            whole_close = abs(wish[k]) >= abs(position[s]) * (
                1 - 1e-12
            )  # what differs by rounding is a close
            part = -position[s] if whole_close else wish[k]
            fill(k, s, part)
            wish[k] = 0.0 if abs(wish[k] - part) <= 1e-12 * abs(part) else wish[k] - part
    wish = {k: q for k, q in wish.items() if q}
    if not wish:
        return cash, position, fills, reasons

    # 3. What opens one shares the largest factor f that keeps gross value within leverage x equity after costs:
    #    K + f G <= L (E - costs(f)), all at this instant's prices.
    equity = cash + worth(1) - worth(-1)
    room = leverage * equity - worth(1) - worth(-1)

    def need(f):
        total = 0.0
        for k, q in wish.items():
            s, q = orders[k][0], f * q
            if q:
                cost = abs(q * (fill_price(s, q) - price[s])) + commission(s, q)
                total += abs(q * price[s]) + leverage * cost
        return total

    low, high = 0.0, 1.0
    if need(1.0) > room:
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if need(middle) <= room else (low, middle)
    else:
        low = 1.0
    for k, q in wish.items():
        s = orders[k][0]
        if low < 1 and not low * abs(q * price[s]) >= max(DUST * equity, 1e-300):
            reasons[k] = "no_cash"
        elif cut(low * q) == 0:
            reasons[k] = "below_one_unit"
        else:
            q = cut(low * q) if low < 1 else q
            if q * position[s] < 0 and abs(q) > abs(position[s]):  # crosses zero: a close and an open
                q += position[s]
                fill(k, s, -position[s])
            fill(k, s, q)
            if low < 1:
                reasons[k] = "scaled_to_cash"
    return cash, position, fills, reasons
