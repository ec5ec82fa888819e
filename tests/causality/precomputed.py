"""Strategies that read a signal computed elsewhere, in each container that a notebook would keep it in."""

from __future__ import annotations

from collections import deque
from functools import cache, partial

import numpy as np
import pandas as pd

import quantlab as ql
from tests.causality import leaks
from tests.causality import precomputed as itself

BARS = leaks.walk(150)
C = BARS.close
RISES = [bool(C[min(i + 1, len(C) - 1), 0] > C[i, 0]) for i in range(len(C))]  # tomorrow's answer, today

AS_DICT = dict(enumerate(RISES))
AS_LIST = list(RISES)
AS_TUPLE = tuple(RISES)
AS_SET = {i for i, rises in enumerate(RISES) if rises}
AS_DEQUE = deque(RISES)
AS_ARRAY = np.array(RISES)
AS_BYTES = bytes(RISES)
AS_SERIES = pd.Series(RISES, BARS.time)
AS_FRAME = pd.DataFrame({"rises": RISES}, BARS.time)
NESTED = {"signals": {"A": [int(rises) for rises in RISES[:10]], "B": [*RISES]}}
ANSWERS = AS_DICT.get
close = pd.Series(C[:, 0], BARS.time)  # has the name of an attribute of now, and nobody reads it

CONFIG = {"a": 1, "weights": (0.5, 0.3, 0.2), "names": ["x", "y"], "nested": {"b": 2.0}}
PAIR = ("A", "B")
NINETEEN = list(range(19))
TWENTY = list(range(20))
TEXT = "a sentence that is certainly longer than twenty characters"
RULES = dict.fromkeys(TEXT, abs)


class Holder:
    """An object that keeps a signal."""

    def __init__(self):
        self.answers = AS_DICT

    def __getitem__(self, bar):
        return self.answers[bar]


HOLDER = Holder()


class Rule(ql.Strategy):
    """Hold the first symbol while `wants` says so."""

    def on_bar(self, now):
        now.target_weight(0, 1.0 if self.wants(now) else 0.0)


class ReadsDict(Rule):
    def wants(self, now):
        return now.close[0] > 0.0 and AS_DICT[now.bar]


class ReadsList(Rule):
    def wants(self, now):
        return AS_LIST[now.bar]


class ReadsTuple(Rule):
    def wants(self, now):
        return AS_TUPLE[now.bar]


class ReadsSet(Rule):
    def wants(self, now):
        return now.bar in AS_SET


class ReadsDeque(Rule):
    def wants(self, now):
        return AS_DEQUE[now.bar]


class ReadsArray(Rule):
    def wants(self, now):
        return AS_ARRAY[now.bar]


class ReadsBytes(Rule):
    def wants(self, now):
        return AS_BYTES[now.bar]


class ReadsSeries(Rule):
    def wants(self, now):
        return AS_SERIES.iloc[now.bar]


class ReadsFrame(Rule):
    def wants(self, now):
        return AS_FRAME["rises"].iloc[now.bar]


class ReadsNested(Rule):
    def wants(self, now):
        return NESTED["signals"]["B"][now.bar]


class ReadsMethod(Rule):
    def wants(self, now):
        return ANSWERS(now.bar)


class ReadsHolder(Rule):
    def wants(self, now):
        return HOLDER[now.bar]


class ReadsModule(Rule):
    def wants(self, now):
        return itself.AS_LIST[now.bar]


class ReadsImported(Rule):
    def wants(self, now):
        from tests.causality.precomputed import AS_LIST as signal

        return signal[now.bar]


class ReadsDefault(Rule):
    def wants(self, now, answers=AS_TUPLE, *, more=AS_SET):
        return answers[now.bar] and now.bar in more


class ReadsClass(Rule):
    answers = AS_LIST

    def wants(self, now):
        return self.answers[now.bar]


class ReadsLiteral(Rule):
    def wants(self, now):
        return now.bar in (1, 2, 3, 5, 8, 9, 12, 13, 17, 20, 21, 22, 30, 31, 35, 40, 41, 44, 50, 51, 60)


@cache
def looked_up(bar):
    """Answer from the list, behind a decorator."""
    return AS_LIST[bar]


class ReadsThroughCache(Rule):
    def wants(self, now):
        return looked_up(now.bar)


def rising(bars, lookback, answers):
    """Ignore the bars for a given answer."""
    return np.broadcast_to(np.array(answers[: bars.n_bars], float)[:, None], (bars.n_bars, bars.n_symbols))


class ReadsPartial(Rule):
    rises = ql.feature(partial(rising, answers=AS_LIST))

    def wants(self, now):
        return now[self.rises, 0] > 0.0


class ReadsConfiguration(Rule):
    """Reads constants only, and an attribute that shares its name with a global series."""

    def wants(self, now):
        allowed = CONFIG["a"] + len(PAIR) + len(TEXT) + NINETEEN[3] + RULES["a"](-1)
        return now.close[0] > now.open[0] * 1.0 + 0.0 * allowed


class ReadsTwenty(Rule):
    def wants(self, now):
        return now.bar % 40 in TWENTY


MEMORY: dict[int, float] = {}


class Remembers(Rule):
    """Keeps what it saw of later bars for the next run."""

    def wants(self, now):
        if now.bar not in MEMORY:
            MEMORY[now.bar] = now._bars.close[min(now.bar + 1, now._bars.n_bars - 1), 0]
        return MEMORY[now.bar] > now.close[0]


class LooksUpTomorrow(Rule):
    def wants(self, now):
        return AS_LIST[min(now.bar + 1, 149)]


class LooksUpTomorrowByTime(Rule):
    def wants(self, now):
        later = [value for time, value in BY_TIME.items() if time > pd.Timestamp(now.time)]
        return bool(later) and later[0]


BY_TIME = {time: bool(rises) for time, rises in zip(BARS.time, RISES, strict=True)}
