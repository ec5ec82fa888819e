"""Strategies as people write them: each class is one habit of Python that must compile and agree."""

import math
from typing import ClassVar

import numpy as np

import quantlab as ql

THRESHOLD = 0.01
LADDER = (0.1, 0.25, 0.4)


def clamp(x, low=-1.0, high=1.0):
    return max(low, min(high, x))


def spread(now, i, j):
    return now.close[i] - now.close[j]


def nested(x):
    return clamp(2.0 * x, high=0.5) + THRESHOLD


class Base(ql.Strategy):
    """An average and a momentum: what most of these read."""

    lookback: int = ql.param(default=5, low=2, high=50)
    average = ql.feature("sma", lookback=lookback)
    momentum = ql.feature("momentum", lookback=3)
    level = ql.state(0.0)
    count = ql.state(0)

    def hold_while_rising(self, now, weight):
        for i in range(now.n_symbols):
            if now[self.momentum, i] > 0.0:
                now.target_weight(i, weight)
            elif now.position[i] > 0.0:
                now.close_position(i)


class TupleUnpacking(Base):
    def on_bar(self, now):
        first, *_ = (now.close[0], 2)
        a, b = now[self.average, 0], now[self.momentum, 0]
        (c, d), e = (a, b), first
        a, b = b, a
        if b < e and c == b and d == a:
            now.target_weight(0, 0.5)
        elif e < b:
            now.target_weight(0, 0.0)


class PlainUnpacking(Base):
    def bounds(self, now, i):
        return now[self.average, i] * 0.99, now[self.average, i] * 1.01

    def on_bar(self, now):
        for i in range(now.n_symbols):
            low, high = self.bounds(now, i)
            if now.close[i] < low:
                now.target_weight(i, 0.3)
            elif now.close[i] > high:
                now.target_weight(i, -0.3)


class ZipAndEnumerate(Base):
    def on_bar(self, now):
        for i, (price, mean) in enumerate(zip(now.close, now[self.average])):  # noqa: B905
            if price > mean:
                now.target_weight(i, 0.25)
            else:
                now.target_weight(i, 0.0)
        for i, value in enumerate(now[self.momentum]):
            if value > 0.05:
                now.order(i, 1.0)


class EarlyReturnAndContinue(Base):
    def on_bar(self, now):
        if now.bar % 2 == 0 or not now.ready[0]:
            return
        for i in range(now.n_symbols):
            if not now.tradable[i]:
                continue
            if now[self.momentum, i] < -0.2:
                break
            now.target_weight(i, 0.2)


class WhileAndChained(Base):
    def on_bar(self, now):
        i = 0
        while i < now.n_symbols:
            x = now[self.momentum, i]
            if -0.01 < x <= 0.03 or x > 0.1:
                now.target_quantity(i, 10.0 if x > 0.0 else -5.0)
            i += 1
        else:
            self.count += i


class HelpersWithDefaults(Base):
    def sized(self, now, i, scale=2.0, limit=0.4):
        return clamp(scale * now[self.momentum, i], high=limit)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now.ready[i]:
                now.target_weight(i, self.sized(now, i) * 0.5)
                now.target_weight(i, self.sized(now, i, limit=0.2, scale=3.0))
                self.level += nested(now[self.momentum, i])


class KeywordOnlyHelper(Base):
    def sized(self, now, i, *, limit=0.4):
        return clamp(now[self.momentum, i], high=limit)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now.ready[i]:
                now.target_weight(i, self.sized(now, i, limit=0.2) * 0.5 + 0.1 * self.sized(now, i))


class KeywordArguments(Base):
    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now[self.momentum, i] > 0.0:
                now.target_weight(i, weight=0.2)
            elif now[self.momentum, i] < 0.0:
                now.order(quantity=-1.0, i=i)
        if now.bar > 10:
            self.level += now.past(source=self.average, n=3)[0, 0] == 1.0
        if now.is_new(period="month"):
            now.target_weights(weights=np.zeros(now.n_symbols))


class ClassConstants(Base):
    LIMIT = 0.3
    EVERY = 3
    ACTIVE = True
    LEVELS = (0.1, 0.2)
    TABLE: ClassVar[tuple[int, int]] = (1, 2)

    def on_bar(self, now):
        if self.ACTIVE and now.bar % self.EVERY == 0:
            for i in range(now.n_symbols):
                if now[self.momentum, i] > 0.0:
                    now.target_weight(i, min(self.LIMIT, self.LEVELS[i % 2] * self.TABLE[1]))


class StaticHelpers(Base):
    @staticmethod
    def half(x):
        return 0.5 * x

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now[self.momentum, i] > 0.0:
                now.target_weight(i, self.half(0.6))
            else:
                now.target_weight(i, self.half(0.0))


class StaticByClass(Base):
    @staticmethod
    def half(x):
        return 0.5 * x

    def on_bar(self, now):
        now.target_weight(0, StaticByClass.half(0.5))


class Inherited(PlainUnpacking):
    """on_bar comes from a base class, a helper is another one; a parameter has another default."""

    lookback: int = ql.param(default=12, low=2, high=50)

    def bounds(self, now, i):
        return now[self.average, i] * 0.97, now[self.average, i] * 1.005


class InheritedByName(PlainUnpacking):
    def bounds(self, now, i):
        low, high = PlainUnpacking.bounds(self, now, i)
        return low * 0.99, high


class InheritedWithSuper(PlainUnpacking):
    def bounds(self, now, i):
        low, high = super().bounds(now, i)
        return low * 0.98, high * 1.02


class ModuleConstants(Base):
    def on_bar(self, now):
        for i in range(now.n_symbols):
            for step in range(len(LADDER)):
                if now[self.momentum, i] > THRESHOLD * (step + 1):
                    now.target_weight(i, LADDER[step])


class Comprehension(Base):
    def on_bar(self, now):
        rising = [i for i in range(now.n_symbols) if now[self.momentum, i] > 0.0]
        for i in rising:
            now.target_weight(i, 1.0 / len(rising))
        self.level += np.sum(np.array([now.mark[i] for i in range(now.n_symbols) if now.tradable[i]]))


class SumOfList(Base):
    def on_bar(self, now):
        self.level += sum([now.mark[i] for i in range(now.n_symbols) if now.tradable[i]])


class LocalArrays(Base):
    def on_bar(self, now):
        weights = np.zeros(now.n_symbols)
        scores = np.empty(now.n_symbols)
        for i in range(now.n_symbols):
            scores[i] = now[self.momentum, i]
            weights[i] = 0.3 if scores[i] > 0.0 else 0.0
        self.level += weights[0] * 3.0
        now.target_weights(weights)


class VectorStyle(Base):
    def on_bar(self, now):
        up = now.close > now[self.average]
        held = now.position > 0.0
        if np.any(up != held):
            now.target_weights(np.where(up & now.ready, 1.0 / now.n_symbols, 0.0))


class VectorReductions(Base):
    def on_bar(self, now):
        row = np.where(now.ready, now[self.momentum], 0.0)
        self.level += np.sum(row) + row.mean() + np.max(row) - row.min() + float(np.std(row)) + row.sum()
        self.count += int(np.sum(now.ready)) + int(np.argmax(row)) + int(now.ready.sum())
        if np.all(now.ready):
            now.target_weights(np.clip(row * 5.0, -0.3, 0.3))


class StableSort(Base):
    def on_bar(self, now):
        score = np.where(now.ready & now.tradable, np.floor(50.0 * now[self.momentum]), -np.inf)
        weights = np.zeros(now.n_symbols)
        for i in np.argsort(-score, kind="stable")[:2]:
            if score[i] > -np.inf:
                weights[i] = 0.5
        now.target_weights(weights)


class RoundedSort(Base):
    def on_bar(self, now):
        score = np.where(now.ready, np.round(now[self.momentum], 1), -np.inf)
        now.target_weight(int(np.argsort(-score, kind="stable")[0]), 0.5)


class NegativeIndex(Base):
    def on_bar(self, now):
        if now.position[-1] == 0.0:
            now.target_weight(-1, 0.5)
        elif now[self.momentum, -1] < 0.0 and now[self.momentum][-1] < now.close[-1]:
            now.close_position(-1)


class Counting(Base):
    flag = ql.state(False)
    seen = ql.state(0)

    def on_bar(self, now):
        self.count += 1
        self.seen = now.bar
        self.flag = not self.flag
        self.level = now.equity / 3
        self.level -= 1
        if self.flag and self.count > 7:
            now.target_weight(0, 0.9)
        elif self.count % 5 == 0:
            now.close_position(0)


class WholeToFloat(Base):
    def on_bar(self, now):
        self.level = now.bar
        self.level += self.count
        self.count = 3
        self.count *= 2
        self.count //= 4
        now.order(0, self.count)
        now.order(0, -1)
        now.target_weight(1, 0)


class StateSlices(Base):
    peak = ql.state(0.0, per_symbol=True)
    trough = ql.state(1e9, per_symbol=True)

    def on_bar(self, now):
        self.peak[:] = now.position + 1.0
        self.trough[0] = min(self.trough[0], now.equity)
        self.trough[1:] = 2.0
        self.trough[-1] += 0.5
        self.peak *= 1.001
        for i in range(now.n_symbols):
            self.peak[i] = max(self.peak[i], now.close[i])
            if now.close[i] < self.trough[0]:
                now.target_weight(i, 0.3)


class TextParam(Base):
    side: str = ql.param(default="long", choices=("long", "short", "both"))
    careful: bool = ql.param(default=True)
    size: float = ql.param(default=0.3, low=0.0, high=1.0)

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if self.side in ("long", "both") and now[self.momentum, i] > 0.0:
                now.target_weight(i, self.size)
            elif self.side != "long" and now[self.momentum, i] < 0.0:
                now.target_weight(i, -self.size if self.careful else -2 * self.size)


class ColdPrint(Base):
    def on_bar(self, now):
        if now.bar == 21:
            print("bar", now.bar, "cash", now.cash > 0.0)
        self.hold_while_rising(now, 0.3)


class IndexByName(Base):
    def on_bar(self, now):
        first = now.index("S0")
        if now[self.momentum, now.index("S1")] > 0.0:
            now.target_weight(first, 0.5)
        else:
            now.close_position(first)


class Asserting(Base):
    def on_bar(self, now):
        assert now.n_symbols > 0, "no symbols"
        assert now.bar >= 0
        self.hold_while_rising(now, 0.2)


class Mathematics(Base):
    def on_bar(self, now):
        for i in range(now.n_symbols):
            x = now[self.momentum, i]
            if math.isnan(x):
                continue
            self.level += (
                math.sqrt(abs(x)) + math.exp(x) - math.log(1.0 + abs(x)) + x**2 + abs(x) ** 0.5 + x**3
            )
            self.level += (
                np.exp(x) + np.log(1.0 + x * x) + np.sqrt(x * x) + math.floor(10.0 * x) + x // 0.01 + x % 0.3
            )
            self.count += int(100.0 * x) + round(x * 10.0) + now.bar // 7 + now.bar % 5
            now.target_weight(i, math.tanh(5.0 * x) * 0.3)


class IntegerPowers(Base):
    """What Numba would multiply out and Python takes from the C library."""

    def on_bar(self, now):
        for i in range(now.n_symbols):
            if now.tradable[i]:
                x = now.close[i]
                self.level += x**3 / 1e6 + x**7 / 1e14 + x**-2 + (x / 50.0) ** now.bar


class PastWindows(Base):
    def on_bar(self, now):
        if now.bar < 12:
            return
        window = now.past("close", 12)
        rows, columns = window.shape
        for i in range(columns):
            column = window[:, i]
            if np.isnan(column).any():
                continue
            self.level += column.mean() + column.std() + np.mean(column[-5:]) + column[-1] / column[0]
            self.level += float(np.std(column, ddof=1)) + rows
            if column[-1] > column.max() * 0.99:
                now.target_weight(i, 0.3)
        features = now.past(self.average, 2)
        if features[1, 0] < features[0, 0]:
            now.close_position(0)


class LastSeen(Base):
    """Tells orders apart by the ids that placing returns, and hears of fills."""

    wanted = ql.state(-1)
    bought = ql.state(0.0)

    def on_fill(self, now, fill):
        symbol, quantity, price, commission, order = fill
        if order == self.wanted and symbol == fill.symbol:
            self.bought += quantity * price + commission

    def on_bar(self, now):
        if now.bar % 4 == 0:
            self.wanted = now.order(0, 2.0)
            self.count += now.order(1, 0.0)


class MatchAndTernary(Base):
    def on_bar(self, now):
        match now.bar % 4:
            case 0:
                now.target_weight(0, 0.4)
            case 1 | 2:
                now.target_weight(0, 0.1 if now.cash > 1_000.0 else 0.2)
            case _:
                pass


class NoneThenNumber(Base):
    def on_bar(self, now):
        best = None
        top = 0.0
        for i in range(now.n_symbols):
            if now[self.momentum, i] > top:
                best, top = i, now[self.momentum, i]
        if best is not None:
            now.target_weight(best, 0.5)


class Booleans(Base):
    def on_bar(self, now):
        up = now[self.momentum, 0] > 0.0
        down = not up and now.ready[0]
        if up ^ down or (up is True):
            self.count += int(up) + int(down)
        now.target_weight(0, 0.5 * up)
        now.target_weight(1, 0.3 if up or down else 0.0)


def closed_over(limit, every=3):
    """A class whose on_bar closes over numbers."""
    step = every

    class ClosedOver(Base):
        def on_bar(self, now):
            if now.bar % step == 0 and now[self.momentum, 0] > limit:
                now.target_weight(0, limit + 0.3)
            elif now.bar % step == 1:
                now.close_position(0)

    return ClosedOver


class InnerFunction(Base):
    def on_bar(self, now):
        scale = 0.1 * (now.bar % 5)

        def sized(x):
            return clamp(scale * x)

        for i in range(now.n_symbols):
            if now.ready[i]:
                now.target_weight(i, sized(now[self.momentum, i] * 3.0))


class ModuleHelperOfNow(Base):
    def on_bar(self, now):
        if spread(now, 0, 1) > 0.0:
            now.target_weight(0, 0.4)
        else:
            now.target_weight(1, 0.4)


class LocalVariables(Base):
    """`position = now.position` and the like, kept over orders."""

    def on_bar(self, now):
        position, close, average, n = now.position, now.close, now[self.average], now.n_symbols
        for i in range(n):
            if position[i] == 0.0 and close[i] > average[i]:
                now.target_weight(i, 1.0 / n)
            elif position[i] != 0.0 and close[i] < average[i]:
                now.target_weight(i, 0.0)
        weights = now.weight
        self.level += weights.max() + len(weights)


class Names(Base):
    def on_bar(self, now):
        for i, name in enumerate(now.symbols):
            if name == "S1" and now.ready[i]:
                now.target_weight(i, 1.0 / len(now.symbols))


class SmallBuiltIns(Base):
    def on_bar(self, now):
        whole, rest = divmod(now.bar, 4)
        if any([whole > 2, rest == 1]) and all([now.ready[0], now.ready[1]]):
            now.target_weight(0, min(0.5, max(0.1, 0.1 * whole, 0.05 * rest)))


class EveryProperty(Base):
    def on_bar(self, now):
        self.count += now.time // 1_000_000_000 + now.bar
        self.level += now.cash + now.equity + now.mark[0] * 0.5
        if now.is_new("quarter") or now.is_new("week"):
            now.order_value(0, 250.0)
        if now.volume[0] > 100.0 and now.high[0] > now.low[0] and now.open[0] > 0.0:
            now.target_value(1, 300.0)


MUST_COMPILE = [
    PlainUnpacking, ZipAndEnumerate, EarlyReturnAndContinue, HelpersWithDefaults, KeywordArguments, ClassConstants,
    StaticHelpers, Inherited, ModuleConstants, Comprehension, LocalArrays, VectorStyle, StableSort, NegativeIndex,
    Counting, StateSlices, TextParam, ColdPrint, IndexByName, PastWindows, LastSeen, closed_over(0.01),
]  # fmt: skip
"""Habits that the compiled engine must serve."""

MUST_COMPILE_TOO = [
    WhileAndChained, VectorReductions, WholeToFloat, Asserting, Mathematics, IntegerPowers, NoneThenNumber, Booleans,
    InnerFunction, ModuleHelperOfNow, LocalVariables, EveryProperty, MatchAndTernary,
]  # fmt: skip
"""Further ones, looked at less often."""

MAY_REFUSE = [
    TupleUnpacking, InheritedWithSuper, InheritedByName, StaticByClass, SumOfList, RoundedSort, Names, SmallBuiltIns,
    KeywordOnlyHelper,
]  # fmt: skip
"""Habits that it may refuse, with advice; served or not, the numbers agree."""
