"""Sizing inside `on_bar`: both engines give the same bits."""

import numba
import numpy as np
import pytest

import quantlab as ql
from strategies.risk_parity import RiskParity
from tests.identities.cases import random_bars
from tests.parity.engines import COSTS, both

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="compiles")


class Ranked(ql.Strategy):
    """Long the best, short the worst, by scores that are often equal or missing."""

    keep: int = ql.param(default=2, low=0, high=10)
    momentum = ql.feature("momentum", lookback=3)
    kept = ql.state(0.0, per_symbol=True)

    def on_bar(self, now):
        scores = np.round(now[self.momentum] * 20.0) / 20.0
        best = ql.sizing.top_k(scores, self.keep)
        worst = ql.sizing.top_k(-scores, self.keep)
        weights = ql.sizing.equal_weight(best, 0.5) + ql.sizing.equal_weight(worst, -0.4)
        held = now.weight
        self.kept[:] = ql.sizing.minimum_trade(weights, held, 0.05)
        for i in range(now.n_symbols):
            if self.kept[i] != held[i]:
                now.target_weight(i, self.kept[i])


class Estimated(ql.Strategy):
    """Weigh by estimates: volatility, mean and variance."""

    volatility = ql.feature("std", lookback=5)
    momentum = ql.feature("momentum", lookback=5)

    def on_bar(self, now):
        spread = now[self.volatility] / now.close
        even = ql.sizing.inverse_volatility(spread, gross=0.5)
        bets = ql.sizing.kelly_fraction(now[self.momentum], spread * spread, max_gross=0.5)
        now.target_weights(even + bets)


class Refused(ql.Strategy):
    """Asks for a band below zero once the fifth bar is here."""

    def on_bar(self, now):
        weights = ql.sizing.equal_weight(now.tradable)
        now.target_weights(ql.sizing.no_trade_band(weights, now.weight, 5.0 - now.bar))


@pytest.fixture(scope="module")
def bars():
    return random_bars(seed=3, n_bars=200, n_symbols=6)


@pytest.mark.parametrize("fill", ["next_open", "same_close"])
@pytest.mark.parametrize("strategy", [Ranked(), Ranked(keep=5), Ranked(keep=0), Estimated()], ids=repr)
def test_both_engines_size_alike(strategy, fill, bars):
    both(strategy, bars, costs=COSTS, execution=ql.Execution(fill=fill))


@pytest.mark.parametrize(
    "strategy", [RiskParity(), RiskParity(lookback=60, band=0.0, max_gross=2.0)], ids=repr
)
def test_both_engines_share_risk_alike(strategy):
    result = both(strategy, ql.read_bars("sample:us5"), costs=COSTS, account=ql.Account(leverage=2.0))
    assert len(result.fills) > 500


def test_a_refusal_is_told_in_full_by_either_engine(bars):
    for engine in ("python", "compiled"):
        with pytest.raises(
            ql.sizing.SizingError, match=r"no_trade_band: a band of -1\.0 has no meaning"
        ) as caught:
            ql.backtest(Refused(), bars, engine=engine)
        assert "bar 6" in caught.value.__notes__[0]
