"""A whole run in plain Python: time moves, orders rest until their symbol has a bar, books are marked."""

import math

from tests.naive import accounting, finance


def run(open_, close, volume, script, cash, costs, leverage=1.0, whole=False, same_close=False, terms=None):
    """Replay `script` (bar -> list of (symbol, kind, amount)); return a row a bar, all fills and all flows.

    Arrays are lists of lists (bars x symbols); None is an absent bar. A row is (equity, cash, position), a flow (bar,
    kind, symbol, amount). `terms` are those of the account beside its leverage (`finance.Terms`). The run stops at the
    first row whose equity is zero or below, with everything closed at that close.
    """
    n, terms = len(close[0]), terms or finance.Terms()
    position, resting, rows, fills, flows = dict.fromkeys(range(n), 0.0), [], [], [], []
    last = [math.nan] * n

    def trade(bar, orders, here, value, volume):
        nonlocal cash, position
        cash, position, done, _ = accounting.instant(
            cash, position, orders, here, value, volume, costs, leverage, whole, steps=terms.steps
        )
        fills.extend((bar, s, q, p, c) for _, s, q, p, c in done)
        return bool(done)

    def meet(bar, price):
        nonlocal resting
        here = {i: price[bar][i] for i in range(n) if price[bar][i] is not None}
        value = {i: here.get(i, last[i]) for i in range(n)}
        orders = [o for o in resting if o[0] in here]
        resting = [o for o in resting if o[0] not in here]
        return trade(bar, orders, here, value, dict(enumerate(volume[bar])))

    def call_margin(bar):
        units = finance.called(cash, position, last, leverage, whole, terms)
        here, endless = dict(enumerate(last)), dict.fromkeys(range(n), math.inf)
        for symbol, quantity in units.items():
            trade(bar, [(symbol, "units", quantity)], here, here, endless)

    def equity():
        return cash + sum(q * last[i] * finance.steps_of(terms.steps, i)[0] for i, q in position.items() if q)

    for bar in range(len(close)):
        if bar:
            flows.extend(finance.accrued(cash, position, last, bar, terms))
            cash += sum(amount for at, *_, amount in flows if at == bar)
        if not same_close:
            meet(bar, open_)
        last = [last[i] if close[bar][i] is None else close[bar][i] for i in range(n)]
        call_margin(bar)
        if equity() <= 0:
            return [*rows, (equity(), equity(), dict.fromkeys(range(n), 0.0))], fills, flows
        for symbol, kind, amount in script.get(bar, []):
            if kind.startswith("target"):
                if amount == 0 and position[symbol] == 0 and not any(o[0] == symbol for o in resting):
                    continue
                resting = [o for o in resting if not (o[0] == symbol and o[1].startswith("target"))]
            elif amount == 0:
                continue
            resting.append((symbol, kind, amount))
        if same_close and meet(bar, close):
            call_margin(bar)
            if equity() <= 0:
                return [*rows, (equity(), equity(), dict.fromkeys(range(n), 0.0))], fills, flows
        rows.append((equity(), cash, dict(position)))
    return rows, fills, flows
