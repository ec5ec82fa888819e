"""One strategy that does what a script in the bars says: five hundred behaviours for one compilation.

Each cell of the bars carries `SLOTS` pairs of a deed (a number, `DEEDS`) and an amount; `reply` says what `on_fill`
answers. Everything that `now` shows runs through a digest in the strategy's state, so that a value seen differently
is noticed even where no order follows from it.
"""

import numpy as np

import quantlab as ql

SLOTS = 3
DEEDS = (
    "nothing",
    "order",
    "order_value",
    "target_quantity",
    "target_value",
    "target_weight",
    "close_position",
    "one_of_target_weights",
    "rotate_weights",
    "share_of_equity",
    "share_of_cash",
    "add_weight",
    "flip",
    "follow_past",
    "last_symbol",
    "when_new",
    "remember",
    "by_helpers",
    "sell_everything",
    "if_tradable",
    "two_at_once",
)
FINAL = []
"""What `on_end` saw, run by run."""

PERIOD_GAINS = (0.5, 1.5)


def clamp(x, low=-2_000.0, high=2_000.0):
    if x < low:
        return low
    return high if x > high else x


def mixed(old, new):
    """A running digest; what is not known leaves it alone."""
    if new != new:
        return 0.75 * old
    return 0.75 * old + new


class Actor(ql.Strategy):
    """The deeds, by number; subclasses say where the script is read."""

    scale: float = ql.param(default=1.0, low=0.0, high=10.0)
    reach: int = ql.param(default=3, low=1, high=8)
    shy: bool = ql.param(default=False)

    count = ql.state(0)
    last_id = ql.state(-7)
    clock = ql.state(0)
    level = ql.state(0.0)
    paid = ql.state(0.0)
    flag = ql.state(False)
    highest = ql.state(0.0, per_symbol=True)
    seen = ql.state(1.0, per_symbol=True)

    LIMIT = 40

    def on_start(self, now):
        self.level = 1.5 + now.n_symbols
        self.highest[:] = -1.0

    def on_end(self, now):
        self.count += 1_000
        FINAL.append((now.bar, now.equity, now.cash, self.count, self.level, self.seen.tolist()))

    def on_fill(self, now, fill):
        self.paid += fill.commission + 1e-3 * abs(fill.quantity) * fill.price
        reply = now.past("reply", 1)[-1, fill.symbol]
        if reply != 0.0 and self.count < self.LIMIT:
            self.count += 1
            if reply > 0.0:
                self.last_id = now.order(fill.symbol, -reply * fill.quantity)
            else:
                now.target_weight(fill.symbol, reply * 0.1)

    def look(self, now):
        """Let everything that can be seen move the digest."""
        self.clock = now.time
        self.level = mixed(self.level, now.equity)
        self.level = mixed(self.level, now.cash)
        weight, mark = now.weight, now.mark
        for i in range(now.n_symbols):
            self.seen[i] = mixed(self.seen[i], now.open[i] + 2.0 * now.high[i] - 3.0 * now.low[i])
            self.seen[i] = mixed(self.seen[i], now.close[i] * 0.5)
            self.seen[i] = mixed(self.seen[i], now.volume[i] * 1e-3)
            self.seen[i] = mixed(self.seen[i], mark[i] * weight[i])
            self.seen[i] = mixed(self.seen[i], now.position[i])
            if now.ready[i]:
                self.seen[i] += 0.125
            if now.tradable[i] and now.close[i] > self.highest[i]:
                self.highest[i] = now.close[i]
        if now.is_new("day"):
            self.level += 0.25
        if now.is_new("week"):
            self.level += PERIOD_GAINS[0]
        if now.is_new("month"):
            self.level += PERIOD_GAINS[1]
        if now.is_new("quarter"):
            self.level -= 0.75
        if now.is_new("year"):
            self.flag = not self.flag

    def act(self, now, i, deed, amount):
        """Do one deed for symbol `i`."""
        amount *= self.scale
        if self.shy and now.bar % 3 == 0:
            return
        if deed == 1.0:
            self.last_id = now.order(i, amount)
        elif deed == 2.0:
            self.last_id = now.order_value(i, 100.0 * amount)
        elif deed == 3.0:
            self.last_id = now.target_quantity(i, amount)
        elif deed == 4.0:
            now.target_value(i, 100.0 * amount)
        elif deed == 5.0:
            now.target_weight(i, 0.025 * amount)
        elif deed == 6.0:
            now.close_position(i)
        elif deed == 7.0:
            weights = np.zeros(now.n_symbols)
            weights[i] = 0.02 * amount
            now.target_weights(weights)
        elif deed == 8.0:
            weights = now.weight.copy()
            for k in range(now.n_symbols - 1):
                weights[k], weights[k + 1] = weights[k + 1], weights[k]
            now.target_weights(weights)
        elif deed == 9.0:
            now.order_value(i, 0.01 * amount * now.equity)
        elif deed == 10.0:
            now.order_value(i, 0.02 * amount * now.cash)
        elif deed == 11.0:
            now.target_weight(i, now.weight[i] + 0.01 * amount)
        elif deed == 12.0:
            now.target_quantity(i, -now.position[i])
        elif deed == 13.0:
            self.follow_past(now, i, amount)
        elif deed == 14.0:
            now.order(-1, amount)
            self.level = mixed(self.level, now.position[-1])
        elif deed == 15.0:
            if now.is_new("month") or now.is_new("year"):
                now.target_weight(i, 0.5)
            elif now.is_new("week"):
                now.target_weight(i, -0.25)
        elif deed == 16.0:
            self.count += 1
            self.level += 0.5 * amount
            self.flag = amount > 0.0
            self.highest[i] = amount
            self.seen[:] = 0.5 * self.seen
        elif deed == 17.0:
            now.order(quantity=clamp(self.sized(now, i, amount), high=500.0), i=i)
        elif deed == 18.0:
            for k in range(now.n_symbols):
                if now.position[k] != 0.0:
                    now.close_position(k)
        elif deed == 19.0:
            if now.tradable[i] and not self.flag:
                now.target_weight(i, 0.3)
            else:
                now.target_value(i, -50.0 * amount)
        elif deed == 20.0:
            now.order(i, amount)
            now.order(i, -0.5 * amount)
            now.target_weight(i, 0.4)
            now.target_value(i, 10.0 * amount)

    def sized(self, now, i, amount):
        mark = now.mark[i]
        if mark > 0.0:
            return amount * 20.0 / mark
        return amount

    def follow_past(self, now, i, amount):
        if now.bar + 1 < self.reach:
            return
        past = now.past("close", self.reach)
        total, n = 0.0, 0
        for row in range(past.shape[0]):
            if past[row, i] == past[row, i]:
                total += past[row, i]
                n += 1
        if n > 0 and past[-1, i] < total / n:
            now.order(i, amount)


class ByPast(Actor):
    """Reads the script from extra fields of the bars: also for symbols without a bar now."""

    def on_bar(self, now):
        self.look(now)
        deeds_a, amounts_a = now.past("deed_0", 1), now.past("amount_0", 1)
        deeds_b, amounts_b = now.past("deed_1", 1), now.past("amount_1", 1)
        deeds_c, amounts_c = now.past("deed_2", 1), now.past("amount_2", 1)
        for i in range(now.n_symbols):
            self.act(now, i, deeds_a[0, i], amounts_a[0, i])
            self.act(now, i, deeds_b[-1, i], amounts_b[-1, i])
            self.act(now, i, deeds_c[-1, i], amounts_c[-1, i])


class ByFeature(Actor):
    """Reads the script as declared inputs, after the warm-up of another one."""

    deed_0 = ql.feature("sma", lookback=1, of="deed_0")
    amount_0 = ql.feature("sma", lookback=1, of="amount_0")
    deed_1 = ql.feature("sma", lookback=1, of="deed_1")
    amount_1 = ql.feature("sma", lookback=1, of="amount_1")
    deed_2 = ql.feature("sma", lookback=1, of="deed_2")
    amount_2 = ql.feature("sma", lookback=1, of="amount_2")
    momentum = ql.feature("momentum", lookback=2)

    def on_bar(self, now):
        self.look(now)
        row = now[self.momentum]
        for i in range(now.n_symbols):
            self.seen[i] = mixed(self.seen[i], row[i])
            self.act(now, i, now[self.deed_0, i], now[self.amount_0, i])
            self.act(now, i, now[self.deed_1, i], now[self.amount_1, i])
            self.act(now, i, now[self.deed_2][i], now[self.amount_2][i])
