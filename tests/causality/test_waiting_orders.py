"""Orders that wait for a price are decisions too: their prices must not know the future."""

import numpy as np

import quantlab as ql
from tests.identities.cases import random_bars


class Brackets(ql.Strategy):
    """Enters with a bracket that is often filled after the bar it was decided on."""

    def on_bar(self, now):
        if now.ready[0] and now.position[0] == 0.0 and now.is_new("week"):
            close = now.close[0]
            now.bracket(
                0, 1.0, limit=0.99 * close, take_profit=1.03 * close, stop_loss=0.95 * close, tif="day"
            )
        if now.ready[1] and now.position[1] == 0.0:
            now.order(1, 1.0, stop=1.01 * now.close[1], limit=1.03 * now.close[1], tif="day")
        elif now.position[1] > 0.0 and now.is_new("month"):
            now.order(1, -now.position[1], trail_fraction=0.02, reduce_only=True)


class Foresight(ql.Strategy):
    """Sets a far limit, never filled, by a price that is not known yet."""

    def on_bar(self, now):
        later = min(now.bar + 3, now._bars.n_bars - 1)
        now.order(0, 1.0, limit=0.01 * now._bars.close[later, 0], tif="day")


def bars():
    return random_bars(5, 200, 2, 0.0)


def test_waiting_orders_of_an_honest_strategy_stand_still():
    report = ql.check(Brackets(), bars(), cuts=8, progress=False)
    assert report, str(report)
    assert ql.backtest(Brackets(), bars()).fills["order_id"].nunique() > 5


def test_a_limit_that_knows_the_future_is_found_though_it_never_fills():
    assert np.isclose(ql.backtest(Foresight(), bars()).equity.iloc[-1], 100_000.0)
    report = ql.check(Foresight(), bars(), cuts=8, progress=False)
    assert not report
    assert "limit" in str(report)
