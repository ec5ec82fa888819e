"""Strategies that go wrong while they run, and strategies that cannot be compiled; the tests quote these lines."""

import math

import numpy as np
import pandas as pd

import quantlab as ql

WHEN = 7
NOTES = {"a": 1.0}


class Base(ql.Strategy):
    average = ql.feature("sma", lookback=3)
    outlook_free = ql.feature("momentum", lookback=2)
    count = ql.state(0)
    level = ql.state(0.0)
    peak = ql.state(0.0, per_symbol=True)


# What goes wrong at bar WHEN ------------------------------------------------------------------------------


class IndexInInput(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = now[self.average, 99]


class IndexInPosition(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = now.position[99]


class IndexInOrder(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            now.order(17, 1.0)


class IndexTooNegative(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            now.target_weight(-4, 0.1)


class IndexInState(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.peak[now.n_symbols] = 1.0


class NotANumber(Base):
    def on_bar(self, now):
        now.order(0, 1.0)
        if now.bar == WHEN:
            now.order(1, math.nan)


class Infinite(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            now.target_weight(1, np.inf)


class NotReady(Base):
    def on_bar(self, now):
        now.order(0, now[self.average, 1] - now.close[0])


class NotANumberAmongWeights(Base):
    def on_bar(self, now):
        weights = np.zeros(now.n_symbols)
        if now.bar == WHEN:
            weights[1] = np.nan
        now.target_weights(weights)


class TooFewWeights(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            now.target_weights(np.zeros(2))


class Division(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = now.equity / self.count


class WholeDivision(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.count = now.bar // self.count


class Remainder(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = now.cash % self.level


class Raises(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            raise ValueError("the rule does not like bar seven")


class RaisesInHelper(Base):
    def check(self, now):
        if now.bar == WHEN:
            raise RuntimeError("found by a helper")

    def on_bar(self, now):
        self.check(now)


class RaisesInFill(Base):
    def on_bar(self, now):
        now.order(0, 1.0)

    def on_fill(self, now, fill):
        if now.bar == WHEN:
            raise KeyError("a fill")


class Asserts(Base):
    def on_bar(self, now):
        assert now.bar < WHEN, "seven bars are enough"


class DomainError(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = math.log(self.level - 1.0)


class RootOfNegative(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = math.sqrt(self.level - 1.0)


class OverflowOfExp(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = math.exp(now.cash)


class WholeOfNan(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.count = int(math.nan * self.level)


class PastTooFar(Base):
    def on_bar(self, now):
        self.level = now.past("close", WHEN)[0, 0]


class PastOfNothing(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = now.past("close", self.count)[0, 0]


class EmptyMaximum(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            self.level = now.close[now.close < 0.0].max()


FAULTS = [
    (IndexInInput, IndexError), (IndexInPosition, IndexError), (IndexInOrder, IndexError), (NotANumber, "OrderError"),
    (NotANumberAmongWeights, "OrderError"), (Division, ZeroDivisionError), (Raises, ValueError),
    (RaisesInHelper, RuntimeError), (RaisesInFill, KeyError), (DomainError, ValueError), (PastTooFar, "StrategyError"),
]  # fmt: skip
"""Class, and what it raises: an exception, or the name of one of quantlab's."""

FURTHER_FAULTS = [
    (IndexTooNegative, IndexError), (IndexInState, IndexError), (Infinite, "OrderError"), (NotReady, "OrderError"),
    (TooFewWeights, "OrderError"), (WholeDivision, ZeroDivisionError), (Remainder, ZeroDivisionError),
    (Asserts, AssertionError), (RootOfNegative, ValueError), (OverflowOfExp, OverflowError), (WholeOfNan, ValueError),
    (PastOfNothing, "StrategyError"), (EmptyMaximum, ValueError),
]  # fmt: skip


# What does not raise in Python, and must not in compiled code ---------------------------------------------


class Quiet(Base):
    """Operations near the faults above that Python answers with a number."""

    def on_bar(self, now):
        self.level += -7 // 2 + -7 % 3 + 7.5 // -2.0 + (-7.5) % 2.0
        self.level += float(np.float64(now.cash) * 0.0) + math.fmod(-7.5, 2.0) + math.copysign(1.0, -0.0)
        if math.inf > now.equity and not math.nan > 0.0:
            self.count += int(-2.7) + round(2.5) + round(3.5) + int(True)


# What cannot be compiled ----------------------------------------------------------------------------------


class RemembersADict(Base):
    notes = ql.state(factory=dict)

    def on_bar(self, now):
        self.notes[now.bar] = now.equity


class CatchesAnError(Base):
    def on_bar(self, now):
        try:
            self.level = now.equity
        except ValueError as error:
            print(error)


class FormatsText(Base):
    def on_bar(self, now):
        if now.bar == WHEN:
            print(f"{now.equity:.2f}")


class ImportsInside(Base):
    def on_bar(self, now):
        import statistics

        self.level = statistics.fmean([now.cash, now.equity])


class OpensAFile(Base):
    def on_bar(self, now):
        if now.bar < 0:
            open("never")  # noqa: SIM115


class UsesPandas(Base):
    def on_bar(self, now):
        self.level = float(pd.Series(now.close).ewm(span=3).mean().iloc[-1])


class ReadsADict(Base):
    def on_bar(self, now):
        self.level = NOTES["a"]


REFUSED = [
    (RemembersADict, "notes[", "notes.*factory|factory.*notes"),
    (CatchesAnError, "try:|except", "try|except"),
    (FormatsText, "equity:.2f", "format"),
    (ImportsInside, "import statistics|statistics.fmean", "import"),
    (OpensAFile, 'open."never"', "open"),
    (UsesPandas, "pd.Series", "pd|pandas"),
    (ReadsADict, 'NOTES."a"', "NOTES"),
]
"""Class, pattern of the line at fault, and pattern of the words that name the construct."""


# What is refused in both engines --------------------------------------------------------------------------


class AssignsUndeclared(Base):
    def on_bar(self, now):
        self.peek = now.equity


class AssignsParameter(Base):
    size: float = ql.param(default=0.5)

    def on_bar(self, now):
        self.size = 0.7


class AssignsInput(Base):
    def on_bar(self, now):
        self.average = 0.7


class FloatToWhole(Base):
    def on_bar(self, now):
        self.count += 0.5


class TruthToWhole(Base):
    def on_bar(self, now):
        self.count = now.bar > 3


class ArrayReplaced(Base):
    def on_bar(self, now):
        self.peak = now.close * 2.0


class WritesNow(Base):
    def on_bar(self, now):
        now.cash = 5.0


class WritesPosition(Base):
    def on_bar(self, now):
        now.position[0] = 5.0


class Misspelt(Base):
    def on_bar(self, now):
        self.level = now.equitty


class MisspeltSelf(Base):
    def on_bar(self, now):
        self.level = self.averag


class SymbolByName(Base):
    def on_bar(self, now):
        now.target_weight("S0", 0.5)


class UnknownField(Base):
    def on_bar(self, now):
        self.level = now.past("clsoe", 1)[0, 0]


class UnknownPeriod(Base):
    def on_bar(self, now):
        if now.is_new("fortnight"):
            self.level = 1.0


REFUSED_IN_BOTH = [
    (AssignsUndeclared, "self.peek"), (AssignsParameter, "self.size = "), (AssignsInput, "self.average = "),
    (FloatToWhole, "count += 0.5"), (TruthToWhole, "count = now.bar > 3"), (ArrayReplaced, "peak = now.close"),
    (WritesNow, "now.cash = "), (WritesPosition, "position[0] = "), (Misspelt, "equitty"), (MisspeltSelf, "averag\n"),
    (SymbolByName, '"S0"'), (UnknownField, "clsoe"), (UnknownPeriod, "fortnight"),
]  # fmt: skip


class Levels(ql.Strategy):
    outlook = ql.forecast(ql.NaiveForecaster(horizon=1, levels=(0.1, 0.5, 0.9)))
    level = ql.state(0.0)

    def on_bar(self, now):
        if now.bar >= WHEN:
            self.level += now.quantile(self.outlook, 0.3, 0)


class LevelsOfAFeature(Base):
    def on_bar(self, now):
        self.level = now.quantile(self.average, 0.5, 0)
