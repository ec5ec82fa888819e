"""Several strategies on one account: what is declared, and examples worked out by hand."""

import numpy as np
import pandas as pd
import pytest

import quantlab as ql
from quantlab.errors import ForecastError, ResultError, StrategyError
from quantlab.report.page import report
from strategies.buy_and_hold import BuyAndHold
from strategies.mean_reversion import MeanReversion
from strategies.sma_cross import SmaCross
from tests.identities.cases import replay

NAN = float("nan")
BOOKS = ("separate", "netted")
HARSH = ql.Costs(commission=0.01, slippage=0.1)


def flat(prices, symbols=("A",), **settings):
    """Bars that open, trade and close at one price."""
    panel = np.array(prices, float).reshape(len(prices), -1)
    return ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(len(panel)),
        symbols=symbols, open=panel, high=panel, low=panel, close=panel, **settings,
    )  # fmt: skip


def orders(**script):
    """A strategy that orders units: ``bar_0={"A's number": 5.0}``."""
    return replay(
        {int(bar[4:]): [(i, "units", q) for i, q in wishes.items()] for bar, wishes in script.items()}
    )


def two(one, other, books="separate", **shares):
    return ql.Portfolio({"one": one, "other": other}, books=books, **shares)


BUYS, SELLS = orders(bar_0={0: 5.0}), orders(bar_0={0: -3.0})
RISES = flat([10, 10, 20])
SHORT = "Annualised from 3 sessions: figures a year say little."


def test_separate_books_are_summed():
    result = ql.backtest(two(BUYS, SELLS), RISES, cash=200.0, costs=HARSH)
    # 100 - 5 x 11 - 0.55 and 100 + 3 x 9 - 0.27.
    assert result.cash.tolist() == pytest.approx([200.0, 44.45 + 126.73, 44.45 + 126.73])
    assert result.positions["A"].tolist() == [0.0, 2.0, 2.0]
    assert result.equity.tolist() == pytest.approx([200.0, 94.45 + 96.73, 144.45 + 66.73])
    assert result.costs_paid == pytest.approx({"commission": 0.82, "slippage": 8.0})
    assert result.notes == (SHORT,)
    fills = result.fills
    assert fills["strategy"].tolist() == ["one", "other"]
    assert fills["order_id"].tolist() == [0, 1]
    assert fills["position"].tolist() == [5.0, 2.0]
    assert fills["cash"].tolist() == pytest.approx([144.45, 171.18])
    assert result.orders["strategy"].tolist() == ["one", "other"]
    assert result.trades["strategy"].tolist() == ["one", "other"]
    assert result.trades["profit"].tolist() == pytest.approx([44.45, -33.27])


def test_what_crosses_inside_costs_nothing():
    result = ql.backtest(two(BUYS, SELLS, "netted"), RISES, cash=200.0, costs=HARSH)
    fills = result.fills
    # 2 of the 5 are bought at 11: 200 - 22 - 0.22.
    assert fills[["order_id", "quantity", "price", "reference_price"]].values.tolist() == [
        [-1, 2.0, 11.0, 10.0]
    ]
    assert fills["commission"].tolist() == pytest.approx([0.22])
    assert result.cash.tolist() == pytest.approx([200.0, 177.78, 177.78])
    assert result.equity.tolist() == pytest.approx([200.0, 197.78, 217.78])
    assert "strategy" not in fills
    assert result.orders["strategy"].tolist() == ["one", "other"]
    assert result.trades[["quantity", "open"]].values.tolist() == [[2.0, True]]
    assert result.trades["profit"].tolist() == pytest.approx([17.78])
    assert result.notes == (
        SHORT,
        "NETTED: 2 fills of the strategies went to the market as 1, which saved 0.60 of 0.82 commission and 6.00 of "
        "8.00 slippage.",
    )
    for name, part in ql.backtest(two(BUYS, SELLS), RISES, cash=200.0, costs=HARSH).parts.items():
        assert result.parts[name].equity.tolist() == part.equity.tolist()


def test_the_larger_side_pays_its_average_price():
    bars = flat([10, 10, 10]).with_arrays(volume=[[100.0]] * 3)
    costs = ql.Costs(volume_slippage=1.0, commission_fixed=2.0)
    strategies = {"a": orders(bar_0={0: 3.0}), "b": orders(bar_0={0: 1.0}), "c": orders(bar_0={0: -2.0})}
    result = ql.backtest(ql.Portfolio(strategies, books="netted"), bars, cash=300.0, costs=costs)
    # 3 at 10.3 and 1 at 10.1 are 4 at 10.25; half of them is left.
    assert result.fills["price"].tolist() == pytest.approx([10.25])
    assert result.fills["quantity"].tolist() == [2.0]
    assert result.fills["commission"].tolist() == [2.0]


@pytest.mark.parametrize("engine", ["python", "compiled"])
def test_equal_and_opposite_strategies_never_trade(engine):
    class Hold(ql.Strategy):
        units: float = ql.param(default=5.0, low=-10.0, high=10.0)

        def on_bar(self, now):
            if now.bar % 3 == 0:
                now.target_quantity(0, self.units)
            elif now.bar % 3 == 2:
                now.close_position(0)

    bars = flat([10, 10, 20, 5, 12, 10, 11, 9])
    result = ql.backtest(
        two(Hold(), Hold(units=-5.0), "netted"), bars, cash=1_000.0, costs=HARSH, engine=engine
    )
    assert len(result.parts["one"].fills) == len(result.parts["other"].fills) > 3
    assert len(result.fills) == len(result.trades) == 0
    assert (result.equity == 1_000.0).all()
    assert (result.positions == 0.0).all(axis=None)
    assert np.isnan(result.sharpe)
    assert result.engine.startswith(engine)


def test_a_net_flip_is_a_close_and_an_open():
    result = ql.backtest(
        two(orders(bar_0={0: 2.0}), orders(bar_1={0: -5.0}), "netted"), flat([10, 10, 10]), cash=200.0
    )
    assert result.fills[["order_id", "quantity", "position"]].values.tolist() == [
        [0, 2, 2],
        [1, -2, 0],
        [1, -3, -3],
    ]
    assert result.trades["side"].tolist() == ["long", "short"]


def test_shares_leave_idle_cash():
    portfolio = two(BUYS, SELLS, shares={"other": 0.25, "one": 0.5})
    assert repr(portfolio).endswith("shares={'one': 0.5, 'other': 0.25})")
    for books in BOOKS:
        result = ql.backtest(two(BUYS, SELLS, books, shares=portfolio.shares), RISES, cash=400.0)
        assert [part.initial_cash for part in result.parts.values()] == [200.0, 100.0]
        assert result.equity.tolist() == [400.0, 400.0, 420.0]
        assert result.initial_cash == 400.0


@pytest.mark.parametrize("books", BOOKS)
def test_a_ruined_strategy_stops_and_its_debt_stays(books):
    bars = flat([10, 10, 25, 30])
    short, long = orders(bar_0={0: -10.0}), orders(bar_0={0: 5.0})
    result = ql.backtest(two(short, long, books), bars, cash=200.0)
    # Short 10 at 10, worth -50 at 25 and closed there; long 5 of 10, worth 175 and 200.
    assert result.parts["one"].ruined
    assert result.parts["one"].equity.tolist() == [100.0, 100.0, -50.0]
    assert result.equity.tolist() == [200.0, 200.0, 125.0, 150.0]
    assert result.positions["A"].tolist() == [0.0, -5.0, 5.0, 5.0]
    assert not result.ruined
    assert any(note.startswith("one: RUINED at 2024-01-03") for note in result.notes)
    assert result.orders["kind"].tolist() == ["units", "units", "liquidation"]


@pytest.mark.parametrize(
    ("books", "left", "profits"), [("separate", 1.0, [-150.0, 5.0]), ("netted", 0.0, [-150.0, 5.0])]
)
def test_a_portfolio_worth_nothing_ends_there(books, left, profits):
    bars = flat([[10, 10], [10, 10], [25, 15], [30, 30]], ("A", "B"))
    script = {0: [(1, "units", 1.0)], 1: [(1, "units", 0.5)], 2: [(1, "units", 0.5)]}
    shares = {"one": 100 / 120, "other": 20 / 120}
    portfolio = two(orders(bar_0={0: -10.0}), replay({0: script[0], 2: script[2]}), books, shares=shares)
    result = ql.backtest(portfolio, bars, cash=120.0, account=ql.Account(leverage=1.0))
    # -50 and 10 + 15.
    assert result.equity.tolist() == pytest.approx([120.0, 120.0, -25.0])
    assert result.ruined
    assert result.notes[0].startswith("RUINED at 2024-01-03")
    assert result.positions["B"].tolist() == [0.0, 1.0, left]
    assert result.positions["A"].iloc[-1] == 0.0
    assert result.trades["profit"].tolist() == pytest.approx(profits)
    assert result.trades["open"].tolist() == [False, bool(left)]
    assert result.metrics["cagr"] == -1.0
    # The order of the last bar is not of the whole; the strategy itself went on.
    assert result.orders["kind"].tolist() == ["units", "units", "liquidation"]
    assert len(result.parts["other"].equity) == 4
    assert len(result.parts["other"].orders) == 2


@pytest.mark.parametrize("books", BOOKS)
def test_what_rests_when_the_portfolio_is_ruined_is_cancelled(books):
    bars = flat([[10, 10], [10, NAN], [25, NAN], [30, 30]], ("A", "B"))
    portfolio = two(
        orders(bar_0={0: -10.0}), orders(bar_0={1: 1.0}), books, shares={"one": 0.9, "other": 0.1}
    )
    result = ql.backtest(portfolio, bars, cash=100.0, account=ql.Account(leverage=2.0))
    assert result.ruined
    assert result.parts["other"].orders["status"].tolist() == ["filled"]
    told = result.orders.set_index("strategy").loc["other"]
    assert (told["status"], told["reason"], told["filled_quantity"]) == ("cancelled", "ruined", 0.0)


@pytest.mark.parametrize("books", BOOKS)
def test_a_delisting_closes_what_is_held(books):
    bars = flat([[10, 10], [10, 10], [NAN, 10]], ("A", "B"), ends={"A": ("2024-01-02", -0.5)})
    result = ql.backtest(two(BUYS, SELLS, books), bars, cash=200.0, costs=HARSH)
    # The whole holds 2, which pay 5 each at the end, without costs: 5 of one, -3 of the other.
    assert result.positions["A"].tolist() == [0.0, 2.0, 0.0]
    paid = result.cash.diff().iloc[-1]
    assert paid == pytest.approx(10.0)
    last = result.fills[result.fills["bar"] == 2]
    assert last["commission"].tolist() == [0.0] * len(last)
    assert last["price"].tolist() == [5.0] * len(last)
    assert last["quantity"].tolist() == ([-5.0, 3.0] if books == "separate" else [-2.0])


def test_one_account_pays_interest_on_what_it_nets():
    account = ql.Account(interest_annual=0.365, borrow_annual=0.365, payout="dividend")
    bars = flat([10, 10, 10]).with_arrays(dividend=[[0.0], [0.0], [1.0]])
    apart = ql.backtest(two(BUYS, SELLS), bars, cash=200.0, account=account)
    netted = ql.backtest(two(BUYS, SELLS, "netted"), bars, cash=200.0, account=account)
    # A day earns a thousandth: 200 to bar 1, then 180.2 beside the 2 units, which are paid 1 each.
    assert netted.flows[["bar", "kind", "amount"]].values.tolist() == [
        [1, "interest", pytest.approx(0.2)],
        [2, "payout", 2.0],
        [2, "interest", pytest.approx(0.1802)],
    ]
    assert netted.equity.iloc[-1] == pytest.approx(202.3802)
    assert "strategy" not in netted.flows
    # Apart: 50.1 and 5 units; 130.1 and -3 units, of which 30 are the lender's security.
    flows = apart.flows.groupby(["bar", "kind", "strategy"], observed=True)["amount"].sum().round(10)
    assert flows[2, "payout"].to_dict() == {"one": 5.0, "other": -3.0}
    assert flows[2, "borrow"].to_dict() == {"other": -0.03}
    assert flows[2, "interest"].to_dict() == {"one": 0.0501, "other": 0.1001}
    assert apart.flows["cash"].iloc[-1] == apart.cash.iloc[-1] == pytest.approx(182.3202)


def test_one_account_earns_interest_from_the_first_decision_of_any_strategy():
    class Waits(ql.Strategy):
        average = ql.feature("sma", lookback=3)

        def on_bar(self, now):
            pass

    bars = flat([10, 10, 10, 10, 10])
    for strategies in ((BUYS, Waits()), (Waits(), BUYS)):
        netted = ql.backtest(two(*strategies, "netted"), bars, account=ql.Account(interest_annual=0.1))
        assert netted.flows["bar"].tolist() == [1, 2, 3, 4]


class Waiting(ql.Strategy):
    """Buys at a limit; sells at a stop where it is given one."""

    limit: float = ql.param(default=9.0, low=0.0, high=100.0)
    units: float = ql.param(default=1.0, low=0.0, high=100.0)
    stop: float = ql.param(default=0.0, low=0.0, high=100.0)

    def on_bar(self, now):
        if now.bar == 0:
            now.order(0, self.units, limit=self.limit)
        if now.bar == 1 and self.stop > 0.0:
            now.order(0, -self.units, stop=self.stop)


SWINGS = ql.Bars.from_arrays(
    time=np.datetime64("2024-01-01") + np.arange(3), symbols=["A"],
    open=[10.0, 10.0, 10.0], high=[10.0, 12.0, 12.0], low=[10.0, 8.0, 8.0], close=[10.0, 10.0, 10.0],
)  # fmt: skip


@pytest.mark.parametrize("books", BOOKS)
def test_orders_that_wait_stay_as_they_were_given(books):
    strategies = {"a": orders(bar_0={0: -1.0}), "b": Waiting(limit=9.5), "c": Waiting(units=2.0, stop=9.0)}
    result = ql.backtest(ql.Portfolio(strategies, books=books), SWINGS, cash=300.0)
    told = result.orders[["bar", "amount", "limit", "stop", "strategy"]].astype(object)
    assert told.where(told.notna(), None).values.tolist() == [
        [0, -1.0, None, None, "a"],
        [0, 1.0, 9.5, None, "b"],
        [0, 2.0, 9.0, None, "c"],
        [1, -2.0, None, 9.0, "c"],
    ]
    assert result.orders["tif"].tolist() == ["gtc"] * 4
    fills = result.fills[["order_id", "bar", "quantity", "price"]].values.tolist()
    if books == "netted":
        # Inside bar 1 two limits are met; the account sells 1, closes that with the first, and holds 2.
        assert fills == [[0, 1, -1, 10], [2, 1, 1, 9], [2, 1, 1, 9], [1, 1, 1, 9.5], [3, 2, -2, 9]]
    else:
        assert fills == [[0, 1, -1, 10], [1, 1, 1, 9.5], [2, 1, 2, 9], [3, 2, -2, 9]]


def test_net_trades_live_through_the_bar_of_their_entry():
    result = ql.backtest(two(BUYS, SELLS, "netted"), SWINGS.rows(0, 2), cash=200.0)
    # Bought at the open of 10; the bar went down to 8 and up to 12.
    assert result.trades[["worst", "best"]].values.tolist() == [[pytest.approx(-0.2), pytest.approx(0.2)]]


def test_same_close_nets_at_the_close():
    result = ql.backtest(
        two(BUYS, SELLS, "netted"), RISES, cash=200.0, execution=ql.Execution(fill="same_close")
    )
    assert result.fills[["bar", "quantity"]].values.tolist() == [[0, 2.0]]
    assert result.fill == "same_close"
    assert sum(note.startswith("SAME CLOSE") for note in result.notes) == 1


def test_the_result_says_what_it_came_from():
    portfolio = two(SmaCross(fast=2, slow=5), SmaCross(fast=2, slow=5), "netted")
    bars = ql.read_bars("sample:us5").rows(0, 300)
    result = ql.backtest(portfolio, bars, benchmark="IBM", start="2000-06-01")
    assert result.name == repr(portfolio)
    origin = result.provenance
    assert origin["strategy"] == {"code": repr(portfolio), "books": "netted"}
    assert list(origin["parts"]) == ["one", "other"]
    assert origin["parts"]["one"]["share"] == 0.5
    assert origin["parts"]["one"]["fingerprint"] == result.parts["one"].provenance["fingerprint"]
    assert origin["settings"]["cash"] == 100_000.0
    other = ql.backtest(
        two(SmaCross(fast=2, slow=5), SmaCross(fast=3, slow=5), "netted"), bars, start="2000-06-01"
    )
    assert other.provenance["fingerprint"] != origin["fingerprint"]
    assert result.benchmark_name == "IBM"
    assert result.benchmark.equals(result.parts["one"].benchmark)
    assert result.metrics["beta"] == result.metrics["beta"]
    assert eval(repr(portfolio), {"Portfolio": ql.Portfolio, "SmaCross": SmaCross}) == portfolio


def test_engines_are_told_by_strategy():
    class Prints(ql.Strategy):
        def on_bar(self, now):
            str(now.bar)

    bars = ql.read_bars("sample:us5")
    with pytest.raises(StrategyError):
        ql.backtest(two(BuyAndHold(), Prints()), bars, engine="compiled")
    result = ql.backtest(two(BuyAndHold(), MeanReversion()), bars, engine="compiled")
    assert result.engine == "compiled (asked for)"
    result = ql.backtest(two(BuyAndHold(), Prints()), bars.rows(0, 50))
    assert result.engine.startswith("python (auto")


def test_a_portfolio_survives_the_disk(tmp_path):
    bars = ql.read_bars("sample:us5").rows(0, 400)
    portfolio = two(SmaCross(fast=5, slow=20), MeanReversion(), "netted")
    result = ql.backtest(portfolio, bars, costs=ql.Costs(commission=0.001), benchmark="IBM")
    loaded = ql.Result.load(result.save(tmp_path / "run"))
    assert str(loaded) == str(result)
    assert list(loaded.parts) == ["one", "other"]
    for name, part in result.parts.items():
        pd.testing.assert_series_equal(loaded.parts[name].equity, part.equity, check_freq=False)
        assert loaded.parts[name].provenance == part.provenance
        assert loaded.parts[name].parts == {}
    loaded.save(tmp_path / "run", overwrite=True)
    header = tmp_path / "run" / "parts" / "1" / "manifest.json"
    header.write_text(header.read_text().replace("MeanReversion", "MeanRevision"))
    with pytest.raises(ResultError, match="checksum differs"):
        ql.Result.load(tmp_path / "run")


def test_parts_are_compared_and_reported(tmp_path):
    bars = ql.read_bars("sample:us5").rows(0, 400)
    result = ql.backtest(two(SmaCross(fast=5, slow=20), MeanReversion()), bars)
    comparison = ql.compare({"whole": result, **result.parts})
    assert sorted(comparison.frame.index) == ["one", "other", "whole"]
    page = report(result, tmp_path / "page.html").read_text(encoding="utf-8")
    for words in ("Strategies: fraction of the equity", "Correlation of the strategies", "books of its own"):
        assert words in page


def test_forecasts_go_to_their_strategies():
    class Follows(ql.Strategy):
        outlook = ql.forecast(ql.NaiveForecaster(horizon=1))

        def on_bar(self, now):
            for i in range(now.n_symbols):
                now.target_weight(i, 0.1 if now[self.outlook, i] > 0.0 else 0.0)

    bars = ql.read_bars("sample:us5").select(["AAPL", "IBM"]).rows(0, 300)
    folds = ql.WalkForward(train=100, test=50)
    table = ql.walk_forward(ql.NaiveForecaster(horizon=1), bars, folds, progress=False)
    portfolio = ql.Portfolio({"follows": Follows(), "holds": BuyAndHold()})
    result = ql.backtest(portfolio, bars, forecasts={"follows": table}, folds=folds)
    alone = ql.backtest(Follows(), bars, cash=50_000.0, forecasts=table, folds=folds)
    assert result.parts["follows"].provenance == alone.provenance
    assert result.provenance["parts"]["follows"]["forecasts"] == {"outlook": table.fingerprint}
    assert len(result.forecast_scores) == len(alone.forecast_scores)
    with pytest.raises(ForecastError, match=r"say whose it is, forecasts=\{'follows': table\}"):
        ql.backtest(portfolio, bars, forecasts=table)
    with pytest.raises(ForecastError, match="Did you mean 'follows'"):
        ql.backtest(portfolio, bars, forecasts={"follow": table})


HOLD = BuyAndHold()


@pytest.mark.parametrize(
    ("arguments", "settings", "advice"),
    [
        ([{}], {}, "has no strategies"),
        ([[HOLD]], {}, "give strategies by name"),
        ([{"a": BuyAndHold}], {}, r"that is a class; give an instance, BuyAndHold\(\)"),
        ([{"a": 3}], {}, "'a': 3.*no strategy"),
        ([{1: HOLD}], {}, "a text that is not empty"),
        ([{"a": HOLD}], {"shares": 0.5}, r"give a share by name, shares=\{'a': 1\}"),
        ([{"trend": HOLD}], {"shares": {"trnd": 1.0}}, "Did you mean 'trend'"),
        ([{"a": HOLD, "b": HOLD}], {"shares": {"a": 1.0}}, "has none for 'b'"),
        ([{"a": HOLD}], {"shares": {"a": 0.0}}, "positive fraction"),
        ([{"a": HOLD}], {"shares": {"a": NAN}}, "positive fraction"),
        ([{"a": HOLD}], {"shares": {"a": True}}, "positive fraction"),
        ([{"a": HOLD, "b": HOLD}], {"shares": {"a": 0.7, "b": 0.4}}, "1.1 of the capital"),
        ([{"a": HOLD}], {"books": "neted"}, "Did you mean 'netted'"),
    ],
)
def test_what_is_no_portfolio_is_refused_with_advice(arguments, settings, advice):
    with pytest.raises(StrategyError, match=advice):
        ql.Portfolio(*arguments, **settings)


def test_shares_may_be_rounded_and_strategies_repeated():
    portfolio = ql.Portfolio(
        {str(k): HOLD for k in range(10)}, shares={str(k): np.float64(0.1) for k in range(10)}
    )
    assert len(portfolio.strategies) == 10
    assert "np." not in repr(portfolio)
    assert hash(portfolio) == hash(
        eval(repr(portfolio), {"Portfolio": ql.Portfolio, "BuyAndHold": BuyAndHold})
    )
    result = ql.backtest(portfolio, RISES)
    assert result.cash.iloc[-1] == 0.0


def test_only_backtest_runs_a_portfolio():
    portfolio = ql.Portfolio({"a": HOLD})
    bars = flat([10, 10])
    with pytest.raises(StrategyError, match=r"portfolio.strategies\['a'\]"):
        ql.check(portfolio, bars)
    with pytest.raises(StrategyError, match=r"portfolio.strategies\['a'\]"):
        ql.sweep(portfolio, bars, over={"x": [1]})
