"""Stress: each scenario is the backtest it says, shocked bars obey their law, trades drawn again theirs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.errors import DataError
from quantlab.research.shocks import price_shock, volatility_shock
from tests.identities.cases import random_bars
from tests.made_results import made_result, made_trades
from tests.unit.research.swept import Cross, made_bars

COSTS = ql.Costs(commission=0.001, slippage=0.0005)


@pytest.fixture(scope="module")
def bars():
    return made_bars()


@pytest.fixture(scope="module")
def found(bars):
    return ql.stress(Cross(), bars, costs=COSTS, engine="python", cash=5000.0, cost_times=(3.0,))


def test_each_row_is_the_backtest_it_says(bars, found):
    def alone(of=bars, costs=COSTS, **settings):
        return ql.backtest(Cross(), of, costs=costs, engine="python", cash=5000.0, **settings)

    base = alone()
    worst = int(np.abs(base.weights.sum(axis=1).to_numpy()).argmax()) + 1
    expected = {
        "as it was": base,
        "costs × 3": alone(costs=ql.Costs(commission=0.003, slippage=0.0015)),
        "fills delayed by 1": alone(execution=ql.Execution(latency=1)),
        "prices -20%": alone(of=price_shock(bars, worst, -0.2)),
        "volatility × 1.5": alone(of=volatility_shock(bars, 1.5)),
    }
    assert list(found.frame.index) == list(expected)
    for name, result in expected.items():
        for metric in ("total_return", "sharpe", "max_drawdown", "n_trades"):
            assert found.frame.loc[name, metric] == result.metrics[metric], name
        assert found.frame.loc[name, "change"] == result.total_return - base.total_return
    assert found.notes == ()


def test_it_prints(found):
    text = " ".join(str(found).split())
    for expected in ("as it was", "costs × 3", "Trades drawn again", "sequences of"):
        assert expected in text
    assert "Crises" not in text
    assert "<table>" in found._repr_html_()


def test_the_same_close_is_delayed_to_the_next_open(bars):
    found = ql.stress(Cross(), bars, execution=ql.Execution(fill="same_close"), engine="python")
    later = ql.backtest(Cross(), bars, engine="python")
    assert found.frame.loc["fills delayed by 1", "total_return"] == later.total_return


def test_what_cannot_be_run_is_said_and_the_others_go_on(bars):
    wide = bars.with_arrays(wide=np.full(bars.n_bars, 0.1))
    found = ql.stress(Cross(), wide, costs=ql.Costs(spread="wide"), engine="python", delays=())
    assert found.frame.loc["costs × 2"].isna().all()
    assert np.isfinite(found.frame.loc["prices -20%", "total_return"])
    assert any("costs × 2 could not be run: the spread is the field 'wide'" in note for note in found.notes)


@settings(max_examples=40)
@given(st.integers(0, 9999), st.integers(5, 40), st.integers(1, 3), st.sampled_from([0.5, 1.0, 2.0]))
def test_volatility_is_scaled_and_the_mean_stays(seed, n_bars, n_symbols, times):
    bars = random_bars(seed, n_bars, n_symbols)
    shocked = volatility_shock(bars, times)
    np.testing.assert_array_equal(shocked.present, bars.present)
    for i in range(n_symbols):
        own, new = bars.close[bars.present[:, i], i], shocked.close[bars.present[:, i], i]
        if len(own) < 3:
            continue
        before, after = np.diff(np.log(own)), np.diff(np.log(new))
        assert after.mean() == pytest.approx(before.mean(), abs=1e-9)
        assert after - after.mean() == pytest.approx(times * (before - before.mean()), abs=1e-9)
        gap = np.log(bars.open[bars.present[:, i], i][1:] / own[:-1])
        new_gap = np.log(shocked.open[bars.present[:, i], i][1:] / new[:-1])
        assert new_gap == pytest.approx(times * gap + (1.0 - times) * before.mean(), abs=1e-9)
    if times == 1.0:
        np.testing.assert_allclose(shocked.close, bars.close, rtol=1e-9)


def test_a_price_shock_moves_all_that_follows(bars):
    shocked = price_shock(bars, 100, -0.3)
    np.testing.assert_array_equal(shocked.close[:100], bars.close[:100])
    np.testing.assert_allclose(shocked.open[100:], 0.7 * bars.open[100:])


def test_prices_without_a_log_are_refused(bars):
    class Sunk:
        low = bars.low - 1e6

    with pytest.raises(DataError, match="zero or below"):
        volatility_shock(Sunk(), 2.0)


def test_crises_replay_the_exposure_through_the_index(bars):
    time = pd.bdate_range("2020-02-03", "2020-04-30")
    index = pd.Series(0.0, time)
    index["2020-02-25"], index["2020-03-16"] = -0.1, -0.2
    hold = ql.FollowWeights(pd.DataFrame(0.25, bars.time, ["A", "B"]))
    found = ql.stress(hold, bars, index=index, engine="python", cost_times=(), delays=(), price_shocks=(),
                      volatility_times=())  # fmt: skip
    assert found.net_exposure == pytest.approx(0.5, abs=0.02)
    assert list(found.crises.index) == ["Pandemic crash 2020"]
    row = found.crises.iloc[0]
    e = found.net_exposure
    assert row["index_return"] == pytest.approx(-0.28)
    assert row["return"] == pytest.approx((1 - 0.1 * e) * (1 - 0.2 * e) - 1)
    assert row["max_drawdown"] == row["return"]
    assert "net exposure" in str(found)
    own = ql.stress(hold, bars, index="A", engine="python", cost_times=(), delays=(), price_shocks=(),
                    volatility_times=())  # fmt: skip
    inside = bars.close[(bars.time >= "2020-02-19") & (bars.time <= "2020-03-23"), 0]
    assert own.crises.loc["Pandemic crash 2020", "index_return"] == pytest.approx(
        inside[-1] / inside[0] - 1.0
    )


def trading(profits, cash=100.0):
    """A run whose trades have these profits, each entered at its own bar with an equity of `cash`."""
    plain = made_result(np.zeros(len(profits) + 2), initial_cash=cash)
    trades = made_trades(plain.equity.index, len(profits) + 1).assign(profit=[*profits, 999.0])
    return made_result(np.zeros(len(profits) + 2), initial_cash=cash, trades=trades)


@settings(max_examples=20)
@given(st.lists(st.floats(-20.0, 30.0), min_size=2, max_size=15), st.integers(0, 99))
def test_another_sequence_ends_with_the_same_money(profits, seed):
    again = ql.redraw_trades(trading(profits), method="reshuffle", n_resamples=20, seed=seed)
    expected = 100.0 * np.prod(1.0 + np.array(profits) / 100.0)
    assert again.draws["final_equity"].to_numpy() == pytest.approx(expected, rel=1e-9)
    assert again.final_equity == pytest.approx(expected, rel=1e-9)
    assert (again.draws["max_drawdown"] <= min(0.0, min(profits) / 100.0) + 1e-12).all()
    assert again.n_trades == len(profits)


def test_drawn_with_replacement_the_median_and_spread_are_those_of_the_sum_of_logs():
    profits = np.tile([2.0, -1.0], 100)
    again = ql.redraw_trades(trading(profits), n_resamples=4000)
    logs = np.log1p(profits / 100.0)
    drawn = np.log(again.draws["final_equity"] / 100.0)
    assert drawn.mean() == pytest.approx(logs.sum(), abs=0.01)
    assert drawn.std() == pytest.approx(logs.std() * np.sqrt(200), rel=0.05)
    assert again.frame["final_equity"].is_monotonic_increasing
    repeated = ql.redraw_trades(trading(profits), n_resamples=10)
    assert repeated.draws.equals(ql.redraw_trades(trading(profits), n_resamples=10).draws)


def test_a_trade_that_loses_all_ends_it_and_too_few_are_refused():
    again = ql.redraw_trades(trading([-150.0, 10.0]), method="reshuffle", n_resamples=5)
    assert (again.draws["final_equity"] == 0.0).all()
    assert again.loss_probability == 1.0
    assert "2 trades (reshuffle)" in " ".join(str(again).split())
    with pytest.raises(DataError, match="1 closed trades cannot be drawn again"):
        ql.redraw_trades(trading([1.0]))
    with pytest.raises(DataError, match="method='shuffle' is not known"):
        ql.redraw_trades(trading([1.0, 2.0]), method="shuffle")
