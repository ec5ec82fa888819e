"""One strategy that calls what the bars tell it to: every scenario for one compilation.

The calls of a bar stand in extra fields, one field a call, with the parts of the call side by side in the columns of
symbols that nobody trades. Every combination of keywords is a form, written out below.
"""

import numpy as np

import quantlab as ql

SLOTS = 4
PARTS = ("form", "symbol", "amount", "limit", "stop", "trail", "until", "take_profit", "stop_loss", "other")
FORMS = (
    ("order", "", None),
    ("order", "limit", None),
    ("order", "stop", None),
    ("order", "limit stop", None),
    ("order", "trail", None),
    ("order", "trail_fraction", None),
    ("order", "reduce_only", None),
    ("order", "limit reduce_only", None),
    ("order", "reduce_only stop", None),
    ("order", "reduce_only trail", None),
    ("order", "until", None),
    ("order", "limit until", None),
    ("order", "limit until", "gtc"),
    ("order", "", "day"),
    ("order", "", "ioc"),
    ("order", "", "fok"),
    ("order", "", "open"),
    ("order", "", "close"),
    ("order", "limit", "day"),
    ("order", "limit", "ioc"),
    ("order", "limit", "fok"),
    ("order", "limit", "open"),
    ("order", "limit", "close"),
    ("order", "stop", "open"),
    ("order", "stop", "close"),
    ("order_value", "", None),
    ("order_value", "limit", None),
    ("order_value", "stop", None),
    ("order_value", "reduce_only", None),
    ("target_quantity", "", None),
    ("target_quantity", "until", None),
    ("target_weight", "", None),
    ("target_weight", "", "close"),
    ("close_position", "", None),
    ("bracket", "stop_loss take_profit", None),
    ("bracket", "limit stop_loss take_profit", None),
    ("bracket", "stop stop_loss take_profit", None),
    ("bracket", "limit stop stop_loss take_profit", None),
    ("bracket", "stop_loss take_profit", "day"),
    ("bracket", "stop_loss take_profit", "close"),
    ("bracket", "limit stop_loss take_profit", "day"),
    ("cancel", "", None),
    ("one_cancels_other", "", None),
    ("replace", "", None),
    ("replace", "limit", None),
    ("replace", "stop", None),
    ("replace", "trail", None),
)


class Tabled(ql.Strategy):
    """Makes the calls of this bar, in their sequence."""

    def on_bar(self, now):
        self.act(now, now.past("call_0", 1))
        self.act(now, now.past("call_1", 1))
        self.act(now, now.past("call_2", 1))
        self.act(now, now.past("call_3", 1))

    def act(self, now, call):
        form, i, amount, until = call[0, 0], int(call[0, 1]), call[0, 2], int(call[0, 6])
        limit, stop, trail = call[0, 3], call[0, 4], call[0, 5]
        if form < 0.0:
            return
        if form < 13.0:
            self.order(now, form, i, amount, limit, stop, trail, until)
        elif form < 25.0:
            self.timed_order(now, form, i, amount, limit, stop)
        elif form < 34.0:
            self.wish(now, form, i, amount, limit, stop, until)
        elif form < 41.0:
            self.bracket(now, form, i, amount, limit, stop, call[0, 7], call[0, 8])
        else:
            self.change(now, form, i, int(call[0, 9]), amount, limit, stop, trail)

    def order(self, now, form, i, quantity, limit, stop, trail, until):
        if form == 0.0:
            now.order(i, quantity)
        elif form == 1.0:
            now.order(i, quantity, limit=limit)
        elif form == 2.0:
            now.order(i, quantity, stop=stop)
        elif form == 3.0:
            now.order(i, quantity, stop=stop, limit=limit)
        elif form == 4.0:
            now.order(i, quantity, trail=trail)
        elif form == 5.0:
            now.order(i, quantity, trail_fraction=trail)
        elif form == 6.0:
            now.order(i, quantity, reduce_only=True)
        elif form == 7.0:
            now.order(i, quantity, limit=limit, reduce_only=True)
        elif form == 8.0:
            now.order(i, quantity, stop=stop, reduce_only=True)
        elif form == 9.0:
            now.order(i, quantity, trail=trail, reduce_only=True)
        elif form == 10.0:
            now.order(i, quantity, until=until)
        elif form == 11.0:
            now.order(i, quantity, limit=limit, until=until)
        else:
            now.order(i, quantity, limit=limit, tif="gtc", until=until)

    def timed_order(self, now, form, i, quantity, limit, stop):
        if form == 13.0:
            now.order(i, quantity, tif="day")
        elif form == 14.0:
            now.order(i, quantity, tif="ioc")
        elif form == 15.0:
            now.order(i, quantity, tif="fok")
        elif form == 16.0:
            now.order(i, quantity, tif="open")
        elif form == 17.0:
            now.order(i, quantity, tif="close")
        elif form == 18.0:
            now.order(i, quantity, limit=limit, tif="day")
        elif form == 19.0:
            now.order(i, quantity, limit=limit, tif="ioc")
        elif form == 20.0:
            now.order(i, quantity, limit=limit, tif="fok")
        elif form == 21.0:
            now.order(i, quantity, limit=limit, tif="open")
        elif form == 22.0:
            now.order(i, quantity, limit=limit, tif="close")
        elif form == 23.0:
            now.order(i, quantity, stop=stop, tif="open")
        else:
            now.order(i, quantity, stop=stop, tif="close")

    def wish(self, now, form, i, amount, limit, stop, until):
        if form == 25.0:
            now.order_value(i, amount)
        elif form == 26.0:
            now.order_value(i, amount, limit=limit)
        elif form == 27.0:
            now.order_value(i, amount, stop=stop)
        elif form == 28.0:
            now.order_value(i, amount, reduce_only=True)
        elif form == 29.0:
            now.target_quantity(i, amount)
        elif form == 30.0:
            now.target_quantity(i, amount, until=until)
        elif form == 31.0:
            now.target_weight(i, amount)
        elif form == 32.0:
            now.target_weight(i, amount, tif="close")
        else:
            now.close_position(i)

    def bracket(self, now, form, i, quantity, limit, stop, profit, loss):
        if form == 34.0:
            now.bracket(i, quantity, take_profit=profit, stop_loss=loss)
        elif form == 35.0:
            now.bracket(i, quantity, limit=limit, take_profit=profit, stop_loss=loss)
        elif form == 36.0:
            now.bracket(i, quantity, stop=stop, take_profit=profit, stop_loss=loss)
        elif form == 37.0:
            now.bracket(i, quantity, limit=limit, stop=stop, take_profit=profit, stop_loss=loss)
        elif form == 38.0:
            now.bracket(i, quantity, take_profit=profit, stop_loss=loss, tif="day")
        elif form == 39.0:
            now.bracket(i, quantity, take_profit=profit, stop_loss=loss, tif="close")
        else:
            now.bracket(i, quantity, limit=limit, take_profit=profit, stop_loss=loss, tif="day")

    def change(self, now, form, order, other, quantity, limit, stop, trail):
        if form == 41.0:
            now.cancel(order)
        elif form == 42.0:
            now.one_cancels_other(order, other)
        elif form == 43.0:
            now.replace(order, quantity)
        elif form == 44.0:
            now.replace(order, quantity, limit=limit)
        elif form == 45.0:
            now.replace(order, quantity, stop=stop)
        else:
            now.replace(order, quantity, trail=trail)


def bars_of(row):
    """The bars of a scenario with its calls in their fields."""
    n_bars, n_idle = len(row.columns[0]), len(PARTS) - len(row.columns)
    names = [f"S{k}" for k in range(len(PARTS))]
    panels = {}
    for place, name in enumerate(("open", "high", "low", "close", "volume")):
        told = np.array(row.panel(place, absent=np.nan), np.float64)
        panels[name] = np.hstack([told, np.full((n_bars, n_idle), 1.0)])
    bars = ql.Bars.from_arrays(
        **clock(row, n_bars),
        symbols=names,
        ends={
            names[s]: (f"2024-01-{1 + last:02}", loss)
            for s, (last, loss) in row.terms.get("ends", {}).items()
        },
        allow_negative=bool((panels["low"] <= 0.0).any()),
        **panels,
    )
    fields = np.zeros((SLOTS, n_bars, len(PARTS)))
    fields[:, :, 0] = -1.0
    for bar, calls in row.calls.items():
        for slot, call in enumerate(calls):
            fields[slot, bar] = encoded(call, bars.time_ns)
    return bars.with_arrays(**{f"call_{slot}": fields[slot] for slot in range(SLOTS)})


def clock(row, n_bars):
    """Days, or hours of the sessions that the row gives its bars."""
    if "session" not in row.terms:
        return {"time": np.datetime64("2024-01-01") + np.arange(n_bars)}
    days = np.array(row.terms["session"]) * np.timedelta64(24, "h")
    return {"time": np.datetime64("2024-01-01T10", "h") + days + np.arange(n_bars), "tz": "UTC"}


def encoded(call, time_ns):
    """The parts of a call, as numbers."""
    keywords = dict(call[-1]) if isinstance(call[-1], dict) else {}
    values = [x for x in call[1:] if not isinstance(x, dict)]
    tif = keywords.pop("tif", None)
    part = dict.fromkeys(PARTS, 0.0)
    part["form"] = FORMS.index((call[0], " ".join(sorted(keywords)), tif))
    keywords.pop("reduce_only", None)
    if "until" in keywords:
        keywords["until"] = time_ns[keywords["until"]]
    if "trail_fraction" in keywords:
        keywords["trail"] = keywords.pop("trail_fraction")
    second = "other" if call[0] == "one_cancels_other" else "amount"
    part |= dict(zip(("symbol", second), values, strict=False)) | keywords
    return [part[name] for name in PARTS]
