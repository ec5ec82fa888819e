"""What holding costs and pays, when the broker steps in, and what prices and units mean, in plain Python."""

import math
from dataclasses import dataclass, field


@dataclass
class Terms:
    """An account beside its leverage; panels are lists of lists (bars x symbols), rates are annual.

    `days` pass between the close before a bar and its own; without them nothing accrues. `steps` maps a symbol to
    multiplier, tick and lot.
    """

    maintenance: float = 0.0
    interest: float = 0.0
    loan: float = 0.0
    borrow: list = None
    payout: list = None
    funding: list = None
    days: list = None
    steps: dict = field(default_factory=dict)


def steps_of(steps, symbol, whole=False):
    """Multiplier, tick and lot of a symbol; whole units are lots of one where it has none of its own."""
    multiplier, tick, lot = (steps or {}).get(symbol, (1.0, 0.0, 0.0))
    return multiplier, tick, lot or float(whole)


def cut(quantity, lot):
    """Whole lots, towards zero; what misses one by rounding is one."""
    return math.trunc(quantity / lot * (1 + 1e-12)) * lot if lot else quantity


def to_tick(price, tick, quantity):
    """The next step of price that is no better; what misses a step by rounding is on it."""
    if not tick:
        return price
    steps = price / tick
    return tick * (math.ceil(steps - 1e-6) if quantity > 0 else math.floor(steps + 1e-6))


def accrued(cash, position, mark, bar, terms):
    """Flows (bar, kind, symbol, amount) of what was held since the close before `bar`, whose marks are `mark`.

    The proceeds of shorts are the lender's security: they earn nothing.
    """
    if not terms.days:
        return []
    years, flows, shorts = terms.days[bar] / 365, [], 0.0
    for symbol, held in position.items():
        multiplier, *_ = steps_of(terms.steps, symbol)
        if held < 0:
            value = -held * mark[symbol] * multiplier
            shorts += value
            flows.append((bar, "borrow", symbol, -value * terms.borrow[bar][symbol] * years))
        if held and terms.payout and not math.isnan(terms.payout[bar][symbol]):
            flows.append((bar, "payout", symbol, held * terms.payout[bar][symbol]))
        if held and terms.funding and not math.isnan(terms.funding[bar][symbol]):
            flows.append(
                (bar, "funding", symbol, -held * mark[symbol] * multiplier * terms.funding[bar][symbol])
            )
    free = cash - shorts
    flows.append((bar, "interest", None, free * (terms.interest if free > 0 else terms.loan) * years))
    return [flow for flow in flows if flow[3]]


def called(cash, position, mark, leverage, whole, terms):
    """Units (symbol -> signed) that the broker trades at a close, so that leverage x equity is held again."""
    value = {s: q * mark[s] * steps_of(terms.steps, s)[0] for s, q in position.items() if q}
    equity, gross = cash + sum(value.values()), sum(map(abs, value.values()))
    if equity <= 0 or equity >= terms.maintenance * gross:
        return {}
    keep = min(1.0, leverage * equity / gross)
    wanted = {s: cut(keep * position[s], steps_of(terms.steps, s, whole)[2]) for s in value}
    return {s: q - position[s] for s, q in wanted.items() if q != position[s]}
