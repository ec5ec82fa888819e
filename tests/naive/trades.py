"""Trades out of fills in plain Python: one symbol at a time, bar by bar."""


def trades_of(fills, high, low, mark, n_bars, filled_at_close):
    """Round trips of one symbol; a fill is (bar, quantity, price, commission). Returns dicts in sequence of entry."""
    out, live, held = [], None, 0.0
    for bar in range(n_bars):
        here = [f for f in fills if f[0] == bar]
        if filled_at_close and live and high[bar] is not None:
            _reach(live, [high[bar], low[bar]])
        for _, quantity, price, commission in here:
            if live is None:
                live = {"side": 1 if quantity > 0 else -1, "entry_bar": bar, "in": [], "out": [], "commission": 0.0,
                        "worst": 0.0, "best": 0.0, "quantity": 0.0, "average": price}  # fmt: skip
                out.append(live)
            else:
                _reach(live, [price])
            live["commission"] += commission
            if quantity * live["side"] > 0:
                live["average"] = (live["average"] * abs(held) + price * abs(quantity)) / (
                    abs(held) + abs(quantity)
                )
                live["in"].append((abs(quantity), price))
            else:
                live["out"].append((abs(quantity), price))
            held += quantity
            live["quantity"] = max(live["quantity"], abs(held))
            if abs(held) < 1e-12:
                held = 0.0
                _finish(live, bar, open_=False)
                live = None
        if not filled_at_close and live and high[bar] is not None:
            _reach(live, [high[bar], low[bar]])
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
