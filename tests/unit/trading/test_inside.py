"""Finer bars inside bars: what came first is read from them; a run on the finer bars alone is the witness."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantlab as ql
from quantlab.errors import DataError, StrategyError

ENGINES = ("python", "compiled")
HOURS = 6


class Once(ql.Strategy):
    """One bracket at the first close."""

    profit: float = ql.param(default=105.0, low=0.0, high=1e6)
    loss: float = ql.param(default=95.0, low=0.0, high=1e6)

    def on_bar(self, now):
        if now.bar == 0:
            now.bracket(0, 10.0, take_profit=self.profit, stop_loss=self.loss)


def hourly(prices):
    """Bars of one symbol, `HOURS` a day; `prices` has (open, high, low, close) by hour, None for no trade."""
    rows = np.array([[np.nan] * 4 if row is None else row for row in prices], float)
    hours = np.datetime64("2024-01-01", "D").astype("M8[h]") + np.array(
        [24 * (k // HOURS) + 10 + k % HOURS for k in range(len(rows))]
    )
    names = ("open", "high", "low", "close")
    return ql.Bars.from_arrays(
        time=hours,
        tz="UTC",
        symbols=["A"],
        **{name: rows[:, k : k + 1] for k, name in enumerate(names)},
        volume=np.where(np.isnan(rows[:, :1]), np.nan, 100.0),
    )


def flat(price, n=HOURS):
    return [(price,) * 4] * n


def fills(bars, inside, engine, strategy=None):
    execution = ql.Execution(inside=inside)
    result = ql.backtest(strategy or Once(), bars, cash=1e6, execution=execution, engine=engine)
    return [tuple(row) for row in result.fills[["bar", "quantity", "reference_price"]].to_numpy()]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_finer_bars_tell_which_exit_came_first(engine):
    # The day touches 106 and 94; alone it is resolved against the bracket, the hours know that 106 came first.
    day = [(100, 100, 100, 100), (100, 106, 100, 105), (105, 105, 94, 94), (94, 94, 94, 94), *flat(94, 2)]
    fine = hourly([*flat(100), *day])
    coarse = fine.resample("day")
    assert fills(coarse, None, engine) == [(1, 10, 100), (1, -10, 95)]
    assert fills(coarse, fine, engine) == [(1, 10, 100), (1, -10, 105)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_day_on_which_nothing_happens_in_the_first_hours_begins_with_its_first_trade(engine):
    class AtOpen(ql.Strategy):
        def on_bar(self, now):
            if now.bar == 0:
                now.order(0, 5.0, tif="open")
                now.order(0, 3.0, tif="fok")
                now.order(0, 2.0)
                now.order(0, -1.0, tif="close")

    fine = hourly([*flat(100), None, None, (101, 103, 101, 103), (103, 104, 103, 104), None, None])
    expected = [(1, 5, 101), (1, 3, 101), (1, 2, 101), (1, -1, 104)]
    assert fills(fine.resample("day"), fine, engine, AtOpen()) == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trailing_stop_follows_the_hours(engine):
    class Trail(ql.Strategy):
        def on_bar(self, now):
            if now.bar == 0:
                now.order(0, 10.0)
                now.order(0, -10.0, trail=3.0)

    # Up to 110, down to 106.5 (the stop at 107 is touched), up to 112 again.
    up_and_down = [
        (100, 104, 100, 104),
        (104, 110, 104, 110),
        (110, 110, 106.5, 106.5),
        (106.5, 112, 106.5, 112),
    ]
    fine = hourly([*flat(100), *up_and_down, *flat(112, 2)])
    assert fills(fine.resample("day"), fine, engine, Trail()) == [(1, 10, 100), (1, -10, 107)]


def random_hours(seed, n_days, gaps):
    """Hours of two symbols whose days join to whole days; prices in 64ths."""
    rng = np.random.default_rng(seed)
    n = n_days * HOURS
    steps = np.round(rng.normal(0.0, 40.0, (n, 2, 4))) / 64.0
    close = 100.0 + np.cumsum(steps[:, :, 0] * 0.5, axis=0)
    close = np.round(close * 64.0) / 64.0
    open_ = np.vstack([close[:1], close[:-1]]) + np.round(steps[:, :, 1] * 16.0) / 64.0
    panels = {
        "open": open_,
        "high": np.maximum(open_, close) + np.abs(steps[:, :, 2]),
        "low": np.minimum(open_, close) - np.abs(steps[:, :, 3]),
        "close": close,
        "volume": np.full((n, 2), 1_000.0),
    }
    absent = rng.random((n, 2)) < gaps
    absent[::HOURS] = False  # every day has a trade
    for panel in panels.values():
        panel[absent] = np.nan
    days = np.repeat(np.arange(n_days), HOURS) * 24 + np.tile(np.arange(HOURS), n_days) + 10
    hours = np.datetime64("2024-01-01", "D").astype("M8[h]") + days
    return ql.Bars.from_arrays(time=hours, tz="UTC", symbols=["A", "B"], **panels)


def acting_daily(script, every):
    """A strategy that makes the calls of `script` (by day) at the close of each day of `every` bars."""

    class Daily(ql.Strategy):
        def on_bar(self, now):
            if (now.bar + 1) % every:
                return
            for name, i, quantity, terms in script.get((now.bar + 1) // every - 1, []):
                near = {k: v if k.startswith("trail") else self.base[i] + v for k, v in terms.items()}
                getattr(now, name)(i, quantity, **near)

        base = (100.0, 100.0)

    return Daily()


offsets = st.sampled_from([-4.0, -2.0, -1.0, -0.25, 0.25, 1.0, 2.0, 4.0])


@st.composite
def scripts(draw, n_days):
    script = {}
    for _ in range(draw(st.integers(1, 6))):
        i, quantity = draw(st.integers(0, 1)), draw(st.sampled_from([-8.0, -3.0, 3.0, 8.0]))
        style = draw(st.sampled_from(["limit", "stop", "both", "trail", "bracket"]))
        if style == "bracket":
            side = np.sign(quantity)
            call = ("bracket", i, quantity, {"take_profit": 1.5 * side, "stop_loss": -1.5 * side})
            call[3].update(draw(st.sampled_from([{}, {"limit": -0.5 * side}, {"stop": 0.5 * side}])))
        elif style == "both":
            call = ("order", i, quantity, {"limit": draw(offsets), "stop": draw(offsets)})
        else:
            call = ("order", i, quantity, {style: 2.0 if style == "trail" else draw(offsets)})
        script.setdefault(draw(st.integers(0, n_days - 2)), []).append(call)
    return script


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_days_with_hours_inside_fill_as_the_hours_do(data):
    n_days = data.draw(st.integers(2, 6))
    fine = random_hours(data.draw(st.integers(0, 2**32 - 1)), n_days, data.draw(st.sampled_from([0.0, 0.3])))
    script = data.draw(scripts(n_days))
    costs = ql.Costs(commission=0.001, slippage=0.001)
    terms = {"cash": 1_500.0, "costs": costs, "account": ql.Account(leverage=2.0), "engine": "python"}
    witness = ql.backtest(acting_daily(script, HOURS), fine, **terms)
    days = ql.backtest(
        acting_daily(script, 1), fine.resample("day"), execution=ql.Execution(inside=fine), **terms
    )
    columns = ["order_id", "symbol", "quantity", "price", "reference_price", "cash"]
    if witness.ruined or days.ruined:  # the hours may be ruined at an hour's close that the day does not see
        return
    np.testing.assert_array_equal(days.fills[columns].to_numpy(), witness.fills[columns].to_numpy())
    assert days.fills["bar"].tolist() == (witness.fills["bar"] // HOURS).tolist()
    assert days.orders["status"].tolist() == witness.orders["status"].tolist()
    assert days.equity.to_numpy().tolist() == witness.equity.to_numpy()[HOURS - 1 :: HOURS].tolist()


def test_finer_bars_of_another_market_are_refused():
    fine = hourly([*flat(100), *flat(100)])
    coarse = fine.resample("day")
    other = fine.with_arrays(high=fine.high + 1.0)
    with pytest.raises(DataError, match=r"high of A at 2024-01-02.* is 100.0 in the bars and 101.0"):
        fills(coarse, other, "python")
    with pytest.raises(DataError, match=r"open of A at 2024-01-02.* and nan in the finer"):
        fills(coarse, fine.rows(0, HOURS), "python")
    with pytest.raises(DataError, match="no symbol 'A'"):
        fills(coarse, ql.read_bars("sample:indices"), "python")
    with pytest.raises(StrategyError, match="inside=3"):
        ql.Execution(inside=3)


def test_a_check_with_finer_bars_inside_is_quiet():
    fine = random_hours(5, 30, 0.0)
    script = {
        day: [("order", 0, 3.0, {"limit": -1.0}), ("order", 1, -2.0, {"stop": -0.5})]
        for day in range(0, 28, 3)
    }
    coarse, execution = fine.resample("day"), ql.Execution(inside=fine)
    report = ql.check(acting_daily(script, 1), coarse, cuts=6, execution=execution, cash=1e6, progress=False)
    assert report, str(report)
    assert report.n_orders > 0


def test_finer_bars_print_as_their_fingerprint():
    fine = hourly(flat(100))
    assert repr(ql.Execution(inside=fine)) == f"Execution(inside=<Bars {fine.fingerprint[:12]}>)"
