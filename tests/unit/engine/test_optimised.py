"""Optimisers of skfolio, fitted point in time: their weights are those of a direct fit on the same window."""

import pickle

import numpy as np
import pandas as pd
import pytest
from skfolio import RiskMeasure
from skfolio.optimization import EqualWeighted, InverseVolatility, MeanRisk
from sklearn.base import BaseEstimator

import quantlab as ql
from quantlab.engine import engines
from quantlab.engine.compiled.refusals import Refusal
from quantlab.errors import StrategyError

LOOKBACK = 60


class Loaded(BaseEstimator):
    """Gives the weights it is told to, and can be fitted only once."""

    def __init__(self, weights=None):
        self.weights = weights

    def fit(self, X, y=None):
        if self.weights == "fail":
            raise ValueError("no solution")
        assert not hasattr(self, "weights_")
        self.weights_ = np.full(X.shape[1], 0.1) if self.weights is None else np.asarray(self.weights)
        return self


@pytest.fixture(scope="module")
def us5():
    """600 sessions; FB is listed on the way (2012-05-18)."""
    return ql.read_bars("sample:us5").rows(2670, 3270)


def aims(result, bars):
    """Target weights by bar: rows of orders that say how much of equity to hold, 0 where none was given."""
    out = {}
    for order in result.orders.itertuples():
        out.setdefault(order.bar, np.zeros(bars.n_symbols))[bars.symbols.index(order.symbol)] = order.amount
    return out


def direct(estimator, bars, bar):
    """Weights of a fit on the window that ends at `bar`, computed with pandas."""
    closes = (
        pd.DataFrame(bars.close, columns=bars.symbols).iloc[bar - LOOKBACK : bar + 1].dropna(axis="columns")
    )
    fitted = estimator.fit(closes.pct_change().iloc[1:])
    return pd.Series(fitted.weights_, closes.columns).reindex(bars.symbols, fill_value=0.0).to_numpy()


@pytest.mark.parametrize(
    "estimator",
    [InverseVolatility(), EqualWeighted(), MeanRisk(risk_measure=RiskMeasure.VARIANCE, max_weights=0.5)],
    ids=lambda e: type(e).__name__,
)
def test_weights_are_those_of_a_direct_fit(estimator, us5):
    result = ql.backtest(ql.Optimised(estimator, lookback=LOOKBACK), us5)
    assert not hasattr(estimator, "weights_")  # its clones were fitted
    months = pd.Series(us5.time.to_period("M"))
    firsts = [int(bar) for bar in np.flatnonzero(months != months.shift()) if bar >= LOOKBACK]
    given = aims(result, us5)
    assert sorted(given) == firsts
    for bar, weights in given.items():
        np.testing.assert_allclose(weights, direct(estimator, us5, bar), rtol=1e-9, atol=1e-12)
    listed = int(us5.present[:, us5.index("FB")].argmax())
    held = [bar for bar, weights in given.items() if weights[us5.index("FB")] > 0.0]
    if isinstance(estimator, EqualWeighted):
        assert min(held) == min(bar for bar in firsts if bar - LOOKBACK >= listed)


@pytest.mark.parametrize(("every", "count"), [("day", 540), ("quarter", 8), ("year", 2)])
def test_it_fits_as_often_as_asked(every, count, us5):
    result = ql.backtest(ql.Optimised(Loaded(), lookback=LOOKBACK, every=every), us5)
    assert result.orders["bar"].nunique() == count


def test_it_is_causal(us5):
    report = ql.check(ql.Optimised(InverseVolatility(), lookback=LOOKBACK), us5, progress=False)
    assert report.proven, str(report)
    assert report.n_orders > 0


def test_the_engine_is_interpreted_and_says_why(us5, monkeypatch):
    strategy = ql.Optimised(EqualWeighted(), lookback=LOOKBACK)
    monkeypatch.setattr(engines, "TOO_SHORT_S", 0.0)
    monkeypatch.setattr(engines, "WORTH_COMPILING_S", 0.0)
    assert "is not known to" in ql.backtest(strategy, us5).engine
    assert ql.backtest(strategy, us5).engine.startswith("python (auto: optimised.py, line ")
    with pytest.raises(Refusal, match=r"optimised\.py"):
        ql.backtest(strategy, us5, engine="compiled")


def test_it_is_a_value_that_prints_as_its_code():
    given = MeanRisk(max_weights=0.5)
    strategy = ql.Optimised(given, lookback=60, every="week")
    assert repr(strategy) == "Optimised(MeanRisk(max_weights=0.5), lookback=60, every='week')"
    given.max_weights = 0.1
    assert repr(pickle.loads(pickle.dumps(strategy))) == repr(strategy)
    assert strategy.params == {"lookback": 60, "every": "week"}


@pytest.mark.parametrize("given", [InverseVolatility, None, 0.5, BaseEstimator()], ids=repr)
def test_what_is_no_estimator_is_refused(given):
    with pytest.raises(StrategyError, match="give an estimator with a `fit`"):
        ql.Optimised(given)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ("fail", "the fit on 60 returns of AAPL, MSFT, IBM, GOOG failed: no solution"),
        ([0.5, 0.5], "fitted on 4 symbols, the estimator has no `weights_`"),
        ([0.5, 0.5, np.nan, 0.0], "with a finite number for each"),
    ],
)
def test_a_fit_without_weights_is_told(weights, words, us5):
    with pytest.raises(StrategyError, match=words):
        ql.backtest(ql.Optimised(Loaded(weights), lookback=LOOKBACK), us5)


def test_nothing_is_held_where_no_symbol_has_a_full_history(us5):
    closes = us5.close.copy()
    closes[::LOOKBACK] = np.nan
    gaps = us5.with_arrays(
        **{name: np.where(np.isnan(closes), np.nan, us5[name]) for name in ("open", "high", "low", "close")}
    )
    assert len(ql.backtest(ql.Optimised(Loaded(), lookback=LOOKBACK), gaps).fills) == 0
