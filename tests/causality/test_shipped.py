"""Replace or remove the future of real bars: no shipped strategy changes a decision."""

from __future__ import annotations

import numpy as np
import pytest

import quantlab as ql
from quantlab.forecasting.folds import WalkForward
from strategies.buy_and_hold import BuyAndHold
from strategies.forecast_rank import ForecastRank
from strategies.forecast_top_k import ForecastTopK
from strategies.mean_reversion import MeanReversion
from strategies.momentum_rank import MomentumRank
from strategies.pairs import Pairs
from strategies.risk_parity import RiskParity
from strategies.sma_cross import SmaCross
from strategies.trained_to_trade import TrainedToTrade
from strategies.volatility_forecast import VolatilityForecast

FROM_FEATURES = (BuyAndHold(), SmaCross(), MomentumRank(keep=1), MeanReversion(), Pairs(), RiskParity())
FILLS = ("next_open", "same_close")


class SmallForecastRank(ForecastRank):
    """The shipped rule on a network that learns in a moment."""

    outlook = ql.forecast(ql.CNN1D(horizon=5, lookback=8, channels=(4,), dense=8, epochs=2))


class SmallTopK(ForecastTopK):
    """The same of another."""

    rank = ql.forecast(ql.MLP(horizon=5, loss="ic", lookback=1, hidden=(4,), epochs=2))


class SmallTrainedToTrade(TrainedToTrade):
    """The same of a third."""

    lookback: int = ql.param(default=10, low=5, high=500)
    score = ql.forecast(ql.MLP(horizon=5, loss="decision", lookback=1, hidden=(4,), epochs=2))


class SmallVolatilityForecast(VolatilityForecast):
    """The same of a fourth."""

    volatility = ql.forecast(ql.MLP(horizon=5, target="volatility", lookback=1, hidden=(4,), epochs=2))


ON_NETWORKS = (SmallForecastRank(), SmallTopK(), SmallTrainedToTrade(), SmallVolatilityForecast())


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path))


@pytest.fixture(scope="module")
def us5():
    return ql.read_bars("sample:us5")


@pytest.fixture(scope="module")
def indices():
    return ql.read_bars("sample:indices")


def demand_causal(strategy, bars, fill, **settings):
    report = ql.check(strategy, bars, execution=ql.Execution(fill=fill), progress=False, **settings)
    assert report.proven, str(report)
    assert report.warnings == ()
    assert len(report.cuts) == 20
    assert min(report.n_removed, report.n_replaced) >= 10
    assert report.n_orders > 0


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("strategy", FROM_FEATURES, ids=repr)
def test_five_symbols_one_of_them_listed_on_the_way(strategy, fill, us5):
    demand_causal(strategy, us5.rows(2770, 3270), fill)


@pytest.mark.parametrize("strategy", FROM_FEATURES, ids=repr)
def test_two_indices(strategy, indices):
    demand_causal(strategy, indices.rows(2000, 2500), "next_open")


@pytest.mark.parametrize("fill", ["next_open", pytest.param("same_close", marks=pytest.mark.slow)])
@pytest.mark.parametrize("strategy", ON_NETWORKS, ids=lambda s: type(s).__name__)
def test_a_strategy_on_a_network(strategy, fill, us5):
    demand_causal(strategy, us5.rows(2870, 3270), fill, folds=WalkForward(train=150, test=60))


def test_the_forecasts_after_a_cut_do_change(us5):
    """Otherwise the law above would hold for forecasts that nobody computed."""
    folds, forecaster = WalkForward(train=150, test=60), SmallForecastRank.outlook.forecaster
    bars = us5.rows(2870, 3270)
    before = ql.walk_forward(forecaster, bars, folds, baselines=False).median()
    changed = bars.with_arrays(
        **{n: np.concatenate([bars[n][:180], bars[n][180:] * 1.3]) for n in ("open", "high", "low", "close")}
    )
    after = ql.walk_forward(forecaster, changed, folds, baselines=False).median()
    np.testing.assert_array_equal(after[:180], before[:180])
    assert (after[180] != before[180]).any()  # row 180 lies inside the test block of rows 156 to 215


@pytest.mark.slow
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("strategy", [*FROM_FEATURES, ForecastRank()], ids=repr)
def test_all_bars(strategy, fill, us5):
    demand_causal(strategy, us5, fill)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", FROM_FEATURES, ids=repr)
def test_all_bars_of_the_indices(strategy, indices):
    demand_causal(strategy, indices, "next_open")
