"""What may be declared, how it prints and compares, and what a mistake is answered with."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest

from quantlab.errors import QuantlabError, StrategyError
from quantlab.features.catalogue import BUILT_INS
from quantlab.features.compute import function_of
from quantlab.features.features import Feature, compute_input, feature


class Open:
    """A strategy's parameter that is not known yet."""

    def __init__(self, name, times=1):
        self.name, self.times = name, times

    def resolve(self, values):
        return values[self.name] * self.times

    def __repr__(self):
        return self.name


def spread(bars, lookback, weight=1.0):
    return (bars.high - bars.low) * weight


PRINTED = [
    (feature("sma", lookback=20), 'feature("sma", lookback=20)'),
    (feature("max", lookback=5, of="high"), 'feature("max", lookback=5, of="high")'),
    (feature("macd", fast=5), 'feature("macd", output="line", fast=5)'),
    (feature("beta", lookback=60, against="SPY"), 'feature("beta", lookback=60, against="SPY")'),
    (feature("obv"), 'feature("obv")'),
    (feature("sma", lookback=np.int64(7)), 'feature("sma", lookback=7)'),
    (feature(spread, lookback=3, weight=2.0), "feature(spread, lookback=3, weight=2.0)"),
]


@pytest.mark.parametrize(("declared", "code"), PRINTED)
def test_prints_as_the_code_that_makes_it(declared, code):
    assert repr(declared) == code
    again = eval(code, {"feature": feature, "spread": spread})
    assert again == declared
    assert hash(again.key) == hash(declared.key)


def test_different_declarations_have_different_keys():
    declared = [each for each, _ in PRINTED]
    assert len({each.key for each in declared}) == len(declared)
    assert feature("macd") == feature("macd", output="line")


MISTAKES = [
    (("smaa",), {"lookback": 5}, "no feature 'smaa'. Did you mean 'sma'?"),
    ((5,), {}, "give the name of a built-in or a function"),
    (("sma",), {}, "say how many bars it reads, for example lookback=20"),
    (("sma",), {"lookback": 0}, "lookback must be a whole number of bars, 1 or more"),
    (("sma",), {"lookback": -3}, "lookback must be a whole number"),
    (("sma",), {"lookback": 2.5}, "lookback must be a whole number"),
    (("sma",), {"lookback": True}, "lookback must be a whole number"),
    (("sma",), {"lookback": "20"}, "lookback must be a whole number"),
    (("std",), {"lookback": 1}, "2 or more"),
    (("skew",), {"lookback": 2}, "3 or more"),
    (("sma",), {"lookback": 5, "fast": 3}, "sma has no parameter 'fast'. It takes none"),
    (("momentum",), {"lookback": 5, "skp": 3}, "Did you mean 'skip'?"),
    (("macd",), {"lookback": 5}, "macd takes no lookback; it takes fast, slow, signal"),
    (("macd",), {"fast": 0}, "fast=0 must be a whole number of bars, 1 or more"),
    (("macd",), {"output": "lines"}, "Did you mean 'line'?"),
    (("sma",), {"lookback": 5, "output": "line"}, "It has only one; leave it out"),
    (("bollinger",), {"lookback": 5, "deviations": -1.0}, "deviations=-1.0 must be a number above 0"),
    (("volatility",), {"lookback": 5, "annualise": 1}, "annualise=1 must be True or False"),
    (("atr",), {"lookback": 5, "of": "volume"}, "atr reads high, low, close; leave of= out"),
    (("beta",), {"lookback": 5, "against": 3}, "against=3 must be a symbol"),
    ((spread,), {"of": "high"}, "belong to built-in features"),
    ((spread,), {"lookback": 0}, "lookback must be a whole number"),
    ((spread,), {"weight": [1]}, "cannot be hashed"),
]


@pytest.mark.parametrize(("given", "named", "advice"), MISTAKES)
def test_a_mistake_is_answered_with_advice(given, named, advice):
    with pytest.raises(StrategyError) as caught:
        feature(*given, **named)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "advice"),
    [
        (feature("sma", lookback=5, of="closes"), "no field 'closes'. Did you mean 'close'?"),
        (feature("sma", lookback=5, of="mod"), "Did you mean 'mood'?"),
        (feature("field_correlation", lookback=5, field="volum"), "Did you mean 'volume'?"),
        (feature("beta", lookback=5, against="E"), "against='E' is not a symbol of these bars"),
    ],
)
def test_what_the_bars_lack_is_told(gappy, declared, advice):
    with pytest.raises(QuantlabError) as caught:
        declared.compute(gappy)
    assert advice in str(caught.value)


def test_open_parameters_are_put_in_by_resolve(gappy):
    declared = feature("macd", fast=Open("quick"), slow=Open("quick", 2), output="line")
    assert not declared.is_resolved
    assert repr(declared) == 'feature("macd", output="line", fast=quick, slow=quick)'
    for ask in (lambda: declared.compute(gappy), lambda: declared.warm_up):
        with pytest.raises(StrategyError, match="open parameters"):
            ask()
    resolved = declared.resolve({"quick": 6})
    assert resolved == feature("macd", fast=6, slow=12, output="line")
    assert resolved.warm_up == 11
    assert resolved.resolve({}) is resolved
    assert feature("sma", lookback=Open("n")).resolve({"n": 5}).key == feature("sma", lookback=5).key
    with pytest.raises(StrategyError, match="1 or more"):
        feature("sma", lookback=Open("n")).resolve({"n": 0})


@pytest.mark.parametrize("row", BUILT_INS.values(), ids=BUILT_INS)
def test_every_row_has_its_function(row):
    assert function_of(row).__doc__
    assert row.summary


def test_a_declaration_is_frozen_and_travels():
    declared = feature("sma", lookback=5)
    with pytest.raises(AttributeError):
        declared.lookback = 6
    assert pickle.loads(pickle.dumps(declared)) == declared
    assert isinstance(declared, Feature)


def test_declaring_does_not_import_numba():
    code = "import sys; from quantlab.features.features import feature; feature('sma', lookback=2); "
    code += "feature(lambda bars, lookback: bars.close); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_built_in_is_never_unchecked(gappy):
    assert compute_input(feature("sma", lookback=3), gappy).unchecked is None
