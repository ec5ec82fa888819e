"""A strategy that gives the orders which a script in the bars names: every call there is, with every set of terms.

Each cell of the bars carries `SLOTS` calls: a code (`code_of` a deed, a style and a time in force), an amount, and two
fractions of the mark at which its prices lie. `reply` says what `on_fill` does about a fill, `answer` what `on_reject`
does about a rejection.
"""

import math

import quantlab as ql

SLOTS = 2
FIELDS = ("deed", "amount", "near", "far")
DEEDS = (
    "nothing",
    "plain",
    "order",
    "reduce",
    "value",
    "target",
    "bracket",
    "cancel",
    "replace",
    "pair",
)
PLAIN = (
    "order",
    "order_value",
    "target_quantity",
    "target_value",
    "target_weight",
    "close_position",
    "weights",
)
STYLES = ("market", "limit", "stop", "stop_limit", "trail", "trail_fraction")
TIMES = ("gtc", "until", "day", "ioc", "fok", "open", "close")
REPLIES = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
ANSWERS = (0.0, 1.0, 2.0, 3.0)

HALF_DAY_NS = 43_200_000_000_000
UNKNOWN = 50.0
"""Where prices lie about a symbol that had no bar yet."""


def code_of(deed, style=0, time=0):
    """The number of a call in a script."""
    return float(DEEDS.index(deed) * 100 + style * 10 + time)


def mixed(old, new):
    """A running digest; what is not known leaves it alone."""
    if new != new:
        return 0.75 * old
    return 0.75 * old + new


def level(mark, fraction):
    """A price near the mark."""
    if mark != mark:
        return UNKNOWN * (1.0 + fraction)
    return mark + fraction * abs(mark)


class OrderActor(ql.Strategy):
    """Does what the script says, and remembers the last two orders of each symbol that can be replaced."""

    scale: float = ql.param(default=1.0, low=0.0, high=10.0)

    count = ql.state(0)
    last = ql.state(-1)
    told = ql.state(0.0)
    withdrawn = ql.state(False)
    seen = ql.state(0.0, per_symbol=True)
    # Ids and amounts of the order given last, the one before it, and of the last target.
    newer = ql.state(-1.0, per_symbol=True)
    newer_amount = ql.state(0.0, per_symbol=True)
    older = ql.state(-1.0, per_symbol=True)
    older_amount = ql.state(0.0, per_symbol=True)
    target = ql.state(-1.0, per_symbol=True)
    target_amount = ql.state(0.0, per_symbol=True)

    LIMIT = 40

    def on_bar(self, now):
        self.told = mixed(self.told, now.equity + 2.0 * now.cash)
        deeds_a, amounts_a = now.past("deed_0", 1), now.past("amount_0", 1)
        nears_a, fars_a = now.past("near_0", 1), now.past("far_0", 1)
        deeds_b, amounts_b = now.past("deed_1", 1), now.past("amount_1", 1)
        nears_b, fars_b = now.past("near_1", 1), now.past("far_1", 1)
        for i in range(now.n_symbols):
            self.seen[i] = mixed(self.seen[i], now.position[i] + now.weight[i])
            self.act(now, i, int(deeds_a[0, i]), amounts_a[0, i], nears_a[0, i], fars_a[0, i])
            self.act(now, i, int(deeds_b[0, i]), amounts_b[0, i], nears_b[0, i], fars_b[0, i])

    def on_fill(self, now, fill):
        """Guard what was filled by orders that wait, or withdraw what is left of the order."""
        i, price = fill.symbol, fill.price
        self.told = mixed(self.told, fill.order + fill.commission + 1e-3 * fill.quantity * price)
        reply = now.past("reply", 1)[0, i]
        if reply == 0.0 or self.count >= self.LIMIT:
            return
        self.count += 1
        back = -fill.quantity
        worse = price + math.copysign(0.02, back) * abs(price)
        better = price - math.copysign(0.02, back) * abs(price)
        if reply == 1.0:
            self.keep(i, now.order(i, back, stop=worse, reduce_only=True), back)
        elif reply == 2.0:
            self.keep(i, now.order(i, 0.5 * back, limit=better, tif="day"), back)
        elif reply == 3.0:
            self.keep(i, now.order(i, back, trail_fraction=0.01), back)
        elif reply == 4.0:
            self.tie(now, now.order(i, back, stop=worse), now.order(i, back, limit=better, reduce_only=True))
        elif reply == 5.0:
            self.withdrawn = now.cancel(fill.order)
        else:
            now.target_quantity(i, 0.0, tif="close")

    def on_reject(self, now, reject):
        """Remember why, and give another order."""
        i = reject.symbol
        self.told = mixed(self.told, reject.order + 0.01 * reject.reason)
        self.seen[i] += 1.0
        answer = now.past("answer", 1)[0, i]
        if answer == 0.0 or self.count >= self.LIMIT:
            return
        self.count += 1
        if answer == 1.0:
            self.keep(i, now.order(i, 2.0, limit=level(now.mark[i], -0.01)), 2.0)
        elif answer == 2.0:
            self.last = now.order(i, -1.0)
        else:
            now.target_weight(i, 0.1, tif="ioc")

    def on_end(self, now):
        self.count += 1_000

    def act(self, now, i, code, amount, near, far):
        """Make one call for symbol `i`."""
        deed, style, time = code // 100, code // 10 % 10, code % 10
        amount *= self.scale
        at, beyond = level(now.mark[i], near), level(now.mark[i], far)
        apart = abs(near - far) + 0.001
        if deed == 1:
            self.plain(now, i, style, amount)
        elif deed == 2:
            self.keep(i, self.order(now, i, style, time, amount, at, beyond, apart), amount)
        elif deed == 3:
            self.keep(i, self.reduce(now, i, style, time, amount, at, apart), amount)
        elif deed == 4:
            value = 50.0 * amount
            self.keep(i, self.value(now, i, style, time, value, at, beyond, apart), value)
        elif deed == 5:
            self.aim(now, i, style, time, amount)
        elif deed == 6:
            self.enter(now, i, style, time, amount, near, far)
        elif deed == 7:
            self.withdraw(now, i, style, time)
        elif deed == 8:
            self.renew(now, i, style, time, near, far)
        elif deed == 9:
            self.pair(now, i, style, time, amount, near, far)

    def keep(self, i, order, amount):
        """Remember an order that may be replaced, and the sign of what it asks for."""
        if order >= 0:
            self.older[i], self.older_amount[i] = self.newer[i], self.newer_amount[i]
            self.newer[i], self.newer_amount[i] = float(order), amount
            self.last = order

    # Calls of one kind ---------------------------------------------------------------------------------------

    def plain(self, now, i, style, amount):
        if style == 0:
            self.keep(i, now.order(i, amount), amount)
        elif style == 1:
            self.keep(i, now.order_value(i, 50.0 * amount), amount)
        elif style == 2:
            self.last = now.target_quantity(i, amount)
        elif style == 3:
            now.target_value(i, 50.0 * amount)
        elif style == 4:
            now.target_weight(i, 0.025 * amount)
        elif style == 5:
            now.close_position(i)
        else:
            weights = now.weight.copy()
            weights[i] = 0.02 * amount
            now.target_weights(weights)

    def order(self, now, i, style, time, amount, at, beyond, apart):
        if time == 1:
            until = now.time + int(abs(amount)) * HALF_DAY_NS
            return self.order_until(now, i, style, amount, at, apart, until)
        if time == 2:
            return self.order_day(now, i, style, amount, at, beyond, apart)
        if time == 3:
            return self.order_ioc(now, i, style, amount, at)
        if time == 4:
            return self.order_fok(now, i, style, amount, at, beyond)
        if time == 5:
            return self.order_open(now, i, style, amount, at, apart)
        if time == 6:
            return self.order_close(now, i, style, amount, at, beyond)
        return self.order_gtc(now, i, style, amount, at, beyond, apart)

    def order_gtc(self, now, i, style, amount, at, beyond, apart):
        if style == 1:
            return now.order(i, amount, limit=at)
        if style == 2:
            return now.order(i, amount, stop=at)
        if style == 3:
            return now.order(i, amount, stop=at, limit=beyond)
        if style == 4:
            return now.order(i, amount, trail=UNKNOWN * apart)
        if style == 5:
            return now.order(i, amount, trail_fraction=apart)
        return now.order(i, amount, limit=None, tif="gtc", reduce_only=False)

    def order_until(self, now, i, style, amount, at, apart, until):
        if style == 1:
            return now.order(i, amount, limit=at, until=until)
        if style < 4 and style > 0:
            return now.order(i, amount, stop=at, until=until)
        if style >= 4:
            return now.order(i, amount, trail_fraction=apart, until=until)
        return now.order(i, amount, until=until)

    def order_day(self, now, i, style, amount, at, beyond, apart):
        if style == 1:
            return now.order(i, amount, limit=at, tif="day")
        if style == 2:
            return now.order(i, amount, stop=at, tif="day")
        if style == 3:
            return now.order(i, amount, stop=at, limit=beyond, tif="day")
        if style >= 4:
            return now.order(i, amount, trail=UNKNOWN * apart, tif="day")
        return now.order(i, amount, tif="day")

    def order_ioc(self, now, i, style, amount, at):
        if style == 1:
            return now.order(i, amount, limit=at, tif="ioc")
        if style > 1:
            return now.order(i, amount, stop=at, tif="ioc")
        return now.order(i, amount, tif="ioc")

    def order_fok(self, now, i, style, amount, at, beyond):
        if style == 1:
            return now.order(i, amount, limit=at, tif="fok")
        if style > 1:
            return now.order(i, amount, stop=at, limit=beyond, tif="fok")
        return now.order(i, amount, tif="fok")

    def order_open(self, now, i, style, amount, at, apart):
        if style == 1:
            return now.order(i, amount, limit=at, tif="open")
        if style > 1:
            return now.order(i, amount, trail=UNKNOWN * apart, tif="open")
        return now.order(i, amount, tif="open")

    def order_close(self, now, i, style, amount, at, beyond):
        if style == 1:
            return now.order(i, amount, limit=at, tif="close")
        if style == 2:
            return now.order(i, amount, stop=at, tif="close")
        if style > 2:
            return now.order(i, amount, stop=at, limit=beyond, tif="close")
        return now.order(i, amount, tif="close")

    def reduce(self, now, i, style, time, amount, at, apart):
        if style == 1:
            return now.order(i, amount, limit=at, reduce_only=True)
        if style < 4 and style > 0:
            return now.order(i, amount, stop=at, tif="day", reduce_only=time % 2 == 0)
        if style == 4:
            return now.order(i, amount, trail=UNKNOWN * apart, reduce_only=True)
        if style == 5:
            return now.order_value(i, 50.0 * amount, tif="close", reduce_only=True)
        return now.order(quantity=amount, reduce_only=True, i=i)

    def value(self, now, i, style, time, value, at, beyond, apart):
        if style == 1 and time > 3:
            return now.order_value(i, value, limit=at, tif="fok")
        if style == 1:
            return now.order_value(i, value, limit=at)
        if style == 2:
            return now.order_value(i, value, stop=at, until=now.time + time * HALF_DAY_NS)
        if style == 3:
            return now.order_value(i, value, limit=beyond, stop=at, tif="day")
        if style > 3:
            return now.order_value(i, value, trail_fraction=apart)
        return now.order_value(value=value, i=i, tif="open")

    def aim(self, now, i, style, time, amount):
        if style < 2:
            order, asked = self.aim_at_weight(now, i, time, 0.025 * amount), 0.025 * amount
        elif style < 4:
            order, asked = self.aim_at_quantity(now, i, time, amount), amount
        else:
            order, asked = self.aim_at_value(now, i, time, 50.0 * amount), 50.0 * amount
        if order >= 0:
            self.target[i], self.target_amount[i] = float(order), asked
            self.last = order

    def aim_at_weight(self, now, i, time, weight):
        if time == 1:
            return now.target_weight(i, weight, until=now.time + 4 * HALF_DAY_NS)
        if time == 2:
            return now.target_weight(i, weight, tif="day")
        if time == 3:
            return now.target_weight(i, weight, tif="ioc")
        if time == 4:
            return now.target_weight(i, weight, tif="fok")
        if time == 5:
            return now.target_weight(i, weight, tif="open")
        if time == 6:
            return now.target_weight(i, weight, tif="close")
        return now.target_weight(i, weight)

    def aim_at_quantity(self, now, i, time, quantity):
        if time < 3:
            return now.target_quantity(i, quantity, until=now.time + 8 * HALF_DAY_NS)
        if time < 5:
            return now.target_quantity(i, quantity, tif="ioc")
        return now.target_quantity(i, quantity, tif="close")

    def aim_at_value(self, now, i, time, value):
        if time < 4:
            return now.target_value(i, value, tif="day")
        return now.target_value(i, value, tif="open")

    def enter(self, now, i, style, time, amount, near, far):
        """Give a bracket whose exits lie about the price of its entry; remember the entry and one exit."""
        mark, side = now.mark[i], math.copysign(1.0, amount)
        at, beyond = level(mark, near), level(mark, near + 0.5 * far)
        middle = at if style > 0 else level(mark, 0.0)
        profit = middle + side * abs(far) * abs(middle)
        loss = middle - side * 0.5 * abs(far) * abs(middle)
        if style == 1 and time > 3:
            entry = now.bracket(i, amount, limit=at, take_profit=profit, stop_loss=loss, tif="day")
        elif style == 1:
            entry = now.bracket(i, amount, limit=at, take_profit=profit, stop_loss=loss)
        elif style == 2 and time > 3:
            until = now.time + time * HALF_DAY_NS
            entry = now.bracket(i, amount, stop=at, take_profit=profit, stop_loss=loss, until=until)
        elif style == 2:
            entry = now.bracket(i, amount, stop=at, take_profit=profit, stop_loss=loss)
        elif style == 3:
            entry = now.bracket(i, amount, stop=at, limit=beyond, take_profit=profit, stop_loss=loss)
        elif style == 4:
            entry = now.bracket(i, amount, take_profit=profit, stop_loss=loss, tif="ioc")
        elif style == 5:
            entry = now.bracket(i, amount, take_profit=profit, stop_loss=loss, tif="close")
        else:
            entry = now.bracket(i, amount, take_profit=profit, stop_loss=loss)
        if entry >= 0:
            self.keep(i, entry, amount)
            self.keep(i, entry + 1 + time % 2, -amount)

    def withdraw(self, now, i, style, time):
        """Cancel an order of this symbol, or any."""
        order = int(self.newer[i] if style % 2 == 0 else self.older[i])
        if time > 3:
            order = self.last - time
        if order >= 0:
            self.withdrawn = now.cancel(order)

    def renew(self, now, i, style, time, near, far):
        """Replace one of the orders of this symbol by another of its sign."""
        order, amount = int(self.newer[i]), self.newer_amount[i]
        if time % 2 == 1:
            order, amount = int(self.older[i]), self.older_amount[i]
        if style == 0 and time > 3:
            order, amount = int(self.target[i]), self.target_amount[i]
        amount *= 0.5 + 10.0 * abs(near)
        if order < 0 or amount == 0.0:
            return
        at, beyond = level(now.mark[i], near), level(now.mark[i], far)
        apart = abs(near - far) + 0.001
        new = self.replacing(now, order, style, time, amount, at, beyond, apart)
        if style == 0 and time > 3:
            self.target[i] = float(new)
        else:
            self.keep(i, new, amount)

    def replacing(self, now, order, style, time, amount, at, beyond, apart):
        if style == 1 and time > 3:
            return now.replace(order, amount, limit=at, tif="day")
        if style == 1:
            return now.replace(order, amount, limit=at)
        if style == 2 and time > 3:
            return now.replace(order, amount, stop=at, until=now.time + time * HALF_DAY_NS)
        if style == 2:
            return now.replace(order, amount, stop=at)
        if style == 3:
            return now.replace(order, amount, stop=at, limit=beyond)
        if style == 4:
            return now.replace(order, amount, trail=UNKNOWN * apart)
        if style == 5:
            return now.replace(order, amount, trail_fraction=apart, tif="day")
        if time % 2 == 0:
            return now.replace(order, amount, tif="close")
        return now.replace(order, quantity=amount)

    def pair(self, now, i, style, time, amount, near, far):
        """Give two orders of which the fill of one cancels the other; of one symbol, or of two."""
        other = (i + time % 2) % now.n_symbols
        back = -amount if style % 2 == 0 else 0.5 * amount
        at, beyond = level(now.mark[i], near), level(now.mark[other], far)
        if style < 2:
            one, two = now.order(i, amount, limit=at), now.order(other, back, stop=beyond)
        elif style < 4:
            one, two = now.order(i, amount, stop=at), now.order_value(other, 50.0 * back, stop=beyond)
        else:
            one, two = now.order(i, amount, limit=at, tif="day"), now.target_weight(other, 0.1, tif="day")
        self.keep(i, one, amount)
        self.tie(now, one, two)

    def tie(self, now, one, two):
        if one >= 0 and two >= 0:
            now.one_cancels_other(one, two)
