"""What is known when: the clock of a backtest, as tables that can be checked by hand."""

import numpy as np
import pandas as pd
import pytest

import quantlab as ql

NAN = float("nan")


def one(open_, close, symbols=("A",), **settings):
    """Bars of given opens and closes; None is an absent bar."""
    o, c = (np.array(x, float).reshape(len(open_), -1) for x in (open_, close))
    return ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(len(o)),
        symbols=symbols,
        open=o,
        high=np.fmax(o, c) if len(o) else o,
        low=np.fmin(o, c),
        close=c,
        volume=np.where(np.isnan(c), np.nan, 100.0),
        **settings,
    )


def script(orders, seen=None):
    class Script(ql.Strategy):
        def on_bar(self, now):
            if seen is not None:
                seen.append((now.bar, now.equity, now.cash, now.position.tolist()))
            for method, *arguments in orders.get(now.bar, []):
                getattr(now, method)(*arguments)

    return Script()


def test_orders_decided_at_a_close_fill_at_the_next_open():
    seen = []
    bars = one([10, 20, 30, 40], [11, 21, 31, 41])
    result = ql.backtest(script({1: [("order", 0, 2.0)], 2: [("close_position", 0)]}, seen), bars, cash=100.0)
    assert result.fills[["bar", "quantity", "price", "cash"]].values.tolist() == [
        [2, 2, 30, 40],
        [3, -2, 40, 120],
    ]
    assert result.equity.tolist() == [100.0, 100.0, 102.0, 120.0]
    assert seen[2] == (2, 102.0, 40.0, [2.0])
    assert result.returns.tolist() == pytest.approx([0, 0, 0.02, 120 / 102 - 1])


def test_same_close_fills_at_the_close_decided_on_and_says_so():
    bars = one([10, 20, 30], [11, 21, 31])
    result = ql.backtest(
        script({1: [("order", 0, 2.0)]}), bars, cash=100.0, execution=ql.Execution(fill="same_close")
    )
    assert result.fills[["bar", "price"]].values.tolist() == [[1, 21]]
    assert result.equity.tolist() == [100.0, 100.0, 120.0]
    assert any(note.startswith("SAME CLOSE") for note in result.notes)
    assert "same close" in str(result)


def test_orders_of_the_last_bar_stay_unfilled():
    result = ql.backtest(script({2: [("order", 0, 1.0)]}), one([10, 20, 30], [11, 21, 31]))
    assert result.orders["status"].tolist() == ["unfilled_at_end"]
    assert "1 order was still unfilled at the end." in result.notes


def test_an_order_waits_for_its_symbols_next_bar():
    bars = one([[10, 5], [20, NAN], [30, NAN], [40, 8]], [[11, 6], [21, NAN], [31, NAN], [41, 9]], ("A", "B"))
    result = ql.backtest(script({0: [("order", 0, 1.0), ("order", 1, 1.0)]}), bars, cash=100.0)
    assert result.fills[["bar", "symbol", "price"]].values.tolist() == [[1, "A", 20], [3, "B", 8]]


def test_the_last_target_wins_and_plain_orders_add():
    bars = one([[10], [NAN], [20]], [[10], [NAN], [20]])
    orders = {
        0: [("target_quantity", 0, 3.0), ("order", 0, 1.0), ("target_quantity", 0, 2.0), ("order", 0, 1.0)]
    }
    result = ql.backtest(script(orders), bars)
    assert result.orders["status"].tolist() == ["replaced", "filled", "filled", "filled"]
    assert result.positions.iloc[-1, 0] == 4.0


def test_money_targets_use_equity_before_the_instants_trades():
    # At the open of bar 1 equity is 100 + 5 x (20 - 10) = 150: B's half is 75, although A is sold first.
    bars = one([[10, 10], [10, 10], [20, 25]], [[10, 10], [10, 10], [20, 25]], ("A", "B"))
    orders = {0: [("order", 0, 5.0)], 1: [("target_weight", 0, 0.0), ("target_weight", 1, 0.5)]}
    result = ql.backtest(script(orders), bars, cash=100.0)
    assert result.positions.iloc[-1].tolist() == [0.0, 3.0]


def test_absent_symbols_count_at_their_last_close():
    bars = one([[10, 10], [10, 10], [NAN, 25]], [[10, 10], [12, 10], [NAN, 25]], ("A", "B"))
    orders = {0: [("order", 0, 5.0)], 1: [("target_weight", 1, 0.5)]}
    result = ql.backtest(script(orders), bars, cash=100.0)
    # Equity at the open of bar 2 is 50 of cash and 5 units at the last close of 12: 110; half of it at 25 is 2.2.
    assert result.positions.iloc[-1].tolist() == [5.0, 2.0]  # cash is 50: the limit binds
    assert result.equity.iloc[-1] == 110.0


@pytest.mark.parametrize(("delisting_return", "payout"), [(0.0, 12.0), (-1.0, 0.0), (-0.25, 9.0)])
def test_a_delisted_symbol_is_closed_on_the_first_later_row(delisting_return, payout):
    bars = one(
        [[10, 1], [10, 1], [NAN, 1], [NAN, 1]],
        [[10, 1], [12, 1], [NAN, 1], [NAN, 1]],
        ("A", "B"),
        ends={"A": ("2024-01-02", delisting_return)},
    )
    orders = {0: [("order", 0, 5.0)], 2: [("order", 0, 1.0)]}
    result = ql.backtest(script(orders), bars, cash=100.0, costs=ql.Costs(commission=0.0))
    assert result.fills[["bar", "quantity", "price"]].values.tolist() == [[1, 5, 10], [2, -5, payout]]
    assert result.orders["kind"].tolist() == ["units", "delisting", "units"]
    assert result.orders["status"].tolist() == ["filled", "filled", "rejected"]
    assert result.orders["reason"].tolist() == ["", "delisted", "delisted"]


def test_hooks_run_in_their_order():
    calls = []

    class Hooks(ql.Strategy):
        def on_start(self, now):
            calls.append(("start", now.bar))

        def on_bar(self, now):
            calls.append(("bar", now.bar))
            if now.bar == 0:
                now.order(0, 1.0)

        def on_fill(self, now, fill):
            calls.append(("fill", now.bar, fill.symbol, fill.quantity, fill.price, fill.order))

        def on_end(self, now):
            calls.append(("end", now.bar))

    ql.backtest(Hooks(), one([10, 20], [11, 21]))
    assert calls == [("start", -1), ("bar", 0), ("fill", 1, 0, 1.0, 20.0, 0), ("bar", 1), ("end", 1)]


def test_on_bar_begins_when_some_symbol_has_all_inputs():
    first = []

    class Waits(ql.Strategy):
        average = ql.feature("sma", lookback=3)

        def on_bar(self, now):
            first.append((now.bar, now.ready.tolist()))

    prices = [[1, NAN], [2, NAN], [3, NAN], [4, 7], [5, 7], [6, 7]]
    ql.backtest(Waits(), one(prices, prices, ("A", "B")))
    assert first[0] == (2, [True, False])
    assert first[-1] == (5, [True, True])


def test_start_lets_earlier_bars_serve_as_warm_up():
    prices = np.arange(1.0, 11.0)
    seen = []

    class Reads(ql.Strategy):
        average = ql.feature("sma", lookback=3)

        def on_bar(self, now):
            seen.append((now.bar, now[self.average, 0]))

    result = ql.backtest(Reads(), one(prices, prices), start="2024-01-06", end="2024-01-08")
    assert seen == [(5, 5.0), (6, 6.0), (7, 7.0)]
    assert list(result.equity.index) == list(pd.date_range("2024-01-06", "2024-01-08"))


def test_now_tells_periods_time_and_names():
    seen = []

    class Reads(ql.Strategy):
        def on_bar(self, now):
            flags = [now.is_new(p) for p in ("day", "week", "month", "quarter", "year")]
            seen.append((pd.Timestamp(now.time), flags, now.index("A"), now.symbols))

    prices = np.ones(40)
    ql.backtest(Reads(), one(prices, prices))
    assert seen[0] == (pd.Timestamp("2024-01-02"), [True] * 5, 0, ("A",))  # stamped at its close, 24:00 UTC
    assert [bar for bar, row in enumerate(seen) if row[1][1]] == [
        0,
        7,
        14,
        21,
        28,
        35,
    ]  # 2024-01-01 is a Monday
    assert [bar for bar, row in enumerate(seen) if row[1][2]] == [0, 31]


def test_now_serves_the_past_and_no_more():
    seen = []

    class Reads(ql.Strategy):
        lagged = ql.feature("lag", lookback=1)

        def on_bar(self, now):
            seen.append((now.past("close", 2).tolist(), now.past(self.lagged, 1).tolist(), now.mark.tolist()))

    ql.backtest(Reads(), one([1, 2, 3], [1, 2, 3]))
    assert seen == [([[1.0], [2.0]], [[1.0]], [2.0]), ([[2.0], [3.0]], [[2.0]], [3.0])]


def test_weights_made_elsewhere_are_followed():
    bars = one([[10, 20]] * 5, [[10, 20]] * 5, ("A", "B"))
    frame = pd.DataFrame(
        {"A": [0.5, NAN], "B": [0.5, 0.0]}, index=pd.DatetimeIndex(["2024-01-02", "2024-01-04"])
    )
    result = ql.backtest(ql.FollowWeights(frame), bars, cash=100.0)
    assert result.positions.values.tolist() == [[0, 0], [0, 0], [5, 2.5], [5, 2.5], [5, 0]]
    with pytest.raises(ValueError, match="Did you mean 'A'"):
        ql.backtest(ql.FollowWeights(frame.rename(columns={"A": "AA"})), bars)
    with pytest.raises(ValueError, match="no bar is at 2024-01-04 12:00"):
        ql.backtest(
            ql.FollowWeights(frame.set_axis([frame.index[0], pd.Timestamp("2024-01-04 12:00")])), bars
        )


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        (lambda f: f.tz_localize("UTC"), "session dates without a time zone"),
        (lambda f: f.astype(object).replace(0.5, "half"), "is no number"),
        (lambda f: pd.concat([f, f]), "each time and each symbol once"),
        (lambda f: f.iloc[:0], "at least one row"),
        (lambda f: f.fillna(0.1), "A has no bar at 2024-01-04"),
    ],
)
def test_weights_that_cannot_be_followed_are_refused(change, advice):
    prices = [[10, 20], [10, 20], [10, 20], [NAN, 20], [10, 20]]
    frame = pd.DataFrame(
        {"A": [0.5, NAN], "B": [0.5, 0.0]}, index=pd.DatetimeIndex(["2024-01-02", "2024-01-04"])
    )
    with pytest.raises(ValueError, match=advice):
        ql.backtest(ql.FollowWeights(change(frame)), one(prices, prices, ("A", "B")))


def test_notes_say_what_the_numbers_do_not():
    assert ql.backtest(script({}), one([10, 11], [10, 11])).notes == ("The strategy gave no orders.",)
    prices = [[10, 20]] + [[NAN, 20]] * 3
    stale = ql.backtest(
        script({0: [("order", 0, 1.0)]}, None),
        one([[10, 20]] * 2 + prices[1:], [[10, 20]] * 2 + prices[1:], ("A", "B")),
    )
    assert "valued at their last close: A since 2024-01-02" in stale.notes[-1]
    holes = one(np.ones(400), np.ones(400), periods_per_year=252.0)
    assert "annualised figures mislead" in ql.backtest(script({0: [("order", 0, 1.0)]}), holes).notes[0]


@pytest.mark.parametrize(("n_bars", "said"), [(125, True), (126, False)])
def test_what_is_annualised_from_less_than_half_a_year_is_said(n_bars, said):
    buy = script({0: [("order", 0, 1.0)]})
    rises = np.linspace(10.0, 11.0, n_bars)
    notes = ql.backtest(buy, one(rises, rises, periods_per_year=252.0)).notes
    assert (f"Annualised from {n_bars} sessions: figures a year say little." in notes) == said
    assert ("Annualised" in str(ql.backtest(buy, one([10, 10], [10, 11])))) is True


def test_short_runs_count_sessions_of_hours_and_weeks_themselves():
    buy = script({0: [("order", 0, 1.0)]})
    hours = pd.DatetimeIndex(
        [f"2024-01-0{day} {hour}:00" for day in (2, 3) for hour in (15, 16, 17)], tz="UTC"
    )
    weeks = pd.date_range("2024-01-05", periods=4, freq="7D")
    for time, told in ((hours, "2 sessions"), (weeks, "4 bars")):
        close = np.full((len(time), 1), 10.0)
        bars = ql.Bars.from_arrays(time=time, symbols=["A"], open=close, high=close, low=close, close=close)
        assert f"Annualised from {told}: figures a year say little." in ql.backtest(buy, bars).notes
    sinks = ql.backtest(
        script({0: [("order", 0, -20.0)]}), one([10, 10, 30], [10, 10, 30]), cash=200.0,
        account=ql.Account(leverage=2.0),
    )  # fmt: skip
    assert sinks.ruined
    assert not any("Annualised" in note for note in sinks.notes)


@pytest.mark.parametrize("kind", ["A", "series", "result"])
def test_a_benchmark_is_a_symbol_a_series_or_a_result(kind):
    bars = one([10, 11, 12, 13], [10, 11, 12, 15])
    hold = ql.backtest(script({0: [("target_weight", 0, 1.0)]}), bars)
    given = {"A": "A", "series": pd.Series([0.0, 0.1, 1 / 11, 0.25], bars.time), "result": hold}[kind]
    result = ql.backtest(script({}), bars, benchmark=given)
    expected = hold.returns if kind == "result" else [0.0, 0.1, 12 / 11 - 1, 0.25]
    assert result.benchmark.tolist() == pytest.approx(list(expected))
    with pytest.raises(ValueError, match="no return at"):
        ql.backtest(script({}), bars, benchmark=pd.Series([0.1], bars.time[:1]))
