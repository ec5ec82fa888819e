"""Netting in plain Python: what of the fills of several books goes to the market, and what the account then has.

This file is the specification; ``quantlab/kernels/netting.py`` and ``netted_account.py`` are its fast reading.
"""

from typing import NamedTuple

NOTHING = 1e-12
OPEN, INSIDE, CLOSE = 0, 1, 2


class Fill(NamedTuple):
    """A fill of one book; `free` ones pay no commission (delistings, liquidations)."""

    bar: int
    moment: int
    symbol: int
    quantity: float
    price: float
    reference: float
    free: bool


class NetFill(NamedTuple):
    """A fill of the account."""

    bar: int
    symbol: int
    quantity: float
    price: float
    reference: float
    commission: float


def net(books, costs, multiplier):
    """Net the fills of `books`, a list of fills in time a book; `multiplier` is money per unit and point of price."""
    groups, ranks = {}, {}
    for fills in books:
        for k, fill in enumerate(fills):
            place = fill.bar, fill.moment, fill.symbol, fill.reference
            earlier = sum(each.bar == fill.bar and each.symbol == fill.symbol for each in fills[:k])
            groups.setdefault(place, []).append(fill)
            ranks[place] = min(earlier, ranks.get(place, earlier))

    def when(place):
        bar, moment, symbol, reference = place
        return bar, moment, symbol, ranks[place], reference

    position, account = {}, []
    for place in sorted(groups, key=when):
        bar, _, symbol, reference = place
        group = groups[place]
        before = position.get(symbol, 0.0)
        quantity = sum(fill.quantity for fill in group)
        if abs(quantity) <= NOTHING * sum(abs(fill.quantity) for fill in group):
            continue
        side = [fill for fill in group if fill.quantity * quantity > 0.0]
        units = sum(abs(fill.quantity) for fill in side)
        price = sum(abs(fill.quantity) * fill.price for fill in side) / units
        flips = before * (before + quantity) < 0.0
        for part in [-before, before + quantity] if flips else [quantity]:
            charge = commission(abs(part) / units, side, costs, multiplier[symbol])
            account.append(NetFill(bar, symbol, part, price, reference, charge))
        position[symbol] = before + quantity
    return account


def commission(share, side, costs, multiplier):
    """What a fill pays that is a `share` of what its side traded: for those of the side that pay."""
    units = share * sum(abs(fill.quantity) for fill in side if not fill.free)
    value = share * sum(abs(fill.quantity * fill.price) * multiplier for fill in side if not fill.free)
    if units == 0.0:
        return 0.0
    charge = costs.commission * value + costs.commission_per_unit * units + costs.commission_fixed
    return max(costs.commission_minimum, charge)


def live(account, cash, mark, multiplier):
    """Cash, positions and equity at every close until equity is zero or below; `mark` a list of symbols a bar."""
    rows, position = [], [0.0] * len(mark[0])
    for bar, marks in enumerate(mark):
        for fill in account:
            if fill.bar == bar:
                cash -= fill.quantity * fill.price * multiplier[fill.symbol] + fill.commission
                position[fill.symbol] += fill.quantity
        equity = cash + sum(q * m * x for q, m, x in zip(position, marks, multiplier, strict=True))
        if equity <= 0.0:
            return [*rows, (equity, [0.0] * len(position), equity)]
        rows.append((cash, list(position), equity))
    return rows
