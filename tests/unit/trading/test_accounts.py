"""What holding costs and pays, what prices and units mean, when the broker steps in: hand arithmetic, both engines."""

import numpy as np
import pytest

import quantlab as ql
from quantlab.errors import DataError, StrategyError

ENGINES = ("python", "compiled")


class Given(ql.Strategy):
    """Orders the units that the bars name."""

    def on_bar(self, now):
        units = now.past("units", 1)
        for i in range(now.n_symbols):
            if units[0, i] != 0.0:
                now.order(i, units[0, i])


def run(
    closes,
    units,
    engine,
    *,
    cash=1_000.0,
    costs=None,
    opens=None,
    fields=None,
    allow_negative=False,
    **account,
):
    """Run `units` (bar -> units of the only symbol) over daily bars that open where they closed the day before."""
    closes = np.array(closes, np.float64)[:, None]
    opens = np.vstack([closes[:1], closes[:-1]]) if opens is None else np.array(opens, np.float64)[:, None]
    asked = np.zeros(closes.shape)
    for bar, quantity in units.items():
        asked[bar] = quantity
    bars = ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(len(closes)),
        symbols=["A"],
        open=opens,
        high=np.maximum(opens, closes),
        low=np.minimum(opens, closes),
        close=closes,
        allow_negative=allow_negative,
    ).with_arrays(
        units=asked, **{name: np.array(v, np.float64)[:, None] for name, v in (fields or {}).items()}
    )
    return ql.backtest(
        Given(), bars, cash=cash, costs=costs or ql.Costs(), account=ql.Account(**account), engine=engine
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_interest_is_earned_for_the_days_between_closes(engine):
    result = run([100.0] * 4, {}, engine, interest_annual=0.0365)  # 1e-4 a day
    assert result.equity.tolist() == pytest.approx(
        [1_000.0, 1_000.1, 1_000.20001, 1_000.300030001], rel=1e-12
    )
    assert result.flows["kind"].tolist() == ["interest"] * 3
    assert result.flows["symbol"].isna().all()
    assert result.cash.tolist() == result.equity.tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_short_pays_for_borrowing_and_earns_nothing_on_its_proceeds(engine):
    result = run([100.0] * 4, {0: -10.0}, engine, borrow_annual=0.365, interest_annual=0.0365)
    # Day 1: 0.1 on the whole cash, then sold at the open. Days 2 and 3: 1 a day for 1,000 lent, and 1e-4 on the cash
    # of 2,000.1 (1,999.1999...) less the 1,000 of the short, the fee being paid at the same time.
    first = 1_000.1
    second = first - 1.0 + 1e-4 * (first + 1_000.0 - 1_000.0)
    third = second - 1.0 + 1e-4 * second
    assert result.equity.tolist() == pytest.approx([1_000.0, first, second, third], rel=1e-12)
    assert result.costs_paid["borrow"] == pytest.approx(2.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_borrowed_to_buy_costs_its_rate(engine):
    result = run([100.0] * 3, {0: 20.0}, engine, leverage=2.0, loan_annual=0.0365)
    assert result.cash.tolist() == pytest.approx([1_000.0, -1_000.0, -1_000.1], rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("units", "paid"), [(5.0, 2.5), (-5.0, -2.5)])
def test_a_payout_goes_to_who_held_at_the_close_before(engine, units, paid):
    # Ordered at close 0, held from open 1: the payout of bar 1 goes to others, that of bar 3 to us.
    result = run(
        [100.0] * 5, {0: units}, engine, payout="dividend", fields={"dividend": [0.0, 9.0, 0.0, 0.5, np.nan]}
    )
    assert result.flows[["bar", "kind", "symbol"]].values.tolist() == [[3, "payout", "A"]]
    assert result.equity.tolist() == pytest.approx([1_000.0] * 3 + [1_000.0 + paid] * 2)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_funding_of_a_perpetual_goes_from_longs_to_shorts(engine, side):
    # Held from open 1; due in bar 1 (before we held), 2 (1% of 5 x 110) and 3 (-2% of 5 x 120), none known in bar 4.
    result = run(
        [100.0, 110.0, 120.0, 120.0, 120.0],
        {0: 5.0 * side},
        engine,
        cash=10_000.0,
        funding="rate",
        fields={"rate": [0.5, 0.5, 0.01, -0.02, np.nan]},
    )
    assert result.flows[["bar", "kind", "symbol"]].values.tolist() == [
        [2, "funding", "A"],
        [3, "funding", "A"],
    ]
    assert result.flows["amount"].tolist() == pytest.approx([-5.5 * side, 12.0 * side], rel=1e-12)
    assert result.equity.iloc[-1] == pytest.approx(10_000.0 + side * (5.0 * 20.0 - 5.5 + 12.0), rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_future_is_worth_its_multiplier_and_steps_by_its_tick_and_lot(engine):
    future = ql.Instrument(multiplier=50.0, tick=0.25, lot=1.0)
    result = run(
        [100.0, 102.0, 102.0, 102.0],
        {0: 1.7, 1: -1.0},
        engine,
        cash=10_000.0,
        costs=ql.Costs(slippage=0.001, commission_per_unit=2.0),
        instruments={"A": future},
    )
    # One lot bought at 100 + 0.1, up to the tick at 100.25; sold at 102 - 0.102, down to 101.75.
    fills = result.fills[["quantity", "price", "multiplier"]].values.tolist()
    assert fills == [[1.0, 100.25, 50.0], [-1.0, 101.75, 50.0]]
    assert result.cash.tolist() == [10_000.0, 10_000.0 - 5_012.5 - 2.0, 10_000.0 + 75.0 - 4.0, 10_071.0]
    assert result.equity.iloc[1] == 10_000.0 - 12.5 - 2.0 + 100.0
    assert result.trades["profit"].tolist() == [71.0]
    assert result.trades["return"].tolist() == pytest.approx([71.0 / 5_012.5])
    assert result.weights.iloc[1, 0] == pytest.approx(5_100.0 / result.equity.iloc[1])
    assert result.costs_paid == pytest.approx({"commission": 4.0, "slippage": 0.25 * 50.0 * 2.0})


@pytest.mark.parametrize("engine", ENGINES)
def test_below_maintenance_positions_are_reduced_to_the_leverage(engine):
    result = run([100.0, 100.0, 93.0, 93.0], {0: 40.0}, engine, leverage=4.0, maintenance=0.2)
    # At 93 the exposure is 3,720 and equity 720, below 744: 4 x 720 / 93 units remain.
    kept = 4.0 * 720.0 / 93.0
    assert result.orders["kind"].tolist() == ["units", "margin_call"]
    assert result.orders["reason"].tolist() == ["", "below_margin"]
    assert result.positions["A"].tolist() == pytest.approx([0.0, 40.0, kept, kept])
    assert result.equity.tolist() == pytest.approx([1_000.0, 1_000.0, 720.0, 720.0])


@pytest.mark.parametrize("engine", ENGINES)
def test_only_what_can_be_borrowed_is_sold_short(engine):
    cut = run([100.0] * 4, {0: -8.0, 1: -1.0}, engine, shortable="free", fields={"free": [5.0] * 4})
    assert cut.fills["quantity"].tolist() == [-5.0]
    assert cut.orders[["status", "reason"]].values.tolist() == [
        ["partly_filled", "not_shortable"],
        ["rejected", "not_shortable"],
    ]
    none = run([100.0] * 3, {0: 5.0, 1: -8.0}, engine, shortable=0.0)
    assert none.fills["quantity"].tolist() == [5.0, -5.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_ruined_account_with_a_loan_ends_with_books_that_balance(engine):
    result = run(
        [100.0, 100.0, 70.0, 60.0], {0: 40.0}, engine, leverage=4.0, maintenance=0.1, loan_annual=0.1
    )
    assert result.ruined
    assert result.positions.iloc[-1].tolist() == [0.0]
    spent = (result.fills["quantity"] * result.fills["price"]).sum()
    assert result.equity.iloc[-1] == pytest.approx(1_000.0 - spent + result.flows["amount"].sum(), rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_prices_below_zero_are_prices(engine):
    result = run([20.0, 10.0, -37.0, 10.0], {0: 10.0, 1: -5.0, 2: -5.0}, engine, allow_negative=True)
    # Bought at 20, half sold at 10, the rest at -37: who sells there pays.
    assert result.fills["price"].tolist() == [20.0, 10.0, -37.0]
    assert result.equity.tolist() == [1_000.0, 900.0, 1_000.0 - 200.0 + 50.0 - 185.0, 665.0]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"maintenance": 0.6, "leverage": 2.0}, "1/leverage"),
        ({"interest_annual": float("nan")}, "interest_annual"),
        ({"borrow_annual": -0.1}, "borrow_annual"),
        ({"instruments": {"A": 50.0}}, "ql.Instrument"),
    ],
)
def test_impossible_accounts_are_refused(terms, words):
    with pytest.raises(StrategyError, match=words):
        ql.Account(**terms)


def test_accounts_name_fields_and_symbols_that_the_bars_have():
    with pytest.raises(DataError, match="dividend"):
        run([100.0] * 2, {}, "python", payout="dividend")
    with pytest.raises(DataError, match="'B'"):
        run([100.0] * 2, {}, "python", instruments={"B": ql.Instrument(multiplier=5.0)})
    with pytest.raises(DataError, match="free"):
        run([100.0] * 2, {}, "python", shortable="free", fields={"free": [1.0, -1.0]})


def test_instruments_print_as_the_code_that_makes_them():
    assert repr(ql.Account(instruments={"A": ql.Instrument(multiplier=50.0)})).startswith(
        "Account(instruments="
    )
    with pytest.raises(StrategyError, match="multiplier"):
        ql.Instrument(multiplier=0.0)
