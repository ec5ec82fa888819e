"""A whole run in plain Python: time moves, orders rest until their symbol has a bar, books are marked."""

import math

from tests.naive import accounting


def run(open_, close, volume, script, cash, costs, leverage=1.0, whole=False, same_close=False):
    """Replay `script` (bar -> list of (symbol, kind, amount)); return a row a bar and all fills.

    Arrays are lists of lists (bars x symbols); None is an absent bar. A row is (equity, cash, position). The run stops
    at the first row whose equity is zero or below, with everything closed at that close.
    """
    n = len(close[0])
    position, resting, rows, fills = dict.fromkeys(range(n), 0.0), [], [], []
    last = [math.nan] * n

    def meet(bar, price):
        nonlocal cash, position, resting
        here = {i: price[bar][i] for i in range(n) if price[bar][i] is not None}
        value = {i: here.get(i, last[i]) for i in range(n)}
        orders = [o for o in resting if o[0] in here]
        resting = [o for o in resting if o[0] not in here]
        cash, position, done, _ = accounting.instant(
            cash, position, orders, here, value, dict(enumerate(volume[bar])), costs, leverage, whole
        )
        fills.extend((bar, s, q, p, c) for _, s, q, p, c in done)

    for bar in range(len(close)):
        if not same_close:
            meet(bar, open_)
        last = [last[i] if close[bar][i] is None else close[bar][i] for i in range(n)]
        equity = cash + sum(q * last[i] for i, q in position.items() if q)
        if equity <= 0:
            return [*rows, (equity, equity, dict.fromkeys(range(n), 0.0))], fills
        for symbol, kind, amount in script.get(bar, []):
            if kind.startswith("target"):
                if amount == 0 and position[symbol] == 0 and not any(o[0] == symbol for o in resting):
                    continue
                resting = [o for o in resting if not (o[0] == symbol and o[1].startswith("target"))]
            elif amount == 0:
                continue
            resting.append((symbol, kind, amount))
        if same_close:
            meet(bar, close)
            equity = cash + sum(q * last[i] for i, q in position.items() if q)
            if equity <= 0:
                return [*rows, (equity, equity, dict.fromkeys(range(n), 0.0))], fills
        rows.append((equity, cash, dict(position)))
    return rows, fills
