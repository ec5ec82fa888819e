"""A result taken apart adds up to the result; tables by hand, factors by another program."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings

import quantlab as ql
from quantlab.errors import DataError
from quantlab.forecasting.baselines import RidgeForecaster
from quantlab.research.attribution import signal_turnover
from quantlab.research.crises import CRISES, crisis_frame
from quantlab.research.exposures import exposure_frame, period_frame
from quantlab.research.factor_model import factor_model, read_factors
from tests.identities.test_accounts import account_runs, backtest
from tests.made_results import made_result
from tests.unit.research.swept import Cross, made_bars


@settings(max_examples=15)
@given(account_runs())
def test_every_table_adds_up_to_the_change_of_equity(case):
    result = backtest(case)
    taken = ql.attribute(result)
    change = result.equity.iloc[-1] - result.initial_cash
    near = {"rel": 1e-8, "abs": 1e-8 * (result.initial_cash + result.figures.traded_value)}
    for table in (taken.by_symbol, taken.by_side, taken.by_month, taken.by_hour):
        assert table["net"].sum() == pytest.approx(change, **near)
    per_bar = taken.profits.groupby("time")["amount"].sum().reindex(result.equity.index, fill_value=0.0)
    steps = np.diff(result.equity.to_numpy(), prepend=result.initial_cash)
    assert per_bar.to_numpy() == pytest.approx(steps, **near)
    costs = taken.costs["money"]
    for kind in ("commission", "slippage", "borrow"):
        assert costs.get(kind, 0.0) == pytest.approx(result.costs_paid.get(kind, 0.0), **near)


OWN = RidgeForecaster(features=(ql.feature("momentum", lookback=1), ql.feature("momentum", lookback=5)))


def hand_bars():
    """A doubles and then halves; B falls by a tenth and back."""
    close = np.array([[10.0, 20.0], [10.0, 20.0], [20.0, 18.0], [10.0, 20.0]])
    opens = np.array([[10.0, 20.0], [10.0, 20.0], [10.0, 20.0], [20.0, 18.0]])
    return ql.Bars.from_arrays(
        time=pd.to_datetime(["2020-01-30", "2020-01-31", "2020-02-03", "2020-02-04"]), symbols=["A", "B"],
        open=opens, high=np.maximum(opens, close), low=np.minimum(opens, close), close=close,
    )  # fmt: skip


class Pair(ql.Strategy):
    """Ten units of A long and five of B short at the second bar; out of A at the open of the last."""

    def on_bar(self, now):
        if now.bar == 0:
            now.order(0, 10.0)
            now.order(1, -5.0)
        if now.bar == 2:
            now.close_position(0)


def test_a_pair_by_hand():
    costs = ql.Costs(commission_fixed=1.0, slippage=0.01)
    result = ql.backtest(
        Pair(), hand_bars(), cash=1000.0, costs=costs, engine="python", account=ql.Account(leverage=2.0)
    )
    taken = ql.attribute(result)
    # A: 10 → 20 and sold at the open at 20: +100; slippage 0.1·10 + 0.2·10, two commissions.
    assert taken.by_symbol.loc["A"].to_dict() == pytest.approx(
        {"price": 100.0, "commission": -2.0, "slippage": -3.0, "net": 95.0}
    )
    # B: short at 20, 18 and back at 20: nothing; slippage 0.2·5, one commission.
    assert taken.by_symbol.loc["B"].to_dict() == pytest.approx(
        {"price": 0.0, "commission": -1.0, "slippage": -1.0, "net": -2.0}
    )
    assert taken.by_side["net"].to_dict() == pytest.approx({"long": 95.0, "short": -2.0})
    assert taken.by_month["net"].to_dict() == pytest.approx({"2020-01": -4.0, "2020-02": 97.0})
    assert taken.by_month["return"].to_dict() == pytest.approx({"2020-01": -0.004, "2020-02": 97.0 / 996.0})
    assert taken.costs.loc["total"].to_dict() == pytest.approx(
        {"money": 7.0, "of_initial_cash": 0.007, "of_traded_value": 7.0 / (101.0 + 99.0 + 198.0)}
    )
    assert taken.by_holding.to_dict("index") == {
        "2 to 5": {
            "n": 1,
            "profit": pytest.approx(95.0),
            "mean_return": pytest.approx(95.0 / 101.0),
            "win_rate": 1.0,
        }
    }
    chain = taken.forecast_chain
    growth = (1.0 + 110.0 / 996.0) * (1.0 - 10.0 / 1106.0)
    assert chain["gross"] == pytest.approx(growth ** (252 / 4) - 1.0)
    assert chain["net"] == result.cagr
    assert math.isnan(chain["ic"])
    assert "signal_turnover" not in chain  # nothing is known of a signal
    text = " ".join(str(taken).split())
    for expected in ("Profit by symbol", "by side", "Costs", "Trades by bars held", "Periods"):
        assert expected in text
    assert "total 100.00 -3.00 -4.00 93.00" in text  # by kind, both sides
    assert "hour" not in text
    assert "<table>" in taken._repr_html_()


def test_symbols_in_between_are_counted():
    bars = made_bars(60, tuple(f"S{k:02}" for k in range(25)))
    taken = ql.attribute(ql.backtest(Cross(), bars, engine="python"))
    assert len(taken.by_symbol) == 25
    assert "5 symbols in between are not shown" in str(taken)


def test_hours_are_those_of_the_bars():
    time = pd.date_range("2024-01-02 10:00", periods=6, freq="h", tz="America/New_York")
    close = np.array([[1.0], [1.0], [2.0], [2.0], [1.0], [1.0]])
    opens = np.vstack([close[:1], close[:-1]])
    bars = ql.Bars.from_arrays(
        time=time, symbols=["A"], open=opens, high=np.maximum(opens, close), low=np.minimum(opens, close), close=close,
        tz="America/New_York", calendar="24/7",
    )  # fmt: skip
    result = ql.backtest(
        ql.FollowWeights(pd.DataFrame({"A": [1.0]}, index=bars.time[:1])), bars, cash=100.0, engine="python"
    )
    assert "Profit by hour of the close" in str(ql.attribute(result))
    net = ql.attribute(result).by_hour["net"]
    assert {hour: money for hour, money in net.items() if money} == pytest.approx({12: 100.0, 14: -100.0})


def test_exposure_and_concentration_by_hand():
    result = made_result([0.1, 0.0, 0.0])
    weights = pd.DataFrame([[0.5, -0.25, 0.25], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], result.equity.index)
    result.__dict__["weights"] = weights
    frame = exposure_frame(result)
    assert frame.iloc[0].to_dict() == pytest.approx(
        {
            "gross": 1.0,
            "net": 0.5,
            "long": 0.75,
            "short": -0.25,
            "n_held": 3,
            "herfindahl": 0.375,
            "top_5": 1.0,
        }
    )
    assert frame.iloc[1][["gross", "n_held"]].tolist() == [0.0, 0.0]
    assert frame.iloc[1][["herfindahl", "top_5"]].isna().all()
    assert frame.iloc[2]["herfindahl"] == 1.0
    many = made_result([0.1])
    many.__dict__["weights"] = pd.DataFrame([[0.3, 0.2, -0.1, 0.1, 0.1, 0.1, 0.1]], many.equity.index)
    assert exposure_frame(many)["top_5"].tolist() == pytest.approx([0.8])


def test_periods_by_hand():
    time = pd.to_datetime(["2019-12-31", "2020-01-31", "2020-02-28", "2020-04-30"])
    frame = period_frame(pd.Series([110.0, 99.0, 99.0, 198.0], time), 100.0)
    month = frame.loc["month"]
    assert (month["best"], month["best_period"], month["worst"], month["worst_period"]) == (
        pytest.approx(1.0), "2020-04", pytest.approx(-0.1), "2020-01",
    )  # fmt: skip
    assert (month["n"], month["positive"], month["mean"]) == (4, 0.5, pytest.approx(0.25))
    assert frame.loc["year", "best_period"] == "2020"
    assert frame.loc["quarter", "n"] == 3


def test_crises_overlap_the_run_and_begin_after_the_peak():
    time = pd.bdate_range("2020-02-10", "2020-04-10")
    returns = pd.Series(0.0, time)
    returns["2020-02-19"] = 0.5  # ended at the peak: before the crisis
    returns["2020-02-20"], returns["2020-03-23"], returns["2020-03-24"] = -0.1, -0.2, 0.7
    frame = crisis_frame(returns, returns * 2.0)
    assert list(frame.index) == ["Pandemic crash 2020"]
    row = frame.iloc[0]
    assert (row["first"], row["last"], row["bars"]) == (
        pd.Timestamp("2020-02-20"),
        pd.Timestamp("2020-03-23"),
        23,
    )
    assert (row["return"], row["max_drawdown"]) == (pytest.approx(-0.28), pytest.approx(-0.28))
    assert row["benchmark"] == pytest.approx(0.8 * 0.6 - 1.0)
    assert crisis_frame(returns["2020-04-01":], None).empty
    assert all(crisis.start < crisis.end for crisis in CRISES)


def test_factors_are_found_again_with_the_errors_of_newey_and_west():
    random = np.random.default_rng(1)
    time = pd.bdate_range("2015-01-01", periods=1500)
    factors = pd.DataFrame(random.normal(0.0, 0.01, (1500, 2)), time, ["MKT", "SMB"])
    noise = random.normal(0.0, 0.005, 1500)
    returns = 0.0002 + factors @ [0.8, -0.3] + noise
    model = factor_model(
        returns + 0.0001, factors.iloc[:1400].assign(RF=0.0001), rate_per_bar=9.0, periods_per_year=252
    )
    assert model.n_bars == 1400
    assert model.frame.loc["MKT", "coefficient"] == pytest.approx(0.8, abs=0.05)
    assert abs(model.frame.loc["SMB", "coefficient"] + 0.3) < 4 * model.frame.loc["SMB", "error"]
    # Another way: normal equations and the sandwich with Bartlett weights, in plain NumPy.
    x = np.column_stack([np.ones(1400), factors.to_numpy()[:1400]])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ returns.to_numpy()[:1400]
    scores = x * (returns.to_numpy()[:1400] - x @ beta)[:, None]
    middle = scores.T @ scores
    for lag in range(1, model.lags + 1):
        both = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (model.lags + 1)) * (both + both.T)
    errors = np.sqrt(np.diag(inverse @ middle @ inverse) * 1400 / 1397)
    assert model.frame["coefficient"].to_numpy() == pytest.approx(beta, rel=1e-9)
    assert model.frame["error"].to_numpy() == pytest.approx(errors, rel=1e-9)
    assert model.alpha_annual == pytest.approx((1.0 + beta[0]) ** 252 - 1.0)
    assert "MKT" in str(model)
    # And another program: statsmodels' errors are normal ones too.
    theirs = sm.OLS(returns.to_numpy()[:1400], x).fit(
        cov_type="HAC", cov_kwds={"maxlags": model.lags, "use_correction": True}
    )
    assert model.frame["t"].to_numpy() == pytest.approx(theirs.tvalues, rel=1e-9)
    assert model.frame["p"].to_numpy() == pytest.approx(theirs.pvalues, rel=1e-6, abs=1e-300)
    assert model.r_squared == pytest.approx(theirs.rsquared, rel=1e-9)


def test_the_benchmark_is_the_factor_unless_others_are_given(tmp_path):
    bars = made_bars(200)
    result = ql.backtest(
        ql.FollowWeights(pd.DataFrame(0.5, bars.time, ["A", "B"])), bars, benchmark="A", engine="python"
    )
    taken = ql.attribute(result)
    # one factor: its coefficient is the beta of the catalogue
    assert taken.factors().frame.loc["A", "coefficient"] == pytest.approx(result.beta, rel=1e-9)
    path = tmp_path / "factors.csv"
    rows = "\n".join(f"{day:%Y%m%d},  {k % 7 - 3:.2f}, -99.99,  0.01" for k, day in enumerate(bars.time))
    path.write_text(f"This file was created\n\n,Mkt-RF,SMB,RF\n{rows}\n\n Annual\n  2020, 1, 2, 3\n")
    table = read_factors(path)
    assert (len(table), list(table.columns)) == (200, ["Mkt-RF", "SMB", "RF"])
    assert (table["Mkt-RF"].iloc[0], table["RF"].iloc[0]) == (-0.03, 0.0001)
    assert table["SMB"].isna().all()
    table.drop(columns="SMB").mul(100.0).set_axis(table.index.strftime("%Y%m%d")).to_csv(path)
    assert taken.factors(path).n_bars == 200
    monthly = tmp_path / "monthly.csv"
    monthly.write_text("x\n,Mkt-RF\n202001, 1.5\n202002, -2.0\n")
    assert read_factors(monthly).index.tolist() == [pd.Timestamp("2020-01-31"), pd.Timestamp("2020-02-29")]


def test_what_cannot_be_regressed_or_taken_apart_is_refused(tmp_path):
    taken = ql.attribute(made_result(np.random.default_rng(1).normal(0.0, 0.01, 50)))
    with pytest.raises(DataError, match="Give factors, or run the backtest with a benchmark"):
        taken.factors()
    with pytest.raises(DataError, match="0 bars with 1 factors are too few"):
        taken.factors(pd.Series([0.1], pd.to_datetime(["1999-01-04"]), name="MKT"))
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"noo\.csv does not exist\. Did you mean 'no\.csv'"):
        taken.factors(tmp_path / "noo.csv")
    with pytest.raises(DataError, match=r"gone does not exist\. Give a CSV file of French"):
        taken.factors(tmp_path / "deeper" / "gone")
    time = taken.result.returns.index
    varied = pd.Series(np.random.default_rng(2).normal(0.0, 0.01, 50), time)
    with pytest.raises(DataError, match=r"factor FLAT is 0\.01 on all 50 bars.*leave it out"):
        taken.factors(pd.DataFrame({"MKT": varied, "FLAT": 0.01}))
    with pytest.raises(DataError, match=r"MKT, TWICE are combinations of each other.*leave one out"):
        taken.factors(pd.DataFrame({"MKT": varied, "TWICE": 2.0 * varied}))
    assert np.isfinite(taken.factors(pd.DataFrame({"MKT": varied, "TINY": 1e-9 * varied.shift(1, fill_value=0.0)}))
                       .frame["t"]).all()  # fmt: skip
    with pytest.raises(DataError, match="no rows as"):
        taken.factors(tmp_path / "no.csv")
    with pytest.raises(DataError, match=r"what ql\.backtest returned"):
        ql.attribute([1])


def test_from_forecast_to_money():
    bars = made_bars(300, ("A", "B"))

    class Follow(ql.Strategy):
        outlook = ql.forecast(OWN)

        def on_bar(self, now):
            for i in range(now.n_symbols):
                now.target_weight(i, 0.5 if now[self.outlook, i] > 0.0 else 0.0)

    table = ql.walk_forward(OWN, bars, ql.WalkForward(train=100, test=50))
    result = ql.backtest(Follow(), bars, forecasts=table, costs=ql.Costs(commission=0.001), engine="python")
    chain = ql.attribute(result, forecasts=table).forecast_chain
    own = table.scores(bars).frame
    first = own[~own.index.get_level_values(0).astype(str).str.contains("naive")].iloc[0]
    assert (chain["ic"], chain["rank_ic"]) == (first["ic"], first["rank_ic"])
    assert chain["gross"] > chain["net"]
    assert chain["costs"] == chain["gross"] - chain["net"]
    assert 0.0 < chain["signal_turnover"] <= 1.0


def test_turnover_of_a_signal_by_hand():
    frame = pd.DataFrame(
        {"A": [0.01, 0.01, np.nan, 0.0], "B": [-0.01, 0.03, np.nan, 0.02]},
        pd.bdate_range("2020-01-01", periods=4),
    )
    table = ql.Forecasts.from_frame(frame, trained_through="2019-12-31")
    # (½, −½) → (¼, ¾): (¼ + 5/4)/2 = 3/4; the third bar has no signal; → (0, 1): (¼ + ¼)/2 = 1/4
    assert signal_turnover(table) == pytest.approx(0.5)
