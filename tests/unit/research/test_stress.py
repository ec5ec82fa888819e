"""Stress: each scenario is the backtest it says, shocked bars obey their law, trades drawn again theirs."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.errors import DataError
from quantlab.research import crisis_index
from quantlab.research.crises import CRISES, Crisis
from quantlab.research.crisis_index import sp500_returns
from quantlab.research.replays import crisis_returns, replayed, sensitivity
from quantlab.research.scenarios import Terms, later
from quantlab.research.shocks import price_shock, spliced, volatility_shock
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
    # The first bar after the largest exposure, but for rounding.
    worst = int(np.abs(base.weights.sum(axis=1).to_numpy()[:-1]).round(6).argmax()) + 1
    expected = {
        "as it was": base,
        "costs × 3": alone(costs=ql.Costs(commission=0.003, slippage=0.0015)),
        "fills delayed by 1": alone(execution=ql.Execution(latency=1)),
        "prices -20%": alone(of=price_shock(bars, worst, -0.2)),
        "volatility × 1.5": alone(of=volatility_shock(bars, 1.5)),
        **{
            f"{crisis.name} replayed": alone(
                of=replayed(bars, crisis, sp500_returns(), base.figures.net_exposure, 0).bars
            )
            for crisis in CRISES
            if crisis.name in ("Lehman autumn 2008", "Pandemic crash 2020")
        },
    }
    assert list(found.frame.index) == list(expected)
    for name, result in expected.items():
        for metric in ("total_return", "sharpe", "max_drawdown", "n_trades"):
            assert found.frame.loc[name, metric] == result.metrics[metric], name
        assert found.frame.loc[name, "change"] == result.total_return - base.total_return
    assert [note.split(" stands in")[0] for note in found.notes] == [
        "Lehman autumn 2008",
        "Pandemic crash 2020",
    ]


def test_delayed_fills_keep_the_entries_of_a_strategy_that_asks_until_it_sees_them(bars, found):
    terms = {"costs": COSTS, "engine": "python", "cash": 5000.0}
    base, later = (
        ql.backtest(Cross(), bars, execution=ql.Execution(latency=n), **terms).trades for n in (0, 1)
    )
    for symbol in bars.symbols:
        entries = [trades.loc[trades["symbol"] == symbol, "entry_bar"].to_numpy() for trades in (base, later)]
        np.testing.assert_array_equal(entries[1], entries[0] + 1)
    n_trades = found.frame["n_trades"]
    assert n_trades["fills delayed by 1"] == n_trades["as it was"]


def test_it_prints(found):
    text = " ".join(str(found).split())
    for expected in ("as it was", "costs × 3", "Crises of S&P 500", "Trades drawn again", "sequences of"):
        assert expected in text
    assert "_" not in text
    assert "<table>" in found._repr_html_()


def test_the_same_close_is_delayed_to_the_next_open(bars):
    found = ql.stress(Cross(), bars, execution=ql.Execution(fill="same_close"), engine="python", replays=())
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
    with pytest.raises(DataError, match="zero or below"):
        spliced(Sunk(), 1, np.zeros((1, 2)))


def test_crises_replay_the_exposure_through_the_index(bars):
    time = pd.bdate_range("2020-02-03", "2020-04-30")
    index = pd.Series(0.0, time)
    index["2020-02-25"], index["2020-03-16"] = -0.1, -0.2
    hold = ql.FollowWeights(pd.DataFrame(0.25, bars.time, ["A", "B"]))
    found = ql.stress(hold, bars, index=index, engine="python", cost_times=(), delays=(), price_shocks=(),
                      volatility_times=(), replays=())  # fmt: skip
    assert found.net_exposure == pytest.approx(0.5, abs=0.02)
    assert list(found.crises.index) == ["Pandemic crash 2020"]
    row = found.crises.iloc[0]
    e = found.net_exposure
    assert row["index_return"] == pytest.approx(-0.28)
    assert row["return"] == pytest.approx((1 - 0.1 * e) * (1 - 0.2 * e) - 1)
    assert row["max_drawdown"] == row["return"]
    assert "net exposure" in str(found)
    own = ql.stress(hold, bars, index="A", engine="python", cost_times=(), delays=(), price_shocks=(),
                    volatility_times=(), replays=())  # fmt: skip
    inside = bars.close[(bars.time >= "2020-02-19") & (bars.time <= "2020-03-23"), 0]
    assert own.crises.loc["Pandemic crash 2020", "index_return"] == pytest.approx(
        inside[-1] / inside[0] - 1.0
    )


NOTHING = {"cost_times": (), "delays": (), "price_shocks": (), "volatility_times": (), "engine": "python"}


def test_the_index_by_default_has_the_crises_of_its_time(bars):
    found = ql.stress(Cross(), bars, **NOTHING, replays=())
    assert found.index_name == "S&P 500"
    # Closes of the S&P 500 on the days that the crises are named by: published numbers.
    closes = {
        "Dot-com bust": (1527.46, 776.76),
        "Financial crisis": (1565.15, 676.53),
        "Euro crisis 2011": (1345.02, 1099.23),
        "Pandemic crash 2020": (3386.15, 2237.40),
        "Inflation bear 2022": (4796.56, 3577.03),
    }
    for name, (peak, trough) in closes.items():
        assert found.crises.loc[name, "index_return"] == pytest.approx(trough / peak - 1.0, abs=1e-9)
    assert "Volatility shock 2018" in found.crises.index
    assert not {"Black Monday 1987", "Yen carry unwind 2024"} & set(found.crises.index)


def test_the_index_is_read_without_its_package(tmp_path):
    code = (
        "import sys\nfrom quantlab.research.crisis_index import sp500_returns\n"
        "print(len(sp500_returns()), 'skfolio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "8312 False\n"


def test_an_index_that_is_none_is_refused(bars, monkeypatch):
    def ask(index):
        return ql.stress(Cross(), bars, **NOTHING, index=index)

    returns = pd.Series(0.01, bars.time, name="mine")
    with pytest.raises(DataError, match="no symbol 'AA'"):
        ask("AA")
    with pytest.raises(DataError, match="nothing with returns by time: give index="):
        ask([0.1])
    with pytest.raises(DataError, match="no return at 2020-01-03"):
        ask(returns.where(bars.time != bars.time[2]))
    with pytest.raises(DataError, match=r"looks like prices, not returns: give prices\.pct_change"):
        ask(returns + 100.0)
    with pytest.raises(DataError, match=r"no crisis '2008'\. Known|Did you mean"):
        ql.stress(Cross(), bars, **NOTHING, replays=("2008",))
    monkeypatch.setattr(crisis_index, "SP500", "datasets/data/gone.csv.gz")
    with pytest.raises(DataError, match=r"has no datasets/data/gone\.csv\.gz.*or give index= a symbol"):
        ask(None)


def test_an_index_of_the_bars_needs_prices_above_zero():
    close = np.linspace(3.0, -3.0, 30)[:, None]
    sunk = ql.Bars.from_arrays(
        time=pd.bdate_range("2020-01-01", periods=30), symbols=["OIL"], open=close, high=close, low=close,
        close=close, allow_negative=True,
    )  # fmt: skip
    with pytest.raises(DataError, match="OIL has prices of zero or less"):
        ql.stress(Cross(), sunk, **NOTHING, index="OIL")


def test_a_symbol_that_was_not_yet_listed_saw_no_crisis(bars):
    late = np.where(np.arange(bars.n_bars)[:, None] < [0, 60], np.nan, 1.0)
    young = bars.with_arrays(
        **{name: bars[name] * late for name in ("open", "high", "low", "close", "volume")}
    )
    assert bars.time[60] > pd.Timestamp("2020-03-23")
    found = ql.stress(Cross(), young, **NOTHING, replays=(), index="B")
    assert "Pandemic crash 2020" not in found.crises.index


def test_costs_of_zero_are_not_multiplied(bars):
    found = ql.stress(
        Cross(), bars, engine="python", delays=(), price_shocks=(), volatility_times=(), replays=()
    )
    assert list(found.frame.index) == ["as it was"]
    assert [note for note in found.notes if "costs are zero" in note and "ql.Costs(commission=" in note]


def test_an_order_that_never_arrives_is_said(bars):
    hold = ql.FollowWeights(pd.DataFrame(0.5, bars.time, ["A", "B"]))
    found = ql.stress(hold, bars, **{**NOTHING, "delays": (bars.n_bars,)}, replays=())
    late = f"fills delayed by {bars.n_bars}"
    assert found.frame.loc[late, "total_return"] == 0.0
    assert any(f"{late}: no order was filled" in note for note in found.notes)


@settings(max_examples=40)
@given(st.integers(0, 9999), st.integers(5, 40), st.integers(1, 3), st.data())
def test_spliced_bars_follow_and_then_go_their_own_way(seed, n_bars, n_symbols, data):
    bars = random_bars(seed, n_bars, n_symbols)
    first = data.draw(st.integers(1, n_bars - 1))
    n = data.draw(st.integers(1, n_bars - first))
    returns = np.random.default_rng(seed).uniform(-0.3, 0.3, (n, n_symbols))
    new = spliced(bars, first, returns)
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(new[name][:first], bars[name][:first])
        np.testing.assert_allclose(new[name] / new.close, bars[name] / bars.close, rtol=1e-9)
    np.testing.assert_array_equal(new.volume, bars.volume)
    asked = np.zeros((n_bars, n_symbols))
    asked[first : first + n] = np.log1p(returns)
    within = np.isin(np.arange(n_bars), np.arange(first, first + n))
    for i in range(n_symbols):
        own = np.flatnonzero(bars.present[:, i])
        # Naively, from bar to bar: rows of the crisis count as it says, other rows as they were.
        for before, now in itertools.pairwise(own):
            rows = np.arange(before + 1, now + 1)
            was = np.log(bars.close[now, i] / bars.close[before, i])
            if within[rows].all():
                expected = asked[rows, i].sum()
            elif not within[rows].any():
                expected = was
            else:
                continue
            assert np.log(new.close[now, i] / new.close[before, i]) == pytest.approx(expected, abs=1e-9)


def test_betas_are_found_again_and_the_crisis_comes_where_exposure_was_largest():
    market = sp500_returns()["2015-01-02":"2015-12-31"]
    betas = np.array([0.5, 1.5])
    close = 100.0 * np.cumprod(1.0 + market.to_numpy()[:, None] * betas, axis=0)
    bars = ql.Bars.from_arrays(
        time=market.index,
        symbols=["LOW", "HIGH"],
        open=close,
        high=close * 1.01,
        low=close * 0.99,
        close=close,
    )
    assert sensitivity(bars, 200, sp500_returns()).betas == pytest.approx(betas, rel=1e-9)
    exposure = np.zeros(bars.n_bars)
    exposure[[10, 120, 150, 240]] = [9.0, -1.0, 0.5, 9.0]  # too early for betas, chosen, smaller, too late
    crisis = Crisis("Two days", "2020-03-13", "2020-03-17")
    replay = replayed(bars, crisis, sp500_returns(), exposure[:241], 0)
    days = sp500_returns()["2020-03-16":"2020-03-17"].to_numpy()
    new = replay.bars.close
    np.testing.assert_allclose(new[121:123] / new[120:122] - 1.0, days[:, None] * betas, rtol=1e-9)
    np.testing.assert_allclose(new[123] / new[122], bars.close[123] / bars.close[122], rtol=1e-9)
    assert f"stands in for 2 bars from {bars.time[121].date()} on" in replay.note
    assert "betas of 0.50 to 1.50 on S&P 500." in replay.note


def test_bars_of_another_time_react_to_their_own_mean():
    random = np.random.default_rng(3)
    close = 100.0 * np.cumprod(1.0 + random.normal(0.0, 0.01, (150, 1)) * [0.5, 1.5], axis=0)
    bars = ql.Bars.from_arrays(
        time=pd.bdate_range("2030-01-01", periods=150), symbols=["LOW", "HIGH"], open=close, high=close, low=close,
        close=close,
    )  # fmt: skip
    found = sensitivity(bars, 149, sp500_returns())
    assert found.betas == pytest.approx([0.5, 1.5], rel=1e-9)  # the mean of the two has a beta of 1
    assert "on the mean of the symbols (S&P 500 has too few" in found.market
    assert sensitivity(bars, 30, sp500_returns()).betas.tolist() == [1.0, 1.0]


def test_a_symbol_with_few_bars_gets_the_mean_beta():
    market = sp500_returns()["2015-01-02":"2015-12-31"]
    close = 100.0 * np.cumprod(1.0 + market.to_numpy()[:, None] * [0.5, 1.5, 3.0], axis=0)
    close[:180, 2] = np.nan
    bars = ql.Bars.from_arrays(
        time=market.index, symbols=["A", "B", "NEW"], open=close, high=close, low=close, close=close
    )
    assert sensitivity(bars, 200, sp500_returns()).betas == pytest.approx([0.5, 1.5, 1.0], rel=1e-9)


def test_weeks_take_as_many_sessions_of_the_crisis_as_they_span():
    crisis = next(one for one in CRISES if one.name == "Lehman autumn 2008")
    by_day, by_week = (crisis_returns(crisis, sp500_returns(), n) for n in (252.0, 52.0))
    assert (len(by_day), len(by_week)) == (49, 10)
    assert np.prod(1.0 + by_week) == pytest.approx(np.prod(1.0 + by_day), rel=1e-12)
    assert 1.0 + by_week[0] == pytest.approx(np.prod(1.0 + by_day[:5]), rel=1e-12)
    assert len(crisis_returns(crisis, sp500_returns(), 365.0)) == 49


def test_a_short_run_keeps_half_of_its_bars_for_the_crisis():
    short = made_bars(40)
    found = ql.stress(Cross(), short, **NOTHING, replays=("Lehman autumn 2008",))
    assert any("stands in for 20 bars (of its 49)" in note for note in found.notes)
    assert np.isfinite(found.frame.loc["Lehman autumn 2008 replayed", "total_return"])


def test_what_cannot_be_replayed_is_said(bars):
    young = pd.Series(0.001, bars.time, name="young")
    found = ql.stress(Cross(), bars, **NOTHING, index=young, replays=("Lehman autumn 2008",))
    assert found.frame.loc["Lehman autumn 2008 replayed"].isna().all()
    assert "young has returns from 2020-01-01 to" in found.notes[-1]
    own = pd.Series(np.append([0.0], np.diff(bars.close[:, 0]) / bars.close[:-1, 0]), bars.time)
    before = pd.Series(0.0, pd.bdate_range("2015-12-01", "2019-12-31"))
    before["2016-01-13"] = -0.5
    steep = pd.concat([before, own / 10.0]).rename("steep")  # A has a beta of 10 to it
    found = ql.stress(Cross(), bars.select("A"), **NOTHING, index=steep, replays=("Early 2016",))
    assert found.frame.loc["Early 2016 replayed"].isna().all()
    assert "would lose everything: leave it out" in found.notes[-1]


def test_a_run_without_exposure_has_no_worst_bar(bars):
    idle = ql.FollowWeights(pd.DataFrame(0.0, bars.time[:1], ["A", "B"]))
    found = ql.stress(idle, bars, **NOTHING)
    assert found.frame.loc["Pandemic crash 2020 replayed"].isna().all()
    assert "no net exposure at any close" in found.notes[-1]
    assert found.crises.empty


def test_no_crisis_is_replayed_within_sessions():
    hours = pd.date_range("2024-01-02 10:00", periods=48, freq="h", tz="UTC")
    close = 100.0 + np.arange(48.0)[:, None] % 7
    bars = ql.Bars.from_arrays(
        time=hours, symbols=["A"], open=close, high=close, low=close, close=close, tz="UTC"
    )
    found = ql.stress(Cross(), bars, **NOTHING)
    assert list(found.frame.index) == ["as it was"]
    assert any("no crisis is replayed on bars within sessions" in note for note in found.notes)
    with pytest.raises(DataError, match="cannot follow an index of closes"):
        replayed(bars, CRISES[0], sp500_returns(), np.ones(48), 0)


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
    with pytest.raises(DataError, match="n_resamples=0: give at least 1 sequence"):
        ql.redraw_trades(trading([1.0, 2.0]), n_resamples=0)
    with pytest.raises(DataError, match=r"takes what ql\.backtest returned, not 'x'"):
        ql.redraw_trades("x")
    with pytest.raises(DataError, match="method='shuffle' is not known"):
        ql.redraw_trades(trading([1.0, 2.0]), method="shuffle")


def test_prices_are_shocked_within_the_run(bars):
    class Buys(ql.Strategy):
        def on_bar(self, now):
            if now.position[0] == 0.0:
                now.order(0, 5.0)

    rising = bars.with_arrays(
        **{
            name: bars[name] * np.linspace(1.0, 2.0, bars.n_bars)[:, None]
            for name in ("open", "high", "low", "close")
        }
    )
    found = ql.stress(Buys(), rising, end=rising.time[40], **{**NOTHING, "price_shocks": (-0.2,)}, replays=())
    assert found.frame.loc["prices -20%", "total_return"] < found.frame.loc["as it was", "total_return"]


def test_a_delay_keeps_the_terms_of_a_same_close():
    change = later(2)(Terms(None, ql.Costs(), ql.Execution(fill="same_close", quotes=True)))
    assert change.execution == ql.Execution(fill="next_open", latency=1, quotes=True)
    with pytest.raises(DataError, match="0 bars is no delay"):
        later(0)(change)
