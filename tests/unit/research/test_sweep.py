"""A sweep is many backtests: the same numbers, ranked, with what failed and how much is luck."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import DataError, ForecastError, StrategyError
from quantlab.forecasting.baselines import NaiveForecaster
from quantlab.metrics.deflation import expected_max_sharpe
from quantlab.metrics.inference import probabilistic_sharpe
from quantlab.research import needs
from tests.unit.research.swept import Choosy, Cross, Fragile, made_bars

OVER = {"fast": [3, 5], "slow": [8, 13, 21]}
SETTINGS = {"cash": 5000.0, "costs": ql.Costs(commission=0.001), "risk_free_annual": 0.02}


@pytest.fixture(scope="module")
def bars():
    return made_bars()


@pytest.fixture(scope="module")
def swept(bars):
    return ql.sweep(Cross, bars, over=OVER, workers=1, engine="python", **SETTINGS)


def alone(bars, strategy, **settings):
    return ql.backtest(strategy, bars, engine="python", **{**SETTINGS, **settings})


def test_every_trial_has_the_bits_of_its_backtest(bars, swept):
    assert list(swept.frame.columns) == [
        "fast", "slow", "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar",
        "n_fills", "error",
    ]  # fmt: skip
    assert list(zip(swept.frame["fast"], swept.frame["slow"], strict=True)) == [
        (3, 8), (3, 13), (3, 21), (5, 8), (5, 13), (5, 21),
    ]  # fmt: skip
    for row in swept.frame.itertuples():
        result = alone(bars, Cross(fast=row.fast, slow=row.slow))
        for name in swept.metrics:
            assert getattr(row, name) == result.metrics[name]
    assert (swept.frame["error"] == "").all()


@pytest.mark.parametrize("execution", [None, ql.Execution(fill="same_close")])
def test_start_end_account_and_execution_reach_every_trial(bars, execution):
    settings = {
        "start": "2020-03-02", "end": "2020-12-31", "account": ql.Account(leverage=0.5), "execution": execution,
    }  # fmt: skip
    swept = ql.sweep(Cross, bars, over={"fast": [4]}, workers=1, engine="python", **SETTINGS, **settings)
    result = alone(bars, Cross(fast=4), **settings)
    assert swept.frame["sharpe"].iloc[0] == result.sharpe
    assert any("SAME CLOSE" in note for note in swept.notes) == (execution is not None)


def test_an_instance_holds_the_other_parameters(bars):
    swept = ql.sweep(Cross(slow=30), bars, over={"fast": [4]}, workers=1, engine="python", **SETTINGS)
    assert swept.best.strategy == Cross(fast=4, slow=30)
    assert swept.frame["cagr"].iloc[0] == alone(bars, Cross(fast=4, slow=30)).cagr


def test_any_metric_of_the_catalogue(bars):
    names = ("win_rate", "turnover", "beta", "sharpe")
    swept = ql.sweep(
        Cross, bars, over=OVER, metrics=names, rank_by="win_rate", benchmark="A", workers=1, engine="python",
        **SETTINGS,
    )  # fmt: skip
    result = alone(bars, Cross(fast=3, slow=8), benchmark="A")
    assert [swept.frame[name].iloc[0] for name in names] == [result.metrics[name] for name in names]
    assert swept.metrics == names


def test_the_metric_that_ranks_and_sharpe_are_always_there(bars):
    swept = ql.sweep(
        Cross, bars, over={"fast": [3]}, metrics=["cagr"], rank_by="calmar", workers=1, engine="python"
    )
    assert swept.metrics == ("cagr", "calmar", "sharpe")


def test_each_distinct_feature_is_computed_once(bars, monkeypatch):
    computed, compute = [], needs.compute_input
    monkeypatch.setattr(needs, "compute_input", lambda f, bars: computed.append(f) or compute(f, bars))
    ql.sweep(Cross, bars, over={"fast": [3, 5, 8], "slow": [8, 13]}, workers=1, engine="python")
    assert sorted(feature.lookback for feature in computed) == [3, 5, 8, 13]  # 8 is both fast and slow


def test_features_that_do_not_fit_are_computed_in_waves_with_the_same_numbers(bars, swept, monkeypatch):
    monkeypatch.setattr(needs, "ROOM_BYTES", 3 * bars.close.nbytes)
    most = []
    shared = needs.Needs._shared
    monkeypatch.setattr(
        needs.Needs, "_shared", lambda self, n: most.append(len(self._computed)) or shared(self, n)
    )
    again = ql.sweep(Cross, bars, over=OVER, workers=1, engine="python", **SETTINGS)
    pd.testing.assert_frame_equal(again.frame, swept.frame, check_exact=True)
    assert len(most) > 1
    assert max(most) <= 3


def test_best_top_and_ties(bars, swept):
    ordered = swept.frame.sort_values("sharpe", ascending=False)
    assert swept.top(3).index.tolist() == ordered.index[:3].tolist()
    assert swept.best.number == ordered.index[0]
    assert swept.best.metrics["sharpe"] == ordered["sharpe"].iloc[0]
    assert swept.best.strategy == Cross(fast=int(ordered["fast"].iloc[0]), slow=int(ordered["slow"].iloc[0]))
    assert swept.best.result.equity.equals(alone(bars, swept.best.strategy).equity)
    tied = ql.sweep(Choosy, bars, over={"word": ["b", "a"], "share": [0.2]}, workers=1, engine="python")
    assert tied.frame["sharpe"].nunique() == 1
    assert tied.best.number == 0


def test_lower_is_better_where_the_catalogue_says_so(bars):
    swept = ql.sweep(
        Choosy, bars, over={"share": [0.9, 0.1, 0.5]}, rank_by="volatility", workers=1, engine="python"
    )
    assert swept.top()["share"].tolist() == [0.1, 0.5, 0.9]


def test_undefined_never_ranks_first_and_without_any_there_is_no_best(bars):
    swept = ql.sweep(Choosy, bars, over={"share": [0.0, 0.3]}, workers=1, engine="python")
    assert math.isnan(swept.frame["sharpe"].iloc[0])
    assert swept.best.number == 1
    idle = ql.sweep(Choosy, bars, over={"share": [0.0]}, workers=1, engine="python")
    with pytest.raises(DataError, match="No trial is best: none of the 1 has both"):
        _ = idle.best
    assert math.isnan(idle.deflated_sharpe)
    assert "n/a" in str(idle)


def test_a_failed_trial_is_recorded_and_the_others_go_on(bars):
    swept = ql.sweep(Fragile, bars, over={"level": range(5)}, workers=1, engine="python")
    errors = swept.frame["error"]
    assert errors.iloc[0].startswith("ZeroDivisionError: ")
    assert "in on_bar of Fragile(level=0) at bar 5 (2020-01-08)" in errors.iloc[0]
    assert [bool(error) for error in errors] == [True, False, False, True, False]
    assert swept.frame.loc[0, list(swept.metrics)].isna().all()
    assert swept.frame["sharpe"].iloc[1] == ql.backtest(Fragile(level=1), bars, engine="python").sharpe
    assert (swept.n_failed, swept.n_trials) == (2, 5)
    assert "2 of 5 trials failed; the first, Fragile(level=0): ZeroDivisionError" in " ".join(
        str(swept).split()
    )


def test_a_trial_whose_inputs_cannot_be_computed_fails_alone(bars):
    class Apart(ql.Strategy):
        fast: int = ql.param(default=2, low=1, high=9)
        slow: int = ql.param(default=5, low=1, high=9)
        between = ql.feature("sma", lookback=slow - fast)

        def on_bar(self, now):
            now.target_weight(0, 1.0)

    swept = ql.sweep(Apart, bars, over={"fast": [2, 5], "slow": [4, 5]}, workers=1, engine="python")
    assert [bool(error) for error in swept.frame["error"]] == [False, False, True, True]
    assert "lookback must be a whole number" in swept.frame["error"].iloc[3]


def test_all_failed_raises_with_the_first_error_and_the_way_to_it(bars):
    with pytest.raises(
        StrategyError, match=r"All 2 trials failed. The first: ZeroDivisionError: .* at bar 5"
    ) as told:
        ql.sweep(Fragile, bars, over={"level": [0, 3]}, workers=1, engine="python")
    assert "ql.backtest(Fragile(level=0), bars) shows the line" in str(told.value)


def test_an_interrupt_passes_through(bars):
    class Stop(ql.Strategy):
        level: int = ql.param(default=1)

        def on_bar(self, now):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ql.sweep(Stop, bars, over={"level": [1, 2]}, workers=1, engine="python")


def test_forecasts_are_made_once_for_all_trials(bars, monkeypatch):
    class Follow(ql.Strategy):
        floor: float = ql.param(default=0.0, low=-1.0, high=1.0)
        outlook = ql.forecast(NaiveForecaster(horizon=1))

        def on_bar(self, now):
            now.target_weight(0, 1.0 if now[self.outlook, 0] > self.floor else 0.0)

    from quantlab.forecasting import walk_forward as room

    made = []
    walk = room.walk_forward
    monkeypatch.setattr(room, "walk_forward", lambda *a, **k: made.append(1) or walk(*a, **k))
    folds = ql.WalkForward(train=100, test=50)
    swept = ql.sweep(
        Follow, bars, over={"floor": [-0.5, 0.0, 0.5]}, folds=folds, workers=1, engine="python", **SETTINGS
    )
    assert len(made) == 1
    for number, floor in enumerate([-0.5, 0.0, 0.5]):
        expected = alone(bars, Follow(floor=floor), folds=folds).total_return
        assert swept.frame["total_return"].iloc[number] == expected
    assert swept.trial(1).result.forecast_scores is not None
    with pytest.raises(ForecastError, match="declares no"):
        ql.sweep(Cross, bars, over=OVER, forecasts=swept._settings["forecasts"]["outlook"])


def test_inputs_that_a_strategy_decides_on_itself(bars):
    class Own(ql.Strategy):
        lookback: int = ql.param(default=5, low=2, high=50)

        def declared_inputs(self):
            return {"average": ql.feature("sma", lookback=self.lookback)}

        def on_bar(self, now):
            now.target_weight(0, 1.0 if now.close[0] > now[self.average, 0] else 0.0)

    swept = ql.sweep(Own, bars, over={"lookback": [5, 20]}, workers=1, engine="python", **SETTINGS)
    expected = [alone(bars, Own(lookback=n)).total_return for n in (5, 20)]
    assert swept.frame["total_return"].tolist() == expected


def test_deflation_counts_all_trials(bars, swept):
    sharpes = swept.frame["sharpe"].to_numpy() / math.sqrt(bars.periods_per_year)
    rate = 1.02 ** (1.0 / bars.periods_per_year) - 1.0
    returns = swept.best.result.returns.to_numpy()
    luck = expected_max_sharpe(sharpes.var(ddof=1), 6)
    expected = probabilistic_sharpe(returns, benchmark_per_bar=luck, rate_per_bar=rate)
    assert swept.deflated_sharpe == pytest.approx(expected, rel=1e-12)
    assert swept.lucky_sharpe == pytest.approx(luck * math.sqrt(bars.periods_per_year), rel=1e-12)
    single = ql.sweep(Cross, bars, over={"fast": [3]}, workers=1, engine="python")
    assert single.deflated_sharpe == single.best.result.metrics["probabilistic_sharpe"]


def test_what_was_picked_from_a_sweep_says_so_and_is_deflated_wherever_it_goes(bars, swept, tmp_path):
    picked = swept.best.result
    assert (picked.provenance["sweep"]["trials"], picked.provenance["trials"]) == (6, 6)
    plain = alone(bars, swept.best.strategy)
    assert (
        plain.deflated_sharpe == plain.probabilistic_sharpe > picked.deflated_sharpe == swept.deflated_sharpe
    )
    assert picked.provenance["fingerprint"] == plain.provenance["fingerprint"]
    assert ql.Result.load(picked.save(tmp_path / "run")).deflated_sharpe == picked.deflated_sharpe
    compared = ql.compare([picked, plain], by="deflated_sharpe", n_resamples=10).frame["deflated_sharpe"]
    assert compared.tolist() == pytest.approx([plain.deflated_sharpe, picked.deflated_sharpe], rel=1e-12)


def test_tuned_forecasts_multiply_the_trials_of_a_sweep(bars):
    class Follow(ql.Strategy):
        edge: float = ql.param(default=0.0, low=-0.01, high=0.01)
        outlook = ql.forecast(NaiveForecaster())

        def on_bar(self, now):
            now.target_weight(0, 1.0 if now[self.outlook, 0] > self.edge else 0.0)

    names = {"trained_through": "2019-12-31", "horizon": 1}
    random = np.random.default_rng(4).normal(0.0, 0.01, bars.close.shape)
    made = ql.Forecasts.from_frame(pd.DataFrame(random, bars.time, list(bars.symbols)), **names)
    tuned = replace(made, provenance={"trials": 20})
    settings = {"over": {"edge": [0.0, 0.002, 0.004]}, "workers": 1, "engine": "python"}
    once, often = (ql.sweep(Follow, bars, forecasts=table, **settings) for table in (made, tuned))
    assert (once.tuned_trials, often.tuned_trials) == (1, 20)
    variance = (once.frame["sharpe"] / math.sqrt(bars.periods_per_year)).var()
    luck = expected_max_sharpe(variance + 1.0 / (bars.n_bars - 1), 60)
    assert often.lucky_sharpe == pytest.approx(luck * math.sqrt(bars.periods_per_year), rel=1e-12)
    assert often.deflated_sharpe < once.deflated_sharpe
    assert "× 20 (of forecasters)" in " ".join(str(often).split())


def test_overfitting_of_a_sweep_is_that_of_its_trials_returns(bars, swept):
    runs = {n: alone(bars, swept.trial(n).strategy).returns for n in range(6)}
    pd.testing.assert_frame_equal(swept.returns, pd.DataFrame(runs).rename_axis(columns="trial"))
    judged = swept.overfitting(parts=6)
    assert len(judged.frame) == 20
    assert judged.probability == ql.overfitting(swept.returns, parts=6).probability


def test_it_prints_as_a_table_with_its_doubt(swept):
    text = str(swept)
    assert text.startswith("Sweep of Cross() over fast, slow\n2020-01-01 to ")
    assert "6 trials · best first by Sharpe" in text
    flat = " ".join(text.split())
    assert "The best of 6 trials is partly the luckiest" in flat
    assert "deflated Sharpe" in flat
    assert repr(swept) == text
    assert max(map(len, text.splitlines()[2:])) <= 100
    page = swept._repr_html_()
    assert page.count("<tr>") == 7
    assert "<script" not in page


def test_a_fixed_parameter_stands_in_the_title(bars):
    swept = ql.sweep(Cross(slow=30), bars, over={"fast": [4]}, workers=1, engine="python")
    assert str(swept).startswith("Sweep of Cross(slow=30) over fast\n")


def test_the_heat_map_has_a_cell_a_pair(swept):
    plot = swept.heatmap()
    (cells,) = plot.data
    assert (cells.x, cells.y) == (("3", "5"), ("8", "13", "21"))
    expected = swept.frame.pivot(index="slow", columns="fast", values="sharpe").to_numpy()
    np.testing.assert_array_equal(cells.z, expected)
    assert plot.layout.title.text == "Sharpe, Cross"
    assert (plot.layout.xaxis.title.text, plot.layout.yaxis.title.text) == ("fast", "slow")
    turned = swept.heatmap("slow", metric="max_drawdown").data[0]
    assert (turned.x, turned.y) == (("8", "13", "21"), ("3", "5"))


def test_other_parameters_are_summed_up_by_their_median(bars):
    over = {"share": [0.2, 0.4], "free": [1, 2], "word": ["a", "b", "c"]}
    swept = ql.sweep(Choosy, bars, over=over, workers=1, engine="python")
    plot = swept.heatmap("word", "share", metric="total_return")
    assert plot.layout.title.text == "Total return, Choosy (median over free)"
    by_hand = swept.frame.groupby(["share", "word"])["total_return"].median().unstack()
    np.testing.assert_array_equal(plot.data[0].z, by_hand.to_numpy())


def test_one_parameter_is_a_line_and_many_numbers_become_ranges(bars):
    line = ql.sweep(Choosy, bars, over={"share": [0.1, 0.5, 0.9]}, workers=1, engine="python").heatmap()
    assert (list(line.data[0].x), line.data[0].mode) == ([0.1, 0.5, 0.9], "lines")
    assert line.layout.xaxis.title.text == "share"
    many = ql.sweep(
        Choosy,
        bars,
        over={"share": np.linspace(0.0, 1.0, 60), "loud": [False, True]},
        workers=1,
        engine="python",
    ).heatmap()
    assert (len(many.data[0].x), many.data[0].y) == (20, ("False", "True"))


def test_a_figure_of_what_is_not_there_is_answered_with_advice(swept):
    with pytest.raises(DataError, match=r"no parameter 'fats'\. Did you mean 'fast'"):
        swept.heatmap("fats")
    with pytest.raises(DataError, match=r"no metric 'sharp'\. Did you mean 'sharpe'"):
        swept.heatmap(metric="sharp")
    with pytest.raises(DataError, match="both 'fast'"):
        swept.heatmap("fast", "fast")
    with pytest.raises(DataError, match="numbered from 0 to 5"):
        swept.trial(6)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"metrics": ["sharp"]}, DataError, "no metric 'sharp'. Did you mean 'sharpe'"),
        ({"rank_by": "n_fills"}, DataError, "Neither a high nor a low n_fills"),
        ({"workers": 0}, StrategyError, "workers=0"),
        ({"workers": True}, StrategyError, "workers=True"),
        ({"engine": "fast"}, StrategyError, "engine='fast' is not known"),
        ({"costs": 0.001}, StrategyError, "costs=0.001 is a float"),
        ({"cash": 0.0}, DataError, "cash=0.0"),
        ({"over": None}, StrategyError, "Say what to try"),
    ],
)
def test_wrong_arguments_are_answered_before_anything_runs(bars, wrong, error, words):
    with pytest.raises(error, match=words):
        ql.sweep(Cross, bars, **{"over": OVER, **wrong})


def test_what_is_no_strategy_or_bars(bars):
    with pytest.raises(StrategyError, match="is no strategy"):
        ql.sweep(int, bars, over=OVER)
    with pytest.raises(DataError, match=r"read it with ql.read_bars"):
        ql.sweep(Cross, "sample:us5", over=OVER)


def test_a_parameter_may_not_be_called_like_a_column(bars):
    class Odd(ql.Strategy):
        sharpe: int = ql.param(default=1)

        def on_bar(self, now):
            pass

    with pytest.raises(StrategyError, match="cannot be called 'sharpe'"):
        ql.sweep(Odd, bars, over={"sharpe": [1]})
