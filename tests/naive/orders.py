"""What every type of order does, in plain Python: the specification that both engines are held against.

One bar of a symbol, for what rests from earlier closes, told for a BUY (a sale is its mirror image):

1. OPEN: market orders, limits with open <= limit, stops and trailing stops with open >= level, all at the open.
2. STOPS: a stop touched by the high fills at its level; then a trailing level follows the low, and the close may
   touch the new one. A stop with a limit below it waits for LIMITS: only the close shows what came after the touch.
3. LIMITS: a limit touched by the low fills at the limit. Stops come before limits: what cannot be known is
   resolved against the order's owner.
4. CLOSE: tif "close" orders. Then what has lived long enough expires, and the books are marked.

Each is one auction (`accounting.instant`) in which an order brings its own price; OPEN, STOPS and LIMITS value
holdings at the open, CLOSE at the close. The exits of a bracket begin where the entry was filled: exits of an entry
by stop get a further round of STOPS before LIMITS, those of an entry by limit one of STOPS and one of LIMITS after
it, in which the take-profit needs the close (its touch may have come before the entry).

Where the rules leave a choice, this is the reading:

- A price that an order's life in this bar begins beyond (the open, or the entry's reference price for an exit) is met
  at that beginning, also for exits of an entry at the open: every reference price lies inside the bar.
- A stop that was reached is a market order (with a limit: a limit order) from then on, for what volume left of it.
- What cash scales ends with it; it is "filled" as ever, and "partly_filled" if the volume had cut it as well. What only
  the volume cuts rests on, in units. Zero volume is a volume that allows nothing.
- "fok" orders that an auction would not fill whole take no part in it; the others share anew.
- Of two siblings in one auction the loser sits it out; it is cancelled by the winner's fill, not by its rejection.
- Exits grow with every fill of their entry. A fill of an exit cancels what rests of the entry ("one_filled").
- `replace` puts the new order in the old one's place: it inherits kind, reduce_only, sibling, entry and exits; it
  belongs to the next bar, also in same-close mode. An exit that waits for its entry gets its size from the entry.
  Nothing happens where the new order would be on the other side, or ask for a price that a target does not take.
- An order has at most one sibling, given once; linking what no longer rests does nothing.
- A trailing stop does not follow prices before its first bar; without a mark it begins at its first open. Fractions
  are of the size of the price, so that they have a meaning below zero.
- `until` before the first bar: expires without having met anything.
- Of two targets of a symbol given at one close the later counts. A target that is given at a later close replaces the
  earlier one as its own first bar begins, whether the symbol has that bar or not; if it ends on the way it replaces
  nothing. Without latency nothing can happen in between, and the earlier one is told as replaced from the start.
"""

import math

from tests.naive import accounting

ONCE = ("ioc", "fok", "open", "close")
WHOLE = ("", "at_target", "nothing_to_reduce")
TERMS = {"limit": None, "stop": None, "trail": None, "trail_fraction": None}
PLAIN = {**TERMS, "tif": "gtc", "until": None, "reduce_only": False}
KINDS = {
    "order": "units",
    "order_value": "value",
    "target_quantity": "target_quantity",
    "target_value": "target_value",
    "target_weight": "target_weight",
}


def run(
    open_,
    high,
    low,
    close,
    volume,
    script,
    cash,
    costs,
    leverage=1.0,
    whole=False,
    same_close=False,
    participation=None,
    latency=0,
    session=None,
    ends=None,
):
    """Replay `script` (bar -> list of calls); return rows (equity, cash, position), fills and orders.

    Prices and volumes are lists of lists (bars x symbols), None where a bar is absent. A call is a name of `now`'s
    with its arguments and, where it has any, a dict of keywords: ("order", 0, 5.0, {"limit": 99.0}). `until` is a bar.
    `session` numbers the session of each bar, `ends` maps a symbol to (last bar, delisting return). Orders are dicts,
    in the sequence of placing; so are fills. The run stops at the first bar whose equity is zero or below.
    """
    n_bars, n = len(close), len(close[0])
    bars = list(zip(open_, high, low, close, volume, strict=True))
    session, ends = session or list(range(n_bars)), ends or {}
    position, mark, orders, fills, rows = dict.fromkeys(range(n), 0.0), [math.nan] * n, [], [], []
    room = None

    # Placing ------------------------------------------------------------------------------------------------

    def last_bar(tif, until, first):
        if tif in ONCE:
            return first
        if tif == "day" and first < n_bars:
            return max(b for b in range(n_bars) if session[b] == session[first])
        return math.inf if until is None else until

    def new(bar, symbol, kind, amount, **keywords):
        order = {"id": len(orders), "bar": bar, "symbol": symbol, "kind": kind, "amount": amount, **PLAIN}
        order.update(keywords, status="unfilled_at_end", reason="", filled_quantity=0.0)
        order.update(
            rests=True, active=True, left=None, reached=False, best=mark[symbol], begins={}, close_only=-1
        )
        order.update(sibling=None, entry=None, exits=[], side=1 if amount > 0 else -1)
        order["at_close"] = same_close and all(order[name] == PLAIN[name] for name in PLAIN)
        order["first"] = bar if order["at_close"] else bar + 1 + latency
        order["last"] = last_bar(order["tif"], order["until"], order["first"])
        orders.append(order)
        return order

    def place(bar, symbol, kind, amount, keywords):
        mine = [o for o in orders if o["rests"] and o["symbol"] == symbol]
        target = kind.startswith("target")
        if amount == 0 and not (target and (position[symbol] or mine)):
            return
        if target:
            outdate(bar, symbol)
        new(bar, symbol, kind, amount, **keywords)

    def outdate(bar, symbol):
        """End the targets that cannot come before one given at this bar."""
        for old in orders:
            together = latency == 0 or old["bar"] == bar
            if together and old["symbol"] == symbol and old["kind"].startswith("target"):
                end(old, "replaced", "")

    def arrive(bar):
        """End the targets that have been overtaken: a later one of their symbol has this for its first bar."""
        for young in orders:
            if young["rests"] and young["kind"].startswith("target") and young["first"] == bar:
                for old in orders[: young["id"]]:
                    if old["symbol"] == young["symbol"] and old["kind"].startswith("target"):
                        end(old, "replaced", "")

    def bracket(bar, symbol, quantity, take_profit, stop_loss, **keywords):
        entry = new(bar, symbol, "units", quantity, **keywords)
        entry.update(at_close=False, first=bar + latency + 1)
        for terms in ({"limit": take_profit}, {"stop": stop_loss}):
            child = new(bar, symbol, "units", 0.0, reduce_only=True, **terms)
            child.update(active=False, entry=entry, side=-entry["side"])
            entry["exits"].append(child)
        link(*entry["exits"])

    def link(one, other):
        if one["rests"] and other["rests"]:
            one["sibling"], other["sibling"] = other, one

    def replace(bar, old, quantity, keywords):
        target = old["kind"].startswith("target")
        priced = any(keywords.get(name) is not None for name in TERMS)
        if not old["rests"] or (priced if target else quantity * old["side"] < 0):
            return
        if target:
            outdate(bar, old["symbol"])
        young = new(bar, old["symbol"], old["kind"], quantity, reduce_only=old["reduce_only"], **keywords)
        young.update(at_close=False, first=bar + 1 + latency)
        young.update(active=old["active"], entry=old["entry"], exits=old["exits"])
        young["amount"] = quantity if old["active"] else 0.0
        for child in young["exits"]:
            child["entry"] = young
        if old["entry"]:
            old["entry"]["exits"] = [young if child is old else child for child in old["entry"]["exits"]]
        old["exits"] = []
        if old["sibling"]:
            link(young, old["sibling"])
        end(old, "replaced", "")

    def call(bar, name, *arguments):
        keywords = arguments[-1] if isinstance(arguments[-1], dict) else {}
        values = [x for x in arguments if x is not keywords]
        if name == "bracket":
            if values[1] != 0:
                bracket(bar, *values, **keywords)
        elif name == "cancel":
            end(orders[values[0]], "cancelled", "cancelled")
        elif name == "replace":
            replace(bar, orders[values[0]], values[1], keywords)
        elif name == "one_cancels_other":
            link(orders[values[0]], orders[values[1]])
        elif name == "close_position":
            place(bar, values[0], "target_quantity", 0.0, {})
        else:
            place(bar, values[0], KINDS[name], values[1], keywords)

    def end(order, status, reason):
        if not order["rests"]:
            return
        order["rests"] = False
        some = order["filled_quantity"] != 0 and status != "filled"
        order["status"], order["reason"] = "partly_filled" if some else status, reason
        if order["filled_quantity"] == 0 and status in ("cancelled", "rejected", "expired"):
            for child in order["exits"]:
                end(child, "cancelled", "entry_ended")

    # Prices: what an order would be filled at in a phase of a bar, or None -------------------------------------

    def level(order):
        if order["stop"] is not None:
            return order["stop"]
        by = order["trail"] if order["trail"] is not None else order["trail_fraction"] * abs(order["best"])
        return order["best"] + order["side"] * by

    def waits(order):  # for its stop
        trails = order["trail"] is not None or order["trail_fraction"] is not None
        return (trails or order["stop"] is not None) and not order["reached"]

    def held_back(order, price):  # by its limit
        return order["limit"] is not None and order["side"] * price > order["side"] * order["limit"]

    def at_instant(order, price):  # OPEN and CLOSE
        if waits(order):
            if order["best"] != order["best"]:
                order["best"] = price
            order["reached"] = order["side"] * price >= order["side"] * level(order)
        return None if waits(order) or held_back(order, price) else price

    def beginning(order, bar):
        return order["begins"].get(bar, bars[bar][0][order["symbol"]])

    def at_stop(order, bar):
        side, (top, bottom, c) = order["side"], (field[order["symbol"]] for field in bars[bar][1:4])
        if order["tif"] in ONCE or not waits(order):
            return None
        worst, best = (top, bottom) if side > 0 else (bottom, top)
        price = side * max(side * level(order), side * beginning(order, bar))
        if side * worst < side * level(order):
            if order["stop"] is not None:
                return None
            order["best"] = side * min(side * order["best"], side * best)
            price = level(order)
            if side * c < side * price:
                return None
        order["reached"], order["begins"][bar] = True, price
        if held_back(order, price):
            order["close_only"] = bar
            return None
        return price

    def at_limit(order, bar):
        side, (top, bottom, c) = order["side"], (field[order["symbol"]] for field in bars[bar][1:4])
        if order["limit"] is None or order["tif"] in ONCE or waits(order):
            return None
        if not held_back(order, beginning(order, bar)):
            return beginning(order, bar)
        seen = c if order["close_only"] == bar else bottom if side > 0 else top
        return None if held_back(order, seen) else order["limit"]

    def book(order, bar, quantity, price, reference, commission):
        order["filled_quantity"] += quantity
        names = ("order_id", "bar", "symbol", "quantity", "price", "reference_price", "commission")
        cells = (order["id"], bar, order["symbol"], quantity, price, reference, commission)
        fills.append(dict(zip(names, cells, strict=True)))

    # Auctions --------------------------------------------------------------------------------------------------

    def meeting(bar, at_close=False):  # the orders that may trade in this bar
        for order in orders:
            last, _ = ends.get(order["symbol"], (math.inf, 0.0))
            if order["rests"] and bar > last and order["at_close"] == at_close:
                end(order, "rejected", "delisted")
        for order in orders:
            here = close[bar][order["symbol"]] is not None and order["first"] <= bar <= order["last"]
            if order["rests"] and order["active"] and here and order["at_close"] == at_close:
                yield order

    def meet(bar, met, value, room, left):  # met: list of (order, price)
        asked = []
        for order, price in met:
            kind, amount = ("units", order["left"]) if order["left"] else (order["kind"], order["amount"])
            own = {name: order[name] for name in ("limit", "reduce_only")}
            asked.append((order["symbol"], kind, amount, {**own, "price": price}))
        traded = {s: 0.0 if v is None else v for s, v in enumerate(volume[bar])}
        return accounting.instant(
            cash, position, asked, {}, value, traded, costs, leverage, whole, room, left
        )

    def loser(bar, one, other, value):  # each is (order, price): the better result at the close
        def result(order, price):
            left = {}  # where no volume is allowed, all that is wished is left
            meet(bar, [(order, price)], value, dict.fromkeys(range(n), 0.0), left)
            return left.get(0, 0.0) * (close[bar][order["symbol"]] - price)

        return (one if result(*one) > result(*other) else other)[0]["id"]

    def auction(bar, phase, met, value):
        """Let (order, price) pairs trade; return the exits that came alive."""
        nonlocal cash, position, room
        there = {order["id"]: (order, price) for order, price in met if price is not None}
        pairs = [(k, o["sibling"]["id"]) for k, (o, _) in there.items() if o["sibling"]]
        out = [loser(bar, there[a], there[b], value) for a, b in pairs if a < b and b in there]
        while True:
            met = [pair for k, pair in there.items() if k not in out]
            after, left = room and dict(room), {}
            answer = meet(bar, met, value, after, left)
            cut = [k for k in range(len(met)) if k in left or answer[3].get(k, "") not in WHOLE]
            cut = [met[k][0]["id"] for k in cut if met[k][0]["tif"] == "fok"]
            if not cut:
                break
            out += cut
        (cash, position, done, reasons), room = answer, after
        alive = []
        for k, _, quantity, price, commission in done:
            order, reference = met[k]
            book(order, bar, quantity, price, reference, commission)
            for child in order["exits"]:
                alive += [] if child["active"] else [child]
                enter(child, bar, phase, quantity, reference)
        for k, (order, _) in enumerate(met):
            settle(order, bar, reasons.get(k, ""), left.get(k), any(f[0] == k for f in done))
        return alive

    def enter(child, bar, phase, quantity, reference):
        """Give an exit `quantity` more to close, from where the entry was filled."""
        child["amount"] -= quantity
        child["left"] = child["left"] and child["left"] - quantity
        if not child["active"]:
            child["active"], child["first"] = True, bar + 1 if phase == "close" else bar
            child["begins"][bar] = reference
            child["close_only"] = bar if phase == "limits" else -1

    def settle(order, bar, reason, left, filled):
        if filled:
            for other in (order["sibling"], order["entry"]):
                if other:
                    end(other, "cancelled", "one_filled")
        if reason == "nothing_to_reduce":
            end(order, "cancelled", reason)
        elif reason and not filled and reason != "at_target":
            end(order, "rejected", reason)
        elif reason or not left:
            end(order, "cancelled" if left else "filled", reason)
        else:
            order["left"] = left

    def phases(bar):
        """Everything between two closes."""
        nonlocal mark, room
        o, _, _, c, units = bars[bar]
        if participation is not None:
            room = {s: participation * v if v is not None else math.nan for s, v in enumerate(units)}
            if whole:
                room = {s: v if v != v else float(math.floor(v * (1 + 1e-12))) for s, v in room.items()}
        arrive(bar)
        delist(bar)
        value = {s: mark[s] if o[s] is None else o[s] for s in range(n)}

        def stops(orders):
            return auction(bar, "stops", [(x, at_stop(x, bar)) for x in orders if x["rests"]], value)

        def limits(orders):
            return auction(bar, "limits", [(x, at_limit(x, bar)) for x in orders if x["rests"]], value)

        now = [x for x in meeting(bar) if x["tif"] != "close"]
        auction(bar, "open", [(x, at_instant(x, o[x["symbol"]])) for x in now], value)
        stops(stops(list(meeting(bar))))
        exits = limits(list(meeting(bar)))
        stops(exits)
        limits(exits)
        mark = [mark[s] if c[s] is None else c[s] for s in range(n)]
        now = [x for x in meeting(bar) if x["tif"] == "close"]
        auction(bar, "close", [(x, at_instant(x, c[x["symbol"]])) for x in now], dict(enumerate(mark)))
        for order in orders:
            if order["active"] and bar >= order["last"]:
                end(order, "expired", "not_full" if order["tif"] == "fok" else "expired")

    def close_out(bar, symbol, kind, price):
        """Close a position at `price`, free of charge."""
        nonlocal cash
        order = new(bar, symbol, kind, -position[symbol])
        cash -= order["amount"] * price
        position[symbol] = 0.0
        book(order, bar, order["amount"], price, price, 0.0)
        end(order, "filled", "delisted" if kind == "delisting" else "ruined")

    def delist(bar):
        for symbol, (last, delisting_return) in sorted(ends.items()):
            if bar > last and position[symbol]:
                close_out(bar, symbol, "delisting", mark[symbol] * (1 + delisting_return))

    def ruined(bar):
        equity = cash + sum(q * mark[s] for s, q in position.items() if q)
        if equity > 0:
            return False
        for order in reversed(orders):  # exits before their entries, so that all have one reason
            end(order, "cancelled", "ruined")
        for symbol in range(n):
            if position[symbol]:
                close_out(bar, symbol, "liquidation", mark[symbol])
        rows.append((equity, cash, dict(position)))
        return True

    for bar in range(n_bars):
        phases(bar)
        if ruined(bar):
            break
        for each in script.get(bar, []):
            call(bar, *each)
        if same_close:
            now = [(x, close[bar][x["symbol"]]) for x in meeting(bar, at_close=True)]
            auction(bar, "close", now, dict(enumerate(mark)))
            if ruined(bar):
                break
        rows.append((cash + sum(q * mark[s] for s, q in position.items() if q), cash, dict(position)))
    return rows, fills, orders
