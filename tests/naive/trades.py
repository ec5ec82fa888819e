"""Trades out of fills in plain Python: one symbol at a time, bar by bar."""


def trades_of(fills, high, low, mark, n_bars):
    """Round trips of one symbol; a fill is (bar, quantity, price, commission, at close). Dicts in sequence of entry."""
    out, live, held = [], None, 0.0
    for bar in range(n_bars):
        here = [f for f in fills if f[0] == bar]
        # What happens at the open, then the bar's high and low, then what happens at the close.
        steps = [f for f in here if not f[4]] + [None] + [f for f in here if f[4]]
        for step in steps:
            if step is None:
                if live and high[bar] is not None:
                    _reach(live, [high[bar], low[bar]])
                continue
            _, quantity, price, commission, _ = step
            if live is None:
                live = {"side": 1 if quantity > 0 else -1, "entry_bar": bar, "in": [], "out": [], "commission": 0.0,
                        "worst": 0.0, "best": 0.0, "quantity": 0.0, "average": price}  # fmt: skip
                out.append(live)
            else:
                _reach(live, [price])
            live["commission"] += commission
            if quantity * live["side"] > 0:
                value = live["average"] * abs(held) + price * abs(quantity)
                live["average"] = value / (abs(held) + abs(quantity))
                live["in"].append((abs(quantity), price))
            else:
                live["out"].append((abs(quantity), price))
            held += quantity
            live["quantity"] = max(live["quantity"], abs(held))
            if held == 0.0:
                _finish(live, bar, open_=False)
                live = None
    if live:
        _reach(live, [mark])
        live["out"].append((abs(held), mark))
        _finish(live, n_bars - 1, open_=True)
    return out


def _reach(trade, prices):
    for price in prices:
        gain = trade["side"] * (price / trade["average"] - 1)
        trade["worst"], trade["best"] = min(trade["worst"], gain), max(trade["best"], gain)


def _finish(trade, bar, open_):
    bought, sold = (sum(q * p for q, p in trade[way]) for way in ("in", "out"))
    trade.update(
        exit_bar=bar,
        open=open_,
        entry_price=bought / sum(q for q, _ in trade["in"]),
        exit_price=sold / sum(q for q, _ in trade["out"]),
        profit=trade["side"] * (sold - bought) - trade["commission"],
    )
