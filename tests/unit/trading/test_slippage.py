"""Slippage by quotes, by volatility and by size: hand arithmetic, both engines."""

import numpy as np
import pytest

import quantlab as ql


class Twice(ql.Strategy):
    """Buys on one bar and sells on the next."""

    first: int = ql.param(default=0, low=0, high=100)
    units: float = ql.param(default=4.0, low=0.0, high=100.0)

    def on_bar(self, now):
        if now.bar == self.first:
            now.order(0, self.units)
        if now.bar == self.first + 1:
            now.order(0, -self.units)


def bars(n=30, **fields):
    rng = np.random.default_rng(2)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, (n, 1)), axis=0))
    made = ql.Bars.from_arrays(
        time=np.datetime64("2024-01-01") + np.arange(n),
        symbols=["A"],
        **dict.fromkeys(("open", "high", "low", "close"), close),
        volume=np.full((n, 1), 400.0),
    )
    return made.with_arrays(**{name: np.array(values, float)[:, None] for name, values in fields.items()})


def prices(market, costs, engine, first=25):
    return ql.backtest(Twice(first=first), market, costs=costs, engine=engine).fills["price"].to_numpy()


@pytest.mark.parametrize("engine", ["python", "compiled"])
def test_half_the_quoted_spread_is_paid_and_crossed_quotes_cost_nothing(engine):
    spread = np.ones(30)
    spread[26], spread[27] = 0.5, -0.5
    market = bars(spread=spread)
    expected = market.open[26, 0] + 0.25, market.open[27, 0]
    assert prices(market, ql.Costs(spread="spread"), engine).tolist() == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("engine", ["python", "compiled"])
def test_slippage_grows_with_what_was_known_of_volatility_and_with_the_root_of_the_share(engine):
    market = bars()
    returns = np.diff(np.log(market.close[:, 0]))  # the return of bar t is number t - 1
    known = [returns[t - 21 : t - 1].std(ddof=1) for t in (26, 27)]  # twenty, the last that of bar t - 1
    costs = ql.Costs(volatility_slippage=0.1, impact=0.8)
    by = [0.1 * sigma + 0.8 * sigma * np.sqrt(4.0 / 400.0) for sigma in known]
    expected = market.open[26, 0] * (1.0 + by[0]), market.open[27, 0] * (1.0 - by[1])
    assert prices(market, costs, engine).tolist() == pytest.approx(expected, rel=1e-12)


def test_before_volatility_is_known_it_costs_nothing():
    market = bars()
    assert prices(market, ql.Costs(volatility_slippage=5.0), "python", first=3)[0] == market.open[4, 0]
