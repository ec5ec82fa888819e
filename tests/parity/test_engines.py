"""Every shipped strategy on every sample and on real data: two engines, the same bits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
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
from tests.identities.cases import random_bars
from tests.parity.engines import COSTS, assert_same, both, run

RULES = [BuyAndHold(), SmaCross(), MomentumRank(), MeanReversion(), Pairs(), RiskParity()]
BY_FORECAST = [ForecastRank(), ForecastTopK(keep=1, slack=0), TrainedToTrade(), VolatilityForecast()]
SHIPPED = {path.stem for path in (Path(__file__).parents[2] / "strategies").glob("*.py")} - {"__init__"}
FILLS = ["next_open", "same_close"]


@pytest.fixture(scope="module", params=["us5", "indices"])
def bars(request):
    return ql.read_bars(f"sample:{request.param}")


def test_every_shipped_strategy_is_tested_here():
    tested = [*RULES, *BY_FORECAST]
    assert {type(strategy).__module__.split(".")[-1] for strategy in tested} == SHIPPED


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("strategy", RULES, ids=lambda s: type(s).__name__)
def test_shipped_rules(strategy, bars, fill):
    result = both(strategy, bars, costs=COSTS, execution=ql.Execution(fill=fill))
    assert len(result.fills) >= bars.n_symbols


@pytest.mark.parametrize("fill", FILLS)
def test_weights_made_elsewhere(bars, fill):
    rows = slice(5, None, 21)
    weights = pd.DataFrame(0.4 / bars.n_symbols, bars.time[rows], columns=list(bars.symbols))
    weights.iloc[::3, 0] *= -1.0
    weights.iloc[::4, -1] = np.nan
    weights = weights.where(bars.present[rows])
    result = both(ql.FollowWeights(weights), bars, costs=COSTS, execution=ql.Execution(fill=fill))
    assert len(result.fills) > 200


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("strategy", BY_FORECAST, ids=lambda s: type(s).__name__)
def test_strategies_with_forecasts(strategy, bars, fill):
    (declared,) = strategy.declared_inputs().values()
    target = declared.forecaster.target
    rng = np.random.default_rng(5)
    drawn = rng.normal(0.0, 0.01, bars.close.shape)
    told = np.abs(drawn) if target == ql.targets.Volatility() else drawn
    outlook = pd.DataFrame(told, bars.time, columns=list(bars.symbols)).where(bars.present).iloc[300:]
    table = ql.Forecasts.from_frame(outlook, trained_through=bars.time[100], horizon=5, target=target)
    result = both(strategy, bars, forecasts=table, costs=COSTS, execution=ql.Execution(fill=fill))
    assert len(result.fills) > 500


class Bands(ql.Strategy):
    """Every level of a forecast, beside its median."""

    outlook = ql.forecast(ql.RidgeForecaster(horizon=(1, 5), levels=(0.1, 0.5, 0.9)), horizon=5)
    sum_of_levels = ql.state(0.0)

    def on_bar(self, now):
        low, high = now.quantile(self.outlook, 0.1), now.quantile(self.outlook, 0.9)
        for i in range(now.n_symbols):
            if now.ready[i]:
                self.sum_of_levels += now.quantile(self.outlook, 0.9, i) - low[i] + now[self.outlook, i]
                if now[self.outlook, i] > 0.2 * (high[i] - low[i]):
                    now.target_weight(i, 1.0 / now.n_symbols)
                else:
                    now.close_position(i)


def test_quantiles_of_a_walk_forward():
    bars = ql.read_bars("sample:us5").window("2008", "2012")
    folds = ql.WalkForward(train=504, test=126)
    result = both(Bands(), bars, folds=folds, costs=COSTS)
    assert len(result.fills) > 20


@pytest.mark.parametrize(
    "terms",
    [
        {"costs": ql.Costs(commission_per_unit=0.01, commission_fixed=1.0, spread=0.02, volume_slippage=0.1)},
        {"account": ql.Account(whole_units=True), "cash": 3_000.0},
        {"account": ql.Account(leverage=2.5)},
        {"start": "2004-06-01", "end": "2009-03-31"},
        {"start": "2012-11-01", "costs": COSTS},
        {"end": "2003-01-31", "execution": ql.Execution(fill="same_close")},
    ],
    ids=lambda terms: "-".join(terms),
)
@pytest.mark.parametrize("strategy", [SmaCross(fast=5, slow=30), Pairs(entry=1.0)], ids=repr)
def test_other_terms(strategy, terms):
    bars = ql.read_bars("sample:us5")
    both(strategy, bars, **terms)


def test_parameters_change_nothing_but_numbers():
    bars = ql.read_bars("sample:us5")
    for fast, slow in [(2, 5), (3, 400), (100, 120)]:
        both(SmaCross(fast=fast, slow=slow), bars, costs=COSTS)


def test_more_symbols_than_a_block_of_rows():
    both(SmaCross(fast=2, slow=5), random_bars(3, 60, 900, absent=0.05), costs=COSTS)


def test_more_bars_than_a_block_of_rows():
    both(SmaCross(fast=2, slow=5), random_bars(4, 9_000, 1, absent=0.02, volatility=0.004), costs=COSTS)


def test_too_few_bars_for_any_decision():
    result = both(SmaCross(), random_bars(5, 20, 2))
    assert result.notes[0] == "No bar had all declared inputs, so nothing was decided."


def test_compiled_twice_is_the_same_run():
    bars = ql.read_bars("sample:indices")
    first, states = run(MomentumRank(), bars, "compiled")
    again, states_again = run(MomentumRank(), bars, "compiled")
    assert_same(first, again)
    assert states == states_again == {}


class ManyWeights(ql.Strategy):
    """A fresh array of targets every bar, for more symbols than an allocator forgets."""

    def on_bar(self, now):
        weights = np.zeros(now.n_symbols)
        for i in range(now.n_symbols):
            if (i + now.bar) % 3 == 0:
                weights[i] = 1.0 / 60
        now.target_weights(weights)


def test_the_same_run_thirty_times():
    """Memory that is read after it was given back shows itself as a run that is not always the same."""
    bars = random_bars(3, 200, 153, absent=0.05)
    expected, _ = run(ManyWeights(), bars, "python")
    curves = {run(ManyWeights(), bars, "compiled")[0].equity.to_numpy().tobytes() for _ in range(30)}
    assert curves == {expected.equity.to_numpy().tobytes()}
